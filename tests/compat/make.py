"""Freezes what the present version stores: `python -m tests.compat.make FOLDER INDEX_DIR`, once a release.

It runs the real `netclinic serve` in a workspace of its own, lets people ask and press everything, gives it work that
it cannot finish, and ends it as ``kill -9`` does.
"""

import asyncio
import contextlib
import gzip
import json
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg

from tests.clusters import Clusters
from tests.databases import SERVER
from tests.processes import Served, tokens
from tests.workspace import App, Message, Workspace

ROOT = Path(__file__).parents[2]
PORT = 43117  # so that addresses are alike in everything that is frozen
CLUSTERS = {"prod": "terway-out-of-ips", "calm": "terway-healthy", "hidden": "terway-out-of-ips-hidden"}
WORDS = "@netclinic pods stuck in ContainerCreating"
ONCALL = {
    "NETCLINIC_ONCALL_GROUP": "@oncall",
    "NETCLINIC_TIME_ZONE": "UTC",
    "NETCLINIC_MAY_RECHECK": "@oncall,U0ADA00001",
}
FIRST = {
    **ONCALL,
    "NETCLINIC_ONCALL_CHANNEL": "ops",
    "NETCLINIC_AUDIT_ANCHOR_CHANNEL": "ops",
    "NETCLINIC_HANDOFF_REMIND_MINUTES": "0.02",
}
LAST = {
    **ONCALL,
    "NETCLINIC_CHANNELS": "inc-*,ops,random",
    "NETCLINIC_MAY_RECHECK": "@oncall",
    "NETCLINIC_HANDOFF_REMIND_MINUTES": "0",
}


class Making:
    """What people do, and what it is called in the frozen workspace."""

    def __init__(self, slack: Workspace) -> None:
        self.slack = slack
        self.places: dict[str, list[str]] = {}
        self.views: dict[str, Any] = {}

    async def ask(self, name: str, words: str, shown: str, who: str = "ada", channel: str = "inc-shop") -> Message:
        ts = await self.slack.people.say(who, channel, words)
        self.places[name] = [self.slack.team.channel(channel).id, ts]
        return await self.reply(ts, shown, channel)

    async def reply(self, ts: str, shown: str, channel: str = "inc-shop") -> Message:
        def there() -> Message | None:
            return next((m for m in self.slack.replies(channel, ts)[::-1] if shown in m.plain), None)

        return await self.slack.until(there, 60)

    async def view(self, name: str, who: str, doing: Any) -> None:
        """A modal as it was opened."""
        await doing
        (modal,) = await self.slack.until(lambda: self.slack.modals(who), 60)
        self.views[name] = modal.body

    async def typed(self, words: str, shown: str) -> None:
        before = len(self.slack.ephemerals("sam"))
        await self.slack.people.command("sam", "ops", f"/netclinic {words}")
        await self.slack.until(lambda: [e for e in self.slack.ephemerals("sam")[before:] if shown in e.plain], 60)

    async def in_ops(self, shown: str, channel: str = "ops") -> Message:
        def there() -> Message | None:
            return next((m for m in self.slack.messages(channel) if shown in m.plain), None)

        return await self.slack.until(there, 60)

    async def called(self, method: str, times: int = 1) -> None:
        await self.slack.until(lambda: sum(c.method == method for c in self.slack.calls) >= times, 60)


