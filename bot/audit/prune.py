"""Taking out of the log: old records once they are archived, people's words at any time; both leave a record.

This is the only code that deletes. The triggers let it, because a newer record says what goes, and on PostgreSQL only a
role to which the two functions are granted. What was deleted is overwritten in SQLite's file.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, select, text

from bot.audit.archives import ArchiveWriter
from bot.audit.chain import ChainVerifier
from bot.audit.log import AuditLog, append_to_chain, lock_head, prepare
from bot.audit.reading import CHUNK, is_by_actor, undecodable_text_kept
from bot.audit.records import Actor, Draft, Record, readable, stamp
from bot.audit.verify import Progress, make_verifier, read_tombstones, stored_rows
from bot.store import DatabaseError, Store, words
from bot.store.queue_words import QueueWords
from bot.store.schema import audit_records, audit_words
from knowledge.errors import FAILED, UserFacingError

_KEPT = (
    "The archive {} is kept, since the records may be gone all the same: `netclinic audit list --action audit.pruned` "
    "tells; where they are not, remove it and prune again."
)


class AmbiguousActor(UserFacingError):
    """Words are erased by id, and this is not the id of one person alone; the message says whose it is."""


class BrokenChain(UserFacingError):
    """The records to be pruned are not as they were written, so they stay; the message names the first one."""

    exit_code = FAILED


@dataclass(frozen=True)
class Pruned:
    """``count`` records, up to number ``to``, went into ``archive``; ``record`` says so in the log."""

    count: int
    to: int
    archive: Path
    sha256: str
    record: Record


@dataclass(frozen=True)
class Erased:
    """People's words of ``count`` records were erased, and in ``elsewhere`` rows of other tables, says ``record``."""

    count: int
    elsewhere: int
    record: Record


def prune(
    log: AuditLog,
    before: datetime,
    archive: Path,
    *,
    actor: Actor,
    progress: Progress = lambda done, of: None,
) -> Pruned | None:
    """Archive the records older than ``before``, then remove them; ``None`` where there are none.

    Raises:
        ArchiveError: the archive cannot be written; nothing was removed.
        NotWhole: the chain does not hold up to there; nothing was removed.
        DatabaseError: the database cannot be used, or this role may not prune; nothing was removed and no archive is
            left, unless the message says so.
    """
    to = _last_before(log.store, before)
    if not to:
        return None
    writing = ArchiveWriter(archive)
    try:
        verifier = _archive(log.store, to, writing, progress)
        manifest = {"first": verifier.first, "to": to, "count": verifier.count, "hash": verifier.head}
        sha256 = writing.finish({**manifest, "made_at": stamp(datetime.now(UTC)), "made_by": _actor_json(actor)})
    except BaseException:
        writing.discard()
        raise
    said = {**manifest, "archive": archive.name, "sha256": sha256}
    record = _record_and_remove(log, said, writing, actor)
    _truncate_write_ahead_log(log.store)
    return Pruned(verifier.count, to, archive, sha256, record)


def _record_and_remove(log: AuditLog, said: dict[str, Any], writing: ArchiveWriter, actor: Actor) -> Record:
    """Record that what is archived goes, and remove it. Where it stays, so does no archive with people's words."""
    is_removed = False
    try:
        with log.store.writing(long=True) as connection:
            _overwrite_deleted(log.store, connection)
            record = _append_record(log, connection, "audit.pruned", actor, said)
            if connection.execute(select(func.min(audit_records.c.seq))).scalar() != said["first"]:
                raise BrokenChain(
                    "Another process has pruned these records meanwhile, so nothing was pruned: see audit list."
                )
            _remove(log.store, connection, said["to"])
            is_removed = True
    except BaseException as error:
        if not is_removed:
            writing.withdraw()
        elif isinstance(error, Exception):  # a COMMIT whose answer is lost may have been carried out
            raise DatabaseError(f"{error} {_KEPT.format(said['archive'])}") from error
        raise
    return record


