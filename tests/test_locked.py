"""What is installed is held by the hashes of its files, and these are of the versions that are tested."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FREE = {"torch", "setuptools", "triton"}  # each index has a CPU build of its own; torch takes any setuptools
OF_CUDA = ("nvidia-", "cuda-")  # where an index has no CPU build, torch comes with these
_ENTRY = re.compile(r"^([\w.-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Version and number of hashes by package."""
    text = (ROOT / name).read_text()
    found = {
        canonicalize_name(each): (version, hashes.count("sha256:")) for each, version, hashes in _ENTRY.findall(text)
    }
    assert len(found) == text.count("=="), f"{name} holds a package without hashes"
    return found


def needed(requirements: list[str]) -> Iterator[str]:
    """These, and all that they need here, as they are installed."""
    waiting, seen = [Requirement(each) for each in requirements], set()
    while waiting:
        wanted = waiting.pop()
        for extra in ("", *sorted(wanted.extras)):
            key = canonicalize_name(wanted.name), extra
            if key not in seen:
                seen.add(key)
                waiting += list(_below(wanted.name, extra))
    return (name for name in {name for name, _ in seen} if not name.startswith(OF_CUDA))


def _below(name: str, extra: str) -> Iterator[Requirement]:
    for text in distribution(name).requires or ():
        found = Requirement(text)
        if found.marker is None or found.marker.evaluate({"extra": extra}):
            yield found


RUN, PICTURES, TRACES, INDEX, BUILD, DEV = FILES = [
    "locked.txt",
    "locked-pictures.txt",
    "locked-traces.txt",
    "locked-index.txt",
    "locked-build.txt",
    "locked-dev.txt",
]


@pytest.fixture(scope="module")
def project() -> dict[str, list[str]]:
    about = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = about["project"]["optional-dependencies"]
    return {"run": about["project"]["dependencies"], **extras, "wheel": about["build-system"]["requires"]}


def names(*files: str) -> set[str]:
    return {str(name) for file in files for name in locked(file)}


def test_the_hashes_are_of_the_pinned_versions() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line]
    pinned = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}
    held = [(name, version) for file in FILES for name, (version, _) in locked(file).items()]
    assert dict(held) == {name: version for name, version in pinned.items() if name not in FREE}
    assert len(held) == len(dict(held)), "a package is in two files"


def test_all_that_is_needed_is_held_and_no_more(project: dict[str, list[str]]) -> None:
    run, pictures, traces = (set(needed(project[each])) for each in ("run", "pictures", "traces"))
    build, dev = set(needed(project["build"] + project["wheel"])), set(needed(project["dev"]))
    assert run - FREE == names(RUN)
    assert pictures - run - FREE == names(PICTURES)
    assert traces - run - pictures - FREE == names(TRACES)
    assert build - run - pictures - traces - FREE == names(INDEX, BUILD)
    assert dev - build - run - pictures - traces - FREE == names(DEV)


def test_nothing_that_runs_needs_what_builds(project: dict[str, list[str]]) -> None:
    heavy = {"torch", "transformers", "sentence-transformers", "scikit-learn", "scipy", "sympy", "onnx", "matplotlib"}
    assert not set(needed(project["run"])) & heavy
    assert not set(needed(project["run"])) & {"tokenizers", "huggingface-hub"}
    assert not names(INDEX) & {"torch", "transformers", "sentence-transformers", "sympy"}


def test_the_install_commands_ask_for_hashes() -> None:
    makefile, image = (ROOT / "Makefile").read_text(), (ROOT / "Dockerfile").read_text()
    assert "--require-hashes --no-deps $(addprefix -r ,$(1))" in makefile
    for line in image.splitlines():
        held = "--require-hashes --no-deps -r" in line or "--no-deps /source/dist/*.whl" in line
        assert "pip install" not in line or held
        assert "pip wheel" not in line or "--no-build-isolation --no-deps" in line
    ignored = (ROOT / ".dockerignore").read_text()
    assert all(f"!{file}\n" in ignored for file in (RUN, PICTURES, TRACES, INDEX))


def test_the_base_image_is_held_by_its_digest_and_asked_whether_it_lives() -> None:
    image = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^ARG PYTHON=python:3\.11-slim-bookworm@sha256:[0-9a-f]{64}$", image, re.MULTILINE)
    assert re.findall(r"^FROM (\S+)", image, re.MULTILINE) == ["${PYTHON}", "packages", "${PYTHON}"]
    assert re.search(r"^HEALTHCHECK .*\n .*127\.0\.0\.1:8080/livez'", image, re.MULTILINE)


@pytest.fixture(scope="module")
def bill() -> str:
    ran = subprocess.run([sys.executable, ROOT / "deploy" / "sbom.py"], capture_output=True, text=True, check=True)
    return ran.stdout


def test_the_bill_of_materials_is_as_cyclonedx_has_it(bill: str) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(bill) is None
    assert validator.validate_str(bill.replace('"type": "library"', '"type": "libary"')) is not None


def test_the_bill_of_materials_names_what_is_installed(bill: str, project: dict[str, list[str]]) -> None:
    parts = json.loads(bill)
    held = {component["name"]: component["version"] for component in parts["components"]}
    shipped = [*project["run"], *project["pictures"], *project["traces"]]
    assert {canonicalize_name(name) for name in held} == set(needed(shipped))
    assert all(component["purl"].startswith("pkg:pypi/") for component in parts["components"])
    references = {parts["metadata"]["component"]["bom-ref"], *(part["bom-ref"] for part in parts["components"])}
    assert {each["ref"] for each in parts["dependencies"]} == references


def test_the_bill_of_materials_holds_the_hashes_of_what_is_pinned(bill: str) -> None:
    pinned = {name: found for file in (RUN, PICTURES, TRACES) for name, found in locked(file).items()}
    found = {canonicalize_name(part["name"]): part for part in json.loads(bill)["components"]}
    assert found.keys() == pinned.keys()
    for name, (version, count) in pinned.items():
        assert found[name]["version"] == version
        (release,) = found[name]["externalReferences"]
        assert len(release["hashes"]) == count
        text = "".join((ROOT / file).read_text() for file in (RUN, PICTURES, TRACES))
        assert all(f"--hash=sha256:{each['content']}" in text for each in release["hashes"])
