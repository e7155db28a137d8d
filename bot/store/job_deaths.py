"""Jobs whose process died while they were under way: how often in a row, without getting on by a step in between.

A job that ends its process (whatever of a cluster it chokes on) would be resumed by the next start, and end that too.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, select, update

from bot.store.engine import Store
from bot.store.schema import job_deaths, replicas


def ended_by_itself(store: Store, workers: Sequence[str]) -> frozenset[str]:
    """Those of the processes that left in good order: nothing killed them."""
    with store.reading() as connection:
        left = replicas.c.seen_at == datetime.fromtimestamp(0, UTC)
        return frozenset(connection.scalars(select(replicas.c.id).where(replicas.c.id.in_(workers), left)))


def count(store: Store, key: str, worker: str, steps: int) -> int:
    """Note that the process ``worker`` died when the job had done ``steps`` steps; how many have so far, in this step.

    A job that was held back in that process (:func:`hold_back`) was not what killed it. The same death counts once.
    """
    with store.writing() as connection:
        row = connection.execute(select(job_deaths).where(job_deaths.c.key == key)).first()
        if row is None:
            values = {"key": key, "worker": worker, "steps": steps, "deaths": 1, "began": True, "at": datetime.now(UTC)}
            store.insert_if_absent(connection, job_deaths, **values)
            return 1
        if row.worker == worker:
            return int(row.deaths)
        deaths = 1 if row.steps != steps else int(row.deaths) + int(row.began)
        values = {"worker": worker, "steps": steps, "deaths": deaths, "began": True, "at": datetime.now(UTC)}
        connection.execute(update(job_deaths).where(job_deaths.c.key == key).values(**values))
        return deaths


def hold_back(store: Store, key: str) -> None:
    """The job waits until others that are suspected too are done: a death meanwhile is not its fault."""
    _set_began(store, key, began=False)


def let_begin(store: Store, key: str) -> None:
    """Its turn has come."""
    _set_began(store, key, began=True)


def _set_began(store: Store, key: str, *, began: bool) -> None:
    with store.writing() as connection:
        connection.execute(update(job_deaths).where(job_deaths.c.key == key).values(began=began))


def forget(store: Store, before: datetime) -> int:
    """Remove what is older; how many."""
    with store.writing() as connection:
        return int(connection.execute(delete(job_deaths).where(job_deaths.c.at < before)).rowcount)
