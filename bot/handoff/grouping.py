"""Cases that are alike are one item: the same cause and verdict on the same cluster, and the same state now.

Fifteen people who ask about one empty vSwitch are one thing to know, not fifteen.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from bot.handoff.records import Now, OpenCase, ResolvedCase, Seen

T = TypeVar("T")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def alike_open(cases: Iterable[OpenCase]) -> list[Sequence[OpenCase]]:
    """Groups in the order of their first members, the newest case of each first. Without an answer none are alike."""
    groups = _grouped(cases, lambda case: (*_or_alone(case.entry, case), case.found, case.outcome, case.state.now))
    return [sorted(group, key=lambda case: case.opened_at, reverse=True) for group in groups]


def alike_resolved(cases: Iterable[ResolvedCase]) -> list[Sequence[ResolvedCase]]:
    """The same for resolved ones. Where the cause stayed unknown, each question stands for itself."""
    return _grouped(
        cases, lambda case: (*_or_alone(case.entry if case.outcome != "ruled_out" else "", case), case.outcome)
    )


def lead(group: Sequence[OpenCase]) -> OpenCase:
    """The case that speaks for its group: the one with the newest evidence."""
    return max(group, key=lambda case: (seen.at if (seen := newest(case)) else _NEVER, case.opened_at))


def newest(case: OpenCase) -> Seen | None:
    """The last evidence: what was seen just now where it is still there, else what the answer showed."""
    is_there = case.state.now in (Now.STILL, Now.WORSE)
    return case.state.seen if is_there and case.state.seen else case.seen


def _or_alone(entry: str, case: OpenCase | ResolvedCase) -> tuple[str, str]:
    return (entry, case.cluster) if entry else ("", case.ref.id)


def _grouped(items: Iterable[T], key: Callable[[T], Hashable]) -> list[Sequence[T]]:
    groups: dict[Hashable, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())
