"""Checking a chain, record by record: the first one that was changed, removed, inserted or moved is named.

It is given rows in order of their numbers, from archives and from the database alike, and needs no database itself
but for two questions: which record has a given hash, and which one was written after it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.audit.records import GENESIS, TEXTS, digest, readable, words_digest

FaultKind = Literal["changed", "removed", "inserted", "reordered", "erased", "cut", "rewritten", "unproven"]
Row = Mapping[str, Any]
REACH = 10_000  # numbers up and down among which that of a moved record is looked for: a second at most
MOST_HASHED = 100_000_000  # characters, in each direction: a record that somebody has blown up holds nobody up
_NOBODY_ERASED = "The words kept with record {} are gone, and no record says that they were erased."


@dataclass(frozen=True)
class Fault:
    """The first record that is not as it was written, and how that shows."""

    seq: int
    what: FaultKind
    why: str


@dataclass(frozen=True)
class Tombstone:
    """What a record in the log says was taken out of it: all up to ``to``, or the words of one person up to there.

    ``hash`` is that of the last record taken out, where records were, and ``sha256`` that of the archive they went to.
    """

    seq: int
    action: str
    to: int
    actor: str = ""
    hash: str = ""
    sha256: str = ""


def parse_tombstone(row: Row) -> Tombstone | None:
    """What this row says was taken out, if it says so."""
    if row["action"] not in ("audit.pruned", "audit.erased"):
        return None
    try:
        said = json.loads(row["detail"])
        texts = (readable(said.get(name, "")) for name in ("actor", "hash", "sha256"))
        return Tombstone(row["seq"], row["action"], int(said["to"]), *texts)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None  # the chain itself tells that this row was changed


@dataclass
class ChainVerifier:
    """Feed it rows; it stops at the first fault.

    ``number_of_hash`` gives the number of the record with a hash, ``numbers_after_hash`` those of the records that
    were written after it.
    ``oldest`` is the first number in the database, ``gaps`` are what was pruned and is in no archive that was given.
    """

    tombstones: Sequence[Tombstone]
    number_of_hash: Callable[[str], int | None]
    numbers_after_hash: Callable[[str], Sequence[int]]
    oldest: int = 0
    first: int = 0
    last: int = 0
    head: str = ""
    count: int = 0
    words_kept: int = 0
    words_erased: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)
    _hash_before: str = ""

    def check_next(self, row: Row) -> Fault | None:
        """The fault of this row, if it is the first one that has any."""
        seq = row["seq"]
        fault = self._place_fault(seq, row) or self._content_fault(seq, row) or self._words_fault(seq, row)
        if fault is None:
            self.first = self.first or seq
            self._hash_before, self.head, self.last = self.head, row["hash"], seq
            self.count += 1
        return fault

    def _place_fault(self, seq: int, row: Row) -> Fault | None:
        if seq < 1 or (self.count and seq <= self.last):
            why = "numbers begin with 1" if seq < 1 else "two archives hold that number"
            return Fault(seq, "inserted", f"Record {seq} was inserted: {why}.")
        if seq == self.last + 1:
            self.head = self.head or GENESIS
            return None
        pruned = next(iter(tombstones_up_to(self.tombstones, seq - 1)), None)
        if pruned is None or (self.count and seq > self.oldest):  # pruning leaves no hole in the database
            return _removal_fault(self.last + 1, seq - 1)
        self.head = pruned.hash
        if self.count:
            self.gaps.append((self.last + 1, seq - 1))
        return None

    def _content_fault(self, seq: int, row: Row) -> Fault | None:
        if _matches_hash(row, seq):
            return None if row["prev"] == self.head else self._link_fault(seq, row)
        was = self._original_number(seq, row)
        if was is None:
            return Fault(seq, "changed", f"Record {seq} was changed: its fields do not give its hash.")
        if was < seq:
            return self._insertion_fault(seq, row, was)
        if self.number_of_hash(row["prev"]) is not None:
            return Fault(seq, "reordered", f"Record {seq} is out of its place: it was written as {was}.")
        return Fault(seq, "removed", f"Record {seq} was removed: what stands in its place was written as {was}.")

    def _insertion_fault(self, seq: int, row: Row, was: int) -> Fault:
        """What stands in its own place before it is no fault of the chain, so that it was put there."""
        first = self.number_of_hash(row["hash"])
        if first is not None and first < seq:
            return Fault(seq, "inserted", f"Record {seq} was inserted: it is a copy of record {first}.")
        told = f"Record {was} was" if was == seq - 1 else f"Records {was} to {seq - 1} were"
        why = f"{told} inserted: the one that stands after that now as {seq} was written as {was}."
        return Fault(was, "inserted", why)

    def _link_fault(self, seq: int, row: Row) -> Fault:
        """A record that is whole but was written after another one than stands before it."""
        if not self.count:
            told = "does not begin the chain" if seq == 1 else f"was not written after the pruned record {seq - 1}"
            return Fault(seq, "changed", f"Record {seq} {told}: it was changed, and its hash made anew.")
        if any(number != seq for number in self.numbers_after_hash(self.head)):
            why = f"Record {seq} was inserted: it was not written after record {seq - 1}, and another one was."
            return Fault(seq, "inserted", why)
        if row["prev"] == self._hash_before and self.count > 1:
            why = f"Record {seq - 1} was inserted: the one after it was written after record {seq - 2}."
            return Fault(seq - 1, "inserted", why)
        return Fault(
            seq - 1,
            "changed",
            f"Record {seq - 1} was changed and its hash made anew: record {seq} was written after another one.",
        )

    def _original_number(self, seq: int, row: Row) -> int | None:
        """The number under which this row would be whole, if it was only moved."""
        before = self.number_of_hash(row["prev"]) if _may_be_hash(row["prev"]) else None
        near = [] if before is None else [before, before + 1, before + 2]
        reach = min(REACH, MOST_HASHED // (_size(row) + 1))
        around = (*range(seq + 1, seq + 1 + reach), *range(seq - 1, seq - 1 - reach, -1))
        return next((number for number in (*near, *around) if number > 0 and _matches_hash(row, number)), None)

    def _words_fault(self, seq: int, row: Row) -> Fault | None:
        if not row["words"]:
            return None
        if row["salt"] is None:
            self.words_erased += 1
            return None if self._is_erasure_recorded(seq, row) else Fault(seq, "erased", _NOBODY_ERASED.format(seq))
        self.words_kept += 1
        if _words_match(row):
            return None
        return Fault(seq, "changed", f"The words kept with record {seq} are not those that were written.")

    def _is_erasure_recorded(self, seq: int, row: Row) -> bool:
        return any(
            tombstone.to >= seq and tombstone.seq > seq and tombstone.actor in ("", row["actor_id"])
            for tombstone in self.tombstones
            if tombstone.action == "audit.erased"
        )


def _matches_hash(row: Row, seq: int) -> bool:
    try:
        return bool(digest({**row, "seq": seq}) == row["hash"])
    except (ValueError, TypeError, KeyError):
        return False


def _may_be_hash(value: object) -> bool:
    return isinstance(value, str) and len(value) == len(GENESIS) and value.isascii() and value.isalnum()


def _size(row: Row) -> int:
    return sum(len(row[name]) for name in TEXTS if isinstance(row[name], str))


def _words_match(row: Row) -> bool:
    try:
        return bool(words_digest(row["salt"], row["kept"]) == row["words"])
    except ValueError:  # no UTF-8
        return False


def tombstones_up_to(tombstones: Sequence[Tombstone], to: int) -> list[Tombstone]:
    """The records that say that all up to that number were pruned; each is itself younger than what it prunes."""
    return [one for one in tombstones if one.action == "audit.pruned" and one.to == to < one.seq]


def _removal_fault(first: int, last: int) -> Fault:
    told = f"Record {first} is missing" if first == last else f"Records {first} to {last} are missing"
    return Fault(first, "removed", f"{told}, and no record says that they were pruned.")
