"""The audit log: a record is handed over, and the caller goes on when it is stored in the hash chain.

One thread a process stores what has gathered in one transaction, so that many records cost as much as one. Several
processes may write: on SQLite the transaction has the file to itself, on PostgreSQL an advisory lock is held until the
commit, so that the newest record is read by one writer at a time.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sqlalchemy import Connection, insert, select, text

from bot.audit.privacy import Privacy, SeparateWords
from bot.audit.records import GENESIS, Actor, Draft, Record, canonical, digest, make_draft, short, stamp
from bot.settings import shown_settings
from bot.store import DatabaseError, Store
from bot.store.schema import audit_records, audit_words
from knowledge.errors import FAILED, UserFacingError

LOCK = 7_220_012  # PostgreSQL advisory lock: any number that is ours
PATIENCE = 5.0  # seconds to wait for another writer: somebody waits for an answer
MOST = 500  # that are stored together
LINGER = 0.02  # seconds that an outcome nobody waits for may wait for company


class AuditUnavailable(UserFacingError):
    """The record could not be stored, so what it would have allowed was not done; the message says why."""

    exit_code = FAILED


@dataclass(frozen=True)
class Prepared:
    """A record but for its place: number and link are given where the chain is held."""

    fields: dict[str, str]
    kept: SeparateWords | None


@dataclass(frozen=True)
class _Waiting:
    """``stored`` is missing where nobody waits: such outcomes are owed until they are stored."""

    prepared: Sequence[Prepared]
    stored: "Future[list[Record]] | None" = None


class BatchWriter:
    """Stores drafts in the order in which they are handed over. Any thread may hand over."""

    def __init__(self, store: Store, privacy: Privacy) -> None:
        self._store = store
        self._privacy = privacy
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._outcomes: list[Prepared] = []
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def submit(self, drafts: Iterable[Draft]) -> "Future[list[Record]]":
        """The records, once they are stored: all of them or none, next to each other.

        The future's exception is :class:`AuditUnavailable`.
        """
        stored: Future[list[Record]] = Future()
        self._put(_Waiting([prepare(draft, self._privacy) for draft in drafts], stored))
        return stored

    def enqueue(self, drafts: Iterable[Draft]) -> None:
        """Store them in their order without anybody waiting: with the next that somebody waits for, or soon.

        Where that fails they come before whatever is stored next, and :meth:`close` tells of them.
        """
        self._put(_Waiting([prepare(draft, self._privacy) for draft in drafts]))

    def close(self) -> None:
        """Store what has been handed over, then stop.

        Raises:
            AuditUnavailable: what was owed could not be stored.
        """
        with self._starting:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join()
        if self._outcomes:
            self.submit([]).result()
            self.close()

    def _put(self, item: _Waiting) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
                self._thread.start()
            self._waiting.put(item)

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, stop = self._next_batch(first)
            self._commit(batch)
            if stop:
                return

    def _next_batch(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """What is there by now; where nobody waits for any of it, what comes in a moment, too."""
        batch, until = [first], time.monotonic() + LINGER
        while len(batch) < MOST:
            nobody_waits = all(item.stored is None for item in batch)
            try:
                item = self._waiting.get(nobody_waits, max(until - time.monotonic(), 0.001))
            except queue.Empty:
                break
            if item is None:
                return batch, True
            batch.append(item)
        return batch, False

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        wanted = [item for item in batch if item.stored is None or item.stored.set_running_or_notify_cancel()]
        whole = [*self._outcomes, *(one for item in wanted for one in item.prepared)]
        try:
            with self._store.writing(PATIENCE) as connection:
                records = append_to_chain(self._store, connection, whole)
        except Exception as error:
            self._outcomes += [one for item in wanted if item.stored is None for one in item.prepared]
            for item in wanted:
                if item.stored is not None:
                    item.stored.set_exception(to_audit_unavailable(error))
            return
        left = iter(records[len(self._outcomes) :])
        self._outcomes = []
        for item in wanted:
            theirs = [next(left) for _ in item.prepared]
            if item.stored is not None:
                item.stored.set_result(theirs)


def prepare(draft: Draft, privacy: Privacy) -> Prepared:
    """The draft as it will be stored, people's words apart."""
    detail, kept = privacy.separate(draft.detail)
    actor = draft.actor
    names = {
        "action": draft.action,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "channel": actor.channel,
        "team": actor.team,
        "case": draft.case,
        "cluster": draft.cluster,
        "entry": draft.entry,
        "request_id": draft.request_id,
        "outcome": draft.outcome,
    }
    fields = {name: short(value) for name, value in names.items()}
    fields |= {"time": stamp(draft.time), "detail": canonical(detail).decode(), "words": kept.digest if kept else ""}
    return Prepared(fields, kept)


