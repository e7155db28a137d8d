"""What Alertmanager posts, where it goes, and what the settings for it may say."""

import json
import re
from typing import Any

import pytest

from bot.settings import Settings, SettingsError, load_settings
from bot.slack.alert_routes import AlertRoutes, MalformedAlerts, make_alert, parse_alerts
from bot.slack.events.alertmanager import is_authorized
from bot.slack.identity import list_secrets
from bot.slack.setting_rules import alerts_address, check_settings, listening_addresses

ALERT = {
    "status": "firing",
    "labels": {"alertname": "KubePodNotReady", "cluster": "prod", "namespace": "shop", "pod": "web-1", "node": "n1"},
    "annotations": {"summary": "Pod is not ready", "description": "It waits for\nan address"},
    "startsAt": "2026-11-29T01:00:00.123Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://prometheus/graph",
    "fingerprint": "abc123",
}
TOKEN = "a-token-of-sixteen-characters"


def body(*alerts: Any) -> bytes:
    return json.dumps({"version": "4", "status": "firing", "alerts": alerts}).encode()


def test_an_alert_becomes_words_and_a_scope() -> None:
    [posted] = parse_alerts(body(ALERT))
    alert = make_alert(posted, "inc-network")
    assert (alert.channel, alert.identity, alert.is_resolved) == ("inc-network", "abc123", False)
    assert (alert.cluster, alert.namespace, alert.pod, alert.node) == ("prod", "shop", "web-1", "n1")
    assert alert.words.splitlines() == [
        "Kube Pod Not Ready",
        "Pod is not ready",
        "It waits for",
        "an address",
        "pod shop/web-1, node n1",
    ]


def test_without_a_fingerprint_the_labels_are_one() -> None:
    bare = {name: value for name, value in ALERT.items() if name != "fingerprint"}
    other = {**bare, "labels": {**ALERT["labels"], "pod": "web-2"}}  # type: ignore[dict-item]
    first, again, second = parse_alerts(body(bare, {**bare, "status": "resolved"}, other))
    assert first.identity == again.identity != second.identity


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"x",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"alerts": 1}',
        body(1),
        body({**ALERT, "status": "odd"}),
        body({**ALERT, "labels": {"a": 1}}),
        body({**ALERT, "labels": None}),
        body({**ALERT, "startsAt": "yesterday"}),
        body({name: value for name, value in ALERT.items() if name != "startsAt"}),
    ],
)
def test_what_is_none_gets_one_sentence(given: bytes) -> None:
    with pytest.raises(MalformedAlerts) as why:
        parse_alerts(given)
    assert str(why.value).startswith("These are no alerts as Alertmanager's webhook posts them: ")
    assert "\n" not in str(why.value)
    assert len(str(why.value)) <= 300
    assert not re.search(r"input|EOF|field required", str(why.value), re.IGNORECASE)


def test_labels_say_the_channel() -> None:
    routes = AlertRoutes.parse("inc-network, team=shop:inc-shop,severity=page:C0PAGE0001")
    assert routes.channel({"team": "shop", "severity": "page"}) == "inc-shop"
    assert routes.channel({"severity": "page"}) == "C0PAGE0001"
    assert routes.channel({"team": "shops"}) == "inc-network"
    assert routes.channels == ("inc-shop", "C0PAGE0001", "inc-network")
    assert AlertRoutes.parse("team=shop:inc-shop").channel({"team": "ops"}) == ""


@pytest.mark.parametrize(
    ("header", "right"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer  {TOKEN}", True),
        (f"Bearer {TOKEN}x", False),
        (f"Basic {TOKEN}", False),
        (TOKEN, False),
        ("Bearer", False),
        ("Bearer \udcff", False),
        ("", False),
    ],
)
def test_only_the_token_opens(header: str, right: bool) -> None:
    assert is_authorized(header, TOKEN) is right
    assert not is_authorized(header, "")


def settings(monkeypatch: pytest.MonkeyPatch, **given: str) -> Settings:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    made = load_settings()
    check_settings(made)
    return made


def test_in_socket_mode_the_webhook_has_an_address_too(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"SLACK_APP_TOKEN": "xapp-1", "NETCLINIC_ALERTS_TOKEN": TOKEN, "NETCLINIC_ALERTS_CHANNELS": "inc"}
    made = settings(monkeypatch, **given)
    assert alerts_address(made) == (("127.0.0.1", 8080), "NETCLINIC_HEALTH_ADDRESS")
    made = settings(monkeypatch, NETCLINIC_HTTP_ADDRESS="127.0.0.1:9090")
    assert alerts_address(made) == (("127.0.0.1", 9090), "NETCLINIC_HTTP_ADDRESS")
    assert [port for (_, port), _ in listening_addresses(made)] == [8080, 9090]
    assert TOKEN in list_secrets(made)
    monkeypatch.delenv("NETCLINIC_HTTP_ADDRESS")
    with pytest.raises(SettingsError, match="NETCLINIC_HTTP_ADDRESS is not set"):
        alerts_address(settings(monkeypatch, NETCLINIC_HEALTH_ADDRESS="off"))
    monkeypatch.delenv("NETCLINIC_ALERTS_TOKEN")
    assert alerts_address(settings(monkeypatch)) is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"NETCLINIC_ALERTS_TOKEN": TOKEN}, "NETCLINIC_ALERTS_CHANNELS is not"),
        ({"NETCLINIC_ALERTS_TOKEN": "short", "NETCLINIC_ALERTS_CHANNELS": "inc"}, "is too short"),
        ({"NETCLINIC_ALERTS_CHANNELS": "inc,ops"}, "NETCLINIC_ALERTS_CHANNELS in the environment is malformed"),
        ({"NETCLINIC_ALERTS_CHANNELS": "team:inc"}, "NETCLINIC_ALERTS_CHANNELS in the environment is malformed"),
        ({"NETCLINIC_ALERTS_CHANNELS": "team=shop:"}, "NETCLINIC_ALERTS_CHANNELS in the environment is malformed"),
    ],
)
def test_settings_that_cannot_be_meant(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        settings(monkeypatch, **given)
