"""``netclinic serve --check``: what serving needs, tested before anybody relies on it; each gap with the way out."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.audit import AuditContext, AuditUnavailable
from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.requests import Budget
from bot.cluster.session import ClusterSession
from bot.cluster.transport import ReadError
from bot.probes.metrics import ENTRIES, conntrack_usages
from bot.prometheus.config import prometheuses
from bot.settings import Settings, SettingsError, parse_list
from bot.slack.access_watch import MAKE_ROLE, ask_access, try_cloud
from bot.slack.alert_routes import AlertRoutes
from bot.slack.api.client import SlackClient, make_client, make_session
from bot.slack.api.directory import ChannelList, Directory, list_channels
from bot.slack.api.errors import SlackError, SlackRefused
from bot.slack.cluster_access import describe_gaps
from bot.slack.identity import app_token_refused, bot_token_refused
from bot.slack.permissions import EVERYONE, RIGHTS, is_user
from bot.slack.serve import ServeConfig
from bot.slack.setting_rules import check_serving_settings, secret_value
from bot.slack.slack_connect import RULE, SlackConnect, is_team
from bot.slack.start_checks import StartCheck
from bot.store import DatabaseError
from bot.text import counted
from knowledge.errors import FAILED, UserFacingError

# What the code asks of Slack. deploy/slack/manifest.yaml is tested against these and the optional ones.
SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "usergroups:read",
    "users:read",
)
# What it can do without, and what is missed then.
OPTIONAL_SCOPES = {
    "files:read": "files and snippets that come with a question are not read",
    "reactions:write": "questions do not show their state (👀 🔴 ❔ ⚪ ✅) in the channel",
}
APP_SCOPES = ("connections:write",)  # of the app-level token
INSTALL = "install the app again with the scopes of deploy/slack/manifest.yaml"


@dataclass(frozen=True)
class Check:
    """One thing that was tested: what was found, and where it is not well, the way out."""

    name: str
    ok: bool
    told: str
    exit_code: int = FAILED

    def to_json(self) -> dict[str, Any]:
        """The same."""
        return {"check": self.name, "ok": self.ok, "told": self.told}


def exit_code(found: Sequence[Check]) -> int:
    """0 when all is well, else that of the first thing that is not: the one with which serving would end."""
    return next((item.exit_code for item in found if not item.ok), 0)


async def check(config: ServeConfig, begin: Callable[[], Awaitable[AuditContext]]) -> list[Check]:
    """Test everything; nothing is raised, and nothing is changed but that the database gets its tables.

    ``begin`` gives the trail on which reads of clusters are recorded; where it cannot, none is made.
    """
    settings = config.settings
    tokens = await _tokens(settings)
    found = [*tokens, *[await _run(item) for item in config.checks]]
    if not tokens:
        found += await check_slack(settings)
    if any(item.name in ("entries", "clusters") and not item.ok for item in found):
        return found
    try:
        return found + await _clusters(config, await begin())
    except (AuditUnavailable, DatabaseError):
        why = "They were not looked at, because no read of them can be recorded: see database."
        return [*found, Check("access", False, why)]


async def check_slack(settings: Settings) -> list[Check]:
    """What Slack says of the tokens, and of the channels and groups that settings name."""
    async with make_session() as session:
        client = make_client(secret_value(settings.slack_bot_token), session, settings.slack_api_url)
        return await _slack(settings, SlackClient(client))


async def _tokens(settings: Settings) -> list[Check]:
    """What is missing of that which only serving needs."""
    try:
        check_serving_settings(settings)
    except SettingsError as error:
        return [_failed("tokens", error)]
    return []


async def _run(item: StartCheck) -> Check:
    try:
        return Check(item.name, True, await asyncio.to_thread(item.run))
    except UserFacingError as error:
        return _failed(item.name, error)


def _failed(name: str, error: UserFacingError) -> Check:
    return Check(name, False, error.message(), error.exit_code)


async def _slack(settings: Settings, slack: SlackClient) -> list[Check]:
    try:
        reply = await slack.request("auth.test")
    except SlackError as error:
        if isinstance(error, SlackRefused):
            return [_failed("bot token", bot_token_refused(error))]
        return [Check("bot token", False, str(error))]
    who = f"It is that of @{reply['user']} in {reply.get('team') or reply['team_id']}."
    found = [Check("bot token", True, who), _scopes(reply.headers.get("x-oauth-scopes"))]
    found.append(await _app_token(settings, slack))
    own = frozenset({str(reply.get("team_id") or ""), str(reply.get("enterprise_id") or "")} - {""})
    connect = SlackConnect(own, parse_list(settings.slack_connect), settings.contact)
    found += await _channels(settings, slack, connect)
    found += [check for name, setting in _groups(settings).items() for check in await _group(name, setting, slack)]
    return [*found, *await _wider_rights(settings, Directory(slack))]


def _scopes(told: str | None) -> Check:
    if told is None:
        return Check("scopes", True, "Slack does not say which there are.")
    has = {scope.strip() for scope in told.split(",")}
    missing = [scope for scope in SCOPES if scope not in has]
    if missing:
        missing += [scope for scope in OPTIONAL_SCOPES if scope not in has]
        return Check("scopes", False, f"Missing: {', '.join(missing)}; {INSTALL}.")
    optional = ((scope, cost) for scope, cost in OPTIONAL_SCOPES.items() if scope not in has)
    lost = [f" {scope} is missing, so {cost}; {INSTALL}." for scope, cost in optional]
    return Check("scopes", True, f"All {len(SCOPES)} that are needed.{''.join(lost)}")


async def _app_token(settings: Settings, slack: SlackClient) -> Check:
    token = secret_value(settings.slack_app_token)
    if not token:
        return Check("signing secret", True, "It is set; Slack's first request will show whether it is the right one.")
    try:
        await slack.call("apps.connections.open", app_token=token)
    except SlackRefused as error:
        return _failed("app token", app_token_refused(error))
    except SlackError as error:
        return Check("app token", False, str(error))
    return Check("app token", True, "Socket Mode can be opened with it.")


async def _channels(settings: Settings, slack: SlackClient, connect: SlackConnect) -> list[Check]:
    """The channels that settings name: there, netclinic in them, and no other company; and those that are shared."""
    named = {
        "NETCLINIC_CHANNELS": parse_list(settings.channels),
        "NETCLINIC_INCIDENT_CHANNELS": parse_list(settings.incident_channels),
        "NETCLINIC_ONCALL_CHANNEL": parse_list(settings.oncall_channel),
        "NETCLINIC_FLEET_CHANNEL": parse_list(settings.fleet_channel),
        "NETCLINIC_ALERTS_CHANNELS": AlertRoutes.parse(settings.alerts_channels).channels,
        "NETCLINIC_AUDIT_ANCHOR_CHANNEL": parse_list(settings.audit_anchor_channel),
    }
    opened = [item for item in connect.allowed if not is_team(item)]
    try:
        channels = await list_channels(slack)
    except SlackError as error:
        return [Check("channels", False, str(error))] if any(named.values()) or opened else []
    found = [_channel(setting, name, channels, connect) for setting, names in named.items() for name in names]
    found += [_channel(RULE, name, channels, connect) for name in opened]
    return [*found, *_shared_channels(channels, connect)]


def _shared_channels(channels: ChannelList, connect: SlackConnect) -> list[Check]:
    """What other companies see: that may be meant, so it is told, and no gap."""
    shared = [channel for channel in channels.items if channel.is_member and channel.shared.is_external]
    if not shared:
        return []
    is_open = {f"#{channel.name}": connect.may_post(channel.id, channel.shared) for channel in shared}
    open_, closed = ([name for name, may in is_open.items() if may is wanted][:10] for wanted in (True, False))
    told = [
        *([f"Answers are shown to other companies in {', '.join(open_)}, as {RULE} says."] if open_ else []),
        *([f"Nothing is shown in {', '.join(closed)}, shared with another company; {RULE} could."] if closed else []),
    ]
    return [Check("Slack Connect", True, " ".join(told))]


def _channel(setting: str, wanted: str, channels: ChannelList, connect: SlackConnect) -> Check:
    name = f"channel {wanted}"
    found = channels.find(wanted)
    is_pattern = any(mark in wanted for mark in "*?[")
    if is_pattern:
        inside = [channel for channel in found if channel.is_member]
        return Check(name, True, f"{counted(len(found), 'channel')}, netclinic is in {len(inside)} of them.")
    if not found:
        return Check(name, False, f"{setting} names it, and there is no such channel: correct it, or invite netclinic.")
    if not found[0].is_member:
        return Check(name, False, f"netclinic is not in it: type /invite @netclinic in #{found[0].name}.")
    if not connect.may_post(found[0].id, found[0].shared):
        why = f"{setting} names it, and it is shared with another company: name another, or list it in {RULE} too."
        return Check(name, False, why)
    return Check(name, True, "netclinic is in it.")


def _groups(settings: Settings) -> dict[str, str]:
    """The user groups that settings name, each with one of those settings."""
    may = {f"NETCLINIC_MAY_{right.upper()}": getattr(settings, f"may_{right}") for right in RIGHTS}
    named = {"NETCLINIC_ONCALL_GROUP": settings.oncall_group, **may}
    return {
        group: setting
        for setting, groups in named.items()
        for group in parse_list(groups)
        if group != EVERYONE and not is_user(group)
    }


async def _group(wanted: str, setting: str, slack: SlackClient) -> list[Check]:
    name = f"user group {wanted}"
    try:
        group = await Directory(slack).group(wanted)
    except SlackError as error:
        return [Check(name, False, str(error))]
    if group is None:
        why = f"{setting} names it, and there is none: correct it, or make the group."
        return [Check(name, False, why)]
    return [Check(name, True, f"It is @{group['handle']}.")]


async def _wider_rights(settings: Settings, directory: Directory) -> list[Check]:
    """Which rights let people in whom NETCLINIC_MAY_ASK keeps out. That may be meant, so it is told, and no gap."""
    may_ask = parse_list(settings.may_ask)
    if not may_ask or EVERYONE in may_ask:
        return []
    askers = await _people(may_ask, directory)
    found = []
    for right in RIGHTS:
        others = set(await _people(parse_list(getattr(settings, f"may_{right}")), directory)) - set(askers)
        if others:
            who = EVERYONE if EVERYONE in others else ", ".join(sorted(others)[:10])
            why = f"Wider than NETCLINIC_MAY_ASK: it lets {who} in as well; unset it where that is not meant."
            found.append(Check(f"NETCLINIC_MAY_{right.upper()}", True, why))
    return found


async def _people(named: Sequence[str], directory: Directory) -> list[str]:
    """The people that a setting names, by id; a group of which Slack does not tell stands for itself."""
    found: list[str] = []
    for name in named:
        try:
            group = None if name == EVERYONE or is_user(name) else await directory.group(name)
            found += sorted(await directory.members(str(group["id"]))) if group else [name]
        except SlackError:
            found.append(name)
    return found


async def _clusters(config: ServeConfig, trail: AuditContext) -> list[Check]:
    names: Sequence[str] = await asyncio.to_thread(config.clusters.list_names)
    if not names:
        why = "No kubeconfig was found: set KUBECONFIG; without a cluster knowledge alone is given."
        return [Check("kubeconfig", False, why)]
    return [
        check for name in names for check in [*await _cluster(config, name, trail), *await _cloud(config, name, trail)]
    ]


async def _cloud(config: ServeConfig, name: str, trail: AuditContext) -> list[Check]:
    if config.settings.cloud == "off":
        return []
    found = await try_cloud(config.open_cluster, name, trail, config.timing.access_patience)
    return [] if found is None else [Check(f"cloud of {name}", *found)]


async def _cluster(config: ServeConfig, name: str, trail: AuditContext) -> list[Check]:
    entries = config.entries()
    report = await ask_access(config.open_cluster, name, trail, entries, config.timing.access_patience)
    metrics = await _prometheus(config, name, trail)
    if report.trouble:
        return [Check(f"cluster {name}", False, f"It cannot be read: {report.trouble}."), *metrics]
    found = [Check(f"cluster {name}", True, f"It answers: Kubernetes {report.version}.")]
    if report.missing:
        return [*found, Check(f"access to {name}", False, f"{describe_gaps(report)}. {MAKE_ROLE}"), *metrics]
    return [*found, Check(f"access to {name}", True, "Every read that netclinic makes is allowed."), *metrics]


async def _prometheus(config: ServeConfig, name: str, trail: AuditContext) -> list[Check]:
    """What the Prometheus of a cluster says, where it has one: whether it answers, and for how many nodes."""
    if prometheuses(config.settings).of(name) is None:
        return []
    check = f"Prometheus of {name}"
    try:
        async with (
            config.open_cluster(name, trail) as cluster,
            cluster.reader(Budget()) as reader,
            ClusterSession(reader) as session,
        ):
            usages = await conntrack_usages(session)
    except (ReadError, ConnectionSettingsError) as error:
        return [Check(check, False, f"{error}.")]
    fresh = sum(usage.is_fresh for usage in usages.by_node.values())
    seen = f"{fresh} of {counted(len(usages.nodes), 'node')}"
    if not fresh:
        why = f"It answers, and has {ENTRIES} of {seen}: let it scrape node_exporter on each, or name its label."
        return [Check(check, False, why)]
    return [Check(check, True, f"It answers: connection tracking of {seen}.")]
