"""The image's recipe: what it copies is there, what it runs exists, and what it says fits the settings and the chart.

No image is built here: that needs a daemon. The commands are those that `make` and the other tests run.
"""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
Instruction = tuple[str, str]


def instructions() -> list[Instruction]:
    """Each instruction of the Dockerfile with its arguments, its lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = [line for line in re.sub(r"\s*\\\n\s*", " ", text).splitlines() if line.strip()]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def stages() -> dict[str, list[Instruction]]:
    """The instructions by stage; the last has no name."""
    found: dict[str, list[Instruction]] = {}
    name = "before"
    for instruction in instructions():
        if instruction[0] == "FROM":
            name = instruction[1].partition(" AS ")[2]
        found.setdefault(name, []).append(instruction)
    return found


def arguments(stage: str, name: str) -> list[str]:
    return [rest for given, rest in stages()[stage] if given == name]


def copied() -> list[str]:
    """What is taken from the clone."""
    given = [rest.split() for stage in stages() for rest in arguments(stage, "COPY")]
    return [source for words in given if not words[0].startswith("--from=") for source in words[:-1]]


def sent() -> set[str]:
    """What Docker is sent of the clone: .dockerignore leaves out all but these."""
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    return {line[1:] for line in lines if line.startswith("!")}


@pytest.fixture
def environment() -> dict[str, str]:
    (given,) = arguments("", "ENV")
    return dict(word.partition("=")[::2] for word in given.split())


def test_all_that_is_copied_is_there_and_sent_and_nothing_else_is_sent() -> None:
    assert [name for name in copied() if not (ROOT / name).exists()] == []
    assert set(copied()) == sent()


def test_the_wheel_s_sources_are_copied() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *wheel["shared-data"], *(hook["path"] for hook in wheel["hooks"].values())}
    assert {name.partition("/")[0] for name in needed} <= set(copied())


def test_what_it_runs_and_copies_from_stages_exists() -> None:
    order = list(stages())
    for place, stage in enumerate(order):
        for command in arguments(stage, "RUN"):
            assert all((ROOT / path).is_file() for path in re.findall(r"\bdeploy/\S+\.py", command)), command
            assert all(name in copied() for name in re.findall(r"-r (\S+)", command)), command
        for earlier in re.findall(r"from=(\w+)", " ".join(arguments(stage, "COPY") + arguments(stage, "RUN"))):
            assert earlier in order[:place]
    assert "python -m venv /opt/netclinic " in arguments("packages", "RUN")[0]
    assert "COPY --from=packages /opt/netclinic /opt/netclinic" in {f"{name} {rest}" for name, rest in stages()[""]}


def test_code_changes_no_layer_of_packages() -> None:
    """Packages come with the lists of their hashes alone."""
    assert arguments("packages", "COPY") == ["locked.txt locked-pictures.txt locked-traces.txt ./"]
    last = [rest for name, rest in stages()[""] if name in ("COPY", "RUN")]
    assert [rest.startswith("--from=packages") for rest in last].index(True) < len(last) - 1


def test_it_runs_as_the_user_whom_the_chart_names_and_writes_to_the_data_directory(
    environment: dict[str, str],
) -> None:
    (user,) = arguments("", "USER")
    helpers = (ROOT / "deploy" / "chart" / "templates" / "_helpers.tpl").read_text()
    assert user == "10001:10001"
    assert {"runAsUser: 10001", "runAsGroup: 10001", "fsGroup: 10001"} <= set(helpers.splitlines())
    data = environment["NETCLINIC_DATA_DIR"]
    assert arguments("", "VOLUME") == [data]
    assert any(f"install --directory --owner=10001 --group=10001 {data}" in run for run in arguments("", "RUN"))
    (home,) = arguments("", "WORKDIR")
    assert environment["HOME"] == home  # the only other place that takes files on a read-only root
    chart = (ROOT / "deploy" / "chart" / "templates" / "deployment.yaml").read_text()
    assert {f"mountPath: {data}", f"mountPath: {home}"} <= set(re.findall(r"mountPath: [\w/]+", chart))


def test_it_serves_where_it_is_asked_whether_it_lives(environment: dict[str, str]) -> None:
    host, _, port = environment["NETCLINIC_HEALTH_ADDRESS"].partition(":")
    assert host == "0.0.0.0"  # noqa: S104 - in a container
    assert arguments("", "EXPOSE") == [port]
    (check,) = arguments("", "HEALTHCHECK")
    assert f"http://127.0.0.1:{port}/livez" in check
    assert arguments("", "ENTRYPOINT") == ['["netclinic"]']
    assert arguments("", "CMD") == ['["serve"]']


def test_it_says_what_it_is() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (labels,) = arguments("", "LABEL")
    said = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', labels))
    assert said["title"] == project["name"]
    assert said["description"] == project["description"]
    assert said["licenses"] == project["license"]
    assert (said["version"], said["revision"]) == ("${VERSION}", "${REVISION}")
    chart = yaml.safe_load((ROOT / "deploy" / "chart" / "Chart.yaml").read_text())
    assert {f"VERSION={project['version']}", "REVISION="} <= set(arguments("", "ARG"))
    assert chart["appVersion"] == project["version"]
