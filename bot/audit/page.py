"""Pages of the audit log as plain data, before a terminal or Slack draws them: a list, one record, a verification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from bot.audit.privacy import OWN_WORDS
from bot.audit.records import Record
from bot.audit.verify import Verification
from bot.text import counted

NO_RECORD = "No record fits."
EMPTY_LOG = "The audit log is empty."
WORDS_LEFT_OUT = "Other people's words are left out; NETCLINIC_MAY_AUDIT names who may read them."
READS = ("cluster.read", "metrics.read")
_HIDDEN = '{"words": "left out"}'
_NAMES = ("channel", "team", "case", "cluster", "entry", "request_id", "outcome")


@dataclass(frozen=True, kw_only=True)
class RecordPage:
    """Records as somebody wants them: ``fit`` is how many there are in all, ``zone`` the reader's.

    ``about`` names them. ``hides``: other people's words are not in them.
    """

    records: Sequence[Record]
    fit: int
    zone: tzinfo | None
    about: str = "Audit log"
    hides: bool = False

    def heading(self, shown: int) -> str:
        """What is shown, and of how many, where ``shown`` records have found room."""
        extent = counted(shown, "record") if shown == self.fit else f"{shown:,} of {counted(self.fit, 'record')}"
        return f"{self.about}: {extent}"

    @property
    def notes(self) -> Sequence[str]:
        """What must be known to read it."""
        return (WORDS_LEFT_OUT,) if self.hides else ()


@dataclass(frozen=True, kw_only=True)
class RecordRow:
    """One record in a list: ``words`` are people's own in quotes, ``detail`` is the rest of what the record says.

    ``at`` is in the reader's zone, ``None`` for a time that somebody has changed into none.
    """

    record: Record
    at: datetime | None
    words: Sequence[str]
    detail: Mapping[str, Any]

    @property
    def is_read(self) -> bool:
        """Whether it is about a read of a cluster, or of its metrics."""
        return self.record.action.startswith(READS)


def record_row(record: Record, zone: tzinfo | None) -> RecordRow:
    """The record for a reader in that zone; ``None`` stands for the system's own."""
    detail = dict(record.details)
    words = [f"“{detail.pop(name)}”" for name in OWN_WORDS if isinstance(detail.get(name), str)]
    return RecordRow(record=record, at=local_time(record, zone), words=words, detail=detail)


def local_time(record: Record, zone: tzinfo | None) -> datetime | None:
    """When it was, in the reader's zone; ``None`` for a time that somebody has changed into none."""
    try:
        return record.at.astimezone(zone)
    except (ValueError, OverflowError):
        return None


def name_fields(record: Record) -> list[tuple[str, str]]:
    """What the record is about, under the names that filters have."""
    return [(name.replace("_id", ""), text) for name in _NAMES if (text := getattr(record, name))]


def chain_fields(record: Record) -> list[tuple[str, str]]:
    """The record's link and its hash."""
    return [("prev", record.prev), ("hash", record.hash)]


def without_others_words(records: Sequence[Record], reader: str) -> list[Record]:
    """The records without what other people than the ``reader``, an actor's id, wrote."""
    return [replace(one, kept=_HIDDEN) if one.kept and one.actor_id != reader else one for one in records]


@dataclass(frozen=True, kw_only=True)
class VerificationPage:
    """What was checked: ``title`` says whether it holds, ``why`` is what is wrong; both are empty for an empty log.

    ``anchor`` names the newest record, where all hold.
    """

    title: str = ""
    why: str = ""
    notes: Sequence[str] = ()
    anchor: str = ""


def verification_page(verification: Verification, *, anchor_option: str) -> VerificationPage:
    """The page, with this door's way of giving anchors in its notes."""
    fault = verification.fault
    if fault is not None:
        title = "NOT PROVEN" if fault.what == "unproven" else f"BROKEN at record {fault.seq:,}"
        up_to_there = f"Up to there {_those_hold(verification)}; what comes after was not checked."
        return VerificationPage(title=title, why=fault.why, notes=() if verification.all_read else (up_to_there,))
    if not verification.count:
        return VerificationPage()
    title = f"The chain holds: {counted(verification.count, 'record')}, {verification.first:,} to {verification.last:,}"
    words = f"People's words: {verification.words_kept:,} as they were written, {verification.words_erased:,} erased."
    notes = [words, _anchors_note(verification, anchor_option)]
    return VerificationPage(title=title, notes=notes, anchor=f"{verification.last}:{verification.head}")


def complete_reading(verification: Verification) -> str:
    """That all was read although something is wrong; empty where that is not so."""
    if not (verification.all_read and verification.count):
        return ""
    return f"All was read: as a chain {_those_hold(verification)}, {verification.first:,} to {verification.last:,}."


def _those_hold(verification: Verification) -> str:
    return f"{counted(verification.count, 'record')} {'holds' if verification.count == 1 else 'hold'}"


def _anchors_note(verification: Verification, option: str) -> str:
    out = f", {verification.anchors_out_of_reach:,} in the pruned part" if verification.anchors_out_of_reach else ""
    if verification.anchors or out:
        return f"{counted(verification.anchors, 'anchor')} checked{out}."
    return f"No anchor was given ({option}): a cut tail or a rewritten chain would not show."
