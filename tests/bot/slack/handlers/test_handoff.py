"""Handoffs in Slack: asked for, posted with page and picture, taken once, reminded of once, by schedule once."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import select, update

from bot.handoff.repository import Handoffs
from bot.handoff.schedule import handoff_schedule
from bot.slack.scheduler import Scheduler
from bot.store.cases import Cases
from bot.store.schema import audit_records, cases, handoffs
from tests.bot.handoff.test_silences import answering
from tests.bot.store.test_standing import answer, report
from tests.ports import free_address
from tests.scenes import OpenScene, Scene
from tests.workspace.records import Channel

CLUSTER = {"prod": "terway-out-of-ips"}
ONCALL = {"NETCLINIC_ONCALL_GROUP": "@oncall", "NETCLINIC_ONCALL_CHANNEL": "ops", "NETCLINIC_TIME_ZONE": "UTC"}
SHARED = {"NETCLINIC_ONCALL_CHANNEL": "ops", "NETCLINIC_HANDOFF_SCHEDULE": "30 4 29 2 *", "NETCLINIC_TIME_ZONE": "UTC"}


def posted(scene: Scene, channel: str = "ops") -> list[Any]:
    """The handoffs in a channel."""
    return [m for m in scene.slack.messages(channel) if m.thread_ts is None and "HO-" in m.plain]


async def first(scene: Scene, channel: str = "ops") -> Any:
    """The first handoff in a channel, once its page is there too."""
    message = await scene.slack.until(lambda: (posted(scene, channel) or [None])[0], 60)
    await scene.slack.until(lambda: len(files(scene, message)) == 2, 60)
    return message


def files(scene: Scene, message: Any) -> dict[str, Any]:
    """What was uploaded into its thread, by name."""
    return {file.name: file for reply in scene.slack.thread(message.channel, message.ts) for file in reply.files}


def recorded(scene: Scene, action: str) -> list[Any]:
    with scene.services.store.reading() as connection:
        found = select(audit_records).where(audit_records.c.action == action).order_by(audit_records.c.seq)
        return list(connection.execute(found).mappings())


async def a_case(scene: Scene) -> str:
    ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating")
    await scene.answer("inc-shop", ts)
    return ts


async def test_where_a_busy_shift_has_no_room_the_message_links_to_its_thread(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=ONCALL) as scene:
        store, at = scene.services.store, datetime.now(UTC) - timedelta(hours=1)
        channel = scene.slack.team.channel("inc-shop").id
        for number in range(20):
            told = report(cluster=f"gone-{number}")
            Cases(store).save_answer(answer(store, f"{number}.1", told, at=at, channel=channel))
        with store.writing() as connection:
            connection.execute(update(cases).values(team=scene.slack.team.id))
        await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff 12h")
        message = await first(scene)
        address = f"/thread/{message.channel}-{message.ts}"
        await scene.slack.until(lambda: address in json.dumps(message.blocks), 60)
        assert "more open cases" in message.plain
        await scene.slack.people.press("ada", message, "I have it")
        await scene.slack.until(lambda: "has it since" in message.plain, 60)
        assert address in json.dumps(message.blocks)


async def test_a_handoff_is_posted_to_on_call_with_page_and_picture_and_taken_once(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=ONCALL) as scene:
        ts = await a_case(scene)
        await scene.slack.until(lambda: scene.services.store and _linked(scene), 60)
        await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff 12h")
        await scene.alone("ada", "in the on-call channel")
        message = await first(scene)
        assert "1 open" in message.plain
        assert "still there" in message.plain
        assert "from Ada Okafor to Lin Wei, Sam Moreau" in message.plain
        kept = Handoffs(scene.services.store).last("C0OPS00002")
        assert kept is not None
        assert kept.handoff.open[0].ref.link.count(ts.replace(".", "")) == 1

        uploaded = files(scene, message)
        assert set(uploaded) == {f"{kept.id}.md", f"{kept.id}.png"}
        assert uploaded[f"{kept.id}.md"].content.decode() == kept.text
        assert uploaded[f"{kept.id}.png"].content == kept.picture
        assert kept.picture.startswith(b"\x89PNG")

        await scene.slack.people.press("lin", message, "I have it")
        now = await scene.slack.until(lambda: _now(scene, message, "has it since"), 60)
        assert not [block for block in now.blocks if block["type"] == "actions"]
        await scene.slack.people.command("sam", "ops", f"/netclinic handoff {kept.id.lower()}")
        again = await scene.alone("sam", kept.id)
        assert [b["type"] for b in again.blocks if b["type"] != "actions"] == [
            b["type"] for b in kept.posted["blocks"] if b["type"] != "actions"
        ]
        taken = recorded(scene, "handoff.acknowledged")
        assert [(row["actor_id"], row["outcome"]) for row in taken] == [("U0LIN00002", kept.id)]
        assert len(recorded(scene, "handoff.made")) == 1


def _linked(scene: Scene) -> bool:
    """Whether the case knows its thread's address, and its answer is kept."""
    from bot.store.schema import cases

    with scene.services.store.reading() as connection:
        return any(row.link and row.outcome for row in connection.execute(select(cases.c.link, cases.c.outcome)))


