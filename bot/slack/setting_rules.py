"""What settings must say before anything is tried with them: each alone, and together.

`netclinic settings`, `serve --check`, `serve` and every other command hold them to the same rules. Nothing is imported
here that costs time: `netclinic match` need not wait for Slack's SDK.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.fleet.schedule import fleet_schedule
from bot.handoff.schedule import handoff_schedule
from bot.prometheus.config import URL as PROMETHEUS_URL
from bot.prometheus.config import prometheuses
from bot.settings import Settings, SettingsError, parse_list, parse_pairs

OFF = "off"
SHORTEST_TOKEN = 16  # characters
HEALTH_SETTING, HTTP_SETTING = "NETCLINIC_HEALTH_ADDRESS", "NETCLINIC_HTTP_ADDRESS"
Address = tuple[str, int]
_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{6,}")
_PATTERN = re.compile(r"[*?\[]")


def check_settings(settings: Settings) -> None:
    """Hold what is set to its form, and to what else is set.

    Raises:
        SettingsError: something cannot be meant.
    """
    _check_slack_address(settings.slack_api_url)
    _check_alertmanager(settings.alertmanager_url)
    _check_cloud_endpoint(settings.cloud_endpoint)
    _check_token_kinds(settings)
    for text, setting in ((settings.health_address, HEALTH_SETTING), (settings.http_address, HTTP_SETTING)):
        if text:
            parse_address(text, setting)
    if settings.database_url:
        from bot.store.opening import parse_url  # SQLAlchemy takes a while

        parse_url(settings.database_url)
    handoff_schedule(settings)
    fleet_schedule(settings)
    prometheuses(settings)
    _check_cluster_names(settings)
    _check_channels(settings)
    _check_alerts(settings)


def check_serving_settings(settings: Settings) -> None:
    """The same, and that everything is set which only serving needs.

    Raises:
        SettingsError: something is missing, or cannot be meant.
    """
    check_settings(settings)
    if not secret_value(settings.slack_bot_token):
        raise SettingsError(
            "SLACK_BOT_TOKEN is not set: it stands on the app's OAuth & Permissions page (xoxb-…); docs/slack.md tells "
            "how to create the app."
        )
    if not secret_value(settings.slack_app_token) and not secret_value(settings.slack_signing_secret):
        raise SettingsError(
            "Neither SLACK_APP_TOKEN (for Socket Mode) nor SLACK_SIGNING_SECRET (for HTTP) is set: "
            "by one of them Slack reaches netclinic."
        )
    slack_address(settings)
    alerts_address(settings)


def secret_value(value: SecretStr | None) -> str:
    """The secret itself; empty where there is none."""
    return value.get_secret_value().strip() if value else ""


def health_address(settings: Settings) -> Address | None:
    """Where ``/healthz`` is answered, if anywhere.

    Raises:
        SettingsError: it is no address.
    """
    return parse_address(settings.health_address, HEALTH_SETTING)


def slack_address(settings: Settings) -> tuple[Address, str] | None:
    """Where Slack's requests arrive and the setting that says so; ``None`` in Socket Mode, where none do.

    Raises:
        SettingsError: nobody says where, or it is no address.
    """
    if secret_value(settings.slack_app_token):
        return None
    return _http_address(settings, "without an app token Slack has to reach netclinic there")


def alerts_address(settings: Settings) -> tuple[Address, str] | None:
    """Where Alertmanager's webhook is answered and the setting that says so; ``None`` without its token.

    It is where Slack's requests arrive in HTTP mode; in Socket Mode the same settings say where.

    Raises:
        SettingsError: nobody says where, or it is no address.
    """
    if not secret_value(settings.alerts_token):
        return None
    return _http_address(settings, "with NETCLINIC_ALERTS_TOKEN, Alertmanager posts there")


def _http_address(settings: Settings, needed: str) -> tuple[Address, str]:
    """The address of its own, else that of health; ``needed`` says why there has to be one."""
    own = health_address(settings)
    extra = parse_address(settings.http_address, HTTP_SETTING) if settings.http_address else None
    if extra is not None and extra != own:
        return extra, HTTP_SETTING
    if own is None:
        raise SettingsError(f"{HTTP_SETTING} is not set: {needed}.")
    return own, HEALTH_SETTING


def listening_addresses(settings: Settings) -> Iterator[tuple[Address, str]]:
    """All addresses at which serving listens, each with its setting.

    Raises:
        SettingsError: one is none.
    """
    own, extra = health_address(settings), slack_address(settings) or alerts_address(settings)
    if own is not None:
        yield own, HEALTH_SETTING
    if extra is not None and extra[0] != own:
        yield extra


def parse_address(text: str, setting: str) -> Address | None:
    """Host and port; ``None`` for ``off``.

    Raises:
        SettingsError: it is no address.
    """
    if text == OFF:
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535 or re.search(r"[\s/@]", host):
        raise SettingsError(f"{setting} is {text!r}, which is no address: write HOST:PORT, or {OFF}.")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - that is what :8080 means


def _check_alerts(settings: Settings) -> None:
    """A token that can be guessed lets anybody post; alerts that nobody routes are seen by nobody."""
    token = secret_value(settings.alerts_token)
    if token and (len(token) < SHORTEST_TOKEN or not token.isascii() or re.search(r"\s", token)):
        raise SettingsError(
            f"NETCLINIC_ALERTS_TOKEN is too short or holds blanks: {SHORTEST_TOKEN} characters or more, for example "
            "what `openssl rand -hex 24` prints."
        )
    if token and not settings.alerts_channels:
        raise SettingsError(
            "NETCLINIC_ALERTS_TOKEN is set and NETCLINIC_ALERTS_CHANNELS is not: name the channel for alerts there."
        )


def _check_slack_address(url: str) -> None:
    if url and not _is_web_address(url):
        raise SettingsError(f"SLACK_API_URL is {url!r}, which is no address: leave it unset for Slack itself.")


def _check_alertmanager(url: str) -> None:
    if url and not _is_web_address(url):  # the address may hold a password, and is not repeated
        raise SettingsError("NETCLINIC_ALERTMANAGER_URL is no address: write one such as http://alertmanager:9093.")


def _check_cloud_endpoint(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        is_bare = False
    if url and not (is_bare and _is_web_address(url)):  # it may hold a password, and is not repeated
        raise SettingsError("NETCLINIC_CLOUD_ENDPOINT is no address: write one such as http://127.0.0.1:8443.")


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)
        return is_address and parts.port != 0  # reading it raises for what is no port
    except ValueError:
        return False


def _check_token_kinds(settings: Settings) -> None:
    bot, app = secret_value(settings.slack_bot_token), secret_value(settings.slack_app_token)
    if bot and not bot.startswith(("xoxb-", "xoxe.xoxb-")):
        raise SettingsError("SLACK_BOT_TOKEN is no bot token: these start with xoxb-.")
    if app and not app.startswith("xapp-"):
        raise SettingsError("SLACK_APP_TOKEN is no app-level token: these start with xapp-.")
    secrets = {
        "SLACK_BOT_TOKEN": bot,
        "SLACK_APP_TOKEN": app,
        "SLACK_SIGNING_SECRET": secret_value(settings.slack_signing_secret),
    }
    for name, secret in secrets.items():
        if not (secret.isascii() and secret.isprintable()) or " " in secret:
            raise SettingsError(f"{name} holds characters that no such secret has: copy it anew, without blanks.")


def _check_cluster_names(settings: Settings) -> None:
    """Where the settings list the clusters, the others name one of these; contexts of a kubeconfig may come later."""
    names = parse_list(settings.clusters)
    wanted = [(settings.default_cluster, "NETCLINIC_DEFAULT_CLUSTER")] + [
        (name, "NETCLINIC_CHANNEL_CLUSTERS") for _, name in parse_pairs(settings.channel_clusters)
    ]
    wanted += [(name, PROMETHEUS_URL) for name in prometheuses(settings).endpoints]
    for name, setting in wanted:
        if names and name and name.lower() not in (known.lower() for known in names):
            raise SettingsError(
                f"{setting} names {name}, which is none of NETCLINIC_CLUSTERS ({', '.join(names)}): correct either."
            )


def _check_channels(settings: Settings) -> None:
    """It answers unasked only where it answers; whether a name and an id are the same channel only Slack knows."""
    allowed, unasked = parse_list(settings.channels), parse_list(settings.incident_channels)
    if not allowed or any(_CHANNEL_ID.fullmatch(item) for item in allowed):
        return
    from bot.slack.cluster_choice import matches_channel

    for name in (item.lstrip("#") for item in unasked if not _CHANNEL_ID.fullmatch(item) and not _PATTERN.search(item)):
        if not any(matches_channel(pattern, "", name) for pattern in allowed):
            raise SettingsError(
                f"NETCLINIC_INCIDENT_CHANNELS names {name}, where NETCLINIC_CHANNELS lets it answer nobody: name it "
                "there too, or leave it out here."
            )
