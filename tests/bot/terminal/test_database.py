"""``netclinic database``: what is told of a database, its upgrade, backups that can be put back, and the bot's role."""

import asyncio
import contextlib
import io
import json
import sqlite3
import tarfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.clusters import Clusters
from tests.command_line import Netclinic, Ran
from tests.compat.conftest import thaw
from tests.databases import Server
from tests.processes import Served, tokens
from tests.workspace import Workspace

Database = Callable[..., Ran]


@pytest.fixture
def database(netclinic: Netclinic, tmp_path: Path) -> Database:
    """``database("status")`` on SQLite in a folder of this test's own, or as the named settings say."""

    def run(*arguments: str, **environment: str) -> Ran:
        return netclinic("database", *arguments, **{"NETCLINIC_DATA_DIR": str(tmp_path / "data"), **environment})

    return run


@pytest.fixture
def archive(database: Database, tmp_path: Path) -> Path:
    """A backup of new tables."""
    assert database("upgrade").code == 0
    path = tmp_path / "backup.tar.gz"
    made = database("backup", str(path))
    assert made.code == 0, made.err
    return path


def add_key(folder: Path, key: str) -> None:
    """Something that a backup has to hold, through SQLite alone."""
    with contextlib.closing(sqlite3.connect(folder / "netclinic.sqlite")) as file:
        file.execute("INSERT INTO presses VALUES (?, 'U1BOB', '2026-11-29 00:00:00.000000')", (key,))
        file.commit()


def keys(folder: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(folder / "netclinic.sqlite")) as file:
        return {row[0] for row in file.execute("SELECT key FROM presses")}


