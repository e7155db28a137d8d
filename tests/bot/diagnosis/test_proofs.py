"""Every shipped entry holds: it is proved on its recordings, and every FAQ heading has one."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
import yaml

from bot.cluster.facts import declared_facts
from bot.diagnosis.proofs import ProofResult, prove
from bot.recordings import shipped_names
from bot.recordings.load import SETTINGS, shipped_folder
from knowledge.linting import can_be_confirmed, faq_headings
from knowledge.model import Entry, Kind, Proof

Entries = Mapping[str, Entry]


SHARES = 4  # side by side, for every recording is served and read
OTHERS_WORDS = re.compile(r"It does not apply here|Undecided: netclinic may not read [\w ,']+ here\.$")
JOINED = re.compile(
    r"The cluster could not decide|Nothing in the cluster proves|The setting under which it happens"
    r"|which alone does not|which does not exclude|\((?:ConfigMap|DaemonSet) [\w/-]+\)|no fresh event"
    r"|\(items [^)]*\): "
)


@pytest.mark.parametrize("share", range(SHARES))
async def test_every_entry_comes_to_its_verdicts_and_says_why_in_its_own_words(entries: Entries, share: int) -> None:
    mine = {id_: on_recordings(entry, shipped_names()[share::SHARES]) for id_, entry in entries.items()}
    proven = [item async for item in prove(mine)]
    in_own_words = [item for item in proven if any(vars(entries[item.entry].says).values())]
    told = [item for item in in_own_words if not OTHERS_WORDS.match(item.reason)]
    assert told
    assert [f"{item.entry} on {item.recording}: {item.reason}" for item in told if not reads_well(item)] == []
    failed = [item for item in proven if not item.holds]
    told = [f"{item.entry} on {item.recording}: {item.verdict}, not {item.expected}: {item.reason}" for item in failed]
    assert not failed, "\n".join(told)
    assert {item.entry for item in proven} == {
        id_ for id_, entry in mine.items() if any(vars(entry.proved_on).values())
    }


def on_recordings(entry: Entry, names: Sequence[str]) -> Entry:
    """The entry as if it were proved on these alone."""
    proof = {verdict: tuple(name for name in told if name in names) for verdict, told in vars(entry.proved_on).items()}
    return replace(entry, proved_on=Proof(**proof))


def test_every_recording_that_an_entry_names_is_shipped(entries: Entries) -> None:
    named = {name for entry in entries.values() for told in vars(entry.proved_on).values() for name in told}
    assert named <= set(shipped_names())


def reads_well(item: ProofResult) -> bool:
    internals = [name for name in declared_facts() if re.search(rf"(?<![\w.`]){re.escape(name)}(?![\w`])", item.reason)]
    whole = item.reason[:1].isascii() and item.reason.endswith((".", ")."))
    return not JOINED.search(item.reason) and not internals and whole and "{" not in item.reason


def test_every_heading_of_the_faq_has_its_entry(entries: Entries) -> None:
    answered = {heading for entry in entries.values() for heading in entry.headings}
    assert set(faq_headings()) - answered == set()


def test_the_headings_are_those_of_the_faq() -> None:
    assert len(faq_headings()) == len(set(faq_headings())) == 37
    assert "Insufficient IP addresses in a Terway vSwitch" in faq_headings()


def test_the_six_problems_of_dual_stack_have_an_entry_each(entries: Entries) -> None:
    ipv6 = [entry for entry in entries.values() if "Troubleshooting IPv6 dual-stack issues" in entry.headings]
    assert len(ipv6) == 6


def test_every_fault_the_cluster_can_show_has_its_proof_and_its_look_alikes(entries: Entries) -> None:
    for entry in entries.values():
        if entry.kind is Kind.FAULT and entry.confirmed_by is not None:
            assert bool(entry.proved_on.confirmed) is can_be_confirmed(entry.confirmed_by), entry.id
            assert entry.proved_on.ruled_out or entry.proved_on.suspected, entry.id


def test_every_guide_is_answered_on_some_recording(entries: Entries) -> None:
    assert [entry.id for entry in entries.values() if entry.kind is Kind.GUIDE and not entry.proved_on.answered] == []


def test_every_recording_proves_something(entries: Entries) -> None:
    used = Counter(
        name
        for entry in entries.values()
        for names in (
            entry.proved_on.confirmed,
            entry.proved_on.ruled_out,
            entry.proved_on.suspected,
            entry.proved_on.answered,
        )
        for name in names
    )
    settings = [yaml.safe_load((shipped_folder() / name / SETTINGS).read_text()) for name in shipped_names()]
    bases = {each.get("base") for each in settings}
    assert sorted(set(shipped_names()) - set(used) - bases) == []


def test_symptoms_are_many_in_both_languages_and_never_shared(entries: Entries) -> None:
    owners: dict[str, str] = {}
    for entry in entries.values():
        assert len(entry.symptoms) >= 10, entry.id
        assert sum(not text.isascii() for text in entry.symptoms) >= 3, entry.id
        for text in entry.symptoms:
            assert owners.setdefault(text.lower(), entry.id) == entry.id, text


def test_a_delay_that_nothing_measures_is_never_confirmed(entries: Entries) -> None:
    hints = [id_ for id_, entry in entries.items() if entry.confirmed_by and not can_be_confirmed(entry.confirmed_by)]
    assert hints == ["terway-network-policy-latency"]
