"""HTTP mode: signed, verified, repeated - against Slack's own bolt and against servers that misbehave."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from tests.ports import free_port
from tests.workspace import NotAcknowledged, Workspace
from tests.workspace_tests.bots import bolt, listening, serving


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def slack(port: int) -> AsyncIterator[Workspace]:
    url = f"http://127.0.0.1:{port}/slack/events"
    async with Workspace(request_url=url, ack_seconds=1.0, retry_after=(0.1, 0.2, 0.3)) as open_workspace:
        yield open_workspace


async def test_bolt_takes_events_commands_and_buttons(slack: Workspace, port: int) -> None:
    app = bolt(slack)
    buttons = [
        {
            "type": "actions",
            "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go"}],
        }
    ]

    @app.event("app_mention")
    async def answer(event: dict[str, Any], say: Any) -> None:
        await say(text="here", thread_ts=event["ts"], blocks=buttons)

    @app.event("message")
    async def ignore() -> None:
        pass

    @app.command("/netclinic")
    async def command(ack: Any, command: dict[str, str]) -> None:
        await ack(f"you said {command['text']}")

    @app.action("go")
    async def go(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="gone", replace_original=True)

    async with serving(app, port):
        assert "SLACK_APP_TOKEN" not in slack.environment
        ts = await slack.people.say("ada", "ops", "@netclinic where are you?")
        reply = await slack.until(lambda: slack.reply("ops", ts))
        assert await slack.people.command("ada", "ops", "/netclinic ask <x> & y") == {"text": "you said ask <x> & y"}
        assert [m.text for m in slack.ephemerals("ada")] == ["you said ask <x> & y"]
        await slack.people.press("ada", reply, "Go")
        await slack.until(lambda: reply.text == "gone")


async def test_requests_are_signed_as_the_sdk_verifies_them(slack: Workspace, port: int) -> None:
    right, wrong = SignatureVerifier(slack.signing_secret), SignatureVerifier("another secret")
    seen: list[tuple[bool, bool]] = []

    async def handle(request: web.Request) -> web.Response:
        body, headers = await request.text(), dict(request.headers)
        seen.append((right.is_valid_request(body, headers), wrong.is_valid_request(body, headers)))
        return web.Response(text=json.loads(body).get("challenge", ""))

    async with listening(handle, port):
        await slack.people.say("ada", "ops", "hello")
        await slack.until(lambda: slack.delivery.sent[0].acknowledged)
    assert seen == [(True, False)] * 2


class Server:
    """Passes the challenge; answers events with these statuses, the last one again and again."""

    def __init__(self, *statuses: int, headers: dict[str, str] | None = None) -> None:
        self._statuses = list(statuses)
        self._headers = headers or {}
        self.heard: list[tuple[str | None, str | None, str]] = []

    async def __call__(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["type"] == "url_verification":
            return web.json_response({"challenge": body["challenge"]})
        retried = (request.headers.get("X-Slack-Retry-Num"), request.headers.get("X-Slack-Retry-Reason"))
        self.heard.append((*retried, body["event_id"]))
        status = self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
        return web.Response(status=status, headers=self._headers)


async def test_errors_and_redirects_make_it_come_again(slack: Workspace, port: int) -> None:
    server = Server(500, 307, 200, headers={"Location": "/slack/events"})  # followed, it would be heard a third time
    async with listening(server, port):
        await slack.people.say("ada", "ops", "hello")
        (sent,) = slack.delivery.sent
        await slack.until(lambda: sent.acknowledged)
    assert len(sent.attempts) == 3
    assert server.heard == [
        (None, None, sent.event_id),
        ("1", "http_error", sent.event_id),
        ("2", "http_error", sent.event_id),
    ]


async def test_who_wants_no_repetition_says_so(slack: Workspace, port: int) -> None:
    server = Server(500, headers={"X-Slack-No-Retry": "1"})
    async with listening(server, port):
        await slack.people.say("ada", "ops", "one")
        await slack.people.say("ada", "ops", "two")
        await slack.until(lambda: all(s.failures for s in slack.delivery.sent))
    assert [retry for retry, _, _ in server.heard] == [None, None]


async def test_a_url_that_does_not_return_the_challenge_gets_no_events(slack: Workspace, port: int) -> None:
    asked: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        asked.append((await request.json())["type"])
        return web.Response(text="ok")

    async with listening(handle, port):
        await slack.people.say("ada", "ops", "hello")
        await slack.until(lambda: len(slack.delivery.sent[0].failures) == 4)
    assert set(asked) == {"url_verification"}
    assert slack.delivery.sent[0].failures == ["url_not_verified"] * 4


async def test_nobody_there(slack: Workspace) -> None:
    with pytest.raises(NotAcknowledged, match="connection_failed"):
        await slack.people.command("ada", "ops", "/netclinic help")
    assert [m.text for m in slack.ephemerals("ada")] == ['/netclinic failed with the error "dispatch_failed"']