def test_a_database_that_is_in_use_is_not_replaced(database: Database, archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "data" / "netclinic.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as other:
        other.execute("SELECT count(*) FROM presses").fetchone()
        other.execute("BEGIN IMMEDIATE")
        ran = database("restore", str(archive), "--replace")
    assert (ran.code, "stop the netclinic that serves with it" in ran.err) == (1, True), ran.err
    assert "report it" not in ran.err
    assert file.exists()


def test_a_database_that_is_not_there_is_told_and_not_made(database: Database, tmp_path: Path) -> None:
    told = database("status", "-o", "json")
    assert (told.code, told.err) == (0, "")
    assert told.json["tables"]["stored"] is None
    assert told.json["queue"]["stored"] is None
    assert told.json["up_to_date"] is False
    assert list((tmp_path / "data").glob("*.sqlite")) == []
    waited = database("status", "--wait", "0.1")
    assert waited.code == 1
    assert "not made yet" in waited.out


def test_an_upgrade_makes_what_serving_needs_is_recorded_and_is_done_once(
    database: Database, netclinic: Netclinic, tmp_path: Path
) -> None:
    made = database("upgrade", "-o", "json")
    assert (made.code, made.json["up_to_date"]) == (0, True)
    assert database("status", "--wait", "0.1").code == 0
    assert "already" in database("upgrade").out
    listed = netclinic("audit", "list", "-o", "json", NETCLINIC_DATA_DIR=str(tmp_path / "data"))
    assert [record["action"] for record in listed.json].count("database.upgraded") == 1


def test_sqlite_has_no_roles(database: Database, tmp_path: Path) -> None:
    ran = database("upgrade", "--roles")
    assert (ran.code, ran.out) == (2, "")
    assert "SQLite, which has no roles" in ran.err
    assert not (tmp_path / "data" / "netclinic.sqlite").exists()


def test_a_backup_is_taken_while_others_write_and_put_back(database: Database, archive: Path, tmp_path: Path) -> None:
    data, path = tmp_path / "data", tmp_path / "second.tar.gz"
    with contextlib.closing(sqlite3.connect(data / "netclinic.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM presses").fetchall()  # so long, what is written stays in the log beside the file
        add_key(data, "stored")
        made = database("backup", str(path), "-o", "json")
        other.execute("ROLLBACK")
    assert made.code == 0, made.err
    assert path.stat().st_mode & 0o077 == 0
    add_key(data, "later")
    assert "say --replace" in database("restore", str(path)).err
    assert keys(data) == {"stored", "later"}
    restored = database("restore", str(path), "--replace")
    assert restored.code == 0, restored.err
    assert keys(data) == {"stored"}
    (aside,) = data.glob("netclinic.sqlite.before-*")
    with contextlib.closing(sqlite3.connect(aside)) as file:
        assert ("later",) in file.execute("SELECT key FROM presses").fetchall()


def test_a_backup_is_put_back_on_an_empty_machine(database: Database, archive: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    restored = database("restore", str(archive), NETCLINIC_DATA_DIR=str(elsewhere))
    assert restored.code == 0, restored.err
    assert {path.name for path in elsewhere.glob("*.sqlite")} == {"netclinic.sqlite", "dbos.sqlite"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in elsewhere.glob("*.sqlite"))


def test_a_backup_is_recorded_and_put_back_where_nobody_has_served_yet(
    database: Database, netclinic: Netclinic, tmp_path: Path
) -> None:
    told = {"NETCLINIC_DATA_DIR": str(tmp_path / "data")}
    assert netclinic("facts", "--recording", "flannel-healthy", **told).code == 0  # makes the tables, and no queue
    made = database("backup", str(tmp_path / "first.tar.gz"))
    assert (made.code, "audit log" in made.out) == (0, False), made.err
    assert "database.backed_up" in netclinic("audit", "list", **told).out
    back = database("restore", str(tmp_path / "first.tar.gz"), "--replace")
    assert (back.code, "older version" in back.out) == (0, False), back.err
    assert "database.restored" in netclinic("audit", "list", **told).out


def test_nothing_is_overwritten_and_nothing_empty_backed_up(database: Database, archive: Path, tmp_path: Path) -> None:
    before = archive.read_bytes()
    again = database("backup", str(archive))
    assert again.code == 1
    assert "exists already" in again.err
    assert archive.read_bytes() == before
    empty = database("backup", str(tmp_path / "other.tar.gz"), NETCLINIC_DATA_DIR=str(tmp_path / "nothing"))
    assert empty.code == 2
    assert "holds nothing yet" in empty.err
    assert database("backup", str(tmp_path / "a new" / "folder.tar.gz")).code == 0
    nowhere = database("backup", str(archive / "below a file.tar.gz"))
    assert nowhere.code == 1
    assert "cannot be written" in nowhere.err
    assert "name another place" in " ".join(nowhere.err.split())


def test_nothing_is_put_back_under_a_serving_process(database: Database, archive: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with contextlib.closing(sqlite3.connect(data / "netclinic.sqlite")) as file:
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
        file.execute(
            "INSERT INTO replicas (id, host, version, started_at, seen_at, taken_over_by) VALUES (?, ?, ?, ?, ?, '')",
            ("pod-a", "host", "0.1.0", now, now),
        )
        file.commit()
    assert [process["id"] for process in database("status", "-o", "json").json["serving"]] == ["pod-a"]
    ran = database("restore", str(archive), "--replace")
    assert ran.code == 1
    assert "is served by pod-a: stop that first" in ran.err
    assert not list(data.glob("*.before-*"))


def repack(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """The same archive with its members changed."""
    with tarfile.open(path, "r:gz") as archive:
        files = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    change(files)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def told(archived: dict[str, bytes], /, **changed: object) -> None:
    archived["backup.json"] = json.dumps(json.loads(archived["backup.json"]) | changed).encode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:300]), "no whole backup"),
        (lambda path: path.write_bytes(b"no archive"), "no whole backup"),
        (lambda path: path.unlink(), "There is no"),
        (lambda path: repack(path, lambda files: files.pop("backup.json")), "does not begin with backup.json"),
        (lambda path: repack(path, lambda files: files.pop("netclinic.sqlite")), "netclinic.sqlite is missing"),
        (lambda path: repack(path, lambda files: files.update({"dbos.sqlite": b"x"})), "not what was written"),
        (lambda path: repack(path, lambda files: files.update({"backup.json": b"[]"})), "cannot be read"),
        (lambda path: repack(path, lambda files: told(files, files={"../evil": "x"})), "names files that no backup"),
        (lambda path: repack(path, lambda files: told(files, tables="9999", netclinic="7.0")), "netclinic 7.0"),
        (lambda path: repack(path, lambda files: told(files, kind="postgresql")), "a backup of postgresql"),
    ],
)
def test_what_is_no_whole_backup_changes_nothing(
    database: Database, archive: Path, tmp_path: Path, change: Callable[[Path], None], said: str
) -> None:
    data = tmp_path / "data"
    before = {path.name: path.read_bytes() for path in data.glob("*.sqlite")}
    change(archive)
    ran = database("restore", str(archive), "--replace")
    assert (ran.code, ran.out) == (2, "")
    assert said in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    assert {path.name: path.read_bytes() for path in data.glob("*.sqlite")} == before
    assert not [path for path in data.iterdir() if path.name.startswith(".")]


