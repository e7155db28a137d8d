"""The database of the audit log fails: no cluster is read, and the person hears why, through a real process."""

import contextlib
import json
import resource
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from bot.audit import Actor, AuditLog
from bot.audit.log import LOCK
from bot.store import open_store
from tests.command_line import START

pytestmark = pytest.mark.waits

Run = Callable[..., Any]


class Server(ThreadingHTTPServer):
    """A cluster that has nothing, and knows what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Nothing)
        self.asked: list[str] = []
        self.upon: Callable[[], None] = lambda: None
        self.last, self.upon_last = 0, self.upon


class Nothing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.asked.append(self.path)
        if len(self.server.asked) == 1:
            self.server.upon()
        if len(self.server.asked) == self.server.last:
            self.server.upon_last()
        items = {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": []}
        body = json.dumps({"gitVersion": "v1.32.1-aliyun.1"} if self.path == "/version" else items).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who asked has stopped
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def cluster() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def kubeconfig(cluster: Server, tmp_path: Path) -> str:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "prod",
        "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{cluster.server_port}"}}],
        "users": [{"name": "u", "user": {"token": "t0ken"}}],
    }
    path = tmp_path / "config"
    path.write_text(json.dumps(content))
    return str(path)


def in_one_sentence(ran: Any, *told: str) -> None:
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1, ran.err
    assert all(part in ran.err for part in told), ran.err
    assert "Traceback" not in ran.err


def test_the_cluster_is_read_where_the_log_can_be_written(
    netclinic: Run, cluster: Server, kubeconfig: str, tmp_path: Path
) -> None:
    assert netclinic("facts", KUBECONFIG=kubeconfig, NETCLINIC_DATA_DIR=str(tmp_path / "data")).code == 0
    assert len(cluster.asked) > 3


@pytest.mark.parametrize("command", ["facts", "check", "rbac --check", "record --out never.tar.gz"])
def test_a_database_that_is_gone_stops_every_command(
    netclinic: Run, cluster: Server, kubeconfig: str, command: str
) -> None:
    url = "postgresql://bot:hunter2@127.0.0.1:1/netclinic"
    ran = netclinic(*command.split(), KUBECONFIG=kubeconfig, NETCLINIC_DATABASE_URL=url)
    in_one_sentence(ran, "The database postgresql", "check that it runs and that NETCLINIC_DATABASE_URL is right")
    assert "hunter2" not in ran.err
    assert cluster.asked == []


def test_a_place_that_cannot_hold_a_database_stops_it(
    netclinic: Run, cluster: Server, kubeconfig: str, tmp_path: Path
) -> None:
    (tmp_path / "netclinic.sqlite").mkdir()
    ran = netclinic("facts", KUBECONFIG=kubeconfig, NETCLINIC_DATA_DIR=str(tmp_path))
    in_one_sentence(ran, "netclinic.sqlite cannot be used", "check that the disk has room and the file may be written")
    assert cluster.asked == []


def test_a_read_only_database_stops_it(netclinic: Run, cluster: Server, kubeconfig: str, tmp_path: Path) -> None:
    open_store("", tmp_path).close()
    url = f"sqlite:///file:{tmp_path / 'netclinic.sqlite'}?mode=ro&uri=true"
    ran = netclinic("facts", KUBECONFIG=kubeconfig, NETCLINIC_DATABASE_URL=url)
    in_one_sentence(ran, "The audit log could not be written", "readonly database")
    assert cluster.asked == []


@pytest.mark.slow
def test_a_log_is_read_where_nothing_can_be_written(netclinic: Any, tmp_path: Path) -> None:
    """No file may grow: SQLite cannot make its shared memory, as on a full disk or a read-only file system."""
    environment = netclinic.environment({"NETCLINIC_DATA_DIR": str(tmp_path)})

    def run(*arguments: str) -> Any:
        no_room = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); {START[2]}"
        ran = subprocess.run(
            [sys.executable, "-c", no_room, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        return SimpleNamespace(code=ran.returncode, out=ran.stdout, err=ran.stderr)

    store = open_store("", tmp_path)
    log = AuditLog(store)
    log.record("message.posted", actor=Actor("slack", "U1", "bob"))
    log.close()
    store.close()
    assert run("audit", "verify").out.startswith("The chain holds: 1 record")
    assert [one["seq"] for one in json.loads(run("audit", "list", "-o", "json").out)] == [1]
    assert "message.posted" in run("audit", "show", "1").out
    in_one_sentence(run("facts", "--recording", "terway-healthy"), "check that the disk has room")
    in_one_sentence(run("audit", "export"), "check that the disk has room")
    (tmp_path / "netclinic.sqlite-wal").write_bytes(b"what is newer")
    in_one_sentence(run("audit", "verify"), "check that the disk has room")


def test_a_locked_database_stops_it(netclinic: Run, cluster: Server, kubeconfig: str, tmp_path: Path) -> None:
    open_store("", tmp_path).close()
    other = sqlite3.connect(tmp_path / "netclinic.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ran = netclinic("facts", KUBECONFIG=kubeconfig, NETCLINIC_DATA_DIR=str(tmp_path))
    other.close()
    in_one_sentence(ran, "The audit log could not be written", "database is locked")
    assert cluster.asked == []


def test_a_database_that_is_locked_half_way_stops_it(
    netclinic: Run, cluster: Server, kubeconfig: str, tmp_path: Path
) -> None:
    open_store("", tmp_path).close()
    other = sqlite3.connect(tmp_path / "netclinic.sqlite", isolation_level=None, check_same_thread=False)
    cluster.upon = lambda: other.execute("BEGIN IMMEDIATE") and None
    ran = netclinic("facts", KUBECONFIG=kubeconfig, NETCLINIC_DATA_DIR=str(tmp_path))
    other.close()
    in_one_sentence(ran, "The audit log could not be written", "database is locked")
    assert cluster.asked == ["/version"]


def test_a_disk_that_fills_half_way_stops_it(netclinic: Any, cluster: Server, kubeconfig: str, tmp_path: Path) -> None:
    """The limit on the size of files is what a full disk is to SQLite: a write that fails."""
    open_store("", tmp_path).close()
    environment = netclinic.environment({"KUBECONFIG": kubeconfig, "NETCLINIC_DATA_DIR": str(tmp_path)})
    pid: list[int] = []

    def fill() -> None:
        used = (tmp_path / "netclinic.sqlite-wal").stat().st_size
        resource.prlimit(pid[0], resource.RLIMIT_FSIZE, (used, used))

    cluster.upon = fill
    with subprocess.Popen(
        [*START, "facts"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        pid.append(process.pid)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "The audit log could not be written, so nothing more was read or done" in err
    assert len(err.splitlines()) == 1
    assert cluster.asked == ["/version"]


@pytest.mark.slow
def test_outcomes_that_could_not_be_stored_are_told_before_any_answer(
    netclinic: Run, kubeconfig: str, cluster: Server, tmp_path: Path
) -> None:
    """``facts`` records nothing after its last read."""
    open_store("", tmp_path).close()
    assert netclinic("facts", KUBECONFIG=kubeconfig, NETCLINIC_DATA_DIR=str(tmp_path)).code == 0
    last, other = len(cluster.asked), sqlite3.connect(tmp_path / "netclinic.sqlite", check_same_thread=False)
    other.isolation_level = None
    cluster.asked.clear()
    cluster.last, cluster.upon_last = last, lambda: other.execute("BEGIN IMMEDIATE") and None
    ran = netclinic("facts", KUBECONFIG=kubeconfig, NETCLINIC_DATA_DIR=str(tmp_path))
    other.close()
    in_one_sentence(ran, "The audit log could not be written", "database is locked")
    assert len(cluster.asked) == last


@pytest.fixture
def on_server(postgresql: str, tmp_path: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """The URL of a database with our tables, and how to take it away."""
    name = f"netclinic_{uuid.uuid4().hex[:12]}"
    url = postgresql.rpartition("/")[0] + f"/{name}"
    with psycopg.connect(postgresql, autocommit=True) as server:

        def drop() -> None:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

        server.execute(f'CREATE DATABASE "{name}"')
        open_store(url, tmp_path).close()
        yield url, drop
        drop()


def test_a_server_that_dies_half_way_stops_it(
    netclinic: Run, cluster: Server, kubeconfig: str, on_server: tuple[str, Callable[[], None]]
) -> None:
    url, cluster.upon = on_server
    ran = netclinic("facts", KUBECONFIG=kubeconfig, NETCLINIC_DATABASE_URL=url)
    in_one_sentence(ran, "The audit log could not be written", "check that it runs")
    assert cluster.asked == ["/version"]


class Proxy:
    """Stands between a client and PostgreSQL; once it stalls, it takes bytes and hands none on."""

    def __init__(self, to: tuple[str, int]) -> None:
        self.stalled, self._to = threading.Event(), to
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, server = self._listening.accept()[0], socket.create_connection(self._to)
                for source, target in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError), target:
            while content := source.recv(65536):
                if not self.stalled.is_set():
                    target.sendall(content)

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def proxied(on_server: tuple[str, Callable[[], None]]) -> Iterator[tuple[str, Proxy]]:
    """The database's URL by way of a proxy."""
    url = make_url(on_server[0])
    proxy = Proxy((url.host or "127.0.0.1", url.port or 5432))
    yield url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False), proxy
    proxy.close()