def erase_words(
    log: AuditLog, before: datetime, *, actor: Actor, of: str = "", data_dir: Path | None = None
) -> Erased | None:
    """Erase people's words older than ``before``, of all or of one who is called ``of``, wherever they are kept: beside
    the audit log, in cases, answers, feedback and handoffs, and with work that is over (in ``data_dir``, on SQLite).

    That is an id, a name, or ``name@host`` at a terminal. ``None`` where there are none. The chain holds as before.

    Raises:
        SeveralPeople: ``of`` is more than one person; nothing was erased.
        DatabaseError: the database cannot be used, or this role may not erase; nothing was erased.
    """
    to = _last_before(log.store, before)
    with log.store.writing(long=True) as connection:
        id_ = _actor_id(connection, readable(of)) if of else ""
        wanted = _words_of(to, id_)
        count = connection.execute(select(func.count()).select_from(audit_words).where(wanted)).scalar_one()
        _overwrite_deleted(log.store, connection)
        keys = words.answers_with_words_of(connection, before, id_) if id_ else set()
    queue = QueueWords(log.store, data_dir) if data_dir else None
    queued = queue.erase(before, of=id_, keys=keys, only_count=True) if queue else 0
    with log.store.writing(long=True) as connection:
        _overwrite_deleted(log.store, connection)
        elsewhere = words.erase(connection, before, id_) + queued
        if not count and not elsewhere:
            return None
        said = {"to": to, "actor": id_, "count": count, **({"elsewhere": elsewhere} if elsewhere else {})}
        record = _append_record(log, connection, "audit.erased", actor, said)
        if log.store.is_sqlite:
            connection.execute(delete(audit_words).where(wanted))
        else:
            connection.execute(select(func.netclinic_audit_erase(to, id_)))
    if queue:
        queue.erase(before, of=id_, keys=keys)
    _truncate_write_ahead_log(log.store)
    return Erased(count, elsewhere, record)


def _actor_id(connection: Connection, of: str) -> str:
    """Their id, which nobody else may have: the record of an erasure, and PostgreSQL's function, name it alone."""
    columns = audit_records.c
    ids = connection.execute(select(columns.actor_id).distinct().where(is_by_actor(of)).order_by(columns.actor_id))
    found = [readable(id_) for id_ in ids.scalars()]
    if len(found) > 1:
        raise AmbiguousActor(f"{of!r} is {' and '.join(found)}, so nothing was erased: give one of these ids.")
    if not found:
        return of
    at_terminals = (columns.actor_id == found[0]) & (columns.actor_kind == "terminal")
    people = connection.execute(select(columns.actor_name, columns.channel).distinct().where(at_terminals)).all()
    called = sorted(f"{name}@{host}" for name, host in people)
    if len({name for name, _ in people}) > 1 or (of in called and len(called) > 1):
        told = ", ".join(called[:5]) + (" and others" if called[5:] else "")
        raise AmbiguousActor(
            f"The id {found[0]} is that of several people ({told}), and words are erased by id, so nothing was erased: "
            "leave --actor out to erase everybody's, or prune those records."
        )
    return found[0]


def _words_of(to: int, of: str) -> Any:
    theirs = select(audit_records.c.seq).where(audit_records.c.actor_id == of)
    return (audit_words.c.seq <= to) & (audit_words.c.seq.in_(theirs) if of else True)


def _last_before(store: Store, before: datetime) -> int:
    """The last of the records that are older, with all before it: clocks may have run back now and then."""
    columns = audit_records.c
    with store.reading() as connection:
        younger = connection.execute(select(func.min(columns.seq)).where(columns.time >= stamp(before))).scalar()
        if younger is not None:
            older = connection.execute(select(func.max(columns.seq)).where(columns.seq < younger)).scalar()
        else:
            older = connection.execute(select(func.max(columns.seq))).scalar()
    return int(older or 0)


def _archive(store: Store, to: int, writing: ArchiveWriter, progress: Progress) -> ChainVerifier:
    with store.reading() as connection, undecodable_text_kept(connection):
        verifier = make_verifier(connection, (), read_tombstones(connection))
        for row in stored_rows(connection, to):
            fault = verifier.check_next(row)
            if fault is not None:
                raise BrokenChain(f"{fault.why} Nothing was pruned: `netclinic audit verify` tells more.")
            writing.add(row)
            if verifier.count % CHUNK == 0:
                progress(verifier.count, to - verifier.first + 1)
    return verifier


def _append_record(log: AuditLog, connection: Connection, action: str, actor: Actor, detail: dict[str, Any]) -> Record:
    lock_head(log.store, connection)
    draft = Draft(action=action, actor=actor, detail=detail)
    return append_to_chain(log.store, connection, [prepare(draft, log.privacy)])[0]


def _remove(store: Store, connection: Connection, to: int) -> None:
    if store.is_sqlite:
        connection.execute(delete(audit_words).where(audit_words.c.seq <= to))
        connection.execute(delete(audit_records).where(audit_records.c.seq <= to))
    else:
        connection.execute(select(func.netclinic_audit_prune(to)))


def _overwrite_deleted(store: Store, connection: Connection) -> None:
    if store.is_sqlite:
        connection.execute(text("PRAGMA secure_delete = ON"))


def _truncate_write_ahead_log(store: Store) -> None:
    """SQLite's write-ahead log may still hold what was deleted."""
    if store.is_sqlite:
        with store.engine.connect() as connection:
            raw = connection.connection.driver_connection
            if raw is not None:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _actor_json(actor: Actor) -> dict[str, str]:
    return {"kind": actor.kind, "id": actor.id, "name": actor.name}
