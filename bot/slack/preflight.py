"""``netclinic serve --check``: what serving needs, tested before anybody relies on it; each gap with the way out."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.audit import AuditContext, AuditUnavailable
from bot.cluster.access import gaps
from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.requests import Budget
from bot.cluster.transport import ReadError
from bot.private_files import make_private_folder
from bot.probes import entries_needing, required_permissions
from bot.settings import Settings, SettingsError, parse_list
from bot.slack.api.client import SlackClient, make_client, make_session
from bot.slack.api.directory import ChannelList, Directory, list_channels
from bot.slack.api.errors import SlackError, SlackRefused
from bot.slack.identity import check_tokens, secret_value
from bot.slack.permissions import EVERYONE, RIGHTS, is_user
from bot.slack.serve import ServeConfig
from bot.slack.slack_connect import RULE, SlackConnect, is_team
from bot.store import DatabaseError
from bot.text import counted

# What the code asks of Slack. deploy/slack/manifest.yaml is tested against these.
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
APP_SCOPES = ("connections:write",)  # of the app-level token
INSTALL = "install the app again with the scopes of deploy/slack/manifest.yaml"


@dataclass(frozen=True)
class Check:
    """One thing that was tested: what was found, and where it is not well, the way out."""

    name: str
    ok: bool
    told: str

    def to_json(self) -> dict[str, Any]:
        """The same."""
        return {"check": self.name, "ok": self.ok, "told": self.told}


async def check(config: ServeConfig, begin: Callable[[], Awaitable[AuditContext]]) -> list[Check]:
    """Test everything; nothing is raised, and nothing is changed but that the database gets its tables.

    ``begin`` gives the trail on which reads of clusters are recorded; where it cannot, none is made.
    """
    settings = config.settings
    found = [await _data_directory(settings), await _database(config)]
    try:
        check_tokens(settings)
    except SettingsError as error:
        found.append(Check("tokens", False, str(error)))
    else:
        async with make_session() as session:
            client = make_client(secret_value(settings.slack_bot_token), session, settings.slack_api_url)
            found += await _slack(settings, SlackClient(client))
    try:
        return found + await _clusters(config, await begin())
    except (AuditUnavailable, DatabaseError):
        why = "They were not looked at, because no read of them can be recorded: see database."
        return [*found, Check("clusters", False, why)]


async def _data_directory(settings: Settings) -> Check:
    def write() -> None:
        make_private_folder(settings.data_dir)
        with tempfile.NamedTemporaryFile(dir=settings.data_dir):
            pass

    try:
        await asyncio.to_thread(write)
    except OSError as error:
        why = f"{settings.data_dir} cannot be written ({error.strerror}): set NETCLINIC_DATA_DIR to another."
        return Check("data directory", False, why)
    return Check("data directory", True, f"{settings.data_dir} can be written.")


async def _database(config: ServeConfig) -> Check:
    try:
        store = await asyncio.to_thread(config.store)
    except DatabaseError as error:
        return Check("database", False, str(error))
    return Check("database", True, f"{store.shown} has this version's tables.")


async def _slack(settings: Settings, slack: SlackClient) -> list[Check]:
    try:
        reply = await slack.request("auth.test")
    except SlackError as error:
        way_out = " Take the current token from the app's OAuth & Permissions page."
        return [Check("bot token", False, str(error) + (way_out if isinstance(error, SlackRefused) else ""))]
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
        return Check("scopes", False, f"Missing: {', '.join(missing)}; {INSTALL}.")
    return Check("scopes", True, f"All {len(SCOPES)} that are needed.")


async def _app_token(settings: Settings, slack: SlackClient) -> Check:
    token = secret_value(settings.slack_app_token)
    if not token:
        return Check("signing secret", True, "It is set; Slack's first request will show whether it is the right one.")
    try:
        await slack.call("apps.connections.open", app_token=token)
    except SlackRefused as error:
        why = (
            f"{error} Make an app-level token with {APP_SCOPES[0]} on the app's Basic Information page, and switch "
            "Socket Mode on."
        )
        return Check("app token", False, why)
    except SlackError as error:
        return Check("app token", False, str(error))
    return Check("app token", True, "Socket Mode can be opened with it.")


async def _channels(settings: Settings, slack: SlackClient, connect: SlackConnect) -> list[Check]:
    """The channels that settings name: there, netclinic in them, and no other company; and those that are shared."""
    named = {
        "NETCLINIC_CHANNELS": parse_list(settings.channels),
        "NETCLINIC_INCIDENT_CHANNELS": parse_list(settings.incident_channels),
        "NETCLINIC_ONCALL_CHANNEL": parse_list(settings.oncall_channel),
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
    try:
        names: Sequence[str] = await asyncio.to_thread(config.clusters.list_names)
        entries = await asyncio.to_thread(config.entries)
    except ConnectionSettingsError as error:
        return [Check("clusters", False, str(error))]
    except Exception as error:  # entries that are wrong: `netclinic knowledge lint` tells all
        return [Check("entries", False, f"{' '.join(str(error).split())[:300]} `netclinic knowledge lint` tells more.")]
    if not names:
        why = "No kubeconfig was found: set KUBECONFIG; without a cluster knowledge alone is given."
        return [Check("clusters", False, why)]
    found = [Check("entries", True, f"All {len(entries)} can be read.")]
    for name in names:
        found += await _told(name, _cluster(config, name, trail))
    wanted = {("default cluster", "NETCLINIC_DEFAULT_CLUSTER"): config.clusters.default} | {
        (f"cluster of {channel}", "NETCLINIC_CHANNEL_CLUSTERS"): name for channel, name in config.clusters.by_channel
    }
    return found + [
        Check(what, False, f"{setting} names {name}; there is {', '.join(names)}.")
        for (what, setting), name in wanted.items()
        if name and name not in names
    ]


async def _told(name: str, testing: Awaitable[list[Check]]) -> list[Check]:
    try:
        return await testing
    except (ReadError, ConnectionSettingsError) as error:
        return [Check(f"cluster {name}", False, f"It cannot be read: {error}")]


async def _cluster(config: ServeConfig, name: str, trail: AuditContext) -> list[Check]:
    async with config.open_cluster(name, trail) as cluster, cluster.reader(Budget()) as reader:
        version = await reader.version()
        missing = await gaps(reader, required_permissions())
    found = [Check(f"cluster {name}", True, f"It answers: Kubernetes {version}.")]
    if missing:
        entries = config.entries().values()
        hurt = {id_ for gap in missing for id_ in entries_needing(entries, gap.permission)}
        reads = ", ".join(gap.shown() for gap in missing)
        why = (
            f"Not allowed: {reads}; {counted(len(hurt), 'fault')} cannot be decided. "
            "`netclinic rbac | kubectl apply -f -` makes the ClusterRole; bind it to netclinic's user."
        )
        return [*found, Check(f"access to {name}", False, why)]
    return [*found, Check(f"access to {name}", True, "Every read that netclinic makes is allowed.")]