@pytest.mark.slow
def test_a_server_that_falls_silent_half_way_stops_it_in_good_time(
    netclinic: Run, cluster: Server, kubeconfig: str, proxied: tuple[str, Proxy]
) -> None:
    url, proxy = proxied
    cluster.upon = proxy.stalled.set
    begun = time.monotonic()
    ran = netclinic("facts", KUBECONFIG=kubeconfig, NETCLINIC_DATABASE_URL=url)
    in_one_sentence(ran, "The audit log could not be written", "check that it runs")
    assert cluster.asked == ["/version"]
    assert time.monotonic() - begun < 45


def test_a_server_that_is_silent_from_the_start_stops_it(
    netclinic: Run, cluster: Server, kubeconfig: str, proxied: tuple[str, Proxy]
) -> None:
    url, proxy = proxied
    proxy.stalled.set()
    in_one_sentence(netclinic("facts", KUBECONFIG=kubeconfig, NETCLINIC_DATABASE_URL=url), "cannot be used")
    assert cluster.asked == []


@pytest.mark.slow
def test_a_locked_table_of_versions_stops_it(
    netclinic: Run, cluster: Server, kubeconfig: str, on_server: tuple[str, Callable[[], None]]
) -> None:
    with psycopg.connect(on_server[0]) as other:
        other.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        ran = netclinic("facts", KUBECONFIG=kubeconfig, NETCLINIC_DATABASE_URL=on_server[0])
    in_one_sentence(ran, "lock timeout")
    assert cluster.asked == []


@pytest.mark.slow
def test_a_chain_that_another_writer_holds_stops_it_in_good_time(
    netclinic: Run, cluster: Server, kubeconfig: str, on_server: tuple[str, Callable[[], None]]
) -> None:
    with psycopg.connect(on_server[0]) as other:
        other.execute(f"SELECT pg_advisory_lock({LOCK})".encode())
        ran = netclinic("facts", KUBECONFIG=kubeconfig, NETCLINIC_DATABASE_URL=on_server[0])
    in_one_sentence(ran, "The audit log could not be written", "lock timeout")
    assert cluster.asked == []


def test_a_database_that_was_away_is_used_again(
    netclinic: Run, cluster: Server, kubeconfig: str, tmp_path: Path
) -> None:
    open_store("", tmp_path).close()
    other = sqlite3.connect(tmp_path / "netclinic.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Thread(target=lambda: (time.sleep(1.5), other.rollback())).start()
    ran = netclinic("facts", KUBECONFIG=kubeconfig, NETCLINIC_DATA_DIR=str(tmp_path))
    assert (ran.code, ran.err) == (0, "")
