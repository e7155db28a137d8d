"""Verifying the whole log: the chain, people's words beside it, archives before it and anchors from outside.

An anchor is the number and the hash of a record, told outside the database, so that a cut tail or a rewritten chain
shows. The record ``audit.anchored`` is its own anchor: it is stored first, and what is told is its number and hash.
"""

import itertools
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, or_, select

from bot.audit.archives import Archive
from bot.audit.chain import ChainVerifier, Fault, Row, Tombstone, parse_tombstone, tombstones_up_to
from bot.audit.log import AuditLog
from bot.audit.reading import CHUNK, undecodable_text_kept
from bot.audit.records import SYSTEM, Actor, stamp
from bot.store import Store
from bot.store.schema import audit_records, audit_words

_ANCHOR = re.compile(r"(?<![\w:])#?([1-9]\d{0,17})\s?:\s?(?:sha256:)?([0-9a-f]{64})(?![0-9a-f])", re.IGNORECASE)
Progress = Callable[[int, int], None]
_OUT_OF_REACH = (
    "The archive {} is signed off by none of the records at hand, and records {} to {} were pruned too: give their "
    "archive as well (--archive FILE)."
)
_logger = logging.getLogger("netclinic.audit")


@dataclass(frozen=True)
class Anchor:
    """What the record of that number hashed to, when it was told."""

    seq: int
    hash: str
    at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


def make_anchor(log: AuditLog, *, channel: str = "", actor: Actor = SYSTEM, request_id: str = "") -> Anchor:
    """Record that the log is anchored, and write the anchor to the process's own log.

    Whoever calls posts :func:`anchor_text` to the channel.

    Raises:
        AuditUnavailable: it could not be stored.
    """
    record = log.record(
        "audit.anchored", actor=actor, request_id=request_id, detail={"channel": channel} if channel else {}
    )
    anchor = Anchor(record.seq, record.hash, record.at)
    _logger.info("%s", anchor_text(anchor))
    return anchor


def anchor_text(anchor: Anchor) -> str:
    """One line for people and for :func:`parse_anchors`."""
    at = f" at {stamp(anchor.at)}" if anchor.at else ""
    return f"netclinic audit anchor {anchor}{at}"


def parse_anchors(text: str) -> list[Anchor]:
    """Every anchor in a text: one typed as ``SEQ:HASH``, or a page copied out of Slack."""
    return [Anchor(int(seq), hash_.lower()) for seq, hash_ in _ANCHOR.findall(text)]


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What was checked, and the first fault if there is one. ``pruned`` is the last number that was pruned.

    ``not_given`` are later numbers that were pruned too, but are in none of the archives.
    ``all_read`` says whether every record was read: a fault in the chain ends the reading, another does not.
    """

    first: int
    last: int
    count: int
    head: str
    pruned: int
    words_kept: int
    words_erased: int
    anchors: int
    anchors_out_of_reach: int
    seconds: float
    fault: Fault | None
    all_read: bool = True
    not_given: Sequence[tuple[int, int]] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong with what was checked."""
        return self.fault is None

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.count / self.seconds if self.seconds else 0.0

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        fault = self.fault
        return {
            "holds": self.holds,
            "fault": None if fault is None else {"record": fault.seq, "what": fault.what, "why": fault.why},
            "first": self.first,
            "last": self.last,
            "records": self.count,
            "head": self.head,
            "pruned_to": self.pruned,
            "pruned_and_not_given": [list(gap) for gap in self.not_given],
            "words": {"kept": self.words_kept, "erased": self.words_erased},
            "anchors": {"checked": self.anchors, "in_pruned_part": self.anchors_out_of_reach},
            "seconds": round(self.seconds, 3),
            "records_per_second": round(self.rate),
        }


