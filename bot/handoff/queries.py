"""What the store holds of a span: the only place of the handoff that asks for cases.

Answers are large (some 10 kB each). They are fetched only for the open cases that are shown in full; of the others the
narrow columns do, so that a year of cases is read in well under a second. Cases that one person alone saw are left
out, and so is whatever people wrote in a direct message: their words do not leave the database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from bot.diagnosis.report import Report
from bot.handoff.time_range import Span
from bot.store import Store
from bot.store.cases import DIRECT, OPEN, RESOLVED, TALK, Case, is_open_case
from bot.store.schema import cases, feedback, stored_answers
from bot.store.standing import askers_of

STALE_AFTER = timedelta(days=7)  # an open case that nobody has touched for so long is counted, not shown in full
MOST_STALE = 5
MOST_IDS = 5000
_ANSWER_COLUMNS = ("id", "case_id", "kind", "asked_at", "asked_by", "cluster", "entry", "title", "outcome")


@dataclass(frozen=True, kw_only=True)
class AnswerRow:
    """An answer without its report, which is some 10 kB: a span may hold thousands."""

    id: str
    case_id: str
    kind: str
    asked_at: datetime
    asked_by: str
    question: str
    cluster: str
    entry: str
    title: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class FeedbackRow:
    """What one person said of an answer that was of no help."""

    case_id: str
    entry: str
    user: str
    note: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class UnreachableRow:
    """A read of a cluster that failed; ``trouble`` is the sentence that was shown."""

    cluster: str
    case_id: str
    channel: str
    asked_at: datetime
    trouble: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a handoff is made from. ``cases`` by id: those of the span, and those that are open and not stale.

    ``answers`` are the answers of these cases, oldest first; ``stale`` the newest of ``stale_count`` open cases that
    nobody has touched for a week; ``known`` the entries that were confirmed before the span; ``askers`` who asked about
    each open case, in its thread and in those that are joined to it.
    """

    cases: Mapping[str, Case]
    answers: Sequence[AnswerRow]
    stale: Sequence[Case]
    stale_count: int
    unhelpful: Sequence[FeedbackRow]
    unreachable: Sequence[UnreachableRow]
    known: frozenset[str]
    askers: Mapping[str, frozenset[str]] = field(default_factory=dict)


def thread_link(team: str | None, channel: str | None, thread_ts: str | None) -> str:
    """An address that Slack's own clients open, where the thread's permalink was never noted."""
    if not (team and channel and thread_ts):
        return ""
    return f"https://app.slack.com/client/{team}/{channel}/thread/{channel}-{thread_ts}"


def read_facts(store: Store, span: Span, team: str = "") -> Facts:
    """The facts of a span, of one Slack team or of all.

    Raises:
        DatabaseError: the database cannot be used.
    """
    with store.reading() as connection:
        ours = _visible_to(team)
        rows = _cases(connection, _case_query().where(ours, _in_scope(span)))
        unhelpful = _unhelpful(connection, span, ours)
        beyond = _unreachable(connection, span, _in_states(team, OPEN, RESOLVED, TALK))
        named = _case_ids_asked_in(connection, span, ours) | {word.case_id for word in unhelpful}
        found = {row.id: row for row in rows}
        found |= _cases_by_id(connection, named - set(found))
        answers = _answers(connection, list(found))
        stale, count = _stale(connection, span, ours, found.values())
        known = _entries_confirmed_before(connection, span, answers)
        open_ = [row.id for row in found.values() if row.state == OPEN]
        askers = {id_: who for some in _chunks(open_) for id_, who in askers_of(connection, some).items()}
    return Facts(
        cases=found,
        answers=answers,
        stale=stale,
        stale_count=count,
        unhelpful=unhelpful,
        unreachable=beyond,
        known=known,
        askers=askers,
    )


def read_reports(store: Store, ids: Iterable[str]) -> Mapping[str, Report]:
    """The reports of these answers, by id.

    Raises:
        DatabaseError: the database cannot be used.
    """
    query = select(stored_answers.c.id, stored_answers.c.told).where(stored_answers.c.id.in_(list(ids)))
    with store.reading() as connection:
        return {row.id: Report.from_json(row.told) for row in connection.execute(query)}


def _columns(table: Any, names: Sequence[str]) -> list[Any]:
    return [table.c[name] for name in names]


def _rows(connection: Connection, query: Any) -> Iterable[Any]:
    return connection.execute(query).mappings().all()


def _unless_direct(column: Any) -> Any:
    """What a person wrote; empty where it was in a direct message."""
    return case((cases.c.channel.startswith(DIRECT), ""), else_=column).label(column.name)


def _case_query() -> Select[Any]:
    others = [column for column in cases.c if column.name != "question"]
    return select(*others, _unless_direct(cases.c.question))


def _cases(connection: Connection, query: Any) -> list[Case]:
    return [Case(**row) for row in _rows(connection, query)]