async def finished(m: Making) -> None:
    """Everything that comes to its end."""
    slack, people = m.slack, m.slack.people
    confirmed = await m.ask("confirmed", f"{WORDS} cluster=prod", "CONFIRMED")
    await m.view("evidence", "ada", people.press("ada", confirmed, "evidence"))
    await people.close("ada")
    await m.view("steps", "ada", people.press("ada", confirmed, "steps"))
    await people.close("ada")
    await m.view("helped", "ada", people.press("ada", confirmed, "helped"))
    await m.called("chat.update", 2)  # the word is stored when the answer shows it
    await asyncio.sleep(2)
    await people.submit("ada", {"note": "It named the vSwitch at once."})
    again = await m.ask("rechecked", f"{WORDS} since noon cluster=prod", "CONFIRMED", channel="ops")
    await people.press("lin", again, "recheck")
    newer = await m.reply(m.places["rechecked"][1], "Still there", "ops")
    ruled = await m.ask("ruled_out", f"{WORDS} cluster=calm", "RULED OUT")
    await people.press("sam", ruled, "hand_over")
    suspected = await m.ask("suspected", f"{WORDS} cluster=hidden", "SUSPECTED", who="lin")
    await m.view("not_helped", "lin", people.press("lin", suspected, "not_helped"))
    await asyncio.sleep(2)
    await people.submit("lin", {"note": "It says nothing of the quota."})
    await m.ask("guide", "@netclinic which network acceleration mode is active cluster=calm", "ANSWER", who="sam")
    await m.ask("unmatched", "@netclinic what is for lunch cluster=calm", "No entry", who="sam")
    await m.ask("menu", WORDS, "Which cluster")
    await people.press("lin", newer, "resolve")
    await m.reply(m.places["rechecked"][1], "Resolved by", "ops")
    for typed, shown in (
        ("ask pods stuck in ContainerCreating cluster=prod", "CONFIRMED"),
        ("check terway-mac-not-found cluster=calm", "RULED OUT"),
        ("cases", "NC-"),
        ("audit", "Audit log"),
        ("audit verify", "record"),
        ("status", "netclinic"),
        ("facts cluster=calm", "terway"),
        ("cluster", "prod"),
        ("entries hairpin", "hairpin"),
        ("show terway-mac-not-found", "terway-mac-not-found"),
        ("help", "/netclinic"),
    ):
        await m.typed(typed, shown)
    await people.open_home("ada")
    await slack.until(lambda: slack.home("ada") and "prod" in slack.home("ada").plain, 60)
    await m.view("form", "ada", people.global_shortcut("ada", "ask"))
    await people.close("ada")
    said = await people.say("ada", "ops", "dns lookups time out")
    await people.message_shortcut("ada", "ops", said, "diagnose_message")
    m.places["menu_of_message"] = ["C0OPS00002", said]
    await m.reply(said, "Which cluster", "ops")
    await people.command("ada", "ops", "/netclinic handoff 12h")
    handoff = await m.in_ops("Handoff: ")
    m.places["taken"] = [handoff.channel, handoff.ts]
    await slack.until(lambda: any("Nobody has" in r.plain for r in slack.replies("ops", handoff.ts)), 60)
    await people.press("ada", handoff, "handoff_taken")
    await slack.until(lambda: any("has taken" in r.plain for r in slack.replies("ops", handoff.ts)), 60)
    await slack.until(lambda: any("anchor" in e.plain.lower() for e in slack.messages("ops")), 60)
    await asyncio.sleep(2)


async def waiting(m: Making) -> None:
    """What the last process finds: a handoff that nobody has, and two answers whose buttons will be pressed."""
    slack, people = m.slack, m.slack.people
    await people.command("sam", "inc-shop", "/netclinic handoff 12h")
    handoff = await m.in_ops("Handoff: ", "inc-shop")
    m.places["handoff"] = [handoff.channel, handoff.ts]
    await slack.until(lambda: len(slack.thread("inc-shop", handoff.ts)) == 3, 60)
    await m.ask("pending_hand_over", f"{WORDS} on a node cluster=prod", "CONFIRMED")
    await m.ask("pending_recheck", f"{WORDS} on two nodes cluster=prod", "CONFIRMED", channel="ops")
    await asyncio.sleep(2)


async def pending(m: Making) -> None:
    """Everything that is stopped on its way, in the order in which less and less of Slack answers.

    A call that hangs is tried again after nine seconds: by then all must be over.
    """
    slack, people = m.slack, m.slack.people
    older = await m.reply(m.places["pending_hand_over"][1], "CONFIRMED")
    other = await m.reply(m.places["pending_recheck"][1], "CONFIRMED", "ops")
    direct = slack.team.direct("lin").id
    slack.calls.clear()

    def hang(method: str, **how: Any) -> None:
        slack.fail(method, "hang", **{"times": None, **how})

    hang("usergroups.list", times=2)
    hang("chat.update")
    await people.press("sam", older, "hand_over")  # the press is done, the work that it set off is not
    await people.press("lin", other, "recheck")  # the press is accepted, no more
    await m.called("usergroups.list", 2)
    began = asyncio.get_running_loop().time()
    ts = await people.say("lin", direct, "pods stuck in ContainerCreating, which fails cluster=prod")
    m.places["pending_read"] = [direct, ts]  # the cluster was read, the answer is stored and not shown
    await slack.until(lambda: slack.reply(direct, ts), 60)
    hang("conversations.replies")
    hang("conversations.history")
    hang("chat.postMessage", accepted=True, times=1)
    m.places["pending_posted"] = ["C0RANDOM03", await people.say("sam", "random", f"{WORDS} cluster=prod")]
    await m.called("chat.postMessage", 2)  # the first message is there, and nobody knows
    hang("chat.postMessage")
    hang("views.publish")
    await people.open_home("sam")
    await people.command("lin", "ops", "/netclinic handoff 1h")
    await m.called("chat.postMessage", 3)  # the handoff is made and not posted
    hang("conversations.info")
    m.places["pending_begun"] = ["C0LATE0001", await people.say("ada", "C0LATE0001", f"{WORDS} cluster=prod")]
    await people.command("ada", "C0LATE0001", "/netclinic cases")
    await m.called("conversations.info", 2)
    await asyncio.sleep(0.7)
    assert asyncio.get_running_loop().time() - began < 8


