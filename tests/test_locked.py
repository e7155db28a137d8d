"""What is installed is held by the hashes of its files, and these are of the versions that are tested."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
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


@pytest.fixture(scope="module")
def project() -> dict[str, list[str]]:
    about = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {"run": about["dependencies"], "dev": about["optional-dependencies"]["dev"]}


def test_the_hashes_are_of_the_pinned_versions() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line]
    pinned = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in lines)}
    both = locked("locked.txt") | locked("locked-dev.txt")
    assert {name: version for name, (version, _) in both.items()} == {n: v for n, v in pinned.items() if n not in FREE}
    assert not locked("locked.txt").keys() & locked("locked-dev.txt").keys()


def test_all_that_is_needed_is_held(project: dict[str, list[str]]) -> None:
    run, both = locked("locked.txt"), locked("locked.txt") | locked("locked-dev.txt")
    assert set(needed(project["run"])) - FREE <= run.keys()
    assert set(needed([*project["run"], *project["dev"]])) - FREE <= both.keys()


def test_the_install_commands_ask_for_hashes() -> None:
    makefile, image = (ROOT / "Makefile").read_text(), (ROOT / "Dockerfile").read_text()
    assert "--require-hashes --no-deps -r" in makefile
    assert "--require-hashes --no-deps -r locked.txt" in image
    assert "!locked.txt" in (ROOT / ".dockerignore").read_text()