def _now(scene: Scene, message: Any, words: str) -> Any:
    """The message as it stands, once it holds these words."""
    return next((m for m in posted(scene) if m.ts == message.ts and words in m.plain), None)


async def test_the_second_who_presses_hears_who_has_it(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=ONCALL) as scene:
        await a_case(scene)
        await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff")
        message = await first(scene)
        await scene.slack.people.press("ada", message, "I have it")
        stale = message  # as a slow client still shows it
        await scene.slack.until(lambda: recorded(scene, "handoff.acknowledged"), 60)
        kept = Handoffs(scene.services.store).last("C0OPS00002")
        assert kept is not None
        assert kept.acknowledged_by == "U0ADA00001"
        now = await scene.slack.until(lambda: _now(scene, stale, "has it since"), 60)
        assert "though it was meant for Lin Wei, Sam Moreau" in now.plain
        from bot.slack.jobs import HANDOFF_ACK, HandoffAck

        press = HandoffAck(handoff=kept.id, user="U0SAM00003", channel=kept.channel)
        await scene.services.queue.accept(HANDOFF_ACK.name, "T0:press:late", HANDOFF_ACK.dump(press))
        await scene.alone("sam", "Ada Okafor has handoff")
        elsewhere = HandoffAck(handoff=kept.id, user="U0SAM00003", channel="C0INCSHOP1")
        await scene.services.queue.accept(HANDOFF_ACK.name, "T0:press:elsewhere", HANDOFF_ACK.dump(elsewhere))
        await scene.alone("sam", "belongs to another channel")
        assert len(recorded(scene, "handoff.acknowledged")) == 1


async def test_those_who_were_expected_hear_that_somebody_else_has_it(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=ONCALL) as scene:
        await scene.slack.people.command("ada", "ops", "/netclinic handoff")
        message = await scene.slack.until(lambda: (posted(scene) or [None])[0], 60)
        await settled(scene)
        await scene.slack.people.press("ada", message, "I have it")
        (told,) = await scene.slack.until(lambda: below(scene, message, "Ada Okafor has taken handoff"), 60)
        assert "meant for you" in told.plain
        assert {"U0LIN00002", "U0SAM00003"} <= set(re.findall("U0[A-Z0-9]+", str(told.blocks)))
        await settled(scene)
        assert len(below(scene, message, "has taken handoff")) == 1
        (taken,) = recorded(scene, "handoff.acknowledged")
        assert json.loads(taken["detail"])["expected"] == ["U0LIN00002", "U0SAM00003"]


async def test_nobody_is_called_where_one_of_the_expected_takes_it(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=ONCALL) as scene:
        await scene.slack.people.command("ada", "ops", "/netclinic handoff")
        message = await scene.slack.until(lambda: (posted(scene) or [None])[0], 60)
        await settled(scene)
        await scene.slack.people.press("lin", message, "I have it")
        now = await scene.slack.until(lambda: _now(scene, message, "has it since"), 60)
        await settled(scene)
        assert "meant for" not in now.plain
        assert below(scene, message, "has taken handoff") == []


def below(scene: Scene, message: Any, words: str) -> list[Any]:
    """What was said in a handoff's thread."""
    return [reply for reply in scene.slack.thread(message.channel, message.ts) if words in reply.plain]


async def test_a_handoff_stands_without_files_that_slack_refuses(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=ONCALL) as scene:
        await a_case(scene)
        scene.slack.app = replace(scene.slack.app, scopes=scene.slack.app.scopes - {"files:write"})
        await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff 12h")
        alone = await scene.alone("ada", "could not be attached")
        (message,) = posted(scene)
        (told,) = below(scene, message, "could not be attached")
        for text in (alone.plain, told.plain):
            assert "its picture and its page" in text
            assert "missing_scope" in text
            assert "could not be shown" not in text
            assert "netclinic handoff --show HO-" in text
        assert alone.channel == "C0INCSHOP1", "where it was asked for, not where it was posted"


