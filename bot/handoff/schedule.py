"""When handoffs are due, by a cron expression on the clocks of a zone; and which zone clock times are meant in.

That is the zone that a reader or the settings name, else the machine's own.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.handoff.oncall import parse_on_call
from bot.settings import Settings, SettingsError

LATE = timedelta(hours=2)  # a handoff that nobody could make for longer is not made up for
_FIELDS, _HOURS = 5, 1  # of a cron expression, and the place of its hours
_LOCALTIME = Path("/etc/localtime")
_FOLDER = "zoneinfo/"


@dataclass(frozen=True)
class Schedule:
    """A cron expression of five fields, and whose clocks it is about."""

    cron: str
    zone: ZoneInfo

    def next(self, after: datetime) -> datetime:
        """The next time, UTC."""
        return self._first(self._from(after).get_next)

    def missed(self, now: datetime) -> datetime | None:
        """The last time, where that was not too long ago for a handoff: UTC."""
        last = self._first(self._from(now + timedelta(microseconds=1)).get_prev)
        return last if now - last <= LATE else None

    def _first(self, following: Callable[[type[datetime]], datetime]) -> datetime:
        """The first of the following times that counts, UTC.

        Where summer ends an hour comes twice: what is due at a certain hour is due in the first of them alone.
        """
        every_hour = self.cron.split()[_HOURS] == "*"
        found = following(datetime)
        while not every_hour and found.astimezone(UTC).astimezone(self.zone).fold:
            found = following(datetime)
        return found.astimezone(UTC)

    def _from(self, moment: datetime) -> Any:
        from croniter import croniter

        return croniter(self.cron, moment.astimezone(self.zone))


def handoff_schedule(settings: Settings) -> Schedule | None:
    """When handoffs are due, if they are.

    Raises:
        SettingsError: the schedule, the rotation or the zone cannot be read, or nobody says where to post.
    """
    zone = choose_zone(settings.time_zone)
    parse_on_call(settings.oncall, zone)
    found = parse_schedule(settings.handoff_schedule, zone)
    if found and not settings.oncall_channel:
        raise SettingsError("NETCLINIC_HANDOFF_SCHEDULE needs a channel to post to: set NETCLINIC_ONCALL_CHANNEL.")
    return found


def parse_schedule(
    text: str, zone: ZoneInfo, setting: str = "NETCLINIC_HANDOFF_SCHEDULE", *, example: str = "0 9,21 * * *"
) -> Schedule | None:
    """What ``text`` says, the value of ``setting``; ``None`` where it is empty.

    Raises:
        SettingsError: it is no cron expression, or names no time that ever comes.
    """
    cron = " ".join(text.split())
    if not cron:
        return None
    from croniter import CroniterBadCronError, CroniterBadDateError

    found = Schedule(cron, zone)
    try:
        if len(cron.split(" ")) != _FIELDS:
            raise ValueError(cron)
        found.next(datetime(2026, 1, 1, tzinfo=UTC))
    except (CroniterBadCronError, CroniterBadDateError, ValueError, KeyError, AttributeError) as error:
        raise SettingsError(
            f"{setting} is {cron[:60]!r}, which is no cron expression of five fields: "
            f"write minute, hour, day, month and weekday, such as {example}."
        ) from error
    return found


def parse_zone(name: str) -> ZoneInfo:
    """The zone of this IANA name.

    Raises:
        SettingsError: there is none.
    """
    found = _find_zone(name)
    if found is None:
        raise SettingsError(
            f"NETCLINIC_TIME_ZONE names {name!r}, which is no time zone: write one such as Asia/Shanghai, or UTC."
        )
    return found


def choose_zone(setting: str, reader: str = "") -> ZoneInfo:
    """The reader's zone where it is known and real, else the settings', else the machine's.

    Raises:
        SettingsError: the settings name a zone that does not exist.
    """
    readers = _find_zone(reader) if reader else None
    return readers or (parse_zone(setting) if setting else _machine_zone())


def _machine_zone() -> ZoneInfo:
    """The machine's zone by its name, so that daylight saving is known; UTC where it has none."""
    linked = str(_LOCALTIME.resolve())
    for name in (os.environ.get("TZ", "").lstrip(":"), linked.partition(_FOLDER)[2]):
        found = _find_zone(name) if name else None
        if found is not None:
            return found
    return ZoneInfo("UTC")


def _find_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown; a path or a NUL; a folder such as "Asia"
        return None
