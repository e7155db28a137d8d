"""Questions that stand already: an open case of the same cause in another thread, which then counts who asks.

The thread in which it was asked again keeps its answer, and its case is ``joined`` to the standing one.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, or_, select, text, tuple_, update

from bot.diagnosis.same_fault import SEEN, is_same_fault
from bot.store.cases import DIRECT, JOINED, OPEN, Case, StoredAnswer, insert_answer, to_stored_answer
from bot.store.engine import Store
from bot.store.schema import alerts, cases, stored_answers

STANDS_FOR = timedelta(hours=12)  # since anything happened in a case, for which its question stands
ASKED = ("ask", "repeated")  # kinds of answers that somebody asked for in words
MOST_LOOKED_AT = 20  # cases of one cause on one cluster

_EARLIER = cases.alias("earlier")


@dataclass(frozen=True)
class Kept:
    """What became of an answer. ``same_as``: the case in another thread that it stands in, empty where it is new.

    ``unsure`` are channels of which must be known first whether their cases may be told: then nothing is kept yet.
    """

    same_as: str = ""
    unsure: frozenset[str] = frozenset()


@dataclass(frozen=True)
class StandingCases:
    """Finding them, joining them, and who asks in them."""

    store: Store

    def keep(self, team: str, answer: StoredAnswer, may_tell: Mapping[str, bool], *, is_alert: bool = False) -> Kept:
        """Store an answer; where its question stands, joined to that case. Of several at the same moment one stands.

        ``may_tell``: by channel, whether its cases may be told where the answer is given. An alert names a pod or a
        node of its own wherever it comes from, so there that is no other question. Repeated, it gives the same.
        """
        with self.store.writing() as connection:
            self._lock(connection, team, answer)
            own = connection.execute(select(cases).where(cases.c.id == answer.case_id)).mappings().one()
            is_kept = select(stored_answers.c.id).where(stored_answers.c.id == answer.id)
            if connection.execute(is_kept).first() is not None:
                return Kept(same_as=own["same_as"] if own["state"] == JOINED else "")
            is_first = own["state"] == OPEN and own["diagnosed_at"] is None
            found = list(_standing(connection, team, answer, is_alert=is_alert)) if is_first else []
            if unsure := frozenset(each.channel for each in found) - set(may_tell):
                return Kept(unsure=unsure)
            insert_answer(self.store, connection, answer)
            same = next((each.id for each in found if may_tell[each.channel]), "")
            if same:
                joined = update(cases).where(cases.c.id == answer.case_id)
                connection.execute(joined.values(state=JOINED, same_as=same))
            return Kept(same_as=same)

    def find(self, team: str, answer: StoredAnswer) -> list[Case]:
        """The cases in which the question of an answer that is not kept stands, the first one first."""
        with self.store.reading() as connection:
            return list(_standing(connection, team, answer))

    def askers(self, ids: Collection[str]) -> dict[str, frozenset[str]]:
        """Who asked about each of these cases, in its thread and in those that are joined to it."""
        with self.store.reading() as connection:
            return askers_of(connection, ids)

    def joined(self, id_: str) -> list[str]:
        """The ids of the cases that are joined to this one, the oldest first."""
        query = select(cases.c.id).where(cases.c.same_as == id_, cases.c.state == JOINED)
        with self.store.reading() as connection:
            return list(connection.scalars(query.order_by(cases.c.opened_at, cases.c.id)))

    def count_alerts(self, id_: str) -> int:
        """How many alerts there are in the threads that are joined to this case."""
        joined = select(cases.c.channel, cases.c.thread_ts).where(cases.c.same_as == id_, cases.c.state == JOINED)
        is_there = tuple_(alerts.c.channel, alerts.c.thread_ts).in_(joined)
        query = select(func.count()).select_from(alerts).where(alerts.c.owner.in_(select(alerts.c.key).where(is_there)))
        with self.store.reading() as connection:
            if connection.execute(joined.limit(1)).first() is None:  # of most cases, found by an index
                return 0
            return int(connection.execute(query).scalar_one())

    def _lock(self, connection: Connection, team: str, answer: StoredAnswer) -> None:
        """Answers of one cause one after the other; on SQLite only one may write at a time anyway."""
        first = next(iter(answer.report.diagnoses), None)
        if first is not None and not self.store.is_sqlite:
            key = "|".join(("case", team, answer.cluster, first.entry))
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": key})


def askers_of(connection: Connection, ids: Collection[str]) -> dict[str, frozenset[str]]:
    """The same within a transaction. An alert that opened a case is nobody."""
    root = case((cases.c.state == JOINED, cases.c.same_as), else_=cases.c.id).label("root")
    of = or_(cases.c.id.in_(ids), and_(cases.c.state == JOINED, cases.c.same_as.in_(ids)))
    by_alert = and_(stored_answers.c.asked_by == cases.c.opened_by, _is_thread_of_alert())
    query = (
        select(root, stored_answers.c.asked_by)
        .join(stored_answers, stored_answers.c.case_id == cases.c.id)
        .where(of, stored_answers.c.kind.in_(ASKED), ~by_alert)
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.root, set()).add(row.asked_by)
    return {id_: frozenset(people) for id_, people in found.items()}


def _is_thread_of_alert() -> ColumnElement[bool]:
    """Whether a case is the first of a thread in which an alert is answered, which is known before its case is. People
    who ask there about a further cluster open a case of their own.
    """
    threads = select(alerts.c.channel, alerts.c.thread_ts).where(alerts.c.thread_ts != "")
    place = and_(*(_EARLIER.c[name] == cases.c[name] for name in ("team", "channel", "thread_ts")))
    is_first = ~exists().where(place, _EARLIER.c.opened_at < cases.c.opened_at)
    return and_(tuple_(cases.c.channel, cases.c.thread_ts).in_(threads), is_first)


def _standing(connection: Connection, team: str, answer: StoredAnswer, *, is_alert: bool = False) -> Iterator[Case]:
    """The open cases of other threads whose newest answer says the same of the same objects, the first one first."""
    first = next(iter(answer.report.diagnoses), None)
    if first is None or first.verdict not in SEEN or not answer.report.was_read:
        return
    alike = (cases.c.entry == first.entry, cases.c.outcome == str(first.verdict), cases.c.cluster == answer.cluster)
    query = select(cases).where(
        cases.c.team == team,
        cases.c.state == OPEN,
        cases.c.id != answer.case_id,
        cases.c.channel.not_like(f"{DIRECT}%"),
        cases.c.updated_at >= answer.finished_at - STANDS_FOR,
        *alike,
    )
    ordered = query.order_by(cases.c.opened_at, cases.c.id).limit(MOST_LOOKED_AT)
    for row in connection.execute(ordered).mappings().all():
        newest = _newest_answer(connection, row["id"], answer.cluster)
        if newest is not None and _is_same(answer, newest, is_alert):
            yield Case(**row)


def _is_same(answer: StoredAnswer, standing: StoredAnswer, is_alert: bool) -> bool:
    """What was checked, and what is about another namespace, is not the same question; all alerts name one."""
    names = ("", standing.namespace, *([] if standing.namespace or not is_alert else [answer.namespace]))
    is_about = answer.namespace in names and standing.kind != "check"
    return is_about and is_same_fault(answer.report, standing.report, may_name_others=is_alert)


def _newest_answer(connection: Connection, id_: str, cluster: str) -> StoredAnswer | None:
    query = select(stored_answers).where(stored_answers.c.case_id == id_, stored_answers.c.cluster == cluster)
    newest = query.order_by(stored_answers.c.finished_at.desc(), stored_answers.c.id.desc()).limit(1)
    row = connection.execute(newest).mappings().first()
    return None if row is None else to_stored_answer(row)
