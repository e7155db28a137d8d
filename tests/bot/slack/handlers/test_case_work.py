"""Working on a case: who is on it, the watch that looks again by itself, everything checked, another cluster asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.slack.handlers.watch import due_look
from bot.slack.timing import PRODUCTION
from bot.store.cases import Case, Cases
from tests.scenes import OpenScene, Scene
from tests.timing import QUICK

OUT = {"prod": "terway-out-of-ips"}
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
OFTEN = replace(QUICK, watch_every=0.3, watch_for=600.0)
WATCHED = "I look again every 2 minutes, for 1 hour at most, and say once what changed."


async def answered(scene: Scene) -> Any:
    ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating")
    return await scene.answer("inc-shop", ts)


def open_case(scene: Scene) -> Case:
    (case,) = Cases(scene.services.store).list_open(scene.slack.team.id, "U0ADA00001")
    return case


async def test_a_watched_case_in_chinese_says_so_in_chinese(open_scene: OpenScene) -> None:
    async with open_scene(OUT, timing=OFTEN) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic Pod 一直卡在 ContainerCreating")
        answer = await scene.answer("inc-shop", ts)
        await scene.slack.people.press("lin", answer, "我来处理")
        await in_thread(scene, answer, "我会持续观察：每 0.3 秒再查一次，最多 10 分钟，有变化时告知一次。")
        await scene.clusters.serve("terway-recovered-from-ip-shortage", "prod")
        line = await in_thread(scene, answer, "✓ 已消失（prod），")
        assert line.plain.endswith("· 自动观察")
        assert "Cleared" not in line.plain


async def in_thread(scene: Scene, answer: Any, words: str) -> Any:
    """The message of the thread that holds the words."""

    def there() -> Any:
        return next((m for m in scene.slack.replies("inc-shop", answer.thread_ts) if words in m.plain), None)

    return await scene.slack.until(there, 60)


async def test_who_is_on_it_is_named_and_nobody_else_is_called(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings={"NETCLINIC_ONCALL_GROUP": "oncall"}) as scene:
        answer, people = await answered(scene), scene.slack.people
        row = [dict(block) for block in answer.blocks]
        await people.press("lin", answer, "I'm on it")
        told = await in_thread(scene, answer, "<@U0LIN00002> is on it.")
        assert WATCHED in told.plain
        shown = await in_thread(scene, answer, "on it: <@U0LIN00002>")
        assert shown.ts == answer.ts
        assert "Stop watching" in shown.plain
        answer.blocks = row  # as another client may still show it
        await people.press("sam", answer, "I'm on it")
        await scene.alone("sam", "Lin Wei is on it already.")
        answer.blocks = row
        await people.press("sam", answer, "Hand to on-call")
        await scene.alone("sam", "Lin Wei is on it: nobody else is called. Ask Lin Wei, who can hand it to on-call.")
        assert open_case(scene).assignee == "U0LIN00002"
        answer.blocks = row
        await people.press("lin", answer, "Hand to on-call")
        await in_thread(scene, answer, "hands this case to you")
        await scene.idle()
        assert open_case(scene).assignee == "S0ONCALL01"


async def test_a_watched_case_says_once_when_it_is_cleared(open_scene: OpenScene) -> None:
    async with open_scene(OUT, timing=OFTEN) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("lin", answer, "I'm on it")
        await in_thread(scene, answer, "I look again every 0.3 seconds, for 10 minutes at most")
        await in_thread(scene, answer, "Stop watching")
        await scene.clusters.serve("terway-recovered-from-ip-shortage", "prod")
        line = await in_thread(scene, answer, "✓ Cleared on prod after")
        assert "watched" in line.plain
        first = await in_thread(scene, answer, "No pod is stuck in ContainerCreating on prod")
        assert first.ts == answer.ts
        await scene.idle()
        assert open_case(scene).watched_until is None
        said = [m.plain for m in scene.slack.replies("inc-shop", answer.thread_ts)]
        assert len([text for text in said if "Cleared on prod after" in text]) == 1


async def test_a_watch_that_sees_no_change_says_so_at_its_end_alone(open_scene: OpenScene) -> None:
    async with open_scene(OUT, timing=replace(OFTEN, watch_for=1.5)) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("lin", answer, "I'm on it")
        await in_thread(scene, answer, "＝ Still there on prod after")
        await scene.idle()
        assert open_case(scene).watched_until is None
        assert len(scene.slack.replies("inc-shop", answer.thread_ts)) == 3  # answer, who is on it, the end


async def test_a_watch_goes_on_after_a_restart(open_scene: OpenScene) -> None:
    async with open_scene(OUT, timing=OFTEN) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("lin", answer, "I'm on it")
        await in_thread(scene, answer, "Stop watching")
        await scene.bot.stop()
        await scene.clusters.serve("terway-recovered-from-ip-shortage", "prod")
        await scene.bot.start()
        await scene.slack.until_connected()
        await in_thread(scene, answer, "✓ Cleared on prod after")


async def test_what_a_watch_found_is_told_once_though_the_process_ends_before(open_scene: OpenScene) -> None:
    async with open_scene(OUT, timing=OFTEN) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("lin", answer, "I'm on it")
        await in_thread(scene, answer, "Stop watching")
        await in_thread(scene, answer, "is on it.")
        scene.slack.fail("chat.postMessage", "status", times=None)
        tried = [call for call in scene.slack.calls if call.method == "chat.postMessage"]
        await scene.clusters.serve("terway-recovered-from-ip-shortage", "prod")
        await scene.slack.until(
            lambda: len([call for call in scene.slack.calls if call.method == "chat.postMessage"]) > len(tried), 60
        )
        await scene.bot.stop()
        scene.slack.heal()
        await scene.bot.start()
        await scene.slack.until_connected()
        await in_thread(scene, answer, "✓ Cleared on prod after")
        await scene.slack.until(lambda: open_case(scene).watched_until is None, 60)
        await scene.idle()
        said = [m.plain for m in scene.slack.replies("inc-shop", answer.thread_ts)]
        assert len([text for text in said if "Cleared on prod after" in text]) == 1


async def test_stop_watching_stops_it(open_scene: OpenScene) -> None:
    async with open_scene(OUT, timing=replace(OFTEN, watch_every=600.0)) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("lin", answer, "I'm on it")
        shown = await in_thread(scene, answer, "Stop watching")
        await scene.slack.people.press("sam", shown, "Stop watching")
        await scene.slack.until(lambda: "Stop watching" not in shown.plain and "Watch" in shown.plain, 60)
        assert open_case(scene).watched_until is None


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, None), (1.9, None), (2, "1"), (59.9, "29"), (60, "last"), (600, "last")]
)
def test_each_look_is_due_once(minutes: float, expected: str | None) -> None:
    case = Case(
        id="NC-1", team="T1", channel="C1", thread_ts="1.2", opened_at=NOW, opened_by="U1", question="q", updated_at=NOW
    )
    assert due_look(case, NOW, PRODUCTION) is None, "it is not watched"
    watched = replace(case, watched_until=NOW + timedelta(hours=1))
    due = due_look(watched, NOW + timedelta(minutes=minutes), PRODUCTION)
    assert (due[0].rpartition(":")[2] if due else None) == expected
    assert due is None or due[1].is_last == (expected == "last")
    again = due_look(replace(case, watched_until=NOW + timedelta(hours=2)), NOW + timedelta(minutes=90), PRODUCTION)
    assert again is not None
    assert due is None or again[0] != due[0], "a later watch has keys of its own"


async def test_everything_is_checked_on_the_answers_cluster(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-healthy", **{"other": "terway-out-of-ips"}}) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating cluster=prod")
        answer = await scene.answer("inc-shop", ts)
        await scene.slack.people.press("sam", answer, "Check everything")
        await in_thread(scene, answer, "No fault is confirmed on cluster prod")
        await scene.slack.people.press("lin", answer, "Check everything")
        await scene.alone("lin", "Everything is being checked, or was already")


async def test_the_same_is_asked_of_another_cluster_in_the_same_thread(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-healthy", "staging": "terway-out-of-ips"}) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating cluster=prod")
        answer = await scene.answer("inc-shop", ts)
        await scene.slack.people.press("sam", answer, "Other cluster")
        await scene.slack.until(lambda: scene.slack.modals("sam"), 60)
        await scene.slack.people.submit("sam", {})
        await in_thread(scene, answer, "CONFIRMED on staging")


async def test_without_another_cluster_that_is_said(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("sam", answer, "Other cluster")
        await scene.alone("sam", "There is no other cluster here: prod is the only one that I can read.")
