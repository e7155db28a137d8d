"""The command line as people run it: a real process, a home of its own, and one index for the whole run."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["tests.browsers", "tests.databases"]
ROOT = Path(__file__).parents[1]
START = [sys.executable, "-c", "from bot.cli import main; main()"]


@dataclass(frozen=True)
class Ran:
    """What one command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, all of it, as one JSON value."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Standard output as one JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Netclinic:
    """Runs commands; nothing of the caller's environment or current folder reaches them."""

    home: Path
    data_dir: Path

    def __call__(self, *arguments: str | bytes, stdin: bytes = b"", cwd: Path | None = None, **environment: str) -> Ran:
        done = subprocess.run(
            [*START, *arguments],
            input=stdin,
            capture_output=True,
            cwd=cwd or self.home,
            env=self.environment(environment),
            timeout=1200,  # the index takes a minute to build, and many on a busy machine
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """What a command sees."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.home),
            "NETCLINIC_DATA_DIR": str(self.data_dir),
            "COLUMNS": "80",
            "LANG": "C.UTF-8",
            **{name: os.environ[name] for name in ("COVERAGE_PROCESS_CONFIG",) if name in os.environ},
            **more,
        }


@pytest.fixture(scope="session")
def netclinic(tmp_path_factory: pytest.TempPathFactory) -> Netclinic:
    """The command line of somebody who has asked nothing yet: no kubeconfig, no index."""
    return Netclinic(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory, netclinic: Netclinic) -> Path:
    """A data directory with the index over the shipped entries, built once a run by the command that people use.

    ``TEST_DATA_DIR`` names one that holds it already: the build takes a minute.
    """
    if os.environ.get("TEST_DATA_DIR"):
        return Path(os.environ["TEST_DATA_DIR"])
    folder = tmp_path_factory.mktemp("data")
    built = netclinic("index", "build", NETCLINIC_DATA_DIR=str(folder))
    assert built.code == 0, built.err
    return folder


@pytest.fixture(scope="session")
def indexed(netclinic: Netclinic, data_dir: Path) -> Netclinic:
    """The command line with that index."""
    return Netclinic(netclinic.home, data_dir)


@dataclass(frozen=True)
class Match:
    entry_id: str
    score: float


@dataclass(frozen=True)
class Matches:
    in_scope: bool
    confidence: float
    matches: Sequence[Match]


@dataclass(frozen=True)
class Meaning:
    """A matcher for which every text means these entries: the flow is tested apart from what the index has learned."""

    scores: Mapping[str, float]

    def match(self, _: str) -> Matches:
        found = sorted((Match(*item) for item in self.scores.items()), key=lambda item: -item.score)
        return Matches(bool(found), 0.9 if found else 0.1, found)


@pytest.fixture(scope="session")
def meaning() -> type[Meaning]:
    """``meaning({entry: score})``: words whose meaning is given."""
    return Meaning