async def test_a_refused_picture_keeps_no_page_from_being_attached(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=ONCALL) as scene:
        await a_case(scene)
        scene.slack.fail("files.getUploadURLExternal", "status", status=403, times=1)
        await scene.slack.people.command("ada", "ops", "/netclinic handoff 12h")
        alone = await scene.alone("ada", "could not be attached")
        assert "but its picture could not be attached" in alone.plain
        (message,) = posted(scene)
        assert [name[-3:] for name in files(scene, message)] == [".md"]


async def test_words_that_name_no_span_are_refused_at_once(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER) as scene:
        for words in ("yesterday", "since 2099-01-01", "900d", "HO-AAAAAAAA"):
            await scene.slack.people.command("ada", "inc-shop", f"/netclinic handoff {words}")
            await scene.alone("ada", {"HO-AAAAAAAA": "There is no handoff"}.get(words, f"'{words}'"))
        assert posted(scene, "inc-shop") == []


async def test_a_channel_that_is_not_there_is_named(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings={"NETCLINIC_ONCALL_CHANNEL": "nowhere"}) as scene:
        await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff")
        told = await scene.alone("ada", "nowhere")
        assert "NETCLINIC_ONCALL_CHANNEL" in told.plain


async def test_an_empty_shift_is_told_in_short(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER) as scene:
        await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff")
        message = await scene.slack.until(lambda: (posted(scene, "inc-shop") or [None])[0], 60)
        assert "Nothing to hand over" in message.plain
        assert "does not prove" in message.plain


def _silence(name: str, *, hours: float, comment: str = "") -> dict[str, Any]:
    ends = datetime.now(UTC) + timedelta(hours=hours)
    made = {"startsAt": "2026-11-21T09:00:00.000Z", "endsAt": ends.isoformat(), "createdBy": "mei", "comment": comment}
    matchers = [{"name": "alertname", "value": name, "isRegex": False, "isEqual": True}]
    return {"id": name, "status": {"state": "active"}, "matchers": matchers, **made}


async def test_silences_that_end_in_the_next_shift_are_told_even_where_nothing_else_is(open_scene: OpenScene) -> None:
    told = [_silence(f"Rule{number}", hours=1 + number) for number in range(4)]
    told = [_silence("PodsStuck", hours=0.5, comment="known <!channel>, *INC-7*"), *told, _silence("Later", hours=20)]
    async with answering(lambda _: web.json_response(told)) as url:
        settings = {**ONCALL, "NETCLINIC_ALERTMANAGER_URL": url}
        async with open_scene(CLUSTER, settings=settings) as scene:
            await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff")
            empty = await first_of(scene, 1)
            assert "Nothing to hand over, but 5 silences end in the next shift" in empty.plain
            assert "Nothing to hand over, but 5 silences end in the next shift" in empty.text
            assert 'alertname="PodsStuck", by mei: known <!channel>, *INC-7*' in empty.plain
            assert "2 more in the page" in empty.plain
            assert "Later" not in empty.plain
            page = await scene.slack.until(lambda: page_of(scene, empty), 60)
            assert "Silences that end in the next shift" in page
            assert "Rule3" in page
            await a_case(scene)
            await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff 12h")
            busy = await first_of(scene, 2)
            assert "Handoff: 1 open" in busy.plain
            assert 'alertname="PodsStuck", by mei' in busy.plain


async def test_an_alertmanager_that_is_away_is_told_in_one_line(open_scene: OpenScene) -> None:
    settings = {**ONCALL, "NETCLINIC_ALERTMANAGER_URL": f"http://{free_address()}"}
    async with open_scene(CLUSTER, settings=settings) as scene:
        await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff")
        message = await first_of(scene, 1)
        assert "Nothing to hand over" in message.plain
        assert "Alertmanager's silences could not be read from 127.0.0.1:" in message.plain


async def first_of(scene: Scene, number: int) -> Any:
    """The newest handoff once there are so many."""
    return await scene.slack.until(lambda: posted(scene)[-1] if len(posted(scene)) == number else None, 60)


def page_of(scene: Scene, message: Any) -> str:
    """The Markdown page in its thread, once it is there."""
    return next(
        ((file.content or b"").decode() for name, file in files(scene, message).items() if name.endswith(".md")), ""
    )


