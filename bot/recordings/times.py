"""Time in a recording: ``now-3m`` stands for a moment before the recorded clock, which keeps recordings short."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

_TOKEN = re.compile(r"now(?:([+-])((?:\d{1,9}[smhdw])+))?")
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_FURTHEST = 100 * 366 * 86400  # seconds
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def parse_time(text: str) -> datetime:
    """An RFC 3339 moment; raises ``ValueError`` where it is none, names no time zone, or is centuries away."""
    # Python 3.11 reads at most six digits of a second, container runtimes write nine.
    moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:  # reckoning from it would leave what can be written
        raise ValueError(f"{text!r} is not between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return moment.astimezone(UTC)


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC, as Kubernetes writes it: whole seconds unless there is a fraction."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def resolve(text: str, now: datetime) -> str:
    """The moment that a ``now`` token stands for; any other text as it is.

    Raises:
        ValueError: it is centuries away.
    """
    if not text.startswith("now") or not (token := _TOKEN.fullmatch(text)):
        return text
    seconds = sum(int(amount) * _UNITS[unit] for amount, unit in re.findall(r"(\d{1,9})([smhdw])", token[2] or ""))
    if seconds > _FURTHEST:
        raise ValueError(f"{text[:40]!r} is further away than a hundred years")
    return format_time(now - timedelta(seconds=seconds) if token[1] != "+" else now + timedelta(seconds=seconds))


def resolve_all(value: Any, now: datetime) -> Any:
    """The same for every string inside a JSON value; keys are left alone."""
    if isinstance(value, str):
        return resolve(value, now)
    if isinstance(value, dict):
        return {key: resolve_all(member, now) for key, member in value.items()}
    if isinstance(value, list):
        return [resolve_all(member, now) for member in value]
    return value
