"""When the digest of all clusters is due, and where it is posted."""

from bot.handoff.schedule import Schedule, choose_zone, parse_schedule
from bot.settings import Settings, SettingsError

SETTING = "NETCLINIC_FLEET_SCHEDULE"


def digest_channel(settings: Settings) -> str:
    """Its channel: a name or an id, empty where none is named."""
    return settings.fleet_channel or settings.oncall_channel


def fleet_schedule(settings: Settings) -> Schedule | None:
    """When it is due, if it is.

    Raises:
        SettingsError: the schedule or the zone cannot be read, or nobody says where to post.
    """
    found = parse_schedule(settings.fleet_schedule, choose_zone(settings.time_zone), SETTING, example="0 9 * * 1-5")
    if found and not digest_channel(settings):
        raise SettingsError(f"{SETTING} needs a channel to post to: set NETCLINIC_FLEET_CHANNEL.")
    return found