def verify(
    store: Store,
    *,
    anchors: Sequence[Anchor] = (),
    archives: Sequence[Path] = (),
    progress: Progress = lambda done, of: None,
) -> Verification:
    """Read every record once, oldest first, those of ``archives`` before those of the database.

    Raises:
        DatabaseError: the database cannot be read.
        ArchiveError: a file is no archive of this log.
    """
    started = time.monotonic()
    older = _open_archives(archives)
    read: dict[int, str] = {}
    with store.reading() as connection, undecodable_text_kept(connection):
        tombstones = [
            *read_tombstones(connection),
            *(tombstone for archive in older for tombstone in archive.tombstones()),
        ]
        verifier = make_verifier(connection, older, tombstones)
        broken = _check_rows(verifier, connection, older, read, {anchor.seq for anchor in anchors}, progress)
        fault = (
            broken or _orphaned_words_fault(connection) or _archive_fault(connection, older, tombstones, verifier.gaps)
        )
    pruned_hashes = {tombstone.to: tombstone.hash for tombstone in tombstones if tombstone.action == "audit.pruned"}
    fault = fault or _anchor_fault(anchors, {**pruned_hashes, **read}, verifier) or _reach_fault(anchors, read)
    fault = fault or _pruned_fault(verifier, tombstones)
    return Verification(
        first=verifier.first,
        last=verifier.last,
        count=verifier.count,
        head=verifier.head if verifier.count else "",
        pruned=max(verifier.first - 1, 0),
        words_kept=verifier.words_kept,
        words_erased=verifier.words_erased,
        anchors=sum(anchor.seq in read for anchor in anchors),
        anchors_out_of_reach=sum(0 < anchor.seq <= verifier.last and anchor.seq not in read for anchor in anchors),
        seconds=time.monotonic() - started,
        fault=fault,
        all_read=broken is None,
        not_given=verifier.gaps,
    )


def _open_archives(archives: Sequence[Path]) -> list[Archive]:
    """The archives, oldest first; one that is given twice counts once."""
    found = {archive.sha256: archive for archive in map(Archive.open, archives)}
    return sorted(found.values(), key=lambda archive: archive.first)


def make_verifier(connection: Connection, older: Sequence[Archive], tombstones: Sequence[Tombstone]) -> ChainVerifier:
    """A checker that looks around in the database and in the archives."""
    return ChainVerifier(
        tombstones,
        lambda hash_: number_of_hash(connection, older, hash_),
        lambda hash_: numbers_after_hash(connection, older, hash_),
        _oldest(connection) or 0,
    )


def _oldest(connection: Connection) -> int | None:
    found: int | None = connection.execute(select(func.min(audit_records.c.seq))).scalar()
    return found


def _check_rows(
    verifier: ChainVerifier,
    connection: Connection,
    older: Sequence[Archive],
    read: dict[int, str],
    wanted: Set[int],
    progress: Progress,
) -> Fault | None:
    """Feed all rows; ``read`` gets the hashes of the records that anchors are about."""
    smallest, of = connection.execute(select(func.min(audit_records.c.seq), func.count())).one()
    for row in itertools.chain(_archived_rows(older, smallest), stored_rows(connection)):
        fault = verifier.check_next(row)
        if fault is not None:
            return fault
        if row["seq"] in wanted:
            read[row["seq"]] = row["hash"]
        if verifier.count % CHUNK == 0:
            progress(verifier.count, of)
    progress(verifier.count, of)
    return None


def _archived_rows(older: Sequence[Archive], before: int | None) -> Iterator[Row]:
    """Of the archives, what the database no longer holds."""
    for archive in older:
        yield from (row for row in archive.rows() if before is None or row["seq"] < before)


def stored_rows(connection: Connection, to: int | None = None) -> Iterator[Row]:
    """The rows of the chain with their words, oldest first, up to a number."""
    with_words = audit_records.outerjoin(audit_words, audit_words.c.seq == audit_records.c.seq)
    columns = (*audit_records.c, audit_words.c.salt, audit_words.c.words.label("kept"))
    wanted = select(*columns).select_from(with_words).order_by(audit_records.c.seq)
    if to is not None:
        wanted = wanted.where(audit_records.c.seq <= to)
    streaming = connection.execution_options(yield_per=CHUNK)
    return (row._asdict() for row in streaming.execute(wanted))


def read_tombstones(connection: Connection) -> list[Tombstone]:
    """What the database's records say was taken out of the log."""
    tombstones = audit_records.c.action.in_(("audit.pruned", "audit.erased"))
    rows = connection.execute(select(audit_records).where(tombstones).order_by(audit_records.c.seq))
    return [tombstone for row in rows if (tombstone := parse_tombstone(row._asdict()))]


