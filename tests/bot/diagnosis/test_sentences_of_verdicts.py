"""Every fault says why it is confirmed, suspected or ruled out in a sentence of its own, without our internals."""

from collections.abc import Iterator, Mapping

from bot.cluster.facts import declared_facts
from bot.cluster.facts.labels import LABELS, fact_label
from knowledge.linting import can_be_confirmed
from knowledge.model import Entry, Kind

Entries = Mapping[str, Entry]


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


def test_every_fact_is_called_by_words_that_people_use() -> None:
    assert set(declared_facts()) - set(LABELS) == set()
    assert fact_label("shop.open_orders") == "shop open orders"