def _visible_to(team: str) -> ColumnElement[bool]:
    return _in_states(team, OPEN, RESOLVED)


def _in_states(team: str, *states: str) -> ColumnElement[bool]:
    public = cases.c.state.in_(states)
    return and_(public, cases.c.team == team) if team else public


def _stale_before(span: Span) -> datetime:
    return min(span.since, span.until - STALE_AFTER)


def _within(column: Any, span: Span) -> ColumnElement[bool]:
    return and_(column >= span.since, column < span.until)


def _in_scope(span: Span) -> ColumnElement[bool]:
    is_fresh = and_(cases.c.state == "open", cases.c.updated_at >= _stale_before(span))
    return or_(_within(cases.c.opened_at, span), _within(cases.c.resolved_at, span), is_fresh)


def _asked_within(span: Span) -> ColumnElement[bool]:
    return _within(stored_answers.c.asked_at, span)


def _case_ids_asked_in(connection: Connection, span: Span, ours: ColumnElement[bool]) -> set[str]:
    """The cases that were asked in."""
    query = select(stored_answers.c.case_id).join(cases, cases.c.id == stored_answers.c.case_id)
    return set(connection.execute(query.where(ours, _asked_within(span))).scalars())


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """By their ids the answers of cases are found through an index; databases take so many in one statement."""
    yield from (ids[at : at + MOST_IDS] for at in range(0, len(ids), MOST_IDS))


def _answers(connection: Connection, ids: Sequence[str]) -> list[AnswerRow]:
    """All answers of these cases, oldest first."""
    query = select(*_columns(stored_answers, _ANSWER_COLUMNS), _unless_direct(stored_answers.c.question))
    query = query.join(cases, cases.c.id == stored_answers.c.case_id)
    rows = [row for some in _chunks(ids) for row in _rows(connection, query.where(stored_answers.c.case_id.in_(some)))]
    return sorted((AnswerRow(**row) for row in rows), key=lambda answer: (answer.asked_at, answer.id))


def _cases_by_id(connection: Connection, ids: set[str]) -> dict[str, Case]:
    found = _cases(connection, _case_query().where(cases.c.id.in_(sorted(ids)))) if ids else []
    return {row.id: row for row in found}


def _stale(
    connection: Connection, span: Span, ours: ColumnElement[bool], found: Iterable[Case]
) -> tuple[list[Case], int]:
    """The newest, and how many; those among ``found`` are shown in full, such as one that was marked as no help."""
    border = _stale_before(span)
    in_full = [row.id for row in found if row.state == "open" and row.updated_at < border]
    is_counted = and_(ours, is_open_case(), cases.c.updated_at < border, cases.c.id.not_in(in_full))
    newest = _case_query().where(is_counted).order_by(cases.c.updated_at.desc(), cases.c.id)
    count = connection.execute(select(func.count()).select_from(cases).where(is_counted)).scalar_one()
    return _cases(connection, newest.limit(MOST_STALE)), count


def _unhelpful(connection: Connection, span: Span, ours: ColumnElement[bool]) -> list[FeedbackRow]:
    columns = _columns(feedback, ("case_id", "entry", "user", "at"))
    query = select(*columns, _unless_direct(feedback.c.note)).join(cases, cases.c.id == feedback.c.case_id)
    query = query.where(ours, feedback.c.helped.is_(False), _within(feedback.c.at, span)).order_by(feedback.c.at)
    return [FeedbackRow(**row) for row in _rows(connection, query)]


def _unreachable(connection: Connection, span: Span, ours: ColumnElement[bool]) -> list[UnreachableRow]:
    """The clusters whose newest read in the span failed; also where nothing else came of the question."""
    cluster = stored_answers.c.told["cluster"]
    query = (
        select(
            *_columns(stored_answers, ("cluster", "case_id", "asked_at")),
            cases.c.channel,
            cluster["reachable"].as_boolean().label("reachable"),
            cluster["trouble"].as_string().label("trouble"),
        )
        .join(cases, cases.c.id == stored_answers.c.case_id)
        .where(ours, _asked_within(span), stored_answers.c.cluster != "")
        .order_by(stored_answers.c.asked_at, stored_answers.c.id)
    )
    newest = {row["cluster"]: dict(row) for row in _rows(connection, query) if row["reachable"] is not None}
    return [UnreachableRow(**row) for row in newest.values() if not row.pop("reachable")]


def _entries_confirmed_before(connection: Connection, span: Span, answers: Sequence[AnswerRow]) -> frozenset[str]:
    """Of the entries confirmed in the span, those that had been confirmed before."""
    fresh = {answer.entry for answer in answers if answer.outcome == "confirmed" and answer.asked_at >= span.since}
    seen = and_(stored_answers.c.outcome == "confirmed", stored_answers.c.asked_at < span.since)
    query = select(stored_answers.c.entry).where(seen, stored_answers.c.entry.in_(sorted(fresh))).distinct()
    return frozenset(connection.execute(query).scalars()) if fresh else frozenset()
