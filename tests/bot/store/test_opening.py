"""The database: opened, migrated and written alike on SQLite and PostgreSQL."""

import multiprocessing
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from bot.settings import SettingsError
from bot.store import DatabaseError, Store, open_store
from bot.store.cases import Case, Cases
from bot.store.idempotency_keys import claim
from bot.store.migrating import SCRIPTS, newest_version, stored_version
from bot.store.schema import idempotency_keys, metadata

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_migrations_make_the_tables_of_the_schema(store: Store) -> None:
    with store.writing() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        ours = [change for change in compare_metadata(context, metadata) if "alembic_version" not in str(change)]
        assert ours == []
        assert stored_version(connection) == newest_version()


def test_a_second_start_finds_everything_done(store: Store, database_url: str, tmp_path: Path) -> None:
    with store.writing() as connection:
        assert store.insert_if_absent(connection, idempotency_keys, key="a", user="U1", at=NOON)
    again = open_store(database_url, tmp_path)
    with again.reading() as connection:
        assert connection.execute(select(idempotency_keys.c.user)).scalars().all() == ["U1"]
    again.close()


def _downgrade(store: Store, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with store.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, to)


def _case(cluster: str, thread: str = "1763665320.000100") -> Case:
    about = {"question": "pods stuck", "cluster": cluster, "opened_by": "U1", "opened_at": NOON, "updated_at": NOON}
    return Case(id="", team="T1", channel="C1", thread_ts=thread, **about)


def test_a_thread_with_cases_on_two_clusters_keeps_the_tables_as_they_are(store: Store) -> None:
    """The version before knew one case a thread: no record is given up for it."""
    cases = Cases(store)
    kept = [cases.open(_case("prod-a")), cases.open(_case("prod-b")), cases.open(_case("prod-a", "1763665999.000200"))]
    with pytest.raises(DatabaseError, match="put back the backup from before") as refused:
        _downgrade(store, "0009")
    assert "1 thread has a case on each of several clusters" in str(refused.value)
    assert "\n" not in str(refused.value)
    with store.reading() as connection:
        assert stored_version(connection) == newest_version()
    assert [cases.get(case.id) for case in kept] == kept


def test_threads_with_one_case_each_go_back_and_forth(store: Store) -> None:
    """Two threads of one cluster are no reason to refuse."""
    cases = Cases(store)
    kept = [cases.open(_case("prod-a")), cases.open(_case("prod-a", "1763665999.000200"))]
    _downgrade(store, "0010")
    with store.reading() as connection:
        assert stored_version(connection) == "0010"
    assert [cases.get(case.id) for case in kept] == kept


def _open(url: str, folder: str) -> str:
    store = open_store(url, Path(folder))
    with store.reading() as connection:
        return str(stored_version(connection))


def test_processes_that_start_at_once_migrate_once(empty_database_url: str, tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert pool.starmap(_open, [(empty_database_url, str(tmp_path))] * 3) == [newest_version()] * 3


def test_a_key_is_inserted_once(store: Store) -> None:
    with store.writing() as connection:
        first = store.insert_if_absent(connection, idempotency_keys, key="a", user="U1", at=NOON)
        second = store.insert_if_absent(connection, idempotency_keys, key="a", user="U2", at=NOON)
    assert (first, second) == (True, False)


def test_times_come_back_in_utc_whatever_zone_they_came_in(store: Store) -> None:
    in_hangzhou = NOON.astimezone(timezone(timedelta(hours=8)))
    with store.writing() as connection:
        store.insert_if_absent(connection, idempotency_keys, key="a", user="U1", at=in_hangzhou)
    with store.reading() as connection:
        found = connection.execute(select(idempotency_keys.c.at).where(idempotency_keys.c.at <= NOON)).scalar_one()
    assert found == NOON
    assert found.utcoffset() == timedelta(0)


def test_a_time_without_zone_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="no time zone"), store.writing() as connection:
        store.insert_if_absent(connection, idempotency_keys, key="a", user="U1", at=NOON.replace(tzinfo=None))


def test_what_fails_half_way_leaves_nothing(store: Store) -> None:
    def fails() -> None:
        with store.writing() as connection:
            store.insert_if_absent(connection, idempotency_keys, key="a", user="U1", at=NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    with store.reading() as connection:
        assert connection.execute(select(idempotency_keys)).all() == []


def test_a_newer_netclinics_database_is_left_alone(store: Store, database_url: str, tmp_path: Path) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="newer netclinic"):
        open_store(database_url, tmp_path)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://root@127.0.0.1/test", "does not know"),
        ("not a url", "no database URL"),
        ("postgresql://root:hunter2@127.0.0.1:1/test", "check that it runs"),
        ("sqlite:////proc/nowhere/netclinic.sqlite", "the disk has room"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_in_one_sentence(url: str, told: str, tmp_path: Path) -> None:
    with pytest.raises((SettingsError, DatabaseError), match=told) as refused:
        open_store(url, tmp_path)
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


def _failing(store: Store, *statements: str) -> str:
    """What is told of the last statement."""

    def attempt() -> None:
        with store.writing(0.1) as connection:
            for statement in statements:
                connection.execute(text(statement))

    with pytest.raises(DatabaseError) as told:
        attempt()
    assert "\n" not in str(told.value)
    return str(told.value)


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "netclinic.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(DatabaseError, match=r"netclinic\.sqlite cannot be used .*: that file is something else"):
        open_store("", tmp_path)


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    open_store("", tmp_path).close()
    path = tmp_path / "netclinic.sqlite"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(DatabaseError, match="the file is damaged, so put a backup in its place"):
        claim(open_store("", tmp_path), "a")


def test_a_lock_of_another_is_told(store: Store, database_url: str, tmp_path: Path) -> None:
    other = open_store(database_url, tmp_path)
    lock = "SELECT 1" if store.is_sqlite else "LOCK TABLE presses IN ACCESS EXCLUSIVE MODE"
    with other.writing() as connection:
        connection.execute(text(lock))
        wait = [] if store.is_sqlite else ["SET LOCAL lock_timeout = '100ms'"]
        told = _failing(store, *wait, "SELECT * FROM presses")
    other.close()
    assert re.search("another (process writes to it|session holds a lock in it), so try again", told), told


def test_tables_that_are_gone_are_told_without_sql(store: Store) -> None:
    told = _failing(store, "DROP TABLE presses", "SELECT *\nFROM presses")
    assert "so put a backup in its place" in told
    assert "LINE" not in told
    assert "^" not in told
