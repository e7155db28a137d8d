"""A bot in this process: all of ``netclinic serve`` against the local workspace, on recorded clusters over HTTP."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.app import App
from bot.probes import vocabulary
from bot.slack.app import make_app
from bot.slack.queue.schema import upgrade_queue
from bot.slack.serve import Server
from bot.slack.services import Services
from bot.slack.timing import PRODUCTION, Timing
from bot.store import open_store
from bot.store.queue_tables import FILE as QUEUE_FILE
from index.search import Index
from knowledge.loading import BUILTIN_FOLDER, load_entries
from knowledge.model import Entry
from tests.clusters import Clusters
from tests.openapi import OpenApi
from tests.ports import free_address
from tests.timing import QUICK
from tests.workspace import App as SlackApp
from tests.workspace import Workspace

MANIFEST = Path(__file__).parents[1] / "deploy" / "slack" / "manifest.yaml"
ANSWERED = ("Nothing was changed", "未做任何更改", "Same as NC-")  # a whole answer, or that it stands elsewhere
SECONDS = 60.0  # a busy machine's patience; nothing is measured by it


@dataclass
class Running:
    """The bot as it runs: ``services`` to look into, ``stop`` and ``start`` to restart it on the same data."""

    app: App
    index: Index
    timing: Timing = QUICK
    serving: Server | None = None
    services: Services | None = None
    bolt: Any = None
    _task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start serving, and wait until it hears Slack and has its index."""
        config = self.app.serve_config(self._join)
        config = replace(config, clinic=lambda: self.app.clinic(self.index), timing=self.timing)
        self.serving = Server(config)
        self._task = asyncio.create_task(self.serving.run())
        serves = asyncio.create_task(self._serves())
        await asyncio.wait({self._task, serves}, return_when=asyncio.FIRST_COMPLETED, timeout=SECONDS)
        if not serves.done():
            serves.cancel()
            await self._task
        await serves

    async def stop(self) -> None:
        """Stop it as SIGTERM does."""
        if self.serving is not None and self._task is not None:
            self.serving.stop.set()
            await self._task
            self.serving = self._task = None

    def _join(self, parts: Services, client: Any) -> Any:
        self.services = parts
        self.bolt = make_app(parts, client)
        return self.bolt

    async def _serves(self) -> None:
        assert self.serving is not None
        health = self.serving.health
        while not (health.index == "ready" and (await health.report())[0]):  # noqa: ASYNC110 - health has no bell
            await asyncio.sleep(0.02)


@dataclass
class Scene:
    """A workspace with the bot in it."""

    slack: Workspace
    clusters: Clusters
    bot: Running
    cloud: OpenApi | None = None

    @property
    def services(self) -> Services:
        """The running bot's parts."""
        assert self.bot.services is not None
        return self.bot.services

    async def answer(self, channel: str, ts: str, *words: str) -> Any:
        """The bot's newest message in the thread, once it holds one of these words, or is an answer."""

        def there() -> Any:
            found = self.slack.reply(channel, ts)
            return found if found is not None and any(each in found.plain for each in words or ANSWERED) else None

        return await self.slack.until(there, SECONDS)

    async def idle(self) -> None:
        """Wait until no work is under way."""
        while await self.services.queue.count_running():  # noqa: ASYNC110 - work has no bell
            await asyncio.sleep(0.05)

    async def alone(self, user: str, words: str) -> Any:
        """What only this person sees, once it holds these words."""

        def there() -> Any:
            return next((m for m in self.slack.ephemerals(user) if words in m.plain), None)

        return await self.slack.until(there, SECONDS)


@cache
def _slack_app() -> SlackApp:
    return SlackApp.from_manifest(MANIFEST)


@cache
def _shipped_entries() -> Mapping[str, Entry]:
    return {entry.id: entry for entry in load_entries([BUILTIN_FOLDER], vocabulary())}


@cache
def _queue_tables() -> bytes:
    """The file with the queue's tables and nothing in them: making them takes as long as a question."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store("", folder)
        upgrade_queue(store, folder)
        store.close()
        return (folder / QUEUE_FILE).read_bytes()


def _app() -> App:
    """As the settings say; entries that are shipped are read once for all scenes."""
    app = App.from_environment()
    if app.settings.knowledge_dir is None:
        app.entries = _shipped_entries()
    return app


OpenScene = Callable[..., contextlib.AbstractAsyncContextManager[Scene]]


@pytest.fixture(scope="session")
def shared_index(data_dir: Path) -> Index:
    """The index over the shipped entries, opened once a run."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NETCLINIC_DATA_DIR", str(data_dir))
        return App.from_environment().index()


@pytest.fixture
def open_scene(
    tmp_path: Path,
    data_dir: Path,
    shared_index: Index,
    put_sqlite: Callable[[Path], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> OpenScene:
    """``async with open_scene({"prod": "terway-out-of-ips"}, settings={...}) as scene``: workspace, clusters, bot.

    ``cloud`` is the recording whose cloud answers; without it the cloud is off.
    """

    @contextlib.asynccontextmanager
    async def opened(
        served: Mapping[str, str],
        *,
        settings: Mapping[str, str] | None = None,
        by_http: bool = False,
        dead: Sequence[str] = (),
        hanging: Sequence[str] = (),
        matcher: Any = None,
        timing: Timing = QUICK,
        enterprise: str = "",
        cloud: str = "",
    ) -> AsyncIterator[Scene]:
        async with contextlib.AsyncExitStack() as stack:
            put_sqlite(tmp_path / "data")
            (tmp_path / "data" / QUEUE_FILE).write_bytes(_queue_tables())
            clusters = Clusters(tmp_path / "kubeconfig", stack)
            for name, recording in served.items():
                await clusters.serve(recording, name)
            for name in dead:
                clusters.unreachable(name)
            for name in hanging:
                await clusters.hanging(name)
            address = free_address() if by_http else ""
            url = f"http://{address}/slack/events" if by_http else None
            how: dict[str, Any] = {} if timing == PRODUCTION else {"limits": "off", "ack_seconds": SECONDS}
            slack = await stack.enter_async_context(
                Workspace(copy(_slack_app()), request_url=url, clusters=[*served, *dead], **how)
            )
            slack.team.enterprise = enterprise
            openapi = stack.enter_context(OpenApi.of(cloud).running()) if cloud else None
            told = {
                "NETCLINIC_DATA_DIR": str(tmp_path / "data"),
                "NETCLINIC_INDEX_DIR": str(data_dir / "index"),
                "NETCLINIC_HEALTH_ADDRESS": free_address(),
                **({"KUBECONFIG": str(clusters.path)} if served or dead or hanging else {}),
                "HOME": str(tmp_path),  # where nobody's own kubeconfig is
                **({"NETCLINIC_HTTP_ADDRESS": address} if by_http else {}),
                **slack.environment,
                **(openapi.environment if openapi else {}),
                **(settings or {}),
            }
            for name, value in told.items():
                monkeypatch.setenv(name, value)
            bot = Running(_app(), matcher or shared_index, timing)
            await bot.start()
            try:
                await slack.until_connected()
                yield Scene(slack, clusters, bot, openapi)
            finally:
                await bot.stop()

    return opened
