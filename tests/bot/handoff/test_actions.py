"""Who did what in a span, as the audit log holds it; on both databases."""

from collections.abc import Collection, Mapping

from bot.audit import Actor, AuditLog, Draft
from bot.handoff.make import HandoffGenerator, HandoffRequest
from bot.handoff.records import Handoff
from bot.handoff.text import person_name
from bot.store import Store
from tests.bot.handoff.conftest import END, MEI, SHANGHAI, Shift

BOB, ALICE = Actor("terminal", "1000", "bob", "bobs-laptop"), Actor("terminal", "1000", "alice", "alices-laptop")
UNA = Actor("terminal", "1000", "Una", "unas-laptop")  # begins like the id of a Slack user


def did(shift: Shift, store: Store, *who: Actor) -> None:
    log = AuditLog(store)
    minutes = range(60, 60 - len(who), -1)
    log.append(
        [Draft(action="export.made", actor=actor, time=shift.ago(at)) for actor, at in zip(who, minutes, strict=True)]
    )
    log.close()


def told(handoff: Handoff) -> list[str]:
    return [f"{person_name(handoff, action.actor)} {action.times}" for action in handoff.actions]


async def test_people_at_terminals_are_told_apart_by_name_and_host(shift: Shift, store: Store) -> None:
    did(shift, store, BOB, ALICE, BOB, Actor("terminal", "1000", "bob", "other-host"), Actor("terminal", "7", "", "h"))
    kept = await shift.handed_off()
    assert told(kept.handoff) == ["alice@alices-laptop 1", "bob@bobs-laptop 2", "bob@other-host 1", "7@h 1"]
    assert " bob@bobs-laptop exported the audit log (2 times)\n" in kept.text


async def test_slack_is_asked_for_the_names_of_its_own_users_alone(shift: Shift, store: Store) -> None:
    did(shift, store, Actor("slack", MEI, "", "C0INCIDENT", "T0TEAM"), UNA)
    asked: list[str] = []

    async def names(ids: Collection[str]) -> Mapping[str, str]:
        asked.extend(ids)
        return {MEI: "Mei"}

    kept = await HandoffGenerator(store, names=names).make(HandoffRequest(key="a", words="12h", now=END, zone=SHANGHAI))
    assert asked == [MEI]
    assert told(kept.handoff) == ["Mei 1", "Una@unas-laptop 1"]
