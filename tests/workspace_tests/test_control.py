"""The control API, as the page and other programs use it, and the workspace as a command."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.workspace import Workspace
from tests.workspace_tests.bots import bolt, connected

ROOT = Path(__file__).parents[2]
OPS = "C0OPS00002"
Json = dict[str, Any]


@pytest.fixture
async def session(slack: Workspace) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(slack.url) as opened:
        yield opened


async def do(session: aiohttp.ClientSession, what: str, **body: Any) -> Any:
    async with session.post(f"/control/{what}", json=body) as response:
        return await response.json()


async def state(session: aiohttp.ClientSession) -> Json:
    async with session.get("/control/state") as response:
        return dict(await response.json())


async def test_what_the_page_is_told(slack: Workspace, session: aiohttp.ClientSession, client: AsyncWebClient) -> None:
    await client.files_upload_v2(channel=OPS, filename="a.txt", content="abc", title="A")
    await client.chat_postEphemeral(channel=OPS, user="U0ADA00001", text="psst")
    told = await state(session)
    assert told["bot"] == {"id": "B0CLINIC00", "user_id": "U0CLINIC00", "name": "netclinic", "connected": False}
    assert [p["name"] for p in told["people"]] == ["ada", "lin", "sam"]
    assert ("ops", False) in [(c["name"], c["is_im"]) for c in told["channels"]]
    assert told["groups"] == [{"id": "S0ONCALL01", "handle": "oncall", "users": ["U0LIN00002", "U0SAM00003"]}]
    shared, hidden = told["messages"][OPS]
    assert (shared["files"][0]["title"], hidden["ephemeral_to"]) == ("A", "U0ADA00001")
    async with session.get(shared["files"][0]["url"]) as file:
        assert await file.text() == "abc"
    assert told["commands"][0]["command"] == "/netclinic"
    assert told["shortcuts"]["message"] == [{"callback_id": "diagnose_message", "name": "Diagnose this message"}]


async def test_everything_that_people_do(slack: Workspace, session: aiohttp.ClientSession) -> None:
    app = bolt(slack)
    plain = {"type": "plain_text", "text": "Go"}
    button = {"type": "actions", "block_id": "b", "elements": [{"type": "button", "text": plain, "action_id": "go"}]}
    field = {
        "type": "input",
        "block_id": "f",
        "label": plain,
        "element": {"type": "plain_text_input", "action_id": "in"},
    }
    form = {"type": "modal", "callback_id": "form", "title": plain, "submit": plain, "blocks": [field]}

    @app.event("app_mention")
    async def answer(event: Json, say: Any) -> None:
        await say(text="here", blocks=[button], thread_ts=event["ts"])

    @app.event("message")
    async def ignore() -> None:
        pass

    @app.action("go")
    @app.shortcut("ask")
    async def go(ack: Any, body: Json, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form)

    @app.view("form")
    async def submitted(ack: Any) -> None:
        await ack()

    @app.command("/netclinic")
    async def command(ack: Any) -> None:
        await ack("yes")

    @app.event("app_home_opened")
    async def home(event: Json, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": []})

    async with connected(slack, app):
        ts = (await do(session, "say", user="ada", channel=OPS, text="@netclinic hello"))["ts"]
        reply = await slack.until(lambda: slack.reply("ops", ts))
        pressed = await do(
            session, "press", user="ada", channel=OPS, ts=reply.ts, view=None, block_id="b", action_id="go"
        )
        assert pressed == {"ok": True}
        (modal,) = await slack.until(lambda: slack.modals("ada"))
        missing = await do(session, "submit", user="ada", view=modal.id, values={})
        assert missing == {"errors": {"f": "Please complete this required field."}}
        assert (await state(session))["views"][0]["errors"] == missing["errors"]
        assert await do(session, "submit", user="ada", view=modal.id, values={"f": {"in": "x"}}) == {}
        assert await do(session, "shortcut", user="ada", callback_id="ask", type="global") == {"ok": True}
        (modal,) = await slack.until(lambda: slack.modals("ada"))
        assert await do(session, "close", user="ada", view=modal.id) == {"ok": True}
        answered = await do(session, "command", user="ada", channel=OPS, text="/netclinic help")
        assert answered == {"response": {"text": "yes"}}
        assert await do(session, "home", user="ada") == {"ok": True}
        await slack.until(lambda: slack.home("ada"))
        async with session.get("/control/calls") as calls:
            methods = [call["method"] for call in await calls.json()]
    assert {"chat.postMessage", "views.open", "views.publish"} <= set(methods)


async def test_what_cannot_be_done_is_said_in_a_sentence(slack: Workspace, session: aiohttp.ClientSession) -> None:
    nobody = await do(session, "say", user="nobody", channel=OPS, text="x")
    assert nobody == {"error": "nobody here is called nobody"}
    gone = await do(session, "press", user="ada", channel=OPS, ts="1.2", action_id="go")
    assert gone == {"error": "that message is not there any more"}
    silent = await do(session, "command", user="ada", channel=OPS, text="/netclinic help")
    assert silent == {"error": "the app did not answer: connection_failed"}
    assert "one of" not in (await do(session, "socket", how="explode"))["error"]


async def test_faults_from_outside(slack: Workspace, session: aiohttp.ClientSession, client: AsyncWebClient) -> None:
    await do(session, "fail", method="chat.postMessage", how="drop", accepted=True, times=None)
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=OPS, text="one")
    await do(session, "heal")
    await client.chat_postMessage(channel=OPS, text="two")
    assert [m.text for m in slack.messages("ops")] == ["one", "two"]
    await do(session, "socket", how="refuse")
    async with session.get(slack.sockets.ticket().replace("ws:", "http:")) as refused:
        assert refused.status == 503


async def test_changes_ring(slack: Workspace, session: aiohttp.ClientSession) -> None:
    async with session.get("/control/changes") as stream:
        first = await stream.content.readline()
        await stream.content.readline()
        await slack.people.say("ada", "ops", "hello")
        second = await stream.content.readline()
    assert stream.content_type == "text/event-stream"
    assert first.startswith(b'data: {"revision": ')
    assert second.startswith(b'data: {"revision": ')
    assert second != first


async def test_other_sites_may_not_act_here(slack: Workspace, session: aiohttp.ClientSession) -> None:
    body = {"user": "ada", "channel": OPS, "text": "x"}
    async with session.post("/control/say", json=body, headers={"Origin": "https://elsewhere.example"}) as refused:
        assert refused.status == 403
    port = slack.url.rpartition(":")[2]
    rebound = {"Origin": f"http://elsewhere.example:{port}", "Host": f"elsewhere.example:{port}"}
    async with session.post("/control/say", json=body, headers=rebound) as refused:
        assert refused.status == 403
    async with session.post("/control/say", json=body, headers={"Origin": slack.url}) as own:
        assert own.status == 200
    assert len(slack.messages("ops")) == 1


async def test_the_workspace_as_a_command(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.workspace", "--port", "0", "--clusters", "blue,green"),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        url = (await process.stdout.readline()).decode().split(" at ")[1].strip()
        told = {}
        while "SLACK_API_URL" not in told:
            name, _, value = (await process.stdout.readline()).decode().strip().removeprefix("export ").partition("=")
            told[name] = value
        client = AsyncWebClient(token=told["SLACK_BOT_TOKEN"], base_url=told["SLACK_API_URL"])
        assert (await client.auth_test())["user"] == "netclinic"
        async with aiohttp.ClientSession() as session, session.get(f"{url}control/state") as response:
            assert (await response.json())["clusters"] == ["blue", "green"]
    finally:
        process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