async def test_one_reminder_where_nobody_has_it(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings={**ONCALL, "NETCLINIC_HANDOFF_REMIND_MINUTES": "5"}) as scene:
        await a_case(scene)
        await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff")
        message = await first(scene)
        replicas = [Scheduler(scene.services, None), Scheduler(scene.services, None)]
        for clock in replicas:
            await clock.tick(datetime.now(UTC) + timedelta(minutes=4))
        assert not reminders(scene, message)
        for clock in (*replicas, Scheduler(scene.services, None)):
            await clock.tick(datetime.now(UTC) + timedelta(minutes=6))
        await scene.slack.until(lambda: recorded(scene, "handoff.reminded"), 60)
        for minutes in (7, 60, 600):
            await Scheduler(scene.services, None).tick(datetime.now(UTC) + timedelta(minutes=minutes))
        await settled(scene)
        assert len(reminders(scene, message)) == 1
        assert "U0LIN00002" in str(reminders(scene, message)[0].blocks)


async def test_no_reminder_where_somebody_has_it(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings={**ONCALL, "NETCLINIC_HANDOFF_REMIND_MINUTES": "5"}) as scene:
        await a_case(scene)
        await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff")
        message = await first(scene)
        await scene.slack.people.press("lin", message, "I have it")
        await scene.slack.until(lambda: recorded(scene, "handoff.acknowledged"), 60)
        await Scheduler(scene.services, None).tick(datetime.now(UTC) + timedelta(minutes=6))
        await settled(scene)
        assert reminders(scene, message) == []


def reminders(scene: Scene, message: Any) -> list[Any]:
    return [m for m in scene.slack.thread(message.channel, message.ts) if "Nobody has taken" in m.plain]


async def settled(scene: Scene) -> None:
    """All accepted work is done."""
    for _ in range(3000):
        if not await scene.services.queue.count_running():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError("work goes on and on")


async def test_two_replicas_and_a_restart_post_a_scheduled_handoff_once(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=SHARED) as scene:
        await a_case(scene)
        plan = handoff_schedule(scene.services.settings)
        assert plan is not None
        due = plan.next(datetime.now(UTC))
        before = len(posted(scene))
        clocks = [Scheduler(scene.services, plan), Scheduler(scene.services, plan)]
        for seconds in (0, 1, 20):
            for clock in clocks:
                await clock.tick(due + timedelta(seconds=seconds))
        await scene.slack.until(lambda: len(posted(scene)) > before, 60)
        await Scheduler(scene.services, plan).tick(
            due + timedelta(minutes=10)
        )  # as after a restart: nothing is remembered
        await settled(scene)
        assert len(posted(scene)) == before + 1
        scheduled = [row for row in recorded(scene, "handoff.made") if row["request_id"].endswith(f"{due:%H:%M:%SZ}")]
        assert [row["actor_kind"] for row in scheduled] == ["system"]


async def test_a_handoff_is_posted_once_though_slack_took_it_and_the_reply_was_lost(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=ONCALL) as scene:
        scene.slack.fail("chat.postMessage", "drop", accepted=True, times=1)
        scene.slack.fail("files.completeUploadExternal", "drop", accepted=True, times=1)
        await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff 2d")
        await scene.slack.until(lambda: posted(scene), 60)
        await settled(scene)
        assert len(posted(scene)) == 1
        names = [f.name for m in scene.slack.thread("ops", posted(scene)[0].ts) for f in m.files]
        assert len(names) == len(set(names))


async def test_a_newer_handoff_is_the_one_to_take(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=ONCALL) as scene:
        for number, words in enumerate(("2h", "3h"), 1):
            await scene.slack.people.command("ada", "ops", f"/netclinic handoff {words}")
            await scene.slack.until(lambda wanted=number: len(posted(scene)) == wanted, 60)
            await settled(scene)
        older, newer = posted(scene)
        await scene.slack.people.press("lin", older, "I have it")
        await scene.alone("lin", "came after it")
        await scene.slack.people.press("lin", newer, "I have it")
        await scene.slack.until(lambda: recorded(scene, "handoff.acknowledged"), 60)
        with scene.services.store.reading() as connection:
            taken = select(handoffs.c.message_ts).where(handoffs.c.acknowledged_by == "U0LIN00002")
            assert list(connection.execute(taken).scalars()) == [newer.ts]


