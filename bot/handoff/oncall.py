"""Who is on call by the settings: always the same people, or one after the other from a day on."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.settings import SettingsError

JUST_CHANGED = timedelta(hours=1)  # a handoff made so soon after a change is the one for that change
_ROTATION = re.compile(
    r"(?P<people>\S.{0,2000}?)\s{1,20}every\s+(?P<number>[1-9][0-9]{0,2})\s*(?P<unit>[hdw])\s+from\s+(?P<start>.+)"
)
_PERSON = re.compile(r"[UW][A-Z0-9]{2,20}")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_WRONG = (
    "NETCLINIC_ONCALL cannot be read: write user ids (U07MEI, U08JONAS), and where they take turns, "
    "`every 12h from 2026-11-16 09:00` behind them."
)


@dataclass(frozen=True)
class OnCall:
    """``people`` are Slack user ids. Without ``turn`` all are on call; ``start`` is wall-clock time in ``zone``."""

    people: tuple[str, ...]
    zone: ZoneInfo
    turn: timedelta | None = None
    start: datetime | None = None

    def handover_at(self, now: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """From whom and to whom a handoff goes that is made now; nobody where nobody takes turns."""
        if self.turn is None or self.start is None:
            return (), self.people
        local = now.astimezone(self.zone).replace(tzinfo=None)  # a shift ends by the clock on the wall, in summer too
        turn = (local - self.start) // self.turn
        began = self.start + turn * self.turn
        incoming = turn if local - began < JUST_CHANGED else turn + 1
        return (self._person(incoming - 1),), (self._person(incoming),)

    def now_on_call(self, now: datetime) -> tuple[str, ...]:
        """Who is on call at this moment: whose turn it is, or all where nobody takes turns."""
        if self.turn is None or self.start is None:
            return self.people
        local = now.astimezone(self.zone).replace(tzinfo=None)
        return (self._person((local - self.start) // self.turn),)

    def _person(self, turn: int) -> str:
        return self.people[turn % len(self.people)]


def parse_on_call(setting: str, zone: ZoneInfo) -> OnCall:
    """What the setting says; nobody where it is empty.

    Raises:
        SettingsError: it cannot be read.
    """
    found = _ROTATION.fullmatch(setting.strip())
    people = tuple(
        item.strip().lstrip("@") for item in (found["people"] if found else setting).split(",") if item.strip()
    )
    if not all(_PERSON.fullmatch(person) for person in people) or (setting.strip() and not people):
        raise SettingsError(_WRONG)
    if found is None:
        return OnCall(people, zone)
    try:
        start = datetime.fromisoformat(found["start"].strip())
        local = start.astimezone(zone).replace(tzinfo=None) if start.tzinfo else start
    except (ValueError, OverflowError):
        raise SettingsError(_WRONG) from None
    return OnCall(people, zone, int(found["number"]) * _UNITS[found["unit"]], local)
