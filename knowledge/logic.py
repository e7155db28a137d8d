"""Kleene's three-valued logic, because a read that failed must never count as "not there"."""

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """What a probe, or a condition over probes, came to."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


def all_of(outcomes: Iterable[Outcome]) -> Outcome:
    """Absent by one absent, else unknown by one unknown; the empty conjunction is present."""
    seen = set(outcomes)
    if Outcome.ABSENT in seen:
        return Outcome.ABSENT
    return Outcome.UNKNOWN if Outcome.UNKNOWN in seen else Outcome.PRESENT


def any_of(outcomes: Iterable[Outcome]) -> Outcome:
    """Present by one present, else unknown by one unknown; the empty disjunction is absent."""
    return negate(all_of(map(negate, outcomes)))


def none_of(outcomes: Iterable[Outcome]) -> Outcome:
    """Absent by one present: the negation of :func:`any_of`."""
    return negate(any_of(outcomes))


def negate(outcome: Outcome) -> Outcome:
    """Unknown stays unknown."""
    if outcome is Outcome.UNKNOWN:
        return Outcome.UNKNOWN
    return Outcome.ABSENT if outcome is Outcome.PRESENT else Outcome.PRESENT
