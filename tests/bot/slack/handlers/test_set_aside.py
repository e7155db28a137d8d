"""Work that is set aside is told of in its thread and on record, in place of what stood there."""

from typing import Any

from bot.slack import jobs
from tests.bot.slack.handlers.test_question import STUCK, records
from tests.scenes import OpenScene


async def test_who_asked_hears_that_it_was_given_up(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
        answer = await scene.answer("inc-shop", ts)
        key = f"{scene.slack.team.id}:{answer.channel}:{ts}"
        payload: Any = await scene.services.queue.payload(key)
        told = jobs.SetAside(name="ask", key=key, payload=dict(payload))
        assert await scene.services.queue.accept(jobs.SET_ASIDE.name, f"{key}:set_aside", jobs.SET_ASIDE.dump(told))
        said = await scene.answer("inc-shop", ts, "ended netclinic three times")
        assert said.ts == answer.ts
        assert ("job.set_aside", key) in [record[:2] for record in records(scene)]


async def test_what_nobody_waits_for_is_on_record_alone(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        before = [call.method for call in scene.slack.calls].count("chat.postMessage")
        for name, payload in (("home", {"user": "U0ADA00001"}), ("of a newer version", {}), ("ask", {"channel": 5})):
            told = jobs.SetAside(name=name, key=f"key of {name}", payload=payload)
            await scene.services.queue.accept(jobs.SET_ASIDE.name, f"{name}:set_aside", jobs.SET_ASIDE.dump(told))
            action = ("job.set_aside", f"key of {name}")
            await scene.slack.until(lambda action=action: action in [record[:2] for record in records(scene)])
        assert [call.method for call in scene.slack.calls].count("chat.postMessage") == before
