"""What people did in the span, as the audit log holds it: not the reads of each question, which are thousands."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, select

from bot.audit.records import parse_stamp, stamp
from bot.handoff.queries import thread_link
from bot.handoff.records import Action, CaseRef
from bot.handoff.time_range import Span
from bot.settings import PREFIX
from bot.store import Store
from bot.store.schema import audit_records, cases
from bot.text import one_line

PRESSED, REFUSED = "button.pressed", "refused"
BUTTON_WORDS = {
    "recheck": "checked again",
    "hand_over": "handed over",
    "helped": "found helpful",
    "not_helped": "found no help in",
}
ACTION_WORDS = {
    "case.taken": "took",
    "case.resolved": "resolved",
    "handoff.acknowledged": "took over a handoff",
    "export.made": "exported the audit log",
    "audit.pruned": "pruned the audit log",
    "audit.erased": "erased people's words from the audit log",
    "permission.failed": "met a read that is not permitted",
    "login.failed": "could not log in",
}
_ACTOR = ("actor_kind", "actor_id", "actor_name", "channel")
_COLUMNS = ("time", "action", *_ACTOR, "case", "cluster", "request_id", "outcome", "detail")


@dataclass(frozen=True)
class SpanActions:
    """The actions, oldest first, and the ids of the Slack users among those who did them.

    ``people``: names by id; ``channels``: those of the cases, by case.
    """

    actions: tuple[Action, ...]
    users: frozenset[str]
    people: Mapping[str, str]
    channels: Mapping[str, str] = field(default_factory=dict)

    def without(self, closed: Collection[str]) -> "tuple[Action, ...]":
        """Those that were not done in a case of these channels."""
        return tuple(
            action for action in self.actions if not (action.ref and self.channels.get(action.ref.id) in closed)
        )


def read_actions(store: Store, span: Span, team: str = "") -> SpanActions:
    """The actions of a span, of one Slack team (and of terminals) or of all. What is done again is listed once.

    Raises:
        DatabaseError: the database cannot be used.
    """
    table = audit_records
    query = (
        select(*(table.c[name] for name in _COLUMNS))
        .where(table.c.time >= stamp(span.since), table.c.time < stamp(span.until))
        .where(table.c.action.in_((PRESSED, REFUSED, *ACTION_WORDS)))
        .order_by(table.c.seq)
    )
    if team:
        query = query.where(table.c.team.in_((team, "")))
    with store.reading() as connection:
        rows = connection.execute(query).mappings().all()
        links, channels = _links(connection, {_case_id(row) for row in rows} - {""})
    actions, of_slack = _merge_repeated(_actions(rows, links)), [row for row in rows if row["actor_kind"] == "slack"]
    users = {action.actor for action in actions} & {row["actor_id"] for row in of_slack}
    people = {row["actor_id"]: row["actor_name"] for row in of_slack if row["actor_name"]}
    return SpanActions(tuple(actions), frozenset(users), people, channels)


def _links(connection: Connection, ids: set[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The threads of these cases; those that one person alone saw have none, and what was done there is left out."""
    columns = [cases.c[name] for name in ("id", "link", "team", "channel", "thread_ts", "state")]
    query = select(*columns).where(cases.c.id.in_(sorted(ids)), cases.c.state != "private")
    rows = connection.execute(query).all()
    links = {row.id: row.link or thread_link(row.team, row.channel, row.thread_ts) for row in rows}
    return links, {row.id: row.channel for row in rows}


def _actions(rows: Sequence[Any], links: Mapping[str, str]) -> Iterable[Action]:
    pressed = {row["request_id"]: row for row in rows if row["action"] == PRESSED and row["request_id"]}
    refused = {row["request_id"] for row in rows if row["action"] == REFUSED and row["request_id"]}
    for row in rows:
        was_refused = row["action"] == PRESSED and row["request_id"] in refused
        press = pressed.get(row["request_id"], row) if row["action"] == REFUSED else row
        what, case = _describe(row, press), _case_id(press)
        if what and not was_refused and (not case or case in links):
            yield Action(
                at=parse_stamp(row["time"]),
                actor=_actor(row),
                what=what,
                ref=CaseRef(id=case, link=links[case]) if case else None,
                cluster="" if case else row["cluster"],
            )


def _actor(row: Any) -> str:
    """A Slack user's id. At a terminal name and host: the same user number is somebody else on another machine."""
    if row["actor_kind"] != "terminal":
        return str(row["actor_id"] or row["actor_name"])
    return f"{row['actor_name'] or row['actor_id']}@{row['channel']}"


def _describe(row: Any, press: Any) -> str:
    """In a few words; empty for what is of no interest here, such as looking at evidence."""
    if row["action"] == PRESSED:
        return BUTTON_WORDS.get(row["outcome"], "")
    if row["action"] != REFUSED:
        return ACTION_WORDS[row["action"]]
    wish = f": {press['outcome'].replace('_', ' ')}" if press is not row else ""
    rule = f" ({one_line(row['outcome'])[:80]})" if row["outcome"].startswith(PREFIX) else ""
    if not wish and not rule:
        return ""  # a word that nobody knows, or what failed by itself
    return f"was refused{rule}{wish}"


def _case_id(row: Any) -> str:
    """The record's case; that of a button is in its value."""
    if row["case"] or row["action"] != PRESSED:
        return str(row["case"])
    try:
        return str(json.loads(json.loads(row["detail"])["value"])["case"])
    except (ValueError, KeyError, TypeError):
        return ""


def _merge_repeated(actions: Iterable[Action]) -> list[Action]:
    """Each action of a person on a case once, at its last time, with how often."""
    found: dict[tuple[str, str, str, str], Action] = {}
    for action in actions:
        key = (action.actor, action.what, action.ref.id if action.ref else "", action.cluster)
        before = found.pop(key, None)
        found[key] = replace(action, times=before.times + 1 if before else 1)
    return list(found.values())