def number_of_hash(connection: Connection, older: Sequence[Archive], hash_: str) -> int | None:
    """The number of the first record with this hash."""
    found = connection.execute(select(func.min(audit_records.c.seq)).where(audit_records.c.hash == hash_)).scalar()
    return found if found is not None else next((seq for one in older if (seq := one.number_of_hash(hash_))), None)


def numbers_after_hash(connection: Connection, older: Sequence[Archive], hash_: str) -> list[int]:
    """The numbers of the records that were written after the one with this hash."""
    found = connection.execute(select(audit_records.c.seq).where(audit_records.c.prev == hash_)).scalars().all()
    return [*found, *(seq for one in older for seq in one.numbers_after_hash(hash_))]


def _archive_fault(
    connection: Connection, older: Sequence[Archive], tombstones: Sequence[Tombstone], gaps: Sequence[tuple[int, int]]
) -> Fault | None:
    """An archive that stands for records, but is another file than the record of their pruning says."""
    smallest = _oldest(connection)
    for archive in older:
        signed = tombstones_up_to(tombstones, archive.last)
        if (signed or smallest is None or archive.first < smallest) and archive.sha256 not in (
            tombstone.sha256 for tombstone in signed
        ):
            if not signed and gaps:
                return Fault(archive.first, "unproven", _OUT_OF_REACH.format(archive.path, *gaps[-1]))
            whose = f"record {signed[-1].seq}" if signed else "any record"
            why = f"The archive {archive.path} is not the file that {whose} signs off: its SHA-256 is {archive.sha256}."
            return Fault(archive.first, "changed", why)
    return None


def _orphaned_words_fault(connection: Connection) -> Fault | None:
    """Words that belong to no record, or to one that was written without."""
    missing = select(audit_words.c.seq).outerjoin(audit_records, audit_records.c.seq == audit_words.c.seq)
    found = connection.execute(
        missing.where(or_(audit_records.c.seq.is_(None), audit_records.c.words == "")).limit(1)
    ).scalar()
    return None if found is None else Fault(found, "inserted", f"Words are kept for record {found}, which has none.")


def _anchor_fault(anchors: Sequence[Anchor], hashes: Mapping[int, str], verifier: ChainVerifier) -> Fault | None:
    for anchor in sorted(anchors, key=lambda one: one.seq):
        if anchor.seq < 1:
            return Fault(
                anchor.seq, "unproven", f"No record {anchor.seq} can have been anchored: numbers begin with 1."
            )
        if anchor.seq > verifier.last:
            why = f"The log ends at record {verifier.last}, but record {anchor.seq} was anchored: its tail was cut off."
            return Fault(verifier.last + 1, "cut", why)
        if hashes.get(anchor.seq, anchor.hash) != anchor.hash:
            why = f"Record {anchor.seq} is another one than was anchored: the chain was rewritten up to there."
            return Fault(anchor.seq, "rewritten", why)
    return None


def _reach_fault(anchors: Sequence[Anchor], read: Mapping[int, str]) -> Fault | None:
    """The newest anchor proves all before it; where its record is out of reach, nothing that is left is proven."""
    newest = max((anchor.seq for anchor in anchors), default=0)
    if not newest or newest in read:
        return None
    why = (
        f"Record {newest}, the newest one that was anchored, was pruned, so whether the log was rewritten before that "
        "cannot be told: give its archive too (--archive FILE)."
    )
    return Fault(newest, "unproven", why)


def _pruned_fault(verifier: ChainVerifier, tombstones: Sequence[Tombstone]) -> Fault | None:
    """That records were pruned says a record, which whoever can take some away can write as well: an archive proves it.

    Anchors do not: they vouch for the record that says so, not for what it says.
    """
    before = [(1, verifier.first - 1)] if verifier.first > 1 else []
    if not (missing := [*before, *verifier.gaps]):
        return None
    first, last = missing[0]
    saying = next(iter(tombstones_up_to(tombstones, last)), None)
    by = f", as record {saying.seq} says," if saying else ""
    if saying and not saying.sha256:
        why = f"{_span(first, last)} pruned{by} but it signs off no archive: they may have been taken away by anybody."
    else:
        why = f"{_span(first, last)} pruned{by} and their archive was not given: give it (--archive FILE)."
    return Fault(first, "unproven", why)


def _span(first: int, last: int) -> str:
    return f"Record {first} was" if first == last else f"Records {first} to {last} were"
