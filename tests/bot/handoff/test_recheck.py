"""Looking at open cases again, on recorded clusters over HTTP: what is found, what cannot be, and within the time."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.handoff.recheck import Rechecker, RecheckTarget
from bot.handoff.records import CurrentState, State
from bot.recordings import serve
from knowledge.model import Entry
from tests.bot.handoff.conftest import Clusters
from tests.everyday.clusters import cluster

OUT, LEAK, UDP = "terway-vswitch-out-of-ips", "flannel-ip-leak", "kube-proxy-ipvs-udp-timeout"


def wanted(
    case: str, cluster: str, entry: str = OUT, before: str = "confirmed", *, sign: bool = True, ns: str = ""
) -> RecheckTarget:
    return RecheckTarget(case=case, entry=entry, cluster=cluster, namespace=ns, before=before, rests_on_sign=sign)


async def looked(
    entries: Mapping[str, Entry], clusters: Clusters, *items: RecheckTarget, seconds: float = 60
) -> Mapping[str, State]:
    return (await Rechecker(Clinic(entries, None, Budget(seconds=20)), clusters, seconds).recheck(items)).states


async def test_each_state(entries: dict[str, Entry]) -> None:
    clusters = Clusters(
        {
            "sick": "terway-out-of-ips",
            "well": "terway-recovered-from-ip-shortage",
            "hidden": "terway-out-of-ips-hidden",
            "gone": "gone",
        }
    )
    found = await looked(
        entries,
        clusters,
        wanted("still", "sick"),
        wanted("worse", "sick", before="suspected"),
        wanted("back", "sick", before="ruled_out"),
        wanted("cleared", "well"),
        wanted("never sure", "well", before="suspected"),
        wanted("never there", "well", before="ruled_out"),
        wanted("unclear", "hidden"),
        wanted("out of reach", "gone"),
        wanted("unknown context", "nowhere"),
        wanted("no cluster", ""),
        wanted("no answer yet", "sick", entry=""),
        wanted("gone entry", "sick", entry="somebody-deleted-it"),
    )
    assert {case: state.now for case, state in found.items()} == {
        "still": CurrentState.STILL,
        "worse": CurrentState.WORSE,
        "back": CurrentState.WORSE,
        "cleared": CurrentState.CLEARED,
        "never sure": CurrentState.RULED_OUT,
        "never there": CurrentState.RULED_OUT,
        "unclear": CurrentState.UNCLEAR,
        "out of reach": CurrentState.UNREAD,
        "unknown context": CurrentState.UNREAD,
        "no cluster": CurrentState.UNASKED,
        "no answer yet": CurrentState.UNASKED,
        "gone entry": CurrentState.UNASKED,
    }
    assert found["still"].seen
    assert "web-5f7d9c6b8-k2x9q" in found["still"].seen.object
    assert "no context 'nowhere'" in found["unknown context"].reason
    assert "somebody-deleted-it" in found["gone entry"].reason
    assert "could not be reached" in found["out of reach"].reason


async def test_evidence_keeps_its_age_where_the_clusters_clock_is_wrong(entries: dict[str, Entry]) -> None:
    """The recording's clock shows 20 November: what it sees now is seen now, whatever day that is here."""
    rechecker = Rechecker(Clinic(entries, None, Budget(seconds=20)), Clusters({"sick": "terway-out-of-ips"}), 60)
    here = datetime(2027, 3, 1, tzinfo=UTC)
    seen = (await rechecker.recheck([wanted("still", "sick")], here)).states["still"].seen
    assert seen
    assert timedelta() <= here - seen.at < timedelta(minutes=2)


async def test_a_cluster_is_opened_once_for_all_of_its_cases(entries: dict[str, Entry]) -> None:
    clusters = Clusters({"prod": "terway-out-of-ips"})
    items = [wanted(f"c{number}", "prod", ns="shop" if number % 2 else "") for number in range(12)]
    found = await looked(entries, clusters, *items)
    assert clusters.opened == ["prod"]
    assert {state.now for state in found.values()} == {CurrentState.STILL}


