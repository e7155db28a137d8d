"""Incidents in strangers' words on clusters: no foreign one is confirmed, true faults are.

The fast tier asks a share of each file, the slow tier all of it, the foreign ones on every risky cluster.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.diagnosis.clinic import Clinic
from bot.probes import vocabulary
from index.search import Index, open_index
from knowledge.loading import BUILTIN_FOLDER, load_entries
from tests.eval.incidents import (
    FOREIGN,
    RISKY,
    TRUE_FAULTS,
    Asked,
    ask_incidents,
    list_wrong,
    open_cluster,
    read_incidents,
    true_figures,
)

ENTRIES = {entry.id: entry for entry in load_entries([BUILTIN_FOLDER], vocabulary())}
INCIDENTS, FAULTS = read_incidents(FOREIGN), read_incidents(TRUE_FAULTS)
ONE_IN = 6
FOUND = 0.9


@pytest.fixture(scope="module")
def index(data_dir: Path) -> Index:
    return open_index(list(ENTRIES.values()), cache_dir=data_dir / "index")


def confirmed(asked: Sequence[Asked]) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.incident.text, one.confirmed) for one in asked if one.confirmed]


async def test_no_foreign_incident_is_confirmed(index: Index) -> None:
    asked = await ask_incidents(ENTRIES, index, INCIDENTS[::ONE_IN])
    assert confirmed(asked) == []
    assert any(one.answer.diagnoses for one in asked)  # they did reach the clusters


@pytest.mark.slow
@pytest.mark.parametrize("on", RISKY)
async def test_no_foreign_incident_is_confirmed_on_any_risky_cluster(index: Index, on: str) -> None:
    assert confirmed(await ask_incidents(ENTRIES, index, INCIDENTS, on)) == []


@pytest.mark.parametrize("every", [ONE_IN, pytest.param(1, marks=pytest.mark.slow)])
async def test_true_faults_in_foreign_wording_are_confirmed(index: Index, every: int) -> None:
    asked = await ask_incidents(ENTRIES, index, FAULTS[::every])
    figures = true_figures(asked)
    assert figures["its own entry confirmed first"] >= FOUND, list_wrong([], asked)


def test_the_files_are_large_enough_and_speak_both_languages() -> None:
    for known, least in ((INCIDENTS, 150), (FAULTS, 60)):
        assert len(known) >= least
        assert {one.lang for one in known} == {"en", "zh", "mixed"}
        assert len({one.text for one in known}) == len(known)
    assert len({one.cause for one in INCIDENTS}) >= 25
    assert {one.on for one in INCIDENTS} == set(RISKY)
    assert all(ENTRIES[one.entry] for one in FAULTS)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("flannel-risky", {"flannel-hairpin-off"}),
        ("terway-risky", {"terway-hostport-unmapped", "terway-ipvlan-in-cluster-lb", "terway-upgrade-eip-pool"}),
        ("terway-risky-dual", {"terway-hostport-unmapped", "ipv6-cluster-ip-shows-ipv4"}),
    ],
)
async def test_risky_clusters_are_risky_and_nothing_fails_there(name: str, settings: set[str]) -> None:
    """What a foreign incident could be mistaken for is so there, but no more than that."""
    clinic = Clinic(ENTRIES)
    async with open_cluster(name) as cluster:
        plain = await clinic.check([], cluster, words_are_clear=True)
        quiet = await clinic.check([], cluster)
    verdicts = {one.entry.id: one.verdict for one in plain.diagnoses}
    assert {verdicts[id_] for id_ in settings} <= {"confirmed", "suspected"}
    assert [one.entry.id for one in quiet.diagnoses if one.verdict == "confirmed"] == []
