"""Cases and the answers given in them: what a thread is about, where it stands, and what was told when.

Everything a button needs later is read from here, so that buttons survive a restart and work on every replica.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, text, update

from bot.diagnosis.report import Report
from bot.store.engine import Store
from bot.store.schema import cases, stored_answers

OPEN, RESOLVED, PRIVATE, TALK, JOINED, BESIDE = "open", "resolved", "private", "talk", "joined", "beside"
LISTED = (OPEN, RESOLVED)  # what lists show
DIRECT = "D"  # how the ids of direct messages begin
GROUP = "S"  # how those of user groups do
NO_FAULT = ("unmatched", "answered")  # nothing is known to be wrong
ABOUT_FAULTS = ("confirmed", "suspected", "ruled_out")
MOST_OPEN = 1000  # cases of one list
_LENGTHS = (6, 8, 10, 16)  # letters of a case id: more only where two threads share the first six


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is worked on in a Slack thread, on one cluster: asked about another one there, that is a case of its own.
    ``entry``, ``title`` and ``outcome`` are those of its newest answer that found any.

    ``state`` is ``open``, ``resolved``, or one that no list shows: ``private``, an answer that one person saw, of which
    no thread tells; ``talk``, where no entry fits and nothing was read, until something does; ``joined``, a question
    that stands in another thread already, with the case ``same_as``; ``beside``, a look at a further cluster in the
    thread of a case, until something is wrong there.
    ``assignee`` is a Slack user or group id; until ``watched_until`` netclinic looks again by itself. ``namespace``
    holds for what is asked next in the thread.
    """

    id: str
    team: str
    channel: str
    thread_ts: str
    opened_at: datetime
    opened_by: str
    question: str
    updated_at: datetime
    link: str = ""
    cluster: str = ""
    namespace: str = ""
    state: str = OPEN
    assignee: str = ""
    entry: str = ""
    title: str = ""
    outcome: str = ""
    diagnosed_at: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str = ""
    watched_until: datetime | None = None
    same_as: str = ""

    @property
    def is_direct(self) -> bool:
        """Whether it was asked in a direct message: its words are nobody else's business."""
        return self.channel.startswith(DIRECT)


@dataclass(frozen=True, kw_only=True)
class StoredAnswer:
    """An answer as it was given. ``id`` is the key of the work that made it; ``kind`` is ask, recheck, settle, check or
    repeated: asked once more in its thread.

    ``message_ts`` is empty where only one person saw it.
    """

    id: str
    case_id: str
    kind: str
    asked_at: datetime
    asked_by: str
    question: str
    report: Report
    finished_at: datetime
    cluster: str = ""
    namespace: str = ""
    channel: str = ""
    message_ts: str = ""


_STANDING = cases.alias("standing")
_EARLIER = cases.alias("earlier")
_ANSWER_COLUMNS: Sequence[str] = [field.name for field in fields(StoredAnswer) if field.name != "report"]


def case_id(team: str, channel: str, thread_ts: str, letters: int = _LENGTHS[0], *, cluster: str = "") -> str:
    """``NC-`` and some letters that follow from the thread, so that a repeated attempt names the same case; also from
    the cluster, for all but the thread's first case.
    """
    thread = ":".join((team, channel, thread_ts, *([cluster] if cluster else [])))
    digest = hashlib.sha256(thread.encode()).digest()
    return f"NC-{base64.b32encode(digest).decode()[:letters]}"


