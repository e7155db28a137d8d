"""Starting and stopping: what is missing is one sentence, what is away is waited for, and health tells which."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app import App
from bot.slack.app import make_app
from bot.slack.serve import CannotServe, Server
from tests.command_line import Netclinic
from tests.ports import free_port
from tests.processes import SECONDS, Served, health, tokens
from tests.scenes import OpenScene
from tests.workspace import Workspace
from tests.workspace.http_mode import sign

TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({}, 2, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, 2, "Neither SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "NETCLINIC_HEALTH_ADDRESS": "off"}, 2, "HTTP"),
    ],
)
def test_what_is_missing_at_the_start_is_one_sentence(
    netclinic: Netclinic, environment: dict[str, str], code: int, said: str, tmp_path: Path
) -> None:
    told = {"NETCLINIC_HEALTH_ADDRESS": "off", "NETCLINIC_DATA_DIR": str(tmp_path), **environment}
    ran = netclinic.process("serve", **told)
    assert (ran.code, ran.out) == (code, "")
    [sentence] = [line for line in ran.err.splitlines() if not line.startswith("{")]
    assert said in sentence
    assert "hidden" not in ran.err
    assert "xoxb-1" not in ran.err


@pytest.mark.slow
async def test_an_address_in_use_is_named(netclinic: Netclinic, tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    told = {**TOKENS, "NETCLINIC_HEALTH_ADDRESS": f"127.0.0.1:{port}", "NETCLINIC_DATA_DIR": str(tmp_path)}
    ran = await asyncio.to_thread(lambda: netclinic.process("serve", **told))
    server.close()
    assert ran.code == 2
    assert f"NETCLINIC_HEALTH_ADDRESS is 127.0.0.1:{port}, where nothing can listen" in ran.err


@pytest.fixture
async def served(tmp_path: Path, data_dir: Path) -> AsyncIterator[tuple[Workspace, Served]]:
    async with Workspace() as slack:
        bot = Served(tmp_path, {**tokens(slack), "NETCLINIC_INDEX_DIR": str(data_dir / "index")})
        yield slack, bot
        bot.end()


async def test_slack_away_at_the_start_is_waited_for_and_health_tells(
    served: tuple[Workspace, Served], netclinic: Netclinic
) -> None:
    slack, bot = served
    slack.fail("*", "status", times=None)
    process = bot.start()
    async with aiohttp.ClientSession() as session, asyncio.timeout(SECONDS):
        while (await health(session, bot.port))[1].get("slack", {}).get("trouble", "") == "":
            assert process.poll() is None
            await asyncio.sleep(0.05)
        status, told = await health(session, bot.port)
        assert (status, told["status"], told["slack"]["connected"]) == (503, "unavailable", False)
    state = netclinic.process("database", "status", "-o", "json", NETCLINIC_DATA_DIR=str(bot.folder / "data"))
    assert len(state.json["serving"]) == 1, "nothing may be restored under it"
    slack.heal()
    told = await bot.serving()
    assert (told["database"], told["index"], told["slack"]["mode"]) == ("ok", "ready", "socket")
    process.terminate()
    assert await asyncio.to_thread(process.wait, SECONDS) == 0


@pytest.mark.slow
async def test_it_can_be_stopped_while_it_waits_for_slack(served: tuple[Workspace, Served]) -> None:
    slack, bot = served
    slack.fail("*", "status", times=None)
    process = bot.start()
    await slack.until(lambda: slack.calls, SECONDS)
    process.terminate()
    assert await asyncio.to_thread(process.wait, SECONDS) == 0


async def test_its_log_is_json_tells_the_request_and_holds_no_token(served: tuple[Workspace, Served]) -> None:
    slack, bot = served
    bot.start(NETCLINIC_LOG_LEVEL="debug")
    await bot.serving()
    slack.fail("chat.postMessage", "status")
    ts = await slack.people.say("ada", "inc-shop", "@netclinic what is the cluster domain?")
    await slack.until(lambda: slack.reply("inc-shop", ts), SECONDS)
    bot.processes[-1].terminate()
    assert await asyncio.to_thread(bot.processes[-1].wait, SECONDS) == 0

    text = bot.log.read_text(encoding="utf-8")
    assert all(json.loads(line)["message"] for line in text.splitlines())
    assert any(line.get("request_id", "").endswith(ts) for line in bot.logged())
    for secret in (slack.bot_token, slack.app_token, slack.signing_secret, "ticket=" + "0"):
        assert secret not in text


async def test_health_answers_before_the_index_is_there_and_questions_wait_for_it(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built, port = threading.Event(), free_port()
    async with Workspace() as slack, aiohttp.ClientSession() as session:
        told = {
            **tokens(slack),
            "NETCLINIC_DATA_DIR": str(tmp_path),
            "NETCLINIC_INDEX_DIR": str(data_dir / "index"),
            "NETCLINIC_HEALTH_ADDRESS": f"127.0.0.1:{port}",
            "HOME": str(tmp_path),
        }
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        app = App.from_environment()

        def slowly() -> Any:
            built.wait(SECONDS)
            return app.clinic(app.index())

        serving = Server(replace(app.serve_config(make_app), clinic=slowly))
        running = asyncio.create_task(serving.run())
        await slack.until_connected()
        ts = await slack.people.say("ada", "inc-shop", "@netclinic what is the cluster domain?")
        await slack.until(lambda: slack.status("inc-shop", ts), SECONDS)
        status, told_health = await health(session, port)
        assert (status, told_health["index"], told_health["slack"]["connected"]) == (503, "loading", True)
        assert told_health["work"] == {"ask": 1}

        built.set()
        await slack.until(lambda: [m for m in slack.replies("inc-shop", ts) if "ANSWER" in m.plain], SECONDS)
        assert (await health(session, port))[0] == 200
        serving.stop.set()
        await running


async def test_an_index_that_cannot_be_made_ends_it_and_the_question_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Workspace() as slack:
        told = {**tokens(slack), "NETCLINIC_DATA_DIR": str(tmp_path), "NETCLINIC_HEALTH_ADDRESS": "off"}
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        asked = threading.Event()

        def fails() -> Any:
            asked.wait(SECONDS)
            raise CannotServe("The model is no model.")

        serving = Server(replace(App.from_environment().serve_config(make_app), clinic=fails))
        running = asyncio.create_task(serving.run())
        await slack.until_connected()
        ts = await slack.people.say("ada", "inc-shop", "@netclinic what is the cluster domain?")
        await slack.until(lambda: slack.status("inc-shop", ts), SECONDS)
        asked.set()
        await running
        assert str(serving.failure) == "The model is no model."
        assert slack.replies("inc-shop", ts) == []


async def test_over_http_only_what_slack_signed_lately_is_heard(open_scene: OpenScene) -> None:
    async with open_scene({}, by_http=True) as scene, aiohttp.ClientSession() as session:
        url = f"http://{scene.services.settings.http_address}/slack/events"
        ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic what is the cluster domain?")
        await scene.slack.until(lambda: scene.slack.reply("inc-shop", ts), SECONDS)

        event = next(sent for sent in scene.slack.delivery.sent if sent.payload.get("event", {}).get("ts") == ts)
        payload = json.loads(json.dumps(event.payload))
        payload["event"] |= {"ts": "1.000001", "text": "<@U0CLINIC00> forged"}
        body = json.dumps(payload).encode()
        now = int(time.time())
        secret = scene.slack.signing_secret
        for timestamp, signature, expected in (
            (now, sign("another secret", body, now), 401),
            (now, "", 401),
            (now - 600, sign(secret, body, now - 600), 401),
            (now, sign(secret, body + b" ", now), 401),
            (now, sign(secret, body, now), 200),
        ):
            headers = {
                "Content-Type": "application/json",
                "X-Slack-Request-Timestamp": str(timestamp),
                "X-Slack-Signature": signature,
            }
            async with session.post(url, data=body, headers=headers) as reply:
                assert reply.status == expected, (timestamp, signature)
            assert scene.bot.serving is not None
            told = (await scene.bot.serving.health.report())[1]["slack"]
            assert ("SLACK_SIGNING_SECRET" in told.get("trouble", "")) is (expected == 401)
        for broken in (b"not json", b"payload=%7Bbroken", b"\xff\xfe"):
            async with session.post(url, data=broken, headers={"Content-Type": "application/json"}) as reply:
                assert reply.status in (400, 401), broken
        async with session.get(url.replace("/slack/events", "/other")) as reply:
            assert reply.status == 404


async def test_over_http_nothing_is_acknowledged_that_was_not_stored(open_scene: OpenScene) -> None:
    async with open_scene({}, by_http=True) as scene:
        scene.services.queue.worker._is_lost = True  # as after a take-over: nothing may be accepted any more
        await scene.slack.people.say("ada", "inc-shop", "@netclinic what is the cluster domain?")
        await scene.slack.until(lambda: any(sent.failures for sent in scene.slack.delivery.sent), SECONDS)
        assert all(sent.acknowledged is None for sent in scene.slack.delivery.sent)
