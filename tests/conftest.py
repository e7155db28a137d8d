"""One index for the whole run, the command line over it, and words whose meaning is given."""

import gc
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from bot.probes import vocabulary
from index.search import index_state
from knowledge.loading import BUILTIN_FOLDER, load_entries
from tests.command_line import Netclinic, kept_dir
from tests.order import spread

# Each client to a cluster loads all authorities that the system trusts, in 20 ms: none of them is met on loopback.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).with_name("no_authority.pem"))

# A busy machine makes any example slow: no test is about time.
# The same examples each time: a change is judged by itself, not by the day's dice.
settings.register_profile("no clocks", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("no clocks")


# Thousands of tests live to the end: the garbage collector is not to look through them again and again.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on there is garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)  # as the command line does
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Beside others, what takes long begins early."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1:
        items[:] = spread(items, workers, _takes_long, _module)


def _takes_long(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("slow", "waits"))


def _module(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


pytest_plugins = ["tests.browsers", "tests.databases"]


@pytest.fixture(scope="session")
def netclinic(tmp_path_factory: pytest.TempPathFactory) -> Netclinic:
    """The command line of somebody who has asked nothing yet: no kubeconfig, no index."""
    return Netclinic(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory, netclinic: Netclinic) -> Path:
    """A data directory of this worker's own, with the index over the shipped entries in it.

    The index takes a minute to build: it is built by the command that people use, once for all workers, and kept for
    later runs until entries, model or code of the index change.
    """
    kept = kept_dir()
    with FileLock(kept / "index.lock"):
        if index_state(load_entries([BUILTIN_FOLDER], vocabulary()), cache_dir=kept / "index").folder is None:
            built = netclinic.process("index", "build", NETCLINIC_DATA_DIR=str(kept))
            assert built.code == 0, built.err
    folder = tmp_path_factory.mktemp("data")
    (folder / "index").symlink_to(kept / "index")
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
    likeness: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Meaning:
    """A matcher for which every text means these entries: the flow is tested apart from what the index has learned."""

    scores: Mapping[str, float]
    confidence: float = 0.9
    in_scope: bool = True
    likeness: Mapping[str, float] = field(default_factory=dict)

    def match(self, _: str) -> Matches:
        found = sorted((Match(*item) for item in self.scores.items()), key=lambda item: -item.score)
        return Matches(bool(found) and self.in_scope, self.confidence if found else 0.1, found, self.likeness)


@pytest.fixture(scope="session")
def meaning() -> type[Meaning]:
    """``meaning({entry: score})``: words whose meaning is given."""
    return Meaning