@dataclass(frozen=True)
class Cases:
    """Reading and writing cases. Every write may be repeated: the second time changes nothing."""

    store: Store

    def open(self, case: Case) -> Case:
        """The case of this thread and cluster, made now unless it is there. The id given in ``case`` does not count.

        One that is about no cluster yet becomes that of the first; where no cluster is read, it is the thread's.

        Raises:
            DatabaseError: it could not be stored.
        """
        thread = (case.team, case.channel, case.thread_ts)
        with self.store.writing() as connection:
            self._lock_thread(connection, thread)
            there = _cases_of_thread(connection, *thread)
            if kept := _case_on(there, case.cluster):
                if kept.cluster != case.cluster and _has_no_cluster(kept):
                    this = update(cases).where(cases.c.id == kept.id)
                    connection.execute(this.values(cluster=case.cluster))
                    return replace(kept, cluster=case.cluster)
                return kept
            for letters in _LENGTHS:
                id_ = case_id(*thread, letters, cluster=case.cluster if there else "")
                if self.store.insert_if_absent(connection, cases, **{**vars(case), "id": id_}):
                    return replace(case, id=id_)
        raise LookupError(f"no id is free for the case of {case.channel} {case.thread_ts}")

    def expected_id(self, team: str, channel: str, thread_ts: str, cluster: str) -> str:
        """The id of the case that ``open`` gives for this thread and cluster, whether it is there yet or not."""
        there = self.of_thread(team, channel, thread_ts)
        kept = _case_on(there, cluster)
        return kept.id if kept else case_id(team, channel, thread_ts, cluster=cluster if there else "")

    def _lock_thread(self, connection: Connection, thread: Sequence[str]) -> None:
        """Cases of one thread are opened one after the other; on SQLite only one may write at a time anyway."""
        if not self.store.is_sqlite:
            key = {"key": "|".join(("thread", *thread))}
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), key)

    def get(self, id_: str) -> Case | None:
        """By its id, in any letters."""
        with self.store.reading() as connection:
            row = connection.execute(select(cases).where(cases.c.id == id_.strip().upper())).mappings().first()
        return None if row is None else Case(**row)

    def for_thread(self, team: str, channel: str, thread_ts: str) -> Case | None:
        """The case that what is said next in a thread is about, where no cluster is named."""
        there = self.of_thread(team, channel, thread_ts)
        return leading(there) if there else None

    def of_thread(self, team: str, channel: str, thread_ts: str) -> list[Case]:
        """All cases of a thread, one a cluster, the oldest first."""
        with self.store.reading() as connection:
            return _cases_of_thread(connection, team, channel, thread_ts)

    def save_answer(self, answer: StoredAnswer) -> None:
        """Store an answer, and bring its case up to it. A question in a resolved case opens the case again."""
        with self.store.writing() as connection:
            insert_answer(self.store, connection, answer)

    def change_question(self, id_: str, question: str, notes: Sequence[str]) -> None:
        """Note that whoever asked has changed the words of a question; ``notes`` say what of them was not read."""
        with self.store.writing() as connection:
            columns, this = stored_answers.c, stored_answers.c.id == id_
            row = connection.execute(select(columns.case_id, columns.question, columns.told).where(this)).one()
            values = {"question": question, "told": {**row.told, "notes": list(notes)}}
            connection.execute(update(stored_answers).where(this).values(values))
            first = update(cases).where(cases.c.id == row.case_id, cases.c.question == row.question)
            connection.execute(first.values(question=question))

    def set_message(self, id_: str, channel: str, message_ts: str) -> None:
        """Note where an answer stands."""
        with self.store.writing() as connection:
            where = {"channel": channel, "message_ts": message_ts}
            connection.execute(update(stored_answers).where(stored_answers.c.id == id_).values(**where))

    def answer(self, id_: str) -> StoredAnswer | None:
        """An answer by its id."""
        with self.store.reading() as connection:
            row = connection.execute(select(stored_answers).where(stored_answers.c.id == id_)).mappings().first()
        return None if row is None else to_stored_answer(row)

    def answers(self, case: str) -> list[StoredAnswer]:
        """All answers of a case, oldest first."""
        query = (
            select(stored_answers)
            .where(stored_answers.c.case_id == case)
            .order_by(stored_answers.c.finished_at, stored_answers.c.id)
        )
        with self.store.reading() as connection:
            return [to_stored_answer(row) for row in connection.execute(query).mappings()]

    def resolve(self, id_: str, by: str, at: datetime) -> bool:
        """Close a case; false when it was closed before, or is nobody's but one person's."""
        closed = {"resolved_at": at, "resolved_by": by, "updated_at": at, "watched_until": None}
        return self._update(id_, OPEN, state=RESOLVED, **closed)

    def assign(self, id_: str, to: str, at: datetime) -> bool:
        """Note who is on an open case: a Slack user or group id."""
        return self._update(id_, OPEN, assignee=to, updated_at=at)

    def take(self, id_: str, user: str, at: datetime) -> bool:
        """Put a person on an open case that nobody, or a whole group, is on; false where a person is, or it is closed.

        Of two who press at the same moment one has it: ``get`` tells who.
        """
        is_free = or_(cases.c.assignee == "", cases.c.assignee.startswith(GROUP))
        return self._update(id_, OPEN, is_free, assignee=user, updated_at=at)

    def watch(self, id_: str, until: datetime | None) -> bool:
        """Note until when an open case is looked at again and again; ``None``: no more."""
        return self._update(id_, OPEN, watched_until=until)

    def end_watch(self, id_: str, until: datetime) -> bool:
        """End the watch that lasts until then; false where it was ended before, or another one began."""
        this = (cases.c.id == id_, cases.c.state == OPEN, cases.c.watched_until == until)
        with self.store.writing() as connection:
            done = connection.execute(update(cases).where(*this).values(watched_until=None))
        return bool(done.rowcount)

    def list_watched(self, team: str) -> list[Case]:
        """Open cases that are watched, or whose watch has ended and nobody has heard so yet."""
        query = select(cases).where(cases.c.team == team, cases.c.state == OPEN, cases.c.watched_until.is_not(None))
        with self.store.reading() as connection:
            return [Case(**row) for row in connection.execute(query.order_by(cases.c.id)).mappings()]

    def set_link(self, id_: str, link: str) -> None:
        """Note the thread's address."""
        with self.store.writing() as connection:
            connection.execute(update(cases).where(cases.c.id == id_).values(link=link))

    def list_open(self, team: str, reader: str, most: int = MOST_OPEN) -> list[Case]:
        """Open cases, the newest activity first; no other people's direct messages."""
        query = select(cases).where(cases.c.team == team, is_open_case(), _is_visible_to(reader))
        with self.store.reading() as connection:
            rows = connection.execute(query.order_by(cases.c.updated_at.desc(), cases.c.id).limit(most)).mappings()
            return [Case(**row) for row in rows]

    def count_open(self, team: str) -> int:
        """How many are open, whoever may see them."""
        query = select(func.count()).select_from(cases).where(cases.c.team == team, is_open_case())
        with self.store.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def recent_answers(self, team: str, reader: str, most: int = 10) -> list[tuple[Case, StoredAnswer]]:
        """The newest answers that everybody in their channel saw, with their cases; the same are left out."""
        query = (
            select(stored_answers.c.id, cases.c.id.label("case"))
            .join(cases, cases.c.id == stored_answers.c.case_id)
            .where(cases.c.team == team, cases.c.state.in_(LISTED), _is_visible_to(reader))
            .order_by(stored_answers.c.finished_at.desc(), stored_answers.c.id)
        )
        with self.store.reading() as connection:
            ids = [(row.id, row.case) for row in connection.execute(query.limit(most))]
        found = [(self.get(case), self.answer(id_)) for id_, case in ids]
        return [(case, answer) for case, answer in found if case and answer]

    def _update(self, id_: str, in_state: str, *when: ColumnElement[bool], **values: Any) -> bool:
        wanted = (cases.c.id == id_, cases.c.state == in_state, *when)
        with self.store.writing() as connection:
            done = connection.execute(update(cases).where(*wanted).values(**values))
        return bool(done.rowcount)


