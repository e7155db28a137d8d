"""The audit log behind Slack: read, proven, given out, anchored once, and nothing done that is not on record."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.audit import AuditUnavailable, Draft
from bot.audit.filters import Filters
from bot.audit.reading import list_records
from bot.audit.records import SYSTEM, Record
from bot.audit.verify import parse_anchors, verify
from bot.slack.scheduler import Scheduler
from tests.scenes import OpenScene, Scene

CLUSTER = {"prod": "terway-out-of-ips"}
STUCK = "@netclinic pods stuck in ContainerCreating"
FAILS = "CREATE TRIGGER fails BEFORE INSERT ON audit_records BEGIN SELECT no_room_on_the_disk(); END"


def recorded(scene: Scene, **filters: Any) -> list[Record]:
    """The records that fit, oldest first."""
    return list(list_records(scene.services.store, Filters(limit=10_000, **filters)))[::-1]


async def settled(scene: Scene) -> None:
    """All accepted work is done."""
    for _ in range(3000):
        if not await scene.services.queue.count_running():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError("work goes on and on")


def anchors(scene: Scene, channel: str = "ops") -> list[Any]:
    return [m for m in scene.slack.messages(channel) if "audit anchor" in m.plain]


ANCHORED = {"NETCLINIC_AUDIT_ANCHOR_CHANNEL": "#ops", "NETCLINIC_AUDIT_ANCHOR_HOURS": "6"}


async def test_an_anchor_is_made_and_posted_once_a_slot_whoever_looks_at_the_clock(open_scene: OpenScene) -> None:
    async with open_scene({}, settings=ANCHORED) as scene:
        await scene.slack.until(lambda: anchors(scene), 60)  # the slot in which it started
        slot = datetime.now(UTC) + timedelta(hours=6)
        for clock in (Scheduler(scene.services, None), Scheduler(scene.services, None)):
            for minutes in (0, 1):
                await clock.tick(slot.replace(minute=30) + timedelta(minutes=minutes))
        await scene.slack.until(lambda: len(anchors(scene)) == 2, 60)
        await scene.bot.stop()
        await scene.bot.start()
        await Scheduler(scene.services, None).tick(slot.replace(minute=31))
        await settled(scene)
        assert len(anchors(scene)) == 2
        made = recorded(scene, action="audit.anchored")
        assert [record.actor_kind for record in made] == ["system", "system"]
        assert len({record.request_id for record in made}) == 2


async def test_an_anchor_copied_out_of_slack_finds_a_chain_that_was_cut(open_scene: OpenScene) -> None:
    async with open_scene({}, settings=ANCHORED) as scene:
        message = await scene.slack.until(lambda: next(iter(anchors(scene)), None), 60)
        (record,) = recorded(scene, action="audit.anchored")
        for copied in (message.plain, message.text):
            (anchor,) = parse_anchors(copied)
            assert (anchor.seq, anchor.hash) == (record.seq, record.hash)
            assert verify(scene.services.store, anchors=[anchor]).anchors == 1
        await settled(scene)
        with scene.services.store.writing() as connection:
            connection.execute(text("DROP TRIGGER audit_records_prune"))
            connection.execute(text("DELETE FROM audit_records WHERE seq >= :seq"), {"seq": record.seq})
        found = verify(scene.services.store, anchors=[anchor])
        assert found.fault is not None
        assert found.fault.what == "cut"


async def test_without_a_channel_the_anchor_is_in_the_log_alone_whatever_its_level(
    open_scene: OpenScene, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_scene({}, settings={"NETCLINIC_LOG_LEVEL": "error"}) as scene:
        await scene.slack.until(lambda: recorded(scene, action="audit.anchored"), 60)
        await settled(scene)
        assert not [message for channel in scene.slack.team.messages.values() for message in channel]
        (record,) = recorded(scene, action="audit.anchored")
        (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "audit anchor" in line]
        assert [str(anchor) for anchor in parse_anchors(line["message"])] == [f"{record.seq}:{record.hash}"]
        assert line["request_id"] == record.request_id


async def test_a_replayed_anchor_is_the_one_that_was_made(open_scene: OpenScene) -> None:
    from bot.slack.handlers.audit import _find_or_make_anchor
    from bot.slack.handlers.context import HandlerContext
    from bot.slack.handlers.subcommands import render_help

    async with open_scene({}, settings=ANCHORED) as scene:
        await scene.slack.until(lambda: anchors(scene), 60)
        (record,) = recorded(scene, action="audit.anchored")
        again = _find_or_make_anchor(HandlerContext.from_services(scene.services, render_help()), record.request_id)
        assert (again.seq, again.hash) == (record.seq, record.hash)
        assert len(recorded(scene, action="audit.anchored")) == 1


async def test_a_channel_for_anchors_that_is_not_there_stops_nothing(open_scene: OpenScene) -> None:
    async with open_scene({}, settings={"NETCLINIC_AUDIT_ANCHOR_CHANNEL": "nowhere"}) as scene:
        await scene.slack.until(lambda: recorded(scene, action="audit.anchored"), 60)
        await settled(scene)


async def test_settings_in_force_are_the_first_record_and_hold_no_secret(open_scene: OpenScene) -> None:
    async with open_scene({}) as scene:
        first = recorded(scene)[0]
        assert (first.action, first.actor_kind) == ("settings.in_force", "system")
        settings = first.details["settings"]
        assert settings["SLACK_BOT_TOKEN"]["value"] == "********"
        assert scene.slack.bot_token not in first.detail
        assert scene.slack.app_token not in first.detail


async def test_everything_that_was_done_has_its_record(open_scene: OpenScene) -> None:
    settings = {"NETCLINIC_ONCALL_GROUP": "@oncall", "NETCLINIC_MAY_RESOLVE": "U0SAM00003"}
    async with open_scene(CLUSTER, settings=settings) as scene:
        people = scene.slack.people
        ts = await people.say("ada", "inc-shop", STUCK)
        answer = await scene.answer("inc-shop", ts)
        await people.press("ada", answer, "evidence")
        await people.press("ada", answer, "Resolve")
        await scene.alone("ada", "may do this (resolving a case)")
        await people.press("ada", answer, "Hand to on-call")
        await scene.slack.until(lambda: len(scene.slack.replies("inc-shop", ts)) == 2, 60)
        await people.press("sam", answer, "Resolve")
        await scene.slack.until(lambda: recorded(scene, action="case.resolved"), 60)
        await people.command("lin", "inc-shop", "/netclinic handoff 1h")
        await scene.slack.until(lambda: recorded(scene, action="handoff.made"), 60)
        await people.command("lin", "inc-shop", "/netclinic frobnicate")
        await scene.alone("lin", "There is no /netclinic frobnicate")
        await people.command("lin", "inc-shop", "/netclinic show no-such-entry")
        await scene.alone("lin", "There is no entry")
        await people.command("lin", "inc-shop", "/netclinic audit export action=question")
        await scene.alone("lin", "sent to you alone")
        await settled(scene)

        records = recorded(scene)
        count = Counter((record.action, record.outcome) for record in records)
        pressed = ["evidence", "resolve", "hand_over", "resolve"]
        assert [r.outcome for r in records if r.action == "button.pressed"] == pressed
        assert [r.actor_id for r in records if r.action == "case.resolved"] == ["U0SAM00003"]
        assert count["refused", "NETCLINIC_MAY_RESOLVE"] == count["refused", "refused"] == 1
        received = [r.outcome for r in records if r.action == "command.received"]
        assert received == ["handoff", "unknown", "show", "audit"]
        assert count["export.made", ""] == 1

        bots = [m for channel in scene.slack.team.messages.values() for m in channel if m.bot_id]
        told = [r.details for r in records if r.action == "message.posted"]
        assert {m.ts for m in bots if m.ephemeral_to is None and not m.files} <= {d.get("ts") for d in told}
        assert {f.name for m in bots for f in m.files} == {d["file"] for d in told if "file" in d}
        assert len([d for d in told if d.get("alone")]) == len([m for m in bots if m.ephemeral_to])
        updates = Counter(call.args["ts"] for call in scene.slack.calls if call.method == "chat.update")
        finals = Counter(r.details["ts"] for r in records if r.action == "message.updated")
        assert set(finals) == set(updates)
        by_pressing = {r.actor_id for r in records if r.action == "message.updated" and ":press:" in r.request_id}
        assert by_pressing == {"U0SAM00003"}  # the message then says that the case is resolved
        before = [r for r in records if r.action == "message.posting"]
        assert len(before) == len(told)
        assert verify(scene.services.store).holds


async def test_a_scope_that_is_missing_is_on_record(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER) as scene:
        object.__setattr__(scene.slack.app, "scopes", frozenset(scene.slack.app.scopes) - {"users:read"})
        await scene.slack.people.command("ada", "ops", "/netclinic audit")
        await scene.alone("ada", "Audit log")
        await scene.slack.until(lambda: recorded(scene, action="permission.failed"), 60)
        (record,) = recorded(scene, action="permission.failed")
        assert (record.outcome, record.details["method"]) == ("missing_scope", "users.info")
        assert ":command:" in record.request_id


async def test_the_export_holds_what_fits_and_goes_to_the_asker_alone(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
        await scene.answer("inc-shop", ts)
        await settled(scene)
        await scene.slack.people.command("lin", "ops", "/netclinic audit export actor @ada")
        await scene.alone("lin", "sent to you alone")
        (message,) = [m for m in scene.slack.team.messages[scene.slack.team.direct("lin").id] if m.files]
        lines = [json.loads(line) for line in message.files[0].content.splitlines()]
        wanted = recorded(scene, actor="U0ADA00001")
        assert [line["annotations"]["netclinic/hash"] for line in lines] == [record.hash for record in wanted]
        assert "pods stuck" not in message.files[0].content.decode()  # not hers to read
        (made,) = recorded(scene, action="export.made")
        assert made.details["filters"] == {"actor": "U0ADA00001"}
        assert made.details["records"] == len(lines)
        posted = [r.seq for r in recorded(scene, action="message.posted") if "file" in r.details]
        assert posted[0] > made.seq


async def test_whoever_is_named_reads_the_words_and_nobody_else_anything(open_scene: OpenScene) -> None:
    settings = {"NETCLINIC_MAY_AUDIT": "U0LIN00002", "NETCLINIC_CONTACT": "the platform team"}
    async with open_scene(CLUSTER, settings=settings) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
        await scene.answer("inc-shop", ts)
        for words in ("", "show 1", "verify", "export"):
            await scene.slack.people.command("ada", "ops", f"/netclinic audit {words}")
        await scene.slack.until(lambda: len(scene.slack.ephemerals("ada")) == 4, 60)
        assert len(recorded(scene, action="refused")) == 4
        told = [m.plain for m in scene.slack.ephemerals("ada")]
        refused = "Only <@U0LIN00002> may do this (reading the audit log). Ask the platform team to change that."
        assert [refused.replace("<@U0LIN00002>", "U0LIN00002") in plain for plain in told] == [True] * 4
        assert recorded(scene, action="export.made") == []
        await scene.slack.people.command("lin", "ops", "/netclinic audit action=question.received")
        await scene.alone("lin", "“pods stuck in ContainerCreating”")


async def test_a_record_a_request_and_a_case_are_shown(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
        await scene.answer("inc-shop", ts)
        await settled(scene)
        (asked,) = recorded(scene, action="question.received")
        (case,) = {record.case for record in recorded(scene, action="verdict.reached")}
        people = scene.slack.people
        await people.command("ada", "ops", f"/netclinic audit show {asked.seq}")
        shown = await scene.alone("ada", f"Record {asked.seq}: question.received")
        assert asked.hash in shown.plain
        assert "pods stuck in ContainerCreating" in shown.plain
        assert f"records of this request: /netclinic audit show {asked.request_id}" in shown.plain
        await people.command("ada", "ops", f"/netclinic audit show {asked.request_id[:40]}")
        assert "question.received" in (await scene.alone("ada", "Request: ")).plain
        await people.command("ada", "ops", f"/netclinic audit show {case.lower()}")
        assert "verdict.reached" in (await scene.alone("ada", f"Case {case}: ")).plain
        await people.command("ada", "ops", "/netclinic audit show T")
        assert "requests begin with 'T': give more of the id, as in T" in (await scene.alone("ada", "The ids of")).plain


async def test_of_a_long_request_the_first_records_are_shown_and_all_are_counted(open_scene: OpenScene) -> None:
    async with open_scene({}) as scene:
        reads = [Draft(action="cluster.read", actor=SYSTEM, request_id="night:1", case="NC-NIGHT") for _ in range(400)]
        await scene.services.audit_log.aappend(reads)
        first = recorded(scene, request="night:1")[0]
        for name, about in (("night", "Request"), ("nc-night", "Case NC-NIGHT")):
            await scene.slack.people.command("ada", "ops", f"/netclinic audit show {name}")
            shown = (await scene.alone("ada", f"{about}: ")).plain
            assert " of 400 records" in shown
            assert f"show {first.seq} shows record" in shown


async def test_a_broken_chain_is_told_by_its_first_record(open_scene: OpenScene) -> None:
    async with open_scene({}) as scene:
        await scene.slack.until(lambda: recorded(scene, action="audit.anchored"), 60)
        with scene.services.store.writing() as connection:
            connection.execute(text("DROP TRIGGER audit_records_never_change"))
            connection.execute(text("UPDATE audit_records SET actor_id = 'U0MALLORY1' WHERE seq = 1"))
        await scene.slack.people.command("ada", "ops", "/netclinic audit verify")
        told = await scene.alone("ada", "BROKEN at record 1")
        assert "Record 1 was changed" in told.plain
        assert any("The result will stand here" in m.plain for m in scene.slack.ephemerals("ada"))


async def test_where_the_audit_log_cannot_be_written_nothing_is_read_and_everybody_hears_so(
    open_scene: OpenScene,
) -> None:
    async with open_scene(CLUSTER) as scene:
        await settled(scene)
        with scene.services.store.writing() as connection:
            connection.execute(text(FAILS))
        people = scene.slack.people
        ts = await people.say("ada", "inc-shop", STUCK)
        said = await scene.answer("inc-shop", ts, "This could not be answered. The audit log could not be written")
        assert "so nothing more was read or done" in said.plain
        assert "check that" in said.plain
        for words in ("ask pods stuck", "facts", "audit", "frobnicate"):
            await people.command("lin", "ops", f"/netclinic {words}")

        def told() -> list[str]:
            sentence = "The audit log could not be written"
            return [m.plain for m in scene.slack.ephemerals("lin") if sentence in m.plain]

        await scene.slack.until(lambda: len(told()) == 4, 60)
        assert scene.clusters.servers["prod"].requests == []
        with scene.services.store.writing() as connection:
            connection.execute(text("DROP TRIGGER fails"))
        again = await people.say("ada", "inc-shop", STUCK)
        await scene.answer("inc-shop", again, "CONFIRMED")


def fill(scene: Scene) -> None:
    """Until there is no more room."""
    while True:
        scene.services.audit_log.record("refused", actor=SYSTEM, detail={"reason": "filling " * 40})


async def test_a_full_database_is_told_too(open_scene: OpenScene) -> None:
    """Not even that something is about to be posted can be stored then."""
    async with open_scene(CLUSTER) as scene:
        await settled(scene)
        store, engine = scene.services.store, scene.services.store.engine

        def full(connection: Any, *_: Any) -> None:
            connection.execute("PRAGMA max_page_count = 1")  # SQLite takes it for as many as there are

        event.listen(engine, "checkout", full)
        with store.writing() as connection:
            connection.execute(text("DROP TABLE presses"))
        with pytest.raises(AuditUnavailable, match="full"):
            fill(scene)
        ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
        said = await scene.answer("inc-shop", ts, "The audit log could not be written")
        assert "check that the disk has room" in said.plain
        assert len(scene.slack.replies("inc-shop", ts)) == 1
        assert scene.clusters.servers["prod"].requests == []
        event.remove(engine, "checkout", full)


async def test_a_question_that_cannot_even_be_stored_is_not_met_with_silence(open_scene: OpenScene) -> None:
    async with open_scene(CLUSTER) as scene:
        await settled(scene)
        scene.services.queue.worker._closing.set()  # it takes no new work
        await scene.slack.people.say("ada", "inc-shop", STUCK)
        told = await scene.alone("ada", "Nothing was read, because your question could not be recorded")
        assert told.thread_ts
        await asyncio.sleep(1.5)  # Slack brings it again after a second
        assert len(scene.slack.ephemerals("ada")) == 1
        scene.services.queue.worker._closing.clear()