async def make(folder: Path, index: Path) -> None:
    """Run both halves, and write what is left."""
    async with contextlib.AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        clusters = Clusters(home / "kubeconfig", stack)
        for name, recording in CLUSTERS.items():
            await clusters.serve(recording, name)
        app = App.from_manifest(ROOT / "deploy" / "slack" / "manifest.yaml")
        slack = await stack.enter_async_context(Workspace(app, port=PORT))
        late(slack)
        m = Making(slack)
        (home / "index").symlink_to(index)
        settings = {**tokens(slack), "KUBECONFIG": str(clusters.path), "NETCLINIC_INDEX_DIR": str(home / "index")}
        bot = Served(home, settings)
        stack.callback(bot.end)
        for scene, more in ((finished, FIRST), (waiting, LAST), (pending, LAST)):
            process = bot.start(**more)
            await bot.serving()
            await slack.until_connected()
            try:
                await scene(m)
            except TimeoutError:
                print(bot.log.read_text()[-3000:], file=sys.stderr)
                raise
            if scene is not pending:
                process.terminate()
                await asyncio.to_thread(process.wait)
        bot.kill()
        freeze(m, home / "data", folder)
        await schema(bot, folder / "postgresql.sql.gz")


def late(slack: Workspace) -> None:
    """A channel of which nothing was asked before."""
    from tests.workspace.records import Channel

    everybody = set(slack.team.channel("ops").members)
    slack.team.add_channel(Channel("C0LATE0001", "inc-late", "Where nothing was asked", members=everybody))


def freeze(m: Making, data: Path, folder: Path) -> None:
    """Both databases as SQL, and the workspace as JSON: what was posted, and where it is."""
    for name in ("netclinic", "dbos"):
        with contextlib.closing(sqlite3.connect(data / f"{name}.sqlite")) as connection:
            if name == "netclinic":  # one picture is enough: that of the handoff that is not posted yet
                connection.execute("UPDATE handoffs SET picture = x'' WHERE message_ts != ''")
            write(folder / f"{name}.sql.gz", "\n".join(connection.iterdump()))
    said = [asdict(message) for said in m.slack.team.messages.values() for message in said]
    for message in said:
        message.update(files=[], versions=[], state={})
    home = m.slack.home("ada")
    frozen = {
        "places": m.places,
        "directs": {channel.user: channel.id for channel in m.slack.team.channels.values() if channel.is_im},
        "response_urls": {key: [to.channel, to.user] for key, to in m.slack.response_urls._addresses.items()},
        "views": {**m.views, "home": home.body if home else None},
        "messages": [{name: value for name, value in message.items() if value} for message in said],
    }
    lines = [f"{json.dumps(name)}: {_lines(value)}" for name, value in frozen.items()]
    (folder / "slack.json").write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")


def _lines(value: Any) -> str:
    """A line an item."""
    if isinstance(value, list):
        return "[" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in value) + "]"
    pairs = (f"{json.dumps(name)}: {json.dumps(item, ensure_ascii=False)}" for name, item in value.items())
    return "{" + ",\n".join(pairs) + "}"


async def schema(bot: Served, path: Path) -> None:
    """The same tables on PostgreSQL, without rows."""
    url = SERVER.rpartition("/")[0] + "/netclinic_frozen"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute("CREATE DATABASE netclinic_frozen")
        bot.start(NETCLINIC_DATABASE_URL=url, NETCLINIC_DATA_DIR=str(bot.folder / "empty"))
        await bot.serving()
        bot.kill()
        dump = ["pg_dump", "--schema-only", "--no-owner", "--no-comments", url]
        told = await asyncio.to_thread(subprocess.check_output, dump, text=True)
        with psycopg.connect(url) as made:
            (migrated,) = made.execute("SELECT max(version) FROM dbos.dbos_migrations").fetchone() or (0,)
        lines = [line for line in told.splitlines() if not line.startswith(("\\", "--", "SET trans"))]
        write(path, "\n".join([*lines, f"INSERT INTO dbos.dbos_migrations VALUES ({migrated});"]))  # noqa: S608
        connection.execute("DROP DATABASE netclinic_frozen WITH (FORCE)")


def write(path: Path, text: str) -> None:
    """Compressed, and the same bytes for the same text."""
    path.write_bytes(gzip.compress(text.encode() + b"\n", mtime=0))


if __name__ == "__main__":
    asyncio.run(make(Path(sys.argv[1]), Path(sys.argv[2])))
