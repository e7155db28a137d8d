"""Time as people type it, at the terminal and in Slack: ``12h``, ``8h30m``, ``09:00``, ``2026-11-22``, or in full.

The functions for one kind of expression give ``None`` for anything else; each door has its own sentence for that.
A zone of ``None`` stands for the system's own.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from knowledge.errors import UserFacingError

_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PART = re.compile(r"([0-9]{1,6})\s*(min|[smhdw])\s*", re.IGNORECASE | re.ASCII)
_DURATION = re.compile(rf"(?:{_PART.pattern})+", re.IGNORECASE | re.ASCII)
_TIME_OF_DAY = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_AT_MOST_MISSED = 3  # days to look back for a time of day: clocks that change may skip it once


class MomentError(UserFacingError):
    """The text names no moment; the message says what does."""


def parse_moment(text: str, *, now: datetime, zone: tzinfo | None, end: bool = False) -> datetime:
    """The moment that ``text`` names, in UTC.

    A duration is that long before ``now``; a time of day the last one that was; a date begins its day, or ends it
    where ``end``. What has no zone is meant in ``zone``.

    Raises:
        MomentError: it names none.
    """
    given = text.strip()
    try:
        duration = parse_duration(given)
        found = now - duration if duration is not None else parse_time_of_day(given, now=now, zone=zone)
        found = found or parse_date(given, zone=zone, end=end)
    except OverflowError:
        found = None
    if found is None:
        raise MomentError(f"{given!r} is no time: write 12h, 3d, 09:00, 2026-11-22 or 2026-11-22T09:00:00+08:00.")
    return found


def parse_duration(text: str) -> timedelta | None:
    """``12h``, ``90 min`` or ``8h30m``, in weeks, days, hours, minutes and seconds.

    Raises:
        OverflowError: it is longer than can be held.
    """
    if not _DURATION.fullmatch(text):
        return None
    parts = (timedelta(**{_UNITS[unit.lower()]: int(number)}) for number, unit in _PART.findall(text))
    return sum(parts, timedelta())


def parse_time_of_day(
    text: str, *, now: datetime, zone: tzinfo | None, past: timedelta = timedelta()
) -> datetime | None:
    """The last time that clocks in the zone showed ``09:00`` or ``9:00``, at least ``past`` ago, in UTC."""
    clock = _TIME_OF_DAY.fullmatch(text)
    if not clock:
        return None
    today, wanted = now.astimezone(zone).date(), time(int(clock[1]), int(clock[2]))
    for days in range(_AT_MOST_MISSED):
        moment = _in_zone(datetime.combine(today - timedelta(days=days), wanted), zone)
        if now - moment >= past:
            return moment
    return None


def parse_date(text: str, *, zone: tzinfo | None, end: bool = False) -> datetime | None:
    """The moment of a date and time as ISO 8601 writes them, in UTC; of a date alone its beginning, or its end."""
    try:
        found = datetime.fromisoformat(text.upper())
        return _in_zone(found + timedelta(days=end and _is_date(text)), zone)
    except (ValueError, OverflowError):
        return None


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text.upper()))
    except ValueError:
        return False


def _in_zone(found: datetime, zone: tzinfo | None) -> datetime:
    placed = found if found.tzinfo or zone is None else found.replace(tzinfo=zone)
    return placed.astimezone(UTC)  # where it has no zone yet, the system's own
