"""Every fault says why it is confirmed, suspected or ruled out in a sentence of its own, without our internals."""

import re
from collections.abc import Iterator, Mapping

import pytest

from bot.cluster.facts import declared_facts
from bot.cluster.facts.labels import LABELS, fact_label
from bot.diagnosis.proofs import ProofResult, prove
from knowledge.linting import can_be_confirmed
from knowledge.model import Entry, Kind

Entries = Mapping[str, Entry]
OTHERS_WORDS = re.compile(r"It does not apply here|Undecided: netclinic may not read [\w ,']+ here\.$")
JOINED = re.compile(
    r"The cluster could not decide|Nothing in the cluster proves|The setting under which it happens"
    r"|which alone does not|which does not exclude|\((?:ConfigMap|DaemonSet) [\w/-]+\)|no fresh event"
)


def verdicts_of(entry: Entry) -> Iterator[str]:
    """Those that the entry can come to."""
    yield "suspected"
    if entry.confirmed_by is not None:
        yield "ruled_out" if entry.absence == "ruled_out" else "suspected"
        if can_be_confirmed(entry.confirmed_by):
            yield "confirmed"


def test_every_fault_says_why_for_each_of_its_verdicts(entries: Entries) -> None:
    faults = [entry for entry in entries.values() if entry.kind is Kind.FAULT]
    lacking = [(entry.id, verdict) for entry in faults for verdict in verdicts_of(entry) if not says(entry, verdict)]
    assert lacking == []


def says(entry: Entry, verdict: str) -> bool:
    return bool(getattr(entry.says, verdict))


@pytest.mark.parametrize("share", range(4))
async def test_on_its_recordings_a_fault_is_told_in_its_own_words(entries: Entries, share: int) -> None:
    mine = sorted(entry.id for entry in entries.values() if any(vars(entry.says).values()))[share::4]
    proven = [item async for item in prove(entries, mine)]
    told = [item for item in proven if not OTHERS_WORDS.match(item.reason)]
    assert [f"{item.entry} on {item.recording}: {item.reason}" for item in told if not reads_well(item)] == []


def reads_well(item: ProofResult) -> bool:
    internals = [name for name in declared_facts() if re.search(rf"(?<![\w.`]){re.escape(name)}(?![\w`])", item.reason)]
    whole = item.reason[:1].isascii() and item.reason.endswith((".", ")."))
    return not JOINED.search(item.reason) and not internals and whole and "{" not in item.reason


def test_every_fact_is_called_by_words_that_people_use() -> None:
    assert set(declared_facts()) - set(LABELS) == set()
    assert fact_label("shop.open_orders") == "shop open orders"
