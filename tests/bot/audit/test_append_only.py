"""The database itself refuses what no code path does: changing and removing. On PostgreSQL its roles do, too."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from bot.audit import Actor, AuditLog, Record
from bot.audit.filters import Filters
from bot.audit.prune import erase_words, prune
from bot.audit.reading import list_records
from bot.audit.verify import verify
from bot.store import DatabaseError, Store, open_store

Filled = Callable[[int], list[Record]]
ROLES = Path(__file__).parents[3] / "deploy" / "postgresql" / "roles.sql"
LATER = datetime.now(UTC) + timedelta(days=1)
ATTEMPTS = [
    "UPDATE audit_records SET outcome = 'ok' WHERE seq = 3",
    "UPDATE audit_records SET seq = seq + 100",
    "DELETE FROM audit_records WHERE seq = 3",
    "DELETE FROM audit_records",
    "UPDATE audit_words SET words = '{}'",
    "DELETE FROM audit_words",
    "INSERT INTO audit_records SELECT * FROM audit_records WHERE seq = 3",
]
TRUNCATE = ["TRUNCATE audit_records", "TRUNCATE audit_words", "TRUNCATE audit_records, audit_words CASCADE"]


def attempted(store: Store, *statements: str) -> None:
    with store.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize("statement", [*ATTEMPTS, *TRUNCATE])
def test_even_the_owner_is_refused(log: AuditLog, filled: Filled, statement: str) -> None:
    filled(12)
    with pytest.raises((DatabaseError, IntegrityError)):
        attempted(log.store, statement)
    assert verify(log.store).count == 12


REPLACING = [
    "INSERT OR REPLACE INTO audit_records SELECT * FROM audit_records WHERE seq = 3",
    "REPLACE INTO audit_words SELECT * FROM audit_words",
    "UPDATE OR REPLACE audit_records SET seq = 4 WHERE seq = 3",
    "INSERT INTO audit_words SELECT * FROM audit_words WHERE true ON CONFLICT DO UPDATE SET words = '{}'",
]


@pytest.mark.parametrize("statement", REPLACING)
def test_sqlite_replaces_nothing_either(log: AuditLog, filled: Filled, statement: str) -> None:
    filled(12)
    if not log.store.is_sqlite:  # which alone knows the statement
        return
    with pytest.raises((DatabaseError, IntegrityError), match="append-only"):
        attempted(log.store, statement)
    assert verify(log.store).count == 12


def test_a_record_that_claims_a_pruning_lets_no_younger_one_go(log: AuditLog, filled: Filled, bob: Actor) -> None:
    filled(12)
    log.record("audit.pruned", actor=bob, detail={"to": 4})
    with pytest.raises((DatabaseError, IntegrityError)):
        attempted(log.store, "DELETE FROM audit_records WHERE seq IN (4, 5)")


def test_words_of_others_stay_where_one_person_s_are_erased(log: AuditLog, filled: Filled, bob: Actor) -> None:
    filled(12)
    log.record("audit.erased", actor=bob, detail={"to": 12, "actor": "U1BOB"})
    with pytest.raises((DatabaseError, IntegrityError)):
        attempted(log.store, "DELETE FROM audit_words")


@pytest.fixture
def as_role(postgresql: str, tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """``as_role("netclinic_bot")``: the database as a user sees it who was given that role, and nothing else."""
    name, made = f"netclinic_{uuid.uuid4().hex[:12]}", list[str]()
    with psycopg.connect(postgresql, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        url = make_url(postgresql).set(database=name)
        open_store(url.render_as_string(hide_password=False), tmp_path).close()
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as owner:
            owner.execute(ROLES.read_text().encode())
            owner.execute(ROLES.read_text().encode())  # it may be run again

        def connected(role: str) -> Store:
            user = f"user_{uuid.uuid4().hex[:12]}"
            server.execute(f"CREATE USER {user} PASSWORD 'secret' IN ROLE {role}")
            made.append(user)
            theirs = url.set(username=user, password="secret")
            return open_store(theirs.render_as_string(hide_password=False), tmp_path)

        yield connected
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        for user in made:
            server.execute(f"DROP USER {user}")


@pytest.mark.parametrize("role", ["netclinic_bot", "netclinic_auditor"])
def test_the_shipped_roles_add_and_read_and_can_do_nothing_else(
    as_role: Callable[[str], Store], bob: Actor, role: str
) -> None:
    log = AuditLog(as_role(role))
    for number in range(6):
        log.record("question.received", actor=bob, detail={"question": f"q{number}"})
    log.record("audit.pruned", actor=bob, detail={"to": 6})
    changing = [*ATTEMPTS[:-1], *TRUNCATE, "DROP TABLE audit_words", "DROP TRIGGER audit_words_erase ON audit_words"]
    for statement in [*changing, "ALTER TABLE audit_records DISABLE TRIGGER USER"]:
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
            attempted(log.store, statement)
    log.close()
    assert len(list_records(log.store, Filters())) == 7
    assert verify(log.store).count == 7


def test_the_bot_s_role_can_neither_prune_nor_erase(
    as_role: Callable[[str], Store], bob: Actor, tmp_path: Path
) -> None:
    log = AuditLog(as_role("netclinic_bot"))
    log.record("question.received", actor=bob, detail={"question": "q"})
    with pytest.raises(DatabaseError, match="permission denied for function netclinic_audit_prune"):
        prune(log, LATER, tmp_path / "archive.jsonl", actor=bob)
    assert list(tmp_path.glob("*archive*")) == []
    with pytest.raises(DatabaseError, match="permission denied for function netclinic_audit_erase"):
        erase_words(log, LATER, actor=bob)
    log.close()
    verified = verify(log.store)
    assert (verified.count, verified.words_kept) == (1, 1)


def test_a_temporary_table_deceives_no_function(as_role: Callable[[str], Store], bob: Actor) -> None:
    log = AuditLog(as_role("netclinic_auditor"))
    log.record("question.received", actor=bob, detail={"question": "q"})
    forged = ["CREATE TEMP TABLE audit_records AS SELECT 9 AS seq, 'audit.erased' AS action, '{\"to\":9}' AS detail"]
    forged += ["ALTER TABLE pg_temp.audit_records ADD actor_id text", "GRANT ALL ON pg_temp.audit_records TO PUBLIC"]
    erasing = [statement.replace(":", "\\:") for statement in forged] + ["SELECT netclinic_audit_erase(1000000, '')"]
    with pytest.raises(DatabaseError, match="append-only"):
        attempted(log.store, *erasing)
    log.close()
    assert verify(log.store).words_kept == 1


def test_the_auditor_s_role_prunes_and_erases(as_role: Callable[[str], Store], bob: Actor, tmp_path: Path) -> None:
    log = AuditLog(as_role("netclinic_auditor"))
    for number in range(3):
        log.record("question.received", actor=bob, detail={"question": f"q{number}"})
    assert erase_words(log, LATER, actor=bob)
    assert prune(log, LATER, tmp_path / "archive.jsonl", actor=bob)
    log.close()
    verified = verify(log.store, archives=[tmp_path / "archive.jsonl"])
    assert (verified.holds, verified.count, verified.words_erased) == (True, 5, 3)