def append_to_chain(store: Store, connection: Connection, prepared: Sequence[Prepared]) -> list[Record]:
    """Add to the chain, in a writing transaction of the caller's."""
    seq, prev = lock_head(store, connection) or (0, GENESIS)
    records: list[Record] = []
    rows, words = [], []
    for item in prepared:
        seq += 1
        form: dict[str, Any] = {"seq": seq, **item.fields, "prev": prev}
        prev = digest(form)
        rows.append({**form, "hash": prev})
        records.append(Record(**form, hash=prev, kept=item.kept.words if item.kept else ""))
        if item.kept:
            words.append({"seq": seq, "salt": item.kept.salt, "words": item.kept.words})
    if rows:
        connection.execute(insert(audit_records), rows)
    if words:
        connection.execute(insert(audit_words), words)
    return records


def lock_head(store: Store, connection: Connection) -> tuple[int, str] | None:
    """Number and hash of the newest record, which stays the newest until the transaction ends."""
    if not store.is_sqlite:
        connection.execute(text(f"SET LOCAL lock_timeout = '{int(PATIENCE)}s'"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
    return read_head(connection)


def read_head(connection: Connection) -> tuple[int, str] | None:
    """Number and hash of the newest record; ``None`` where there is none yet."""
    newest = select(audit_records.c.seq, audit_records.c.hash).order_by(audit_records.c.seq.desc()).limit(1)
    row = connection.execute(newest).first()
    return (row.seq, row.hash) if row else None


def to_audit_unavailable(error: Exception) -> AuditUnavailable:
    """The one sentence for a record that could not be stored."""
    why = str(error) if isinstance(error, DatabaseError) else f"{type(error).__name__}: {getattr(error, 'orig', error)}"
    told = " ".join(why.split())
    found = AuditUnavailable(
        f"The audit log could not be written, so nothing more was read or done: {told[:1].lower()}{told[1:]}"
    )
    found.__cause__ = error
    return found


class AuditLog:
    """One database's log. Records can be added from any thread and any event loop; nothing changes or removes them."""

    def __init__(self, store: Store, privacy: Privacy | None = None) -> None:
        self.store = store
        self.privacy = privacy or Privacy()
        self._writer = BatchWriter(store, self.privacy)

    def record(
        self,
        action: str,
        *,
        actor: Actor,
        request_id: str = "",
        case: str | None = None,
        cluster: str | None = None,
        entry: str | None = None,
        outcome: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> Record:
        """Add one record, and return when it is stored.

        ``detail`` is any JSON; what a person wrote belongs under ``question``, ``note`` or ``text``, and is kept,
        hashed or dropped as the settings say. No secrets, no contents of the cluster.

        Raises:
            AuditUnavailable: it could not be stored; what it would have allowed must not be done.
        """
        return self.append([make_draft(action, actor, request_id, case, cluster, entry, outcome, detail)])[0]

    async def arecord(
        self,
        action: str,
        *,
        actor: Actor,
        request_id: str = "",
        case: str | None = None,
        cluster: str | None = None,
        entry: str | None = None,
        outcome: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> Record:
        """The same without holding up the event loop; records that wait at the same time are stored together."""
        return (await self.aappend([make_draft(action, actor, request_id, case, cluster, entry, outcome, detail)]))[0]

    def append(self, drafts: Iterable[Draft]) -> list[Record]:
        """Add several records next to each other: all are stored, or none.

        Raises:
            AuditUnavailable: as :meth:`record`.
        """
        return self._writer.submit(drafts).result()

    async def aappend(self, drafts: Iterable[Draft]) -> list[Record]:
        """The same without holding up the event loop."""
        return await asyncio.wrap_future(self._writer.submit(drafts))

    def enqueue(self, drafts: Iterable[Draft]) -> None:
        """Hand over the outcome of what a stored record allowed, without waiting for it to be stored.

        It is stored in this order, with the next record that somebody waits for or a moment later. Where the database
        fails, so does that next record, and the outcome is stored before any other once it is back.
        """
        self._writer.enqueue(drafts)

    def close(self) -> None:
        """Store what was handed over, and stop the writer; the database stays open.

        Raises:
            AuditUnavailable: outcomes that were handed over could not be stored.
        """
        self._writer.close()


def settings_snapshot() -> Mapping[str, Any]:
    """netclinic's version, and every setting that somebody has made, secrets masked."""
    try:
        ours = version("netclinic")
    except PackageNotFoundError:
        ours = "not installed"
    made = {row.name: {"value": row.value, "source": row.source} for row in shown_settings() if row.source != "default"}
    return {"version": ours, "settings": made}