def test_what_version_0_1_stored_is_backed_up_upgraded_and_put_back(
    database: Database, netclinic: Netclinic, tmp_path: Path
) -> None:
    frozen = thaw(tmp_path / "old")
    environment = frozen.settings
    before = database("status", "-o", "json", **environment).json
    assert before["up_to_date"] is False
    made = database("backup", str(tmp_path / "old.tar.gz"), **environment)
    assert "It is not in the audit log" in made.out, made.err
    assert database("status", "-o", "json", **environment).json["tables"] == before["tables"]
    upgraded = database("upgrade", **environment)
    assert upgraded.code == 0, upgraded.err
    assert database("status", "-o", "json", **environment).json["up_to_date"] is True
    assert netclinic("audit", "verify", **environment).code == 0
    back = database("restore", str(tmp_path / "old.tar.gz"), "--replace", **environment)
    assert "`netclinic database upgrade` brings them" in back.out, back.err
    assert database("status", "-o", "json", **environment).json["tables"] == before["tables"]


@pytest.mark.slow
def test_what_version_0_1_stored_on_postgresql_is_upgraded_with_the_roles(
    database: Database, netclinic: Netclinic, postgresql_database: Server, tmp_path: Path
) -> None:
    postgresql_database.empty()
    environment = thaw(tmp_path / "old", postgresql_database.url).settings
    assert database("status", "-o", "json", **environment).json["up_to_date"] is False
    upgraded = database("upgrade", "--roles", **environment)
    assert upgraded.code == 0, upgraded.err
    assert database("status", "-o", "json", **environment).json["up_to_date"] is True
    assert netclinic("audit", "verify", **environment).code == 0
    with psycopg.connect(postgresql_database.url) as server:
        found = server.execute("SELECT has_table_privilege('netclinic_bot', 'dbos.workflow_status', 'UPDATE')")
        assert found.fetchone() == (True,)
    postgresql_database.empty()


@pytest.fixture
def owned(postgresql: str) -> Iterator[tuple[str, str]]:
    """The URLs of an empty PostgreSQL database for its owner, who is no superuser, and for a user without rights."""
    name, owner, user = (f"netclinic_{uuid.uuid4().hex[:12]}" for _ in range(3))
    url = make_url(postgresql).set(database=name)
    with psycopg.connect(postgresql, autocommit=True) as server:
        server.execute(f"CREATE USER {owner} PASSWORD 'hidden' CREATEROLE".encode())
        server.execute(f"CREATE USER {user} PASSWORD 'hidden'".encode())
        server.execute(f'CREATE DATABASE "{name}" OWNER {owner}'.encode())
        theirs, others = (url.set(username=each, password="hidden") for each in (owner, user))
        yield theirs.render_as_string(hide_password=False), others.render_as_string(hide_password=False)
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
        server.execute(f"DROP USER {owner}, {user}".encode())


