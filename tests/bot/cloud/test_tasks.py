"""Why ACK refused an upgrade, as the cluster's tasks tell it."""

from typing import Any

import pytest

from bot.cloud.actions import DESCRIBE_CLUSTER_TASKS, DESCRIBE_TASK_INFO
from bot.cloud.credentials import Credentials
from bot.cloud.reader import CloudReader
from bot.cloud.transport import Endpoint, LiveCloud
from tests.bot.cloud.asking import found_on, found_with_calls
from tests.openapi import KEY_ID, SECRET, OpenApi

PROBE = 'upgrade_refused(addon="terway", contains=["eip pool", "eip_pool"], within="3d")'
REFUSED = "terway-cloud-upgrade-refused"
NOW = "2026-11-20T19:02:00Z"


def task(id_: str = "T-1", state: str = "fail", at: str = "2026-11-21T02:21:00+08:00", **more: Any) -> dict[str, Any]:
    told = {"task_type": "cluster_addon_upgrade", "created": at, "updated": at}
    return {"task_id": id_, "state": state, **told, **more}


def error(message: str, code: str = "PreCheckFailed") -> dict[str, str]:
    return {"code": code, "message": message}


EIP = error("eip pool is not supported")


async def test_the_tasks_own_message_is_the_evidence() -> None:
    found, calls = await found_with_calls(PROBE, REFUSED)
    assert found.outcome == "present"
    assert found.objects["refused"] == ("PreCheckFailed: eip pool is not supported",)
    assert found.objects["refused_at"] == ("2026-11-20 18:21 UTC",)
    (piece,) = found.evidence
    assert piece.object == "Task T-68a1c2d3e4f5060708090a10"
    assert piece.excerpt == "cluster_addon_upgrade, fail: PreCheckFailed: eip pool is not supported"
    assert piece.check == "aliyun cs GET /tasks/T-68a1c2d3e4f5060708090a10 --region cn-hangzhou"
    assert calls == {"DescribeClusterTasks": 1}


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (error("Eip_Pool is NOT supported"), "present"),
        (error("", "eip pool is not supported"), "present"),
        (error("enable_eip_pool has to be off first"), "present"),
        (error("eip quota exceeded for terway"), "absent"),
        (error("terway: addon status not match"), "absent"),
        (error("the coredns config is not supported"), "unknown"),
        ({}, "unknown"),
        ("a text in its place", "unknown"),
    ],
)
async def test_the_words_of_the_error_decide(told: Any, outcome: str) -> None:
    """Where they do not say what it was about, the task itself is asked."""
    items = [task(error=told)]
    assert (await found_on(PROBE, REFUSED, DescribeClusterTasks=items, DescribeTaskInfo=[])).outcome == outcome
    about_terway = [{"task_id": "T-1", "target": {"id": "terway-eniip"}}]
    found = await found_on(PROBE, REFUSED, DescribeClusterTasks=items, DescribeTaskInfo=about_terway)
    assert found.outcome == ("absent" if outcome == "unknown" else outcome)


@pytest.mark.parametrize(
    ("items", "outcome"),
    [
        ([], "unknown"),
        ([task(error=EIP, at="2026-11-17T19:00:00Z")], "unknown"),  # more than three days ago
        ([task(error=EIP, at="no time")], "unknown"),
        ([task(error=EIP, at="2026-11-20T18:00:00")], "unknown"),  # without a zone
        ([task(error=EIP, task_type="cluster_upgrade")], "present"),
        ([task(error=EIP, task_type="")], "present"),
        ([task(error=error("quota of EIPs"), task_type="cluster_scaleout")], "unknown"),
        ([task(error=EIP, state="success", task_type="cluster_scaleout")], "unknown"),
        ([task(error=EIP), task("T-2", "success", at=NOW)], "present"),  # of which nothing tells whose upgrade it was
        ([{"state": "fail", "error": EIP}], "unknown"),  # no id, no time
    ],
)
async def test_what_is_listed_beside_it_does_not_decide(items: list[dict[str, Any]], outcome: str) -> None:
    nobodys = [{"task_id": "T-2", "target": {"type": "addon", "id": "coredns"}}]
    found = await found_on(PROBE, REFUSED, DescribeClusterTasks=items, DescribeTaskInfo=nobodys)
    assert found.outcome == outcome


@pytest.mark.parametrize(
    ("state", "outcome"), [("success", "absent"), ("running", "unknown"), ("fail", "absent"), ("", "unknown")]
)
async def test_a_later_upgrade_of_the_same_add_on_counts(state: str, outcome: str) -> None:
    items = [task(error=EIP), task("T-2", state, at=NOW)]
    later = [{"task_id": "T-2", "target": {"type": "addon", "id": "terway-eniip"}}]
    found, calls = await found_with_calls(PROBE, REFUSED, DescribeClusterTasks=items, DescribeTaskInfo=later)
    assert (found.outcome, found.is_unread) == (outcome, False)
    assert calls == {"DescribeClusterTasks": 1, "DescribeTaskInfo": 1}


async def test_a_message_that_only_the_tasks_events_hold_is_found() -> None:
    info = [{"task_id": "T-1", "target": {"id": "c0"}, "events": [{"message": "terway: eip pool is not supported"}]}]
    found = await found_on(PROBE, REFUSED, DescribeClusterTasks=[task()], DescribeTaskInfo=info)
    assert found.outcome == "present"
    assert "eip pool is not supported" in found.evidence[0].excerpt


@pytest.mark.parametrize("action", ["DescribeClusterTasks", "DescribeTaskInfo"])
async def test_what_ram_does_not_grant_is_named(action: str) -> None:
    items = {"DescribeClusterTasks": [task()], "DescribeTaskInfo": [], action: "Forbidden.RAM"}
    found = await found_on(PROBE, REFUSED, **items)
    assert (found.outcome, found.is_unread) == ("unknown", True)
    assert f"cs:{action}" in found.summary


async def test_tasks_are_read_by_their_own_pages_and_not_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
    with OpenApi().running() as served:
        for number, complete in ((70, True), (100, True), (101, False)):
            served.asked.clear()
            served.clusters["c1"] = {"DescribeClusterTasks": [task(f"T-{at}", error=EIP) for at in range(number)]}
            served.tasks = {"T-1": task(parameters={"password": "hunter2"}, target={"id": "terway-eniip"})}
            reader = CloudReader(LiveCloud(Credentials(), Endpoint.of(served.url)))
            listed = await reader.read(DESCRIBE_CLUSTER_TASKS, "cn-hangzhou", {"ClusterId": "c1"})
            assert (len(listed.items), listed.complete) == (min(number, 100), complete)
            assert [query for _, query in served.asked] == [
                {"page_number": page, "page_size": "50"} for page in ("1", "2")
            ]
            (one,) = (await reader.read(DESCRIBE_TASK_INFO, "cn-hangzhou", {"TaskId": "T-1"})).items
            assert (one["target"], "parameters" in one) == ({"id": "terway-eniip"}, False)
            await reader.close()