def is_open_case() -> ColumnElement[bool]:
    """What counts as an open case, in every list and number: nobody resolved it, and something is or may be wrong.

    A guide that was asked for later in the thread settles nothing. A question that has no answer yet is one, too;
    one that no entry fits, or that a guide answered, is none.
    """
    had_fault = exists().where(stored_answers.c.case_id == cases.c.id, stored_answers.c.outcome.in_(ABOUT_FAULTS))
    return and_(cases.c.state == OPEN, or_(cases.c.outcome.not_in(NO_FAULT), had_fault))


def _is_visible_to(reader: str) -> ColumnElement[bool]:
    return or_(cases.c.channel.not_like(f"{DIRECT}%"), cases.c.opened_by == reader)


def leading(there: Sequence[Case]) -> Case:
    """Of a thread's cases that of which something happened last; what is confirmed counts more than what is not, and
    what is open more than what is over.
    """

    def weight(case: Case) -> tuple[bool, bool, datetime]:
        is_open = case.state in (OPEN, JOINED)
        return is_open and case.outcome == "confirmed", is_open, case.updated_at

    return max(there, key=weight)


def _case_on(there: Sequence[Case], cluster: str) -> Case | None:
    """Which of a thread's cases is the one on this cluster; ``None`` where it has to be made."""
    kept = next((each for each in there if each.cluster == cluster), None) or next(filter(_has_no_cluster, there), None)
    return kept or (leading(there) if there and not cluster else None)


def _has_no_cluster(case: Case) -> bool:
    """Whether it becomes that of the first cluster that something is found on."""
    return not case.cluster or case.state == TALK


def _cases_of_thread(connection: Connection, team: str, channel: str, thread_ts: str) -> list[Case]:
    place = (cases.c.team == team, cases.c.channel == channel, cases.c.thread_ts == thread_ts)
    rows = connection.execute(select(cases).where(*place).order_by(cases.c.opened_at, cases.c.id)).mappings()
    return [Case(**row) for row in rows]


