"""What version 0.1 stored (``v0_1``, made by ``make.py``), for the present one: only its command line is used."""

import contextlib
import gzip
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import psycopg.rows
import pytest
import pytest_asyncio

from tests.clusters import Clusters
from tests.command_line import ROOT, Netclinic
from tests.databases import Server
from tests.processes import SECONDS, Served, tokens
from tests.workspace import App, Message, Workspace
from tests.workspace.records import Channel

FROZEN = Path(__file__).parent / "v0_1"
MADE_AT = "http://127.0.0.1:43117"  # where the workspace of that time was
CLUSTERS = {"prod": "terway-out-of-ips", "calm": "terway-healthy", "hidden": "terway-out-of-ips-hidden"}
SETTINGS = {"NETCLINIC_ONCALL_GROUP": "@oncall", "NETCLINIC_TIME_ZONE": "UTC", "NETCLINIC_HANDOFF_REMIND_MINUTES": "0"}
TIMES = {
    "cases": ("opened_at", "diagnosed_at", "updated_at", "resolved_at"),
    "diagnoses": ("asked_at", "finished_at"),
    "feedback": ("at",),
    "replicas": ("started_at", "seen_at"),
}
Row = dict[str, Any]


def text(name: str) -> str:
    """A frozen file."""
    path = FROZEN / name
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text(encoding="utf-8")


@dataclass
class Data:
    """A data directory as version 0.1 left it; ``url`` names its PostgreSQL database where it has one."""

    folder: Path
    url: str = ""

    def rows(self, query: str, *values: Any) -> list[Row]:
        """Of both databases: the tables of pending work have names of their own. ``?`` stands for a value."""
        with self.connected() as connection:
            return [dict(row) for row in connection.execute(self._in_sql(query), values).fetchall()]

    def change(self, query: str, *values: Any) -> None:
        """The same without a result."""
        with self.connected() as connection:
            connection.execute(self._in_sql(query), values)

    def _in_sql(self, query: str) -> str:
        return query.replace("?", "%s") if self.url else query

    def later(self, column: str, seconds: int) -> str:
        """The expression for a time that is so much later."""
        if self.url:
            return f"{column} + interval '{seconds:d} seconds'"
        return f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '{seconds:+d} seconds')"

    @contextlib.contextmanager
    def connected(self) -> Iterator[Any]:
        """A connection that sees all tables; what is changed is kept at the end."""
        if self.url:
            options = "-c search_path=public,dbos"
            with psycopg.connect(self.url, options=options, row_factory=psycopg.rows.dict_row) as server:
                yield server
            return
        with contextlib.closing(sqlite3.connect(self.folder / "netclinic.sqlite", timeout=30)) as file:
            file.row_factory = sqlite3.Row
            file.execute("ATTACH ? AS dbos", (str(self.folder / "dbos.sqlite"),))
            yield file
            file.commit()

    @property
    def settings(self) -> dict[str, str]:
        """What a command needs to find it."""
        return {"NETCLINIC_DATA_DIR": str(self.folder), "NETCLINIC_DATABASE_URL": self.url}


def thaw(folder: Path, url: str = "", slack: str = MADE_AT) -> Data:
    """Lay the frozen data out, as if an hour had passed since: buttons expire, and finished work is forgotten.

    What is hashed, or stands in Slack, keeps its time.
    """
    folder.mkdir(parents=True)
    data = Data(folder, url)
    for name in ("netclinic", "dbos"):
        with contextlib.closing(sqlite3.connect(folder / f"{name}.sqlite")) as file:
            file.executescript(text(f"{name}.sql.gz").replace(f"{MADE_AT}/response/", f"{slack}/response/"))
    if url:
        _copy(Data(folder), data)
        for path in folder.iterdir():
            path.unlink()
    now = datetime.now(UTC)
    passed = int((now - timedelta(hours=1)).timestamp() - max(float(said["ts"]) for said in slack_then()["messages"]))
    for table, columns in TIMES.items():
        later = ", ".join(f"{column} = {data.later(column, passed)}" for column in columns)
        data.change(f"UPDATE {table} SET {later}")  # noqa: S608
    data.change("UPDATE workflow_status SET completed_at = completed_at + ?", passed * 1000)
    oldest = f"{now - timedelta(days=390):%Y-%m-%d %H:%M:%S.%f}"  # those of posts stay as old as the posts are
    data.change("UPDATE presses SET at = ? WHERE at < ?", oldest, oldest)
    return data


def slack_then() -> Any:
    """The workspace of that time: messages, views, and where what is asked stands."""
    return json.loads(text("slack.json"))


