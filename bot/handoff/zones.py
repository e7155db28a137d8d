"""Whose clock times are meant: the zone that a reader or the settings name, else the machine's own."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.settings import SettingsError

_LOCALTIME = Path("/etc/localtime")
_FOLDER = "zoneinfo/"


def zone_named(name: str) -> ZoneInfo:
    """The zone of this IANA name.

    Raises:
        SettingsError: there is none.
    """
    found = _zone(name)
    if found is None:
        raise SettingsError(
            f"NETCLINIC_TIME_ZONE names {name!r}, which is no time zone: write one such as Asia/Shanghai, or UTC."
        )
    return found


def zone_of(setting: str, reader: str = "") -> ZoneInfo:
    """The reader's zone where it is known and real, else the settings', else the machine's.

    Raises:
        SettingsError: the settings name a zone that does not exist.
    """
    readers = _zone(reader) if reader else None
    return readers or (zone_named(setting) if setting else _machines())


def _machines() -> ZoneInfo:
    """The machine's zone by its name, so that daylight saving is known; UTC where it has none."""
    linked = str(_LOCALTIME.resolve())
    for name in (os.environ.get("TZ", "").lstrip(":"), linked.partition(_FOLDER)[2]):
        found = _zone(name) if name else None
        if found is not None:
            return found
    return ZoneInfo("UTC")


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown; a path or a NUL; a folder such as "Asia"
        return None
