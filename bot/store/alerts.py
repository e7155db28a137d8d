"""Alerts that were answered: which thread each belongs to, how often it was told, and whether it still fires.

Alerts of one cause share the thread of the first of them, its owner: a storm makes one case.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, select, text, update

from bot.store.cases import JOINED, OPEN
from bot.store.engine import Store
from bot.store.schema import alerts, cases

FIRING, RESOLVED = "firing", "resolved"
_STANDING = cases.alias("standing")
THREADLESS = timedelta(minutes=10)  # within which an owner's thread may be on its way; then it came to nothing
FRESH = timedelta(hours=24)  # since an alert was last heard of, within which its thread is gone on with


@dataclass(frozen=True, kw_only=True)
class KnownAlert:
    """``job`` is the work that placed it, ``owner`` the key of the alert in whose thread it stands (its own, if it has
    one). ``kin`` is what those have in common that need not be looked at each by itself. ``thread_ts`` and ``case_id``
    are the owner's, empty until they are there. ``times``: how often it was told.
    """

    key: str
    job: str
    team: str
    channel: str
    cause: str
    kin: str
    cluster: str
    name: str
    owner: str = ""
    thread_ts: str = ""
    case_id: str = ""
    state: str = FIRING
    times: int = 1
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Storm:
    """What shares an owner's thread: how many by name, how many still fire, how often all were told, and when last."""

    names: tuple[tuple[str, int], ...]
    firing: int
    times: int
    last_at: datetime | None

    @property
    def count(self) -> int:
        """How many alerts."""
        return sum(number for _, number in self.names)


@dataclass(frozen=True)
class Alerts:
    """Reading and writing them."""

    store: Store

    def get(self, key: str) -> KnownAlert | None:
        """An alert by its key, with its owner's thread and case."""
        with self.store.reading() as connection:
            row = connection.execute(select(alerts).where(alerts.c.key == key)).mappings().first()
            return None if row is None else _known(connection, dict(row))

    def find_kin(self, kin: str, but: str, since: datetime) -> KnownAlert | None:
        """The newest alert that is alike, heard of ``since`` then, whose thread is gone on with."""
        query = select(alerts).where(alerts.c.kin == kin, alerts.c.key != but, alerts.c.last_at >= since)
        with self.store.reading() as connection:
            row = connection.execute(query.order_by(alerts.c.last_at.desc()).limit(1)).mappings().first()
            found = None if row is None else _known(connection, dict(row))
            case = select(cases.c.id).where(cases.c.id == (found.case_id if found else ""), _is_gone_on_with())
            is_open = found is not None and (not found.case_id or connection.scalar(case) is not None)
            return found if found and found.thread_ts and is_open else None

    def place(self, alert: KnownAlert) -> KnownAlert:
        """Store it: with its ``owner`` if it says one, else in the thread of its cause's owner where there is one, else
        as the owner."""
        with self.store.writing() as connection:
            if not self.store.is_sqlite:  # there only one may write at a time anyway
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:cause))"), {"cause": alert.cause})
            row = connection.execute(select(alerts).where(alerts.c.key == alert.key)).mappings().first()
            if row is not None and row["job"] == alert.job:
                return _known(connection, dict(row))
            owner = alert.owner or _find_owner(connection, alert) or alert.key
            values = {**vars(alert), "owner": owner}
            if row is None:
                connection.execute(alerts.insert().values(**values))
            else:
                connection.execute(update(alerts).where(alerts.c.key == alert.key).values(**values))
            connection.execute(update(alerts).where(alerts.c.key == owner).values(last_at=alert.last_at))
            return _known(connection, values)

    def find_owner(self, alert: KnownAlert) -> str:
        """The key of the alert in whose thread this one would stand; empty where it would open its own."""
        with self.store.reading() as connection:
            return _find_owner(connection, alert)

    def set_thread(self, owner: str, thread_ts: str, case_id: str = "") -> None:
        """Note where the owner's thread is, and the case that it is about."""
        values = {"thread_ts": thread_ts, **({"case_id": case_id} if case_id else {})}
        with self.store.writing() as connection:
            connection.execute(update(alerts).where(alerts.c.key == owner).values(**values))

    def tell_again(self, key: str, state: str, times: int, at: datetime) -> None:
        """It was told again, ``times`` in all, or it is resolved."""
        with self.store.writing() as connection:
            this = update(alerts).where(alerts.c.key == key)
            connection.execute(this.values(state=state, times=times, last_at=at))

    def storm(self, owner: str) -> Storm:
        """What shares the owner's thread."""
        mine = alerts.c.owner == owner
        by_name = select(alerts.c.name, func.count()).where(mine).group_by(alerts.c.name)
        with self.store.reading() as connection:
            names = connection.execute(by_name.order_by(func.count().desc(), alerts.c.name)).all()
            firing = connection.scalar(select(func.count()).where(mine, alerts.c.state == FIRING))
            told = connection.scalar(select(func.sum(alerts.c.times)).where(mine))
            last_at = connection.scalar(select(func.max(alerts.c.last_at)).where(mine))
        counted = tuple((str(name), int(number)) for name, number in names)
        return Storm(counted, int(firing or 0), int(told or 0), last_at)

    def joined_to(self, case: str, most: int) -> list[str]:
        """The keys of the newest alerts that stand in another one's thread, whose case this is, oldest first."""
        owners = select(alerts.c.key).where(alerts.c.case_id == case)
        query = select(alerts.c.key).where(alerts.c.owner.in_(owners), alerts.c.key != alerts.c.owner)
        with self.store.reading() as connection:
            newest = connection.scalars(query.order_by(alerts.c.first_at.desc(), alerts.c.key).limit(most))
            return list(newest)[::-1]


def _is_gone_on_with() -> ColumnElement[bool]:
    """Whether a case is open, here or in the thread of the case that it is joined to."""
    standing = exists().where(_STANDING.c.id == cases.c.same_as, _STANDING.c.state == OPEN)
    return (cases.c.state == OPEN) | ((cases.c.state == JOINED) & standing)


def _find_owner(connection: Connection, alert: KnownAlert) -> str:
    """The alert in whose thread those of this cause stand: heard of lately, its case not closed."""
    query = (
        select(alerts.c.key)
        .outerjoin(cases, cases.c.id == alerts.c.case_id)
        .where(
            alerts.c.cause == alert.cause,
            alerts.c.key == alerts.c.owner,
            alerts.c.key != alert.key,
            alerts.c.last_at >= alert.last_at - FRESH,
            (alerts.c.case_id == "") | _is_gone_on_with(),
            (alerts.c.thread_ts != "") | (alerts.c.first_at >= alert.last_at - THREADLESS),
        )
        .order_by(alerts.c.last_at.desc(), alerts.c.key)
    )
    return str(connection.scalars(query.limit(1)).first() or "")


def _known(connection: Connection, row: dict[str, Any]) -> KnownAlert:
    if row["owner"] != row["key"]:
        place = select(alerts.c.thread_ts, alerts.c.case_id).where(alerts.c.key == row["owner"])
        owner = connection.execute(place).first()
        row |= {"thread_ts": owner.thread_ts, "case_id": owner.case_id} if owner else {}
    return KnownAlert(**row)