def test_postgresql_is_upgraded_backed_up_and_put_back(
    database: Database, owned: tuple[str, str], tmp_path: Path
) -> None:
    owner, path = {"NETCLINIC_DATABASE_URL": owned[0]}, tmp_path / "backup.tar.gz"
    assert database("upgrade", "--roles", **owner).code == 0
    with psycopg.connect(owned[0], autocommit=True) as server:
        server.execute("INSERT INTO presses VALUES ('stored', 'U1BOB', now())")
        made = database("backup", str(path), **owner)
        assert made.code == 0, made.err
        server.execute("INSERT INTO presses VALUES ('later', 'U1BOB', now())")
    assert "say --replace" in database("restore", str(path), **owner).err
    restored = database("restore", str(path), "--replace", **owner)
    assert restored.code == 0, restored.err
    with psycopg.connect(owned[0]) as server:
        assert server.execute("SELECT key FROM presses").fetchall() == [("stored",)]
        rights = server.execute("SELECT has_table_privilege('netclinic_bot', 'audit_records', 'UPDATE')").fetchone()
        assert rights == (False,)
    assert database("status", "-o", "json", **owner).json["up_to_date"] is True


def test_without_postgresql_s_tools_and_without_rights_a_sentence_tells(
    database: Database, owned: tuple[str, str], tmp_path: Path
) -> None:
    owner, path = {"NETCLINIC_DATABASE_URL": owned[0]}, str(tmp_path / "backup.tar.gz")
    assert database("upgrade", **owner).code == 0
    missing = database("backup", path, PATH="/nowhere", **owner)
    assert (missing.code, "pg_dump is not installed" in missing.err) == (1, True)
    assert "--build-arg PACKAGES=postgresql-client" in missing.err
    assert database("backup", path, **owner).code == 0
    back = database("restore", path, "--replace", PATH="/nowhere", **owner)
    assert (back.code, "pg_restore is not installed" in back.err) == (1, True), back.err
    Path(path).unlink()
    old = tmp_path / "pg_dump"  # one that is older than the server, as it says so
    old.write_text("#!/bin/sh\necho 'pg_dump: error: aborting because of server version mismatch' >&2\nexit 1\n")
    old.chmod(0o755)
    outdated = database("backup", path, PATH=f"{tmp_path}:/usr/bin:/bin", **owner)
    assert (outdated.code, "install client programs of its version" in outdated.err) == (1, True), outdated.err
    theirs = {"NETCLINIC_DATABASE_URL": owned[1]}
    for arguments in (("upgrade",), ("upgrade", "--roles"), ("backup", path)):
        ran = database(*arguments, **theirs)
        assert (ran.code, "permission denied" in ran.err) == (1, True), (arguments, ran.err)
        assert "hidden" not in ran.err
        assert "Traceback" not in ran.err


async def test_the_bot_serves_with_its_role_once_the_owner_has_upgraded(
    netclinic: Netclinic, postgresql: str, owned: tuple[str, str], tmp_path: Path, data_dir: Path
) -> None:
    owner, theirs = owned

    async def database(*arguments: str, url: str) -> Ran:
        return await asyncio.to_thread(lambda: netclinic.process("database", *arguments, NETCLINIC_DATABASE_URL=url))

    assert (await database("upgrade", "--roles", url=owner)).code == 0
    superuser = make_url(postgresql).set(database=make_url(owner).database).render_as_string(hide_password=False)
    with psycopg.connect(superuser, autocommit=True) as server:
        server.execute(f"GRANT netclinic_bot TO {make_url(theirs).username}".encode())
        server.execute("REVOKE CREATE ON SCHEMA dbos FROM netclinic_bot")  # the owner makes all tables
        async with contextlib.AsyncExitStack() as stack:
            clusters = Clusters(tmp_path / "kubeconfig", stack)
            await clusters.serve("terway-out-of-ips", "prod")
            slack = await stack.enter_async_context(Workspace())
            given = {
                **tokens(slack),
                "NETCLINIC_INDEX_DIR": str(data_dir / "index"),
                "NETCLINIC_DATABASE_URL": theirs,
                "KUBECONFIG": str(clusters.path),
            }
            bot = Served(tmp_path, given)
            stack.callback(bot.end)
            bot.start(quick=True)
            await bot.serving()
            assert len((await database("status", "-o", "json", url=theirs)).json["serving"]) == 1
            ts = await slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating")
            await slack.until(lambda: [m for m in slack.replies("inc-shop", ts) if "CONFIRMED" in m.plain], 60)
        owners = server.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('public', 'dbos')")
        assert make_url(theirs).username not in {row[0] for row in owners.fetchall()}
