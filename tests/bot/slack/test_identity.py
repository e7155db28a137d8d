"""A token that is missing or of the wrong kind is one sentence at the start."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.settings import Settings, SettingsError, load_settings
from bot.slack.identity import list_secrets
from bot.slack.setting_rules import check_serving_settings, parse_address

GOOD = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_SIGNING_SECRET": "s3cret"}
Given = Callable[..., Settings]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Given:
    """Settings from an environment with these tokens."""

    def settings(**changes: Any) -> Settings:
        for name, value in {**GOOD, **changes}.items():
            monkeypatch.delenv(name, raising=False)
            if value is not None:
                monkeypatch.setenv(name, value)
        return load_settings()

    return settings


@pytest.mark.parametrize("changes", [{}, {"SLACK_APP_TOKEN": None}, {"SLACK_SIGNING_SECRET": None}])
def test_a_bot_token_and_one_way_in_are_enough(given: Given, changes: dict[str, Any]) -> None:
    check_serving_settings(given(**changes))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SLACK_BOT_TOKEN": None}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "  "}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_API_URL": "slack at home"}, "SLACK_API_URL is 'slack at home', which is no address"),
        ({"SLACK_BOT_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN is no bot token"),
        ({"SLACK_BOT_TOKEN": "xoxp-1"}, "SLACK_BOT_TOKEN is no bot token"),
        ({"SLACK_APP_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN is no app-level token"),
        ({"SLACK_APP_TOKEN": None, "SLACK_SIGNING_SECRET": None}, "Neither SLACK_APP_TOKEN"),
    ],
)
def test_a_wrong_one_is_named(given: Given, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as error:
        check_serving_settings(given(**changes))
    assert "xoxp-1" not in str(error.value)


def test_everything_secret_is_known_to_the_log(given: Given) -> None:
    settings = given(NETCLINIC_DATABASE_URL="postgresql://bot:hidden@db/x", NETCLINIC_AUDIT_KEY="k" * 16)
    assert set(list_secrets(settings)) == {"xoxb-1", "xapp-1", "s3cret", "k" * 16, "hidden"}
    settings = given(NETCLINIC_DATABASE_URL="postgresql://db/x?user=bot&password=hidden2&sslmode=require")
    assert "hidden2" in list_secrets(settings)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        (":8080", ("0.0.0.0", 8080)),  # noqa: S104
        ("[::1]:0", ("::1", 0)),
        ("off", None),
    ],
)
def test_addresses(text: str, address: tuple[str, int] | None) -> None:
    assert parse_address(text, "NETCLINIC_HEALTH_ADDRESS") == address


@pytest.mark.parametrize(
    "text",
    ["8080", "localhost", "localhost:http", "localhost:70000", "localhost:²", "local host:80", "http://x:80", ""],
)
def test_what_is_no_address_is_said(text: str) -> None:
    with pytest.raises(SettingsError, match="NETCLINIC_HEALTH_ADDRESS"):
        parse_address(text, "NETCLINIC_HEALTH_ADDRESS")
