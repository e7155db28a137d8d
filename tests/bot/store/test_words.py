"""People's words that were dropped or erased are in no table of either database, and in no file of SQLite's."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, Table, create_engine, inspect, select

from bot.audit import Actor
from bot.audit.prune import erase_words
from bot.audit.verify import verify
from bot.slack.queue.dbos_engine import forget_words_now
from bot.store import Store
from bot.store.queue_tables import read_backlog
from bot.store.words import blank_words
from tests.bot.slack.conftest import open_scene, shared_index
from tests.databases import postgresql_is_slow
from tests.scenes import OpenScene, Scene

__all__ = ["open_scene", "shared_index"]

PLACES = {"ada": "prod", "lin": "second", "sam": "third"}  # a cluster each: what stands already is only told so
OUT = dict.fromkeys(PLACES.values(), "terway-out-of-ips")
PLANTED = {"ada": "zebrafinch", "lin": "quokkatown", "sam": "ibexmeadow"}  # words that stand nowhere else
BOB = Actor("terminal", "1000", "bob", "laptop")


def rows(store: Store, data_dir: Path) -> Iterator[tuple[str, str]]:
    """Every row of every table, in the bot's database and in the queue's, as text."""
    queue = create_engine(f"sqlite:///{data_dir / 'dbos.sqlite'}") if store.is_sqlite else store.engine
    for engine, schema in ((store.engine, None), (queue, None if store.is_sqlite else "dbos")):
        with engine.connect() as connection:
            for name in inspect(connection).get_table_names(schema=schema):
                table = Table(name, MetaData(), schema=schema, autoload_with=connection)
                yield from ((f"{schema}.{name}", str(tuple(row))) for row in connection.execute(select(table)))


def places(scene: Scene, planted: str) -> set[str]:
    """Where a word still stands: tables, and files that hold what was deleted."""
    store, data_dir = scene.services.store, scene.services.settings.data_dir
    found = {table for table, row in rows(store, data_dir) if planted in row}
    files = [path for path in data_dir.glob("*.sqlite*") if store.is_sqlite]
    return found | {path.name for path in files if planted.encode() in path.read_bytes()}


async def busy(scene: Scene) -> None:
    """Everybody writes wherever people write, each with a word of their own."""
    people = scene.slack.people
    for who, word in PLANTED.items():
        asked = f"@netclinic pods stuck in ContainerCreating {word} cluster={PLACES[who]}"
        ts = await people.say(who, "inc-shop", asked, files=[(f"{word}.log", "level=info nothing\n" * 400)])
        answer = await scene.answer("inc-shop", ts)
        await people.press(who, answer, "Re-check")
        await scene.answer("inc-shop", ts, "Still there")
        await people.press(who, answer, "It did not help")
        await scene.slack.until(lambda who=who: scene.slack.modals(who))
        await scene.idle()
        await people.submit(who, {"note": f"a note with {word}"})
        await people.say(who, "@netclinic", f"what is a {word} for?")
        await people.command(who, "ops", f"/netclinic ask a lunch with {word}")
        await people.command(who, "ops", f"/netclinic show {word}")
        await people.say(who, "ops", f"@netclinic cluster={word} pods stuck")
    await scene.idle()
    await people.command("lin", "ops", "/netclinic handoff 1h")
    await scene.slack.until(lambda: any(m.plain.startswith("Handoff") for m in scene.slack.messages("ops")), 60)
    await ended(scene)


async def ended(scene: Scene) -> None:
    """No job is under way, for the queue's tables too."""
    await scene.idle()
    while read_backlog(scene.services.store, scene.services.settings.data_dir).jobs:  # noqa: ASYNC110 - no bell
        await asyncio.sleep(0.05)


@pytest.fixture
def settings(database_url: str) -> dict[str, str]:
    where = {"NETCLINIC_DATABASE_URL": database_url} if database_url.startswith("postgresql") else {}
    return {**where, "NETCLINIC_DEFAULT_CLUSTER": PLACES["ada"]}


@postgresql_is_slow
async def test_erased_words_are_in_no_table(open_scene: OpenScene, settings: dict[str, str]) -> None:
    async with open_scene(OUT, settings=settings) as scene:
        await busy(scene)
        for word in PLANTED.values():
            kept = places(scene, word)
            assert {"None.cases", "None.diagnoses", "None.audit_words", "None.feedback"} <= kept, "it was written"
            assert any("workflow" in table or "operation" in table for table in kept)
        log, later = scene.services.audit_log, datetime.now(UTC) + timedelta(days=1)
        data_dir = scene.services.settings.data_dir
        of_ada = await asyncio.to_thread(erase_words, log, later, actor=BOB, of="U0ADA00001", data_dir=data_dir)
        assert of_ada is not None
        assert of_ada.elsewhere > 0
        assert places(scene, PLANTED["ada"]) == set()
        assert {"None.cases", "None.diagnoses", "None.audit_words"} <= places(scene, PLANTED["lin"]), "not hers"
        assert await asyncio.to_thread(erase_words, log, later, actor=BOB, data_dir=data_dir)
        for word in PLANTED.values():
            assert places(scene, word) == set()
        assert await asyncio.to_thread(erase_words, log, later, actor=BOB, data_dir=data_dir) is None
        assert (await asyncio.to_thread(verify, scene.services.store)).holds
        await scene.slack.people.command("ada", "ops", "/netclinic cases")
        await scene.alone("ada", "NC-")
        message = next(m for m in scene.slack.messages("inc-shop") if m.user == "U0ADA00001")
        await scene.slack.people.press("sam", scene.slack.replies("inc-shop", message.ts)[0], "Re-check")
        await scene.alone("sam", "The words of this question were erased, so it cannot be checked again: ask it anew.")


