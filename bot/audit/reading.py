"""Records as they are read again: filtered by indexes, newest first for a list, oldest first for an export."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select

from bot.audit.filters import Filters, actions_named
from bot.audit.records import Record, readable, stamp
from bot.store import Store
from bot.store.schema import audit_records, audit_words
from knowledge.errors import UserFacingError

CHUNK = 2_000  # rows held at once
MOST_SHOWN = 1_000  # records of one request that are shown in full: more is read in an export
NAMED = 3  # requests, where a name may mean any of them
_KEPT = audit_words.c.words.label("kept")


class AmbiguousRequest(UserFacingError):
    """The ids of several requests begin with the name; the message says which do."""

    def __init__(self, name: str, of: int, newest: Sequence[str]) -> None:
        super().__init__(
            f"The ids of {of:,} requests begin with {name[:80]!r}: give more of the id, as in {' or '.join(newest)}."
        )


def list_records(store: Store, filters: Filters) -> Sequence[Record]:
    """The newest records that fit, newest first, at most ``filters.limit``.

    Raises:
        DatabaseError: the database cannot be read.
    """
    wanted = where_filters(_records_with_words(), filters).order_by(audit_records.c.seq.desc()).limit(filters.limit)
    with store.reading() as connection, undecodable_text_kept(connection):
        return [to_record(row) for row in connection.execute(wanted)]


def stream_records(connection: Connection, filters: Filters) -> Iterator[Record]:
    """All that fit, oldest first, without holding them all."""
    wanted = where_filters(_records_with_words(), filters).order_by(audit_records.c.seq)
    with undecodable_text_kept(connection):
        for row in connection.execution_options(yield_per=CHUNK).execute(wanted):
            yield to_record(row)


def count_records(connection: Connection, filters: Filters) -> int:
    """How many fit."""
    return int(connection.execute(where_filters(select(func.count()).select_from(audit_records), filters)).scalar_one())


def first_records(store: Store, filters: Filters) -> Sequence[Record]:
    """The oldest records that fit, oldest first, at most ``filters.limit``.

    Raises:
        DatabaseError: the database cannot be read.
    """
    wanted = where_filters(_records_with_words(), filters).order_by(audit_records.c.seq).limit(filters.limit)
    with store.reading() as connection, undecodable_text_kept(connection):
        return [to_record(row) for row in connection.execute(wanted)]


def find_records(store: Store, name: str, most: int = MOST_SHOWN) -> Sequence[Record]:
    """The record of that number, or the first ones of the request whose id is that or begins so, oldest first.

    Raises:
        SeveralRequests: the ids of several requests begin so.
        DatabaseError: the database cannot be read.
    """
    if readable(name) != name:  # bytes that are no UTF-8, as the shell hands them over
        return []
    is_number = name.isascii() and name.isdigit() and len(name) < 18
    with store.reading() as connection, undecodable_text_kept(connection):
        rows = (
            connection.execute(_records_with_words().where(audit_records.c.seq == int(name))).all() if is_number else []
        )
        if rows:
            return [to_record(row) for row in rows]
        request = _request_id(connection, name) if name else ""
    return first_records(store, Filters(request=request, limit=most)) if request else []


def _request_id(connection: Connection, name: str) -> str:
    """The id of the request that a name stands for; empty where there is none."""
    id_ = audit_records.c.request_id
    if connection.execute(select(id_).where(id_ == name).limit(1)).first():
        return name
    begin_so = id_.startswith(name, autoescape=True)
    newest_first = func.max(audit_records.c.seq).desc()
    ids = select(id_).where(begin_so).group_by(id_).order_by(newest_first).limit(NAMED)
    found = list(connection.execute(ids).scalars())
    if len(found) > 1:
        of = connection.execute(select(func.count(id_.distinct())).where(begin_so)).scalar_one()
        raise AmbiguousRequest(name, of, [_text(one) for one in found])
    return _text(found[0]) if found else ""


def where_filters(wanted: Select[Any], filters: Filters) -> Select[Any]:
    """The query, for records that fit alone."""
    columns = audit_records.c
    if filters.since:
        wanted = wanted.where(columns.time >= stamp(filters.since))
    if filters.until:
        wanted = wanted.where(columns.time < stamp(filters.until))
    if filters.actor:
        wanted = wanted.where(is_by_actor(filters.actor))
    if filters.action:
        wanted = wanted.where(columns.action.in_(actions_named(filters.action)))
    if filters.request:
        wanted = wanted.where(columns.request_id == filters.request)
    for name in ("channel", "case", "cluster", "entry"):
        if getattr(filters, name):
            wanted = wanted.where(columns[name] == getattr(filters, name))
    return wanted


def is_by_actor(who: str) -> ColumnElement[bool]:
    """Records of whoever has that id or name, or is called ``name@host`` at a terminal.

    The first user of every laptop has the same id, so an id that is known under the name counts for records that have
    no name alone.
    """
    columns = audit_records.c
    known = select(columns.actor_id).where(columns.actor_name == who)
    nameless = func.coalesce(columns.actor_name, "") == ""  # by the index of ids: many may have no name
    name, _, host = who.rpartition("@")
    there = (columns.actor_name == name) & (columns.channel == host) & (columns.actor_kind == "terminal")
    alike = [columns.actor_id == who, columns.actor_name == who, columns.actor_id.in_(known) & nameless]
    return or_(*alike, *([there] if name else []))


def to_record(row: Row[Any]) -> Record:
    """The record of a row that has its columns, and ``kept``; what somebody has spoilt in it is made readable."""
    fields: dict[str, Any] = {name: value if name == "seq" else _text(value) for name, value in row._mapping.items()}
    return Record(**fields)


@contextlib.contextmanager
def undecodable_text_kept(connection: Connection) -> Iterator[None]:
    """Meanwhile SQLite hands over text that is no UTF-8, its bytes as surrogates, rather than fail at it.

    Only who tampers with the file can put it there, and then its record is to be named.
    """
    raw: Any = connection.connection.driver_connection if connection.dialect.name == "sqlite" else None
    if raw is None:
        yield
        return
    raw.text_factory = lambda stored: stored.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = str


def _text(value: object) -> str:
    if isinstance(value, str):
        return value if value.isascii() else readable(value)
    return value.decode(errors="replace") if isinstance(value, bytes) else str("" if value is None else value)


def _records_with_words() -> Select[Any]:
    return select(audit_records, _KEPT).join_from(
        audit_records, audit_words, audit_words.c.seq == audit_records.c.seq, isouter=True
    )
