"""A gauge of the nodes against its limit: confirmed while it is high and rises, ruled out with room, else open."""

import json
from typing import Any

import pytest

ENTRIES, LIMIT = "node_nf_conntrack_entries", "node_nf_conntrack_entries_limit"
PROBE = f'metric(name="{ENTRIES}", limit="{LIMIT}", high=90, low=80, event="ConntrackFull", within="20m")'
FULL = 262_144
Object = dict[str, Any]


def node(make: Any, number: int, **meta: Any) -> Object:
    addresses = [{"type": "InternalIP", "address": f"10.0.0.{number}"}]
    return make.node(f"worker-{number}", status={"addresses": addresses}, **meta)  # type: ignore[no-any-return]


@pytest.fixture
def cluster(make: Any) -> list[Object]:
    return [*make.flannel(), node(make, 1), node(make, 2)]


def gauges(*rows: Any, taken: str = "now-10s", limit: int = FULL, peak: Any = None, **labels: str) -> list[Object]:
    """What a Prometheus replies: the entries by the last part of the address."""
    named = {number: {"instance": f"10.0.0.{number}:9100", **labels} for number, _ in rows}
    return [
        _reply(ENTRIES, [({"__name__": ENTRIES, **named[number]}, str(used)) for number, used in rows]),
        _reply(LIMIT, [({"__name__": LIMIT, **named[number]}, str(limit)) for number, _ in rows]),
        _reply(f"timestamp({ENTRIES})", [(named[number], taken) for number, _ in rows]),
        _reply(f"max_over_time({ENTRIES}[1h])", [(named[number], str(peak or used)) for number, used in rows]),
    ]


def _reply(query: str, series: list[tuple[Object, str]]) -> Object:
    return {"query": query, "result": [{"metric": labels, "value": ["now", value]} for labels, value in series]}


def history(number: int, recent: tuple[int, int], long: tuple[int, int], **labels: str) -> list[Object]:
    selector = f'{ENTRIES}{{instance=~"10\\\\.0\\\\.0\\\\.{number}:9100"}}'
    metric = {"__name__": ENTRIES, "instance": f"10.0.0.{number}:9100", **labels}
    minutes = {"from": "now-9m", "to": "now", "step": "30s", "first": recent[0], "last": recent[1]}
    hours = {"from": "now-3h", "to": "now", "step": "2m", "first": long[0], "last": long[1]}
    return [
        {"query": f"{selector}[10m]", "result": [{"metric": metric, "values": minutes}]},
        {"query": selector, "range": True, "result": [{"metric": metric, "values": hours}]},
    ]


RISING = history(2, (225_000, 245_000), (60_000, 245_000))
STEADY = history(2, (245_000, 245_000), (245_500, 245_000))


async def test_high_and_rising_confirms_with_both_numbers_and_a_command(find: Any, cluster: list[Object]) -> None:
    found = await find(PROBE, cluster, metrics=gauges((1, 30_000), (2, 245_000)) + RISING)
    assert (str(found.outcome), found.is_sign, found.objects["node"]) == ("present", True, ("worker-2",))
    assert found.summary == "worker-2 245,000 of 262,144 (93%), and rising"
    [piece] = found.evidence
    assert (piece.object, f"{piece.seen:%H:%M:%S}") == ("Node worker-2", "12:59:50")  # the sample's own time
    assert ("245,000" in piece.excerpt, "262,144" in piece.excerpt) == (True, True)
    assert piece.check.startswith("curl -sG http://127.0.0.1:")
    assert f'{{__name__=~"{ENTRIES}|{LIMIT}",instance="10.0.0.2:9100"}}' in piece.check


async def test_room_on_every_node_rules_out(find: Any, cluster: list[Object]) -> None:
    found = await find(PROBE, cluster, metrics=gauges((1, 30_000), (2, 41_000)))
    assert (str(found.outcome), found.overrules) == ("absent", True)
    assert "worker-2 41,000 of 262,144 (15%), worker-1 30,000 of 262,144 (11%)" in found.summary


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        (gauges((1, 30_000), (2, 245_000)) + STEADY, "93%), but it has been so for 3 h"),  # sized for its load
        (gauges((1, 30_000), (2, 245_000)), "the recording holds no reply"),  # whether it rises was not told
        (gauges((1, 30_000), (2, 245_000)) + history(9, (1, 2), (1, 2)), "the recording holds no reply"),
        (gauges((1, 30_000), (2, 220_000)), "neither below 80% nor from 90% on"),
        (gauges((1, 30_000)), "no fresh sample of worker-2"),
        (gauges((1, 30_000), (2, 245_000), taken="now-4m") + RISING, "no fresh sample of worker-1, worker-2"),
        (gauges((7, 245_000)), "no fresh sample of worker-1, worker-2"),  # a node that is gone, or another cluster's
        (gauges((1, 245_000), (2, 245_000), node="other") + RISING, "no fresh sample of"),  # another one's address
        (gauges((1, 245_000), cluster="sh") + RISING, "series are of cluster 'sh'"),
        (gauges((1, "NaN"), (2, 30_000)), "no fresh sample of worker-1"),
        (gauges((1, 30_000), (2, 30_000), limit=0), "no fresh sample of worker-1, worker-2"),
        (gauges(), "no fresh sample of worker-1, worker-2"),  # nothing returned is not 0
        ([{"query": "*", "status": 401}], "did not accept the credentials"),
        ([{"query": "*", "status": 503, "error": "starting"}], "not ready (503: starting)"),
        ([{"query": "*", "status": 200, "error": "Sign in"}], "a web page answered"),
        ([{"query": "*", "status": 302}], "sent the query elsewhere"),
    ],
)
async def test_what_does_not_settle_it_is_unknown(
    find: Any, cluster: list[Object], metrics: list[Object], said: str
) -> None:
    found = await find(PROBE, cluster, metrics=metrics)
    assert (str(found.outcome), found.overrules) == ("unknown", False)
    assert said in found.summary
    assert found.objects["unmeasured"] == (found.summary,)


