"""The probes of Kubernetes, over HTTP: what restarts a pod, what takes it out of a Service, and what only tells."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.app import App
from bot.slack.app import make_app
from bot.slack.health import PATIENCE, Health, Phase
from bot.slack.serve import Server
from tests.ports import free_port
from tests.processes import SECONDS, tokens
from tests.scenes import OpenScene
from tests.workspace import Workspace


class Unusable(Exception):
    """As a database says it."""


async def answers() -> None:
    """A database that is well."""


async def fails() -> None:
    raise Unusable("the database\nis gone")


async def hangs() -> None:
    await asyncio.sleep(3600)


async def ask(health: Health) -> dict[str, tuple[int, dict[str, Any]]]:
    """Status and body of each probe, as a kubelet gets them."""
    server, port = web.Application(), free_port()
    for path, handle in health.endpoints().items():
        server.router.add_get(path, handle)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    async with aiohttp.ClientSession() as session:
        try:
            return {path: await probe(session, port, path) for path in health.endpoints()}
        finally:
            await runner.cleanup()


async def probe(session: aiohttp.ClientSession, port: int, path: str) -> tuple[int, dict[str, Any]]:
    try:
        async with session.get(f"http://127.0.0.1:{port}{path}") as reply:
            return reply.status, await reply.json()
    except aiohttp.ClientConnectionError:
        return 0, {}


async def until(session: aiohttp.ClientSession, port: int, path: str, status: int) -> dict[str, Any]:
    """What it says once it answers with this status."""
    async with asyncio.timeout(SECONDS):
        while (found := await probe(session, port, path))[0] != status:  # noqa: ASYNC110 - health has no bell
            await asyncio.sleep(0.02)
    return found[1]


def connected(is_connected: bool) -> Callable[[], dict[str, Any]]:
    return lambda: {"mode": "socket", "connected": is_connected, "trouble": ""}


@pytest.mark.parametrize(
    ("phase", "trouble", "database", "index", "heard", "ready", "serves"),
    [
        (Phase.SERVING, "", answers, "ready", True, 200, 200),
        (Phase.SERVING, "", answers, "ready", False, 200, 503),  # Slack's outage restarts nobody
        (Phase.SERVING, "", fails, "ready", True, 503, 503),
        (Phase.SERVING, "", hangs, "ready", True, 503, 503),
        (Phase.SERVING, "", answers, "loading", True, 503, 503),
        (Phase.SERVING, "", answers, "failed", True, 503, 503),
        (Phase.STARTING, "", None, "starting", False, 503, 503),
        (Phase.STARTING, "", answers, "ready", False, 503, 503),  # in HTTP mode its door is not open yet
        (Phase.STARTING, "Slack is not well.", answers, "ready", False, 200, 503),
        (Phase.STARTING, "Slack is not well.", fails, "ready", False, 503, 503),
        (Phase.STOPPING, "", answers, "ready", True, 503, 200),
    ],
)
async def test_what_each_probe_looks_at(
    phase: Phase,
    trouble: str,
    database: Callable[[], Awaitable[object]] | None,
    index: str,
    heard: bool,
    ready: int,
    serves: int,
) -> None:
    health = Health(phase=phase, trouble=trouble, database=database, index=index, link_status=connected(heard))
    told = await ask(health)
    assert (told["/livez"][0], told["/readyz"][0], told["/healthz"][0]) == (200, ready, serves)
    assert told["/livez"][1] == {"status": "ok"}
    assert set(told["/readyz"][1]) == {"status", "phase", "database", "index"}
    assert "slack" in told["/healthz"][1]


async def test_why_it_is_not_ready_is_told() -> None:
    told = (await ask(Health(phase=Phase.SERVING, database=fails, index="ready")))["/readyz"][1]
    assert (told["status"], told["database"]) == ("unavailable", "the database is gone")


async def test_a_database_that_does_not_answer_holds_no_probe_up() -> None:
    health = Health(phase=Phase.SERVING, database=hangs, index="ready")
    began = asyncio.get_running_loop().time()
    told = await ask(health)
    assert asyncio.get_running_loop().time() - began < 2 * PATIENCE + 1
    assert told["/readyz"][1]["database"].startswith("no answer for")


async def test_a_serving_process_whose_slack_goes_away_stays_ready_and_one_whose_database_goes_does_not(
    open_scene: OpenScene, tmp_path: Path
) -> None:
    async with open_scene({}) as scene, aiohttp.ClientSession() as session:
        port = int(scene.services.settings.health_address.rpartition(":")[2])
        scene.slack.fail("*", "status", times=None)
        await scene.slack.socket("cut")
        await until(session, port, "/healthz", 503)
        assert (await probe(session, port, "/livez"))[0] == 200
        assert (await probe(session, port, "/readyz"))[0] == 200
        with contextlib.closing(sqlite3.connect(tmp_path / "data" / "netclinic.sqlite", isolation_level=None)) as other:
            other.execute("ALTER TABLE replicas RENAME TO elsewhere")
            status, told = await probe(session, port, "/readyz")
            assert (status, told["phase"]) == (503, "serving")
            assert "tables of it are gone" in told["database"]
            assert (await probe(session, port, "/livez"))[0] == 200
            other.execute("ALTER TABLE elsewhere RENAME TO replicas")
        assert (await probe(session, port, "/readyz"))[0] == 200


async def test_a_start_that_slack_holds_up_gets_its_index_and_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Workspace() as slack, aiohttp.ClientSession() as session:
        slack.fail("*", "status", times=None)
        port, loading = free_port(), threading.Event()
        told = {
            **tokens(slack),
            "NETCLINIC_DATA_DIR": str(tmp_path),
            "NETCLINIC_HEALTH_ADDRESS": f"127.0.0.1:{port}",
            "HOME": str(tmp_path),
        }
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        app = App.from_environment()

        def load() -> Any:
            loading.wait(SECONDS)
            return app.clinic()

        serving = Server(replace(app.serve_config(make_app), clinic=load, checks=()))
        running = asyncio.create_task(serving.run())
        while await until(session, port, "/readyz", 503) and serving.health.index != "loading":
            assert not running.done()
        loading.set()
        await until(session, port, "/readyz", 200)
        assert (await probe(session, port, "/livez"))[0] == 200
        status, words = await probe(session, port, "/healthz")
        assert (status, words["slack"]["connected"]) == (503, False)
        assert words["slack"]["trouble"]
        running.cancel()
        await asyncio.wait({running})
