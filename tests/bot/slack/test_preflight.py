"""``netclinic serve --check``: each thing that is missing is named with its way out."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.recordings import load, serve
from bot.slack.preflight import SCOPES
from tests.clusters import Clusters
from tests.command_line import Netclinic, Ran
from tests.ports import free_address
from tests.processes import tokens
from tests.workspace import App, Workspace

HEALTHY = "terway-healthy"


class Place:
    """A workspace, clusters and the command."""

    def __init__(self, slack: Workspace, clusters: Clusters, netclinic: Netclinic, folder: Path) -> None:
        self.slack, self.clusters, self.netclinic, self.folder = slack, clusters, netclinic, folder

    async def check(self, *arguments: str, **environment: str) -> Ran:
        told = {
            **tokens(self.slack),
            "KUBECONFIG": str(self.clusters.path),
            "NETCLINIC_DATA_DIR": str(self.folder / "data"),
            **environment,
        }
        return await asyncio.to_thread(lambda: self.netclinic("serve", "--check", *arguments, **told))

    async def checks(self, **environment: str) -> tuple[int, dict[str, tuple[bool, str]]]:
        """Exit code, and by name whether it is well and what was told."""
        ran = await self.check("-o", "json", **environment)
        found: dict[str, Any] = ran.json
        assert found["ok"] == (ran.code == 0)
        return ran.code, {item["check"]: (item["ok"], item["told"]) for item in found["checks"]}


@pytest.fixture
async def place(stack: AsyncExitStack, healthy_cluster: Clusters, tmp_path: Path, netclinic: Netclinic) -> Place:
    return Place(await stack.enter_async_context(Workspace()), healthy_cluster, netclinic, tmp_path)


async def test_when_all_is_well_it_says_so_and_ends_with_0(place: Place) -> None:
    ran = await place.check(NETCLINIC_INCIDENT_CHANNELS="inc-*,ops", NETCLINIC_ONCALL_GROUP="@oncall")
    assert ran.code == 0, ran.out + ran.err
    for name in ("bot token", "scopes", "app token", "channel ops", "user group @oncall", f"cluster {HEALTHY}"):
        assert name in ran.out
    assert "MISSING" not in ran.out
    assert ran.out.endswith("All is well.\n")
    assert place.slack.bot_token not in ran.out + ran.err


async def test_a_missing_scope_is_named(stack: AsyncExitStack, place: Place) -> None:
    app = replace(App(), scopes=frozenset(SCOPES) - {"files:write", "usergroups:read"})
    place.slack = await stack.enter_async_context(Workspace(app))
    code, checks = await place.checks()
    assert code == 1
    assert checks["scopes"][0] is False
    assert "Missing: files:write, usergroups:read" in checks["scopes"][1]


async def test_a_scope_that_it_can_do_without_is_told_with_what_it_costs_and_is_no_gap(
    stack: AsyncExitStack, place: Place
) -> None:
    place.slack = await stack.enter_async_context(Workspace(replace(App(), scopes=frozenset(SCOPES))))
    code, checks = await place.checks()
    assert code == 0
    assert checks["scopes"][0]
    assert "reactions:write is missing, so questions do not show their state" in checks["scopes"][1]
    assert "install the app again" in checks["scopes"][1]


@pytest.mark.parametrize(
    ("changes", "check", "told", "code"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-else"}, "bot token", "current token", 2),
        ({"SLACK_APP_TOKEN": "xapp-else"}, "app token", "connections:write", 2),
        ({"SLACK_BOT_TOKEN": ""}, "tokens", "SLACK_BOT_TOKEN is not set", 2),
        ({"SLACK_API_URL": "http://127.0.0.1:9/api"}, "bot token", "cannot be reached", 1),
        ({"NETCLINIC_INCIDENT_CHANNELS": "inc-nowhere"}, "channel inc-nowhere", "no such channel", 1),
        ({"NETCLINIC_INCIDENT_CHANNELS": "lobby"}, "channel lobby", "/invite @netclinic in #lobby", 1),
        ({"NETCLINIC_ONCALL_GROUP": "nobody"}, "user group nobody", "there is none", 1),
        ({"NETCLINIC_DEFAULT_CLUSTER": "prod"}, "clusters", HEALTHY, 2),
        ({"NETCLINIC_CHANNEL_CLUSTERS": "ops=prod"}, "clusters", HEALTHY, 2),
        ({"NETCLINIC_CLUSTERS": "prod"}, "clusters", HEALTHY, 2),
        ({"KUBECONFIG": "/nowhere"}, "clusters", "KUBECONFIG", 2),
        ({"NETCLINIC_DATABASE_URL": "postgresql://bot:hidden@127.0.0.1:9/x"}, "database", "127.0.0.1:9/x", 1),
        ({"NETCLINIC_DATA_DIR": "/proc/nowhere"}, "data directory", "NETCLINIC_DATA_DIR", 1),
    ],
)
async def test_what_is_missing_is_named_with_the_way_out(
    place: Place, changes: dict[str, str], check: str, told: str, code: int
) -> None:
    ended, checks = await place.checks(**changes)
    assert ended == code
    ok, said = checks[check]
    assert not ok
    assert told in said
    assert "hidden" not in said


async def test_a_cluster_that_is_away_and_one_that_hides_things_are_told_apart(place: Place) -> None:
    await place.clusters.serve("terway-out-of-ips-hidden")
    place.clusters.unreachable("gone")
    code, checks = await place.checks()
    assert code == 1
    assert checks[f"access to {HEALTHY}"][0]
    assert checks["cluster terway-out-of-ips-hidden"][0]
    assert "netclinic rbac" in checks["access to terway-out-of-ips-hidden"][1]
    assert not checks["cluster gone"][0]


async def test_people_get_a_table_with_the_gaps_marked(place: Place) -> None:
    ran = await place.check(SLACK_APP_TOKEN="xapp-else")
    assert ran.code == 2
    assert next(line for line in ran.out.splitlines() if line.startswith("MISSING")).split()[1:3] == ["app", "token"]
    assert "All is well" not in ran.out


async def test_its_reads_of_clusters_are_on_the_audit_log(place: Place) -> None:
    await place.check()
    told = {"NETCLINIC_DATA_DIR": str(place.folder / "data")}
    listed = await asyncio.to_thread(lambda: place.netclinic("audit", "list", "--limit", "500", "-o", "json", **told))
    records: list[dict[str, Any]] = listed.json
    asked = [
        item
        for item in records
        if item["action"] == "command.received" and item["detail"]["command"] == "serve --check"
    ]
    assert len(asked) == 1
    reads = [
        item for item in records if item["action"] == "cluster.read" and item["request_id"] == asked[0]["request_id"]
    ]
    assert len(reads) == len(place.clusters.servers[HEALTHY].requests) > 0


async def test_where_nothing_can_be_recorded_no_cluster_is_read(place: Place) -> None:
    _, checks = await place.checks(NETCLINIC_DATABASE_URL="postgresql://bot:hidden@127.0.0.1:9/x")
    assert checks["access"] == (
        False,
        "They were not looked at, because no read of them can be recorded: see database.",
    )
    assert place.clusters.servers[HEALTHY].requests == []


async def test_a_right_that_is_wider_than_asking_is_said_and_is_no_gap(place: Place) -> None:
    code, checks = await place.checks(
        NETCLINIC_MAY_ASK="@oncall",
        NETCLINIC_MAY_RECHECK="everyone",
        NETCLINIC_MAY_RESOLVE="U0ADA00001,U0LIN00002",
        NETCLINIC_MAY_AUDIT="U0SAM00003",
    )
    assert code == 0
    assert checks["NETCLINIC_MAY_RECHECK"] == (
        True,
        "Wider than NETCLINIC_MAY_ASK: it lets everyone in as well; unset it where that is not meant.",
    )
    assert "it lets U0ADA00001 in as well" in checks["NETCLINIC_MAY_RESOLVE"][1], "Lin is in the group"
    assert "NETCLINIC_MAY_AUDIT" not in checks


async def test_rights_that_are_unset_or_where_everyone_may_ask_are_not_wider(place: Place) -> None:
    for told in ({"NETCLINIC_MAY_ASK": "@oncall"}, {"NETCLINIC_MAY_RESOLVE": "everyone"}):
        _, checks = await place.checks(**told)
        assert not any(name.startswith("NETCLINIC_MAY") for name in checks)


async def test_channels_that_are_shared_with_another_company_are_said(place: Place) -> None:
    place.slack.team.add_stranger("eve", "T0OTHER001", "ops", "random")
    code, checks = await place.checks(NETCLINIC_ONCALL_CHANNEL="ops", NETCLINIC_SLACK_CONNECT="random,T0THIRD002")
    assert code == 1
    why = "NETCLINIC_ONCALL_CHANNEL names it, and it is shared with another company: name another, or list it in "
    assert checks["channel ops"] == (False, f"{why}NETCLINIC_SLACK_CONNECT too.")
    assert checks["channel random"][0]
    assert checks["Slack Connect"] == (
        True,
        "Answers are shown to other companies in #random, as NETCLINIC_SLACK_CONNECT says. "
        "Nothing is shown in #ops, shared with another company; NETCLINIC_SLACK_CONNECT could.",
    )
    code, checks = await place.checks(NETCLINIC_ONCALL_CHANNEL="ops", NETCLINIC_SLACK_CONNECT="T0OTHER001,nowhere")
    assert checks["channel ops"][0]
    assert not checks["channel nowhere"][0]


async def test_the_prometheus_of_a_cluster_is_tried(stack: AsyncExitStack, place: Place) -> None:
    recorded = await stack.enter_async_context(serve(load("conntrack-metrics-datapathv2")))
    code, checks = await place.checks(NETCLINIC_PROMETHEUS_URL=f"{HEALTHY}={recorded.prometheus_url}")
    assert (code, checks[f"Prometheus of {HEALTHY}"]) == (0, (True, "It answers: connection tracking of 3 of 3 nodes."))
    other = await stack.enter_async_context(serve(load("conntrack-metrics-room")))
    code, checks = await place.checks(NETCLINIC_PROMETHEUS_URL=other.prometheus_url)
    assert (code, checks[f"Prometheus of {HEALTHY}"][0]) == (1, False)
    assert "node_nf_conntrack_entries of 0 of 3 nodes" in checks[f"Prometheus of {HEALTHY}"][1]
    code, checks = await place.checks(NETCLINIC_PROMETHEUS_URL=f"http://{free_address()}")
    assert (code, checks[f"Prometheus of {HEALTHY}"][0]) == (1, False)
    assert checks[f"Prometheus of {HEALTHY}"][1].startswith("Prometheus could not be read: 127.0.0.1:")