async def test_two_replicas_with_the_same_series_are_one_and_the_fresher_counts(
    find: Any, cluster: list[Object]
) -> None:
    old = gauges((1, 30_000), (2, 30_000), taken="now-90s", replica="a")
    new = gauges((1, 30_000), (2, 245_000), taken="now-5s", replica="b")
    both = [{**one, "result": one["result"] + other["result"]} for one, other in zip(old, new, strict=True)]
    rising = [
        {**one, "result": one["result"] + other["result"]}
        for one, other in zip(
            history(2, (30_000, 30_000), (30_000, 30_000), replica="a"),
            history(2, (225_000, 245_000), (60_000, 245_000), replica="b"),
            strict=True,
        )
    ]
    found = await find(PROBE, cluster, metrics=both + rising)
    assert (str(found.outcome), found.summary) == ("present", "worker-2 245,000 of 262,144 (93%), and rising")
    assert len(found.evidence) == 1


async def test_the_limit_of_now_counts(find: Any, cluster: list[Object]) -> None:
    """Raised since the table was full: by the old limit it would be 93%."""
    found = await find(PROBE, cluster, metrics=gauges((1, 30_000), (2, 245_000), limit=1_048_576))
    assert str(found.outcome) == "absent"


async def test_full_within_the_hour_and_fine_since_is_told_and_confirms_nothing(
    find: Any, cluster: list[Object]
) -> None:
    metrics = gauges((1, 30_000), (2, 60_000), peak=250_000) + [
        {
            **reply,
            "query": reply["query"].replace("10\\\\.0\\\\.0\\\\.2", "10\\\\.0\\\\.0\\\\.1:9100|10\\\\.0\\\\.0\\\\.2"),
        }
        for reply in history(2, (60_000, 60_000), (250_000, 60_000))
    ]
    found = await find(PROBE, cluster, metrics=metrics)
    assert str(found.outcome) == "absent"
    assert "worker-2 held 250,000 within the last hour, last at 10:1" in found.summary


async def test_only_the_node_that_is_asked_about_counts(find: Any, cluster: list[Object]) -> None:
    alone = gauges((1, 30_000))
    assert str((await find(PROBE, cluster, metrics=alone)).outcome) == "unknown"
    found = await find(PROBE, cluster, metrics=alone, question="is conntrack full on node worker-1?")
    assert str(found.outcome) == "absent"


async def test_ebpf_counts_the_connections_of_pods_elsewhere(find: Any, make: Any) -> None:
    accelerated = [
        *make.terway(data={"10-terway.conf": json.dumps({"type": "terway", "eniip_virtual_type": "datapathv2"})}),
        node(make, 1),
        node(make, 2),
    ]
    room = await find(PROBE, accelerated, metrics=gauges((1, 30_000), (2, 41_000)))
    full = await find(PROBE, accelerated, metrics=gauges((1, 30_000), (2, 245_000)) + RISING)
    assert (str(room.outcome), str(full.outcome), full.is_hint) == ("unknown", "unknown", True)
    assert "pods' connections are in eBPF maps with datapathv2" in room.summary
    assert "pods' connections are in eBPF maps with datapathv2" in full.summary


def event(make: Any, number: int, age: str) -> Object:
    message = "Conntrack table usage over 90%: 245901 out of 262144"
    return make.event(node(make, number), "ConntrackFull", message, age=age)  # type: ignore[no-any-return]


async def test_of_event_and_sample_the_fresher_one_is_believed(verdicts: Any, make: Any, cluster: list[Object]) -> None:
    entry = "conntrack-table-full"
    room = gauges((1, 30_000), (2, 41_000), taken="now-60s")
    older = await verdicts([*cluster, event(make, 2, "now-9m")], entry, metrics=room)
    newer = await verdicts([*cluster, event(make, 2, "now-20s")], entry, metrics=room)
    unseen = await verdicts([*cluster, event(make, 2, "now-9m")], entry, metrics=gauges((1, 30_000)))
    other = await verdicts([*cluster, event(make, 2, "now-9m")], entry, metrics=gauges((2, 41_000)))
    assert older[entry].startswith("ruled_out: There is room")
    assert newer[entry].startswith("confirmed: ")
    assert unseen[entry].startswith("confirmed: ")  # no sample of its node
    assert other[entry].startswith("suspected: ")  # its node has room, the other is not seen


async def test_drops_confirm_a_table_that_is_high_and_flat(verdicts: Any, make: Any, cluster: list[Object]) -> None:
    steady = gauges((1, 30_000), (2, 245_000)) + STEADY
    entry = "conntrack-table-full"
    assert (await verdicts(cluster, entry, metrics=steady))[entry].startswith("suspected: ")
    found = await verdicts([*cluster, event(make, 2, "now-3m")], entry, metrics=steady)
    assert found[entry].startswith("confirmed: ")


async def test_without_a_prometheus_entries_are_judged_as_if_they_did_not_ask(
    verdicts: Any, find: Any, make: Any, cluster: list[Object]
) -> None:
    entry = "conntrack-table-full"
    found = await verdicts(cluster, entry)
    assert found[entry].startswith("suspected: Kubernetes shows a full table only where the node problem detector")
    assert "no Prometheus is configured" in (await find(PROBE, cluster)).summary