def insert_answer(store: Store, connection: Connection, answer: StoredAnswer) -> bool:
    """The same within a transaction; whether it was not there before."""
    first = answer.report.diagnoses[0] if answer.report.diagnoses else None
    about = {
        "entry": first.entry if first else "",
        "title": first.title if first else "",
        "outcome": answer.report.outcome,
        "cluster": answer.cluster,
        "namespace": answer.namespace,
    }
    columns = {name: getattr(answer, name) for name in _ANSWER_COLUMNS}
    report = {"told": answer.report.to_json(), "elapsed_ms": answer.report.elapsed_ms}
    is_new = store.insert_if_absent(connection, stored_answers, **{**columns, **report, **about})
    if is_new:
        _update_case(connection, answer, about)
    return is_new


def _update_case(connection: Connection, answer: StoredAnswer, about: dict[str, str]) -> None:
    this = cases.c.id == answer.case_id
    is_elsewhere = _is_elsewhere(connection, answer)
    _update_state(connection, answer, about)
    if is_elsewhere:
        connection.execute(update(cases).where(this).values(updated_at=answer.finished_at))
        return
    if not answer.cluster:
        about = {name: value for name, value in about.items() if name != "cluster"}
    if not about["entry"]:  # talk that fits nothing does not make people forget what the case is about
        about = {name: value for name, value in about.items() if name in ("cluster", "namespace")}
        silent = (this, cases.c.outcome == "") if answer.kind == "ask" else (this,)
        connection.execute(update(cases).where(*silent).values(outcome=answer.report.outcome))
    connection.execute(update(cases).where(this).values(**about, updated_at=answer.finished_at))
    undiagnosed = (this, cases.c.diagnosed_at.is_(None))
    connection.execute(update(cases).where(*undiagnosed).values(diagnosed_at=answer.finished_at))


def _is_elsewhere(connection: Connection, answer: StoredAnswer) -> bool:
    """Whether it is about another cluster than its case: up to 0.1, all answers of a thread were in one case."""
    other = (cases.c.id == answer.case_id, cases.c.cluster.not_in(("", answer.cluster)))
    return bool(answer.cluster) and connection.execute(select(cases.c.id).where(*other)).first() is not None


def _update_state(connection: Connection, answer: StoredAnswer, about: dict[str, str]) -> None:
    """What an answer makes of its case: none where nothing fits and nothing was read, before it is brought up to it."""
    this = cases.c.id == answer.case_id
    if not answer.report.diagnoses and not answer.report.was_read:
        is_first = (this, cases.c.state == OPEN, cases.c.diagnosed_at.is_(None))
        connection.execute(update(cases).where(*is_first).values(state=TALK))
        return
    # What opened the thread was no question: this one is what the case is about.
    connection.execute(update(cases).where(this, cases.c.state == TALK).values(state=OPEN, question=answer.question))
    _note_whether_beside(connection, answer)
    if answer.kind in ("ask", "recheck", "repeated"):
        _leave_standing(connection, answer, about)
    if answer.kind == "ask":
        again = {"state": OPEN, "resolved_at": None, "resolved_by": ""}
        connection.execute(update(cases).where(this, cases.c.state == RESOLVED).values(**again))


def _note_whether_beside(connection: Connection, answer: StoredAnswer) -> None:
    """ "And on prod-b?", where nothing is wrong, is no case beside the thread's own, until something is."""
    this = cases.c.id == answer.case_id
    if answer.report.shows_trouble:
        connection.execute(update(cases).where(this, cases.c.state == BESIDE).values(state=OPEN))
        return
    is_earlier = and_(_EARLIER.c.opened_at <= cases.c.opened_at, _EARLIER.c.id != cases.c.id, _EARLIER.c.state != TALK)
    same_thread = (_EARLIER.c[name] == cases.c[name] for name in ("team", "channel", "thread_ts"))
    is_further = exists().where(and_(*same_thread), is_earlier)
    new = (this, cases.c.state == OPEN, cases.c.diagnosed_at.is_(None), is_further)
    connection.execute(update(cases).where(*new).values(state=BESIDE))


def _leave_standing(connection: Connection, answer: StoredAnswer, about: dict[str, str]) -> None:
    """A joined case whose answer is another now, or that stands nowhere any more, is a case of its own."""
    standing = exists().where(_STANDING.c.id == cases.c.same_as, _STANDING.c.state == OPEN)
    is_other = or_(*(cases.c[name] != about[name] for name in ("entry", "cluster", "outcome")), ~standing)
    own = update(cases).where(cases.c.id == answer.case_id, cases.c.state == JOINED, is_other)
    connection.execute(own.values(state=OPEN, same_as=""))


def to_stored_answer(row: Any) -> StoredAnswer:
    return StoredAnswer(**{name: row[name] for name in _ANSWER_COLUMNS}, report=Report.from_json(row["told"]))