def _copy(source: Data, target: Data) -> None:
    """The same rows on PostgreSQL, into that version's tables there."""
    with psycopg.connect(target.url) as server:
        server.execute(text("postgresql.sql.gz").encode())
    with target.connected() as server, source.connected() as file:
        server.execute("SET session_replication_role = replica")  # in any order
        columns = server.execute(
            "SELECT table_schema || '.' || table_name AS name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema IN ('public', 'dbos') ORDER BY ordinal_position"
        ).fetchall()
        types: dict[str, dict[str, str]] = {}
        for column in columns:
            types.setdefault(column["name"], {})[column["column_name"]] = column["data_type"]
        there = {
            row["name"]
            for row in file.execute("SELECT name FROM sqlite_master UNION SELECT name FROM dbos.sqlite_master")
        }
        for table, of in types.items():
            name = table.partition(".")[2]
            if name not in there or name == "dbos_migrations":
                continue
            for row in map(dict, file.execute(f'SELECT * FROM "{name}"').fetchall()):  # noqa: S608
                values = {column: _value(value, of[column]) for column, value in row.items() if column in of}
                names, marks = ", ".join(f'"{column}"' for column in values), ", ".join(["%s"] * len(values))
                server.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))  # noqa: S608


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    return bool(value) if kind == "boolean" else f"{value}+00" if kind.startswith("timestamp with") else value


@dataclass
class Resumed:
    """The frozen data directory, served by the present version in a workspace where all that was posted stands."""

    slack: Workspace
    bot: Served
    data: Data
    places: dict[str, tuple[str, str]]
    frozen_records: int

    def answer(self, place: str) -> Message:
        """The bot's newest message there that has something to press, or its newest."""
        found = self.slack.replies(*self.places[place])
        return next((message for message in found[::-1] if message.elements), found[-1])

    async def shows(self, place: str, words: str, number: int | None = None) -> Message:
        """The bot's newest message there once it holds the words; with so many of the bot's in its thread."""

        def there() -> Message | None:
            found = self.slack.replies(*self.places[place])
            return next((message for message in found[::-1] if words in message.plain), None)

        shown = await self.slack.until(there, SECONDS)
        if number is not None:
            assert len(self.slack.replies(*self.places[place])) == number
        return shown

    async def alone(self, who: str, words: str) -> Message:
        """What this person alone sees."""

        def there() -> Message | None:
            return next((m for m in self.slack.ephemerals(who)[::-1] if words in m.plain), None)

        return await self.slack.until(there, SECONDS)

    async def over(self) -> None:
        """Wait until no work is under way; what was taken over is queued for a moment before it goes on."""
        left = "SELECT 1 FROM workflow_status WHERE status IN ('PENDING', 'ENQUEUED', 'DELAYED')"
        await self.slack.until(lambda: not self.data.rows(left), SECONDS)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty PostgreSQL database, or none: SQLite in the data directory."""
    if request.param == "sqlite":
        yield ""
        return
    server: Server = request.getfixturevalue("postgresql_database")
    server.empty()
    yield server.url
    server.empty()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def resumed(database: str, data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Resumed]:
    """One process for all tests of a module."""
    folder = tmp_path_factory.mktemp("resumed")
    async with contextlib.AsyncExitStack() as stack:
        clusters = Clusters(folder / "kubeconfig", stack)
        for name, recording in CLUSTERS.items():
            await clusters.serve(recording, name)
        app = App.from_manifest(ROOT / "deploy" / "slack" / "manifest.yaml")
        slack = await stack.enter_async_context(Workspace(app, trigger_seconds=30.0))
        frozen = slack_then()
        _fill(slack, frozen)
        data = thaw(folder / "data", database, slack.url)
        settings = {**tokens(slack), **SETTINGS, **data.settings, "KUBECONFIG": str(clusters.path)}
        bot = Served(folder, {**settings, "NETCLINIC_INDEX_DIR": str(data_dir / "index")})
        stack.callback(bot.end)
        (newest,) = data.rows("SELECT max(seq) AS seq FROM audit_records")
        records = int(newest["seq"])
        bot.start()
        await bot.serving()
        await slack.until_connected()
        places = {name: (channel, ts) for name, (channel, ts) in frozen["places"].items()}
        yield Resumed(slack, bot, data, places, records)


def _fill(slack: Workspace, frozen: Any) -> None:
    """All that stood in the workspace of that time."""
    team = slack.team
    for user, id_ in frozen["directs"].items():
        team.channels = {key: channel for key, channel in team.channels.items() if channel.user != user}
        members = {user, team.bot.id}
        team.add_channel(Channel(id_, f"{user}-dm", is_im=True, user=user, members=members))
    team.add_channel(Channel("C0LATE0001", "inc-late", members=set(team.channel("ops").members)))
    for message in frozen["messages"]:
        team.post(Message(**{"user": "", "text": "", **message}))
    for key, (channel, user) in frozen["response_urls"].items():
        slack.response_urls.restore(key, channel, user)


@pytest.fixture(scope="module")
def thawed(tmp_path_factory: pytest.TempPathFactory, indexed: Netclinic) -> Netclinic:
    """The command line over a frozen data directory."""
    return Netclinic(indexed.home, thaw(tmp_path_factory.mktemp("thawed") / "data").folder)