async def test_what_rested_on_a_setting_alone_is_judged_as_it_was_then(entries: dict[str, Entry]) -> None:
    """Without the question's words such an entry is at most suspected: that would look as if something had changed."""
    clusters = Clusters({"prod": "kube-proxy-udp-timeout"})
    entry = next(id_ for id_ in entries if "udp" in id_)
    found = await looked(entries, clusters, wanted("a", "prod", entry, sign=False), wanted("b", "prod", entry))
    assert found["a"].now is CurrentState.STILL
    assert found["b"].now is CurrentState.UNCLEAR


async def test_a_cluster_that_hangs_costs_the_agreed_time_and_its_own_cases_alone(entries: dict[str, Entry]) -> None:
    clusters = Clusters({"hangs": "hangs", "sick": "terway-out-of-ips"})
    found = await looked(entries, clusters, wanted("slow", "hangs"), wanted("quick", "sick"), seconds=4)
    assert found["quick"].now is CurrentState.STILL
    assert (found["slow"].now, found["slow"].reason) == (CurrentState.UNREAD, "no answer within 4 s")


async def test_twenty_clusters_that_hang_do_so_at_the_same_time(entries: dict[str, Entry]) -> None:
    clusters = Clusters({f"c{number}": "hangs" for number in range(20)})
    started = time.monotonic()
    found = await looked(entries, clusters, *(wanted(name, name) for name in clusters.now), seconds=1)
    assert {state.now for state in found.values()} == {CurrentState.UNREAD}
    assert time.monotonic() - started < 20, "one after the other they would have taken a minute and more"
    assert len(asyncio.all_tasks()) < 20, "those that were called off have ended"


async def test_another_cluster_under_the_name_is_not_taken_for_it(entries: dict[str, Entry]) -> None:
    right = Clusters({"prod": "terway-out-of-ips"})
    rechecker = Rechecker(Clinic(entries, None), lambda _: right("prod"), 60)
    found = (await rechecker.recheck([wanted("a", "in-cluster")])).states
    assert found["a"].now is CurrentState.UNREAD
    assert "in-cluster cannot be opened from here" in found["a"].reason


async def test_nothing_to_look_at(entries: dict[str, Entry]) -> None:
    assert await looked(entries, Clusters({})) == {}


async def test_what_was_changed_lately_is_told_of_what_the_verdict_rests_on(entries: dict[str, Entry]) -> None:
    """An edit, and a node that joined; one object once, however many cases rest on it; by our clock."""

    def edited(name: str) -> dict[str, Any]:
        by = {"manager": "kubectl-edit", "time": "now-1h", "fieldsV1": {"f:data": {"f:eni_conf": {}}}}
        metadata = {"name": name, "namespace": "kube-system", "creationTimestamp": "now-90d", "managedFields": [by]}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}

    changed = cluster("terway-out-of-ips", [edited("eni-config"), edited("coredns")])

    @contextlib.asynccontextmanager
    async def opened(context: str) -> AsyncIterator[Cluster]:
        async with serve(changed) as server, connect_to(server.kubeconfig, changed.name) as link:
            yield Cluster(Transport(link.client), context)

    rechecker = Rechecker(Clinic(entries, None, Budget(seconds=60)), opened, 90)
    here = datetime(2027, 3, 1, tzinfo=UTC)
    found = await rechecker.recheck([wanted("a", "prod"), wanted("b", "prod", ns="shop")], here)
    edits = [each for each in found.changes if each.object.startswith("ConfigMap")]
    assert [(each.cluster, each.object, each.what, each.manager) for each in edits] == [
        ("prod", "ConfigMap kube-system/eni-config", "edited", "kubectl-edit")
    ]
    assert abs(here - timedelta(hours=1) - edits[0].at) < timedelta(minutes=2)
    assert len(found.changes) <= 5
    none = await rechecker.recheck([wanted("a", "prod")], here, timedelta(minutes=30))
    assert [each for each in none.changes if each.object.startswith("ConfigMap")] == []
