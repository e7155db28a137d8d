"""When the digest is due, and where it goes."""

from typing import Any

import pytest

from bot.fleet.schedule import digest_channel, fleet_schedule
from bot.settings import SettingsError, load_settings


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_(**values: str) -> Any:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        return load_settings()

    return set_


def test_without_a_schedule_there_is_no_digest(given: Any) -> None:
    assert fleet_schedule(given(NETCLINIC_FLEET_CHANNEL="ops")) is None


@pytest.mark.parametrize(
    ("values", "channel"),
    [
        ({"NETCLINIC_FLEET_CHANNEL": "fleet", "NETCLINIC_ONCALL_CHANNEL": "ops"}, "fleet"),
        ({"NETCLINIC_ONCALL_CHANNEL": "ops"}, "ops"),
    ],
)
def test_it_is_posted_to_its_channel_else_to_on_call(given: Any, values: dict[str, str], channel: str) -> None:
    settings = given(NETCLINIC_FLEET_SCHEDULE="0 9 * * 1-5", NETCLINIC_TIME_ZONE="Asia/Shanghai", **values)
    schedule = fleet_schedule(settings)
    assert schedule is not None
    assert (schedule.cron, schedule.zone.key, digest_channel(settings)) == ("0 9 * * 1-5", "Asia/Shanghai", channel)


@pytest.mark.parametrize(
    ("cron", "channel", "why"),
    [
        ("daily", "ops", r"NETCLINIC_FLEET_SCHEDULE is 'daily', which is no cron expression .* such as 0 9 \* \* 1-5"),
        ("0 0 30 2 *", "ops", "NETCLINIC_FLEET_SCHEDULE is"),
        ("0 9 * * *", "", "NETCLINIC_FLEET_SCHEDULE needs a channel to post to: set NETCLINIC_FLEET_CHANNEL"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: Any, cron: str, channel: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        fleet_schedule(given(NETCLINIC_FLEET_SCHEDULE=cron, NETCLINIC_FLEET_CHANNEL=channel))
