"""What Slack brings is acknowledged, whatever it is, and only after it was stored."""

import asyncio
import sqlite3
from typing import Any

from bot.slack.events.commands import question_about
from tests.scenes import OpenScene

OUT = {"prod": "terway-out-of-ips"}


def shortcut(**message: Any) -> dict[str, Any]:
    """A message shortcut's payload."""
    return {"channel": {"id": "C1"}, "user": {"id": "U1"}, "message_ts": "1.1", "message": message}


def test_an_alert_without_text_speaks_through_its_attachments() -> None:
    parts = [{"title": "FailedCreatePodSandBox", "text": "IpNotEnough ns=shop", "fallback": "IpNotEnough ns=shop"}]
    question = question_about(shortcut(text="", attachments=parts, thread_ts="0.9"), "U0BOT")
    assert question.words == "FailedCreatePodSandBox\nIpNotEnough"
    assert (question.namespace, question.thread_ts, question.trouble) == ("shop", "0.9", "")


def test_a_message_without_words_is_refused() -> None:
    question = question_about(shortcut(text="<@U0BOT>"), "U0BOT")
    assert question.trouble == "This message holds no text that I can read."


async def test_every_event_is_acknowledged_at_the_first_attempt(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings={"NETCLINIC_INCIDENT_CHANNELS": "inc-*"}) as scene:
        people = scene.slack.people
        ts = await people.say("ada", "inc-shop", "lunch?")
        await people.edit("ada", "inc-shop", ts, "dinner?")
        await people.delete("ada", "inc-shop", ts)
        await people.join("sam", "inc-shop")
        await people.open_home("ada")
        await people.say("lin", "@netclinic", "hello")
        sent = scene.slack.delivery.sent
        await scene.slack.until(lambda: len(sent) > 4 and all(item.acknowledged for item in sent), 60)
        assert [item.kind for item in sent if len(item.attempts) > 1 or item.failures] == []


async def test_a_question_is_stored_before_it_is_acknowledged(open_scene: OpenScene) -> None:
    """While somebody else holds the database of pending work, nothing can be stored, and so nothing is acknowledged."""
    async with open_scene(OUT) as scene:
        held = sqlite3.connect(scene.bot.app.settings.data_dir / "dbos.sqlite", isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
        ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating")
        key = f"{scene.slack.team.id}:C0INCSHOP1:{ts}"

        def acknowledged() -> bool:
            mine = [item for item in scene.slack.delivery.sent if item.payload.get("event", {}).get("ts") == ts]
            return any(item.acknowledged for item in mine)

        await asyncio.sleep(1.5)
        assert not acknowledged()
        held.execute("ROLLBACK")
        held.close()
        await scene.slack.until(acknowledged, 60)
        payload = await scene.services.queue.payload(key)
        assert payload is not None
        assert payload["words"] == "pods stuck in ContainerCreating"
        assert await scene.services.queue.payload("T:C:1") is None
        await scene.answer("inc-shop", ts)


async def test_a_button_that_nobody_knows_says_so(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating")
        answer = await scene.answer("inc-shop", ts)
        answer.elements[0][1]["action_id"] = "of_an_older_version"
        await scene.slack.people.press("lin", answer, "of_an_older_version")
        await scene.alone("lin", "This button leads nowhere")


async def test_a_cluster_that_hangs_is_told_within_the_deadline(open_scene: OpenScene) -> None:
    async with open_scene({}, hanging=["prod"], settings={"NETCLINIC_DEADLINE": "1"}) as scene:
        ts = await scene.slack.people.say("lin", "inc-shop", "@netclinic pods stuck, InvalidVSwitchId.IpNotEnough")
        answer = await scene.answer("inc-shop", ts, "The cluster could not be read")
        assert "did not answer within 1.0 s" in answer.plain
        assert "SUSPECTED" in answer.plain


async def test_forms_and_pages_of_modals(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        people = scene.slack.people
        await people.open_home("ada")
        home = await scene.slack.until(lambda: scene.slack.home("ada"), 60)
        await people.press("ada", home, "Ask a question")
        (form,) = scene.slack.modals("ada")
        assert form.state["cluster"]["value"]["selected_option"]["value"] == "prod", "the only one is chosen already"
        errors = await people.submit("ada", {"symptom": "pods stuck cluster=mars", "channel": "C0OPS00002"})
        assert errors == {"cluster": "There is no cluster 'mars'; I can read prod."}