@postgresql_is_slow
async def test_words_that_are_younger_stay(open_scene: OpenScene, settings: dict[str, str]) -> None:
    async with open_scene(OUT, settings=settings) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating zebrafinch")
        await scene.answer("inc-shop", ts)
        await ended(scene)
        log, earlier = scene.services.audit_log, datetime.now(UTC) - timedelta(hours=1)
        data_dir = scene.services.settings.data_dir
        assert await asyncio.to_thread(erase_words, log, earlier, actor=BOB, data_dir=data_dir) is None
        assert {"None.cases", "None.diagnoses", "None.audit_words"} <= places(scene, "zebrafinch")


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["drop", "hash"])
async def test_dropped_words_are_in_no_table_once_their_buttons_are_old(
    open_scene: OpenScene, settings: dict[str, str], mode: str
) -> None:
    told = {"NETCLINIC_AUDIT_QUESTIONS": mode, "NETCLINIC_AUDIT_KEY": "sixteen-letters-or-more"}
    async with open_scene(OUT, settings={**settings, **told}) as scene:
        await busy(scene)
        store, data_dir, now = scene.services.store, scene.services.settings.data_dir, datetime.now(UTC)
        await store.run(forget_words_now, store, data_dir, now - timedelta(hours=72))
        for word in PLANTED.values():
            kept = {place for place in places(scene, word) if "sqlite" not in place}
            assert kept <= {"None.cases", "None.diagnoses", "None.feedback", "None.handoffs", "None.looks"}, kept
        ts = next(message.ts for message in scene.slack.messages("inc-shop") if message.user == "U0ADA00001")
        await scene.slack.people.press("sam", scene.slack.replies("inc-shop", ts)[0], "Re-check")
        await scene.slack.until(lambda: len(scene.slack.replies("inc-shop", ts)) == 3, 60)
        await ended(scene)
        await store.run(forget_words_now, store, data_dir, datetime.now(UTC) + timedelta(minutes=1))
        for word in PLANTED.values():
            assert {place for place in places(scene, word) if "sqlite" not in place} == set()


async def test_a_question_that_waits_for_its_cluster_keeps_its_words(open_scene: OpenScene) -> None:
    async with open_scene(
        {**OUT, "staging": "flannel-healthy"}, settings={"NETCLINIC_AUDIT_QUESTIONS": "drop"}
    ) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating")
        menu = await scene.answer("inc-shop", ts, "Which cluster")
        await ended(scene)
        store, data_dir = scene.services.store, scene.services.settings.data_dir
        await store.run(forget_words_now, store, data_dir, datetime.now(UTC) - timedelta(hours=72))
        await scene.slack.people.choose("ada", menu, "choose_cluster", "prod")
        await scene.answer("inc-shop", ts, "CONFIRMED")


@pytest.mark.parametrize(
    ("value", "blank"),
    [
        ({"args": ["ask", {"words": "x", "user": "U1"}]}, {"args": ["ask", {"words": "", "user": "U1"}]}),
        ({"result": {"refused": ["There is no x.", "RULE"]}}, {"result": {"refused": ["", "RULE"]}}),
        ({"refused": "x"}, {"refused": ""}),
        ({"refused": []}, {"refused": [""]}),
        ({"payload": {"text": "x", "entries": ["a"]}}, {"payload": {"text": "", "entries": ["a"]}}),
        ([1, None, "x", {"words": 5}], [1, None, "x", {"words": 5}]),
        (
            {"name": "ask", "files": [{"id": "F1", "name": "x.log", "url": "https://files.slack.com/x.log"}]},
            {"name": "ask", "files": [{"id": "F1", "name": "", "url": ""}]},
        ),
        ({"text": "x", "notes": ["x.log was not read.", "y"]}, {"text": "", "notes": []}),
        ({"name": "alert", "notes": [{"name": "n1", "at": 1}]}, {"name": "alert", "notes": [{"name": "n1", "at": 1}]}),
    ],
)
def test_fields_that_hold_words_are_blank(value: Any, blank: Any) -> None:
    assert blank_words(value) == blank
