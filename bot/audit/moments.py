"""Moments as people type them: 12h, 09:00, 2026-11-22, or in full."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_SPAN = re.compile(r"([0-9]{1,6})\s*(s|m|min|h|d|w)", re.IGNORECASE | re.ASCII)
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class MomentError(ValueError):
    """The text names no moment; the message says what does."""


def moment_of(text: str, *, now: datetime, zone: tzinfo | None, end: bool = False) -> datetime:
    """The moment that ``text`` names.

    A span is that long before ``now``; a time of day the last one that was; a date begins its day, or ends it
    where ``end``. What has no zone is meant in ``zone``, the system's own where that is ``None``.

    Raises:
        MomentError: it names none.
    """
    given = text.strip()
    try:
        if span := _SPAN.fullmatch(given):
            return now - timedelta(**{_UNITS[span[2].lower()]: int(span[1])})
        if clock := _CLOCK.fullmatch(given):
            today = _placed(datetime.combine(_local(now, zone), time(int(clock[1]), int(clock[2]))), zone)
            return today if today <= now else _placed(today.replace(tzinfo=None) - timedelta(days=1), zone)
        found = _day(given, end=end) or datetime.fromisoformat(given)
        return (found if found.tzinfo else _placed(found, zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise MomentError(
            f"{given!r} is no time: write 12h, 3d, 09:00, 2026-11-22 or 2026-11-22T09:00:00+08:00."
        ) from None


def _day(text: str, *, end: bool) -> datetime | None:
    """Beginning or end of a day, in any way of writing a date."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day, time()) + timedelta(days=end)


def _placed(naive: datetime, zone: tzinfo | None) -> datetime:
    return naive.replace(tzinfo=zone) if zone else naive.astimezone()


def _local(now: datetime, zone: tzinfo | None) -> datetime:
    return now.astimezone(zone)