async def test_a_note_stands_in_message_and_page_with_its_writers_name(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=ONCALL) as scene:
        await a_case(scene)
        await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff 12h")
        message = await first(scene)
        await scene.idle()
        await scene.slack.people.press("ada", message, "Leave a note")
        await scene.slack.until(lambda: scene.slack.modals("ada"), 60)
        assert await scene.slack.people.submit("ada", {"note": "watch *prod*, <!channel>"}) == {}
        noted = await scene.slack.until(lambda: _now(scene, message, "Note from Ada Okafor: watch *prod*"), 60)
        assert "<!channel>" not in noted.text
        await scene.idle()
        kept = Handoffs(scene.services.store).last("C0OPS00002")
        assert kept is not None
        assert "watch \\*prod\\*" in kept.text
        page = files(scene, message)[f"{kept.id}.md"].content.decode()  # the last of that name
        assert "Ada Okafor" in page.partition("## Open")[0]
        assert [row["actor_id"] for row in recorded(scene, "handoff.noted")] == ["U0ADA00001"]

        await scene.slack.people.press("ada", noted, "Leave a note")
        form = await scene.slack.until(lambda: scene.slack.modals("ada"), 60)
        assert "watch *prod*" in str(form[-1].body), "what she left before is there to be changed"
        await scene.slack.people.submit("ada", {"note": ""})
        await scene.slack.until(lambda: "Note from" not in posted(scene)[0].plain, 60)
        await scene.slack.people.press("lin", posted(scene)[0], "I have it")
        await scene.slack.until(lambda: _now(scene, message, "has it since"), 60)


async def test_private_channels_are_told_of_by_number_alone(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=ONCALL) as scene:
        team = scene.slack.team
        team.add_channel(Channel("C0SECRET01", "secret", is_private=True, members={team.bot.id, "U0ADA00001"}))
        ts = await scene.slack.people.say("ada", "secret", "@netclinic pods stuck in ContainerCreating")
        await scene.answer("secret", ts)
        await a_case(scene)
        await scene.idle()
        hidden, shown = (
            next(c for c in Cases(scene.services.store).list_open(team.id, "") if (c.channel == "C0SECRET01") is secret)
            for secret in (True, False)
        )
        await scene.slack.people.command("lin", "ops", "/netclinic cases")
        for_lin = await scene.alone("lin", "2 cases")
        assert "1 more case in channels" in for_lin.plain
        assert (hidden.id in for_lin.plain, shown.id in for_lin.plain) == (False, True)
        await scene.slack.people.command("ada", "ops", "/netclinic cases")
        for_ada = await scene.alone("ada", "2 cases")
        assert hidden.id in for_ada.plain
        await scene.slack.people.open_home("lin")
        home = await scene.slack.until(lambda: _home(scene, "lin"), 60)
        assert hidden.id not in home.plain
        assert shown.id in home.plain
        await scene.slack.people.command("ada", "ops", "/netclinic handoff 12h")
        message = await first(scene)
        assert "2 open" in message.plain
        assert "1 more open case in other channels" in message.plain
        kept = Handoffs(scene.services.store).last("C0OPS00002")
        assert kept is not None
        assert hidden.id not in message.plain + kept.text
        assert shown.id in message.plain


def _home(scene: Scene, who: str) -> Any:
    home = scene.slack.home(who)
    return home if home is not None and "Open cases (2)" in home.plain else None


async def test_a_first_start_owes_nobody_a_handoff(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=SHARED) as scene:
        plan = handoff_schedule(scene.services.settings)
        assert plan is not None
        due = plan.next(datetime.now(UTC))
        late = Scheduler(scene.services, plan, started=due + timedelta(minutes=5))
        await late.tick(due + timedelta(minutes=6))
        assert late.done_keys
        assert posted(scene) == []
        await scene.slack.people.command("ada", "ops", "/netclinic handoff 1h")
        await scene.slack.until(lambda: posted(scene), 60)
        await settled(scene)
        with scene.services.store.writing() as connection:  # as if it had been posted hours ago
            connection.execute(update(handoffs).values(told=_earlier(connection)))
        await Scheduler(scene.services, plan, started=due + timedelta(minutes=5)).tick(due + timedelta(minutes=6))
        await scene.slack.until(lambda: len(posted(scene)) == 2, 60)


def _earlier(connection: Any) -> dict[str, Any]:
    told = dict(connection.execute(select(handoffs.c.told)).scalar_one())
    return {**told, "until": (datetime.now(UTC) - timedelta(hours=3)).isoformat()}


async def test_a_scheduled_handoff_right_after_one_by_hand_is_posted_all_the_same(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER, settings=SHARED) as scene:
        await scene.slack.people.command("ada", "ops", "/netclinic handoff 1h")
        await scene.slack.until(lambda: posted(scene), 60)
        await settled(scene)
        plan = handoff_schedule(scene.services.settings)
        assert plan is not None
        due = plan.next(datetime.now(UTC))
        for clock in (Scheduler(scene.services, plan), Scheduler(scene.services, plan)):
            await clock.tick(due)
        await scene.slack.until(lambda: len(posted(scene)) == 2, 60)
        await settled(scene)
        assert len(posted(scene)) == 2
        newest = Handoffs(scene.services.store).last_by_schedule("C0OPS00002")
        assert newest is not None
        assert newest.handoff.until - newest.handoff.since >= timedelta(hours=1)
