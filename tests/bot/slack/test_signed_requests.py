"""Whatever anybody sends to the door that Slack uses is one status, without a traceback, and heard by nobody else."""

import asyncio
import gzip
import json
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
import pytest

from bot.slack.signed_requests import LARGEST, TurnedAway, check_form, check_signature
from tests.scenes import OpenScene
from tests.workspace.http_mode import sign

EVENT = {"type": "event_callback", "team_id": "T1", "event": {"type": "message", "user": "U1"}}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
DEEP = b'{"a":' * 100_000
SIGNATURES = ["", "v0=", "v0=" + "0" * 64, "v1=x", "v0=\N{SNOWMAN}", "v0=" + "f" * 100_000, "\xe9" * 67]
TIMES = ["", "nan", "inf", "-1", "1e9", "9" * 400, "١٢٣", "0x10", "12 34", " ", "1.5"]
BODIES = [b"[]", b"null", b"5", b'"text"', b"", b"{", b"\xff\xfe", DEEP, b'{"event": 5}', b'{"event": [1]}']
FORMS = [b"", b"a=b", b"payload=", b"payload=[]", b"payload=null", b"payload=%7B", b"payload=%FF", b"&" * 5000]
TYPES = ["", "text/plain", "multipart/form-data", "application/jsonx; charset=nonsense", "a/b/c", "image/png"]


def refusal(content_type: str, body: bytes) -> int:
    """The status of a body's form; 200 where it is one of Slack's."""
    try:
        check_form(content_type, body)
    except TurnedAway as why:
        return why.status
    return 200


@pytest.mark.parametrize("body", BODIES)
def test_json_that_is_no_request_of_slacks(body: bytes) -> None:
    assert refusal(JSON, body) == 400


@pytest.mark.parametrize("body", FORMS)
def test_a_form_that_is_no_request_of_slacks(body: bytes) -> None:
    assert refusal(FORM, body) == 400


def test_what_slack_sends_has_its_form() -> None:
    assert refusal(JSON, json.dumps(EVENT).encode()) == 200
    assert refusal(JSON, b'{"type": "url_verification", "challenge": "x"}') == 200
    assert refusal(FORM, urlencode({"payload": '{"type": "block_actions"}'}).encode()) == 200
    assert refusal(FORM, b"command=%2Fnetclinic&text=&user_id=U1") == 200
    assert refusal(FORM, b"ssl_check=1&token=x") == 200
    assert refusal(FORM, json.dumps(EVENT).encode()) == 400, "another form than its type says"


@pytest.mark.parametrize("timestamp", TIMES)
def test_a_time_that_is_none_is_not_signed_even_with_its_own_signature(timestamp: str) -> None:
    with pytest.raises(TurnedAway, match="no signature"):
        check_signature("secret", timestamp, "v0=0", b"{}")


@pytest.mark.parametrize("away", [-301, 301])
def test_what_is_too_old_or_of_tomorrow_is_turned_away(away: int) -> None:
    at = int(time.time()) + away
    with pytest.raises(TurnedAway, match="too old"):
        check_signature("secret", str(at), sign("secret", b"{}", at), b"{}")
    now = int(time.time())
    check_signature("secret", str(now), sign("secret", b"{}", now), b"{}")


async def test_every_request_over_http_is_one_status_and_no_traceback(
    open_scene: OpenScene, capfd: pytest.CaptureFixture[str]
) -> None:
    fresh = aiohttp.TCPConnector(force_close=True)  # a refused body ends its connection
    async with open_scene({}, by_http=True) as scene, aiohttp.ClientSession(connector=fresh) as session:
        url = f"http://{scene.services.settings.http_address}/slack/events"
        secret, now = scene.slack.signing_secret, int(time.time())
        good = json.dumps(EVENT).encode()

        async def post(body: bytes, status: int, **headers: str) -> None:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            async with session.post(url, data=body, headers=named) as reply:
                assert reply.status == status, (body[:40], {name: value[:40] for name, value in named.items()})
                assert len((await reply.text()).splitlines()) <= 1

        def signed(body: bytes, at: int = now) -> dict[str, str]:
            return {"X_Slack_Request_Timestamp": str(at), "X_Slack_Signature": sign(secret, body, at)}

        for body in [*BODIES, *FORMS, good]:
            await post(body, 401, Content_Type=JSON)
            await post(body, 401, Content_Type=JSON, **{**signed(body), "X_Slack_Signature": "v0=0"})
        for timestamp in TIMES:
            await post(good, 401, Content_Type=JSON, **{**signed(good), "X_Slack_Request_Timestamp": timestamp})
        for signature in [text for text in SIGNATURES if len(text) < 8000]:
            await post(good, 401, Content_Type=JSON, **{**signed(good), "X_Slack_Signature": signature})
        for content_type in TYPES:
            await post(good, 400, Content_Type=content_type, **signed(good))
        for body in BODIES:
            await post(body, 400, Content_Type=JSON, **signed(body))
        for body in FORMS:
            await post(body, 400, Content_Type=FORM, **signed(body))
        await post(b"x" * (LARGEST + 1), 413, Content_Type=JSON)
        await post(gzip.compress(b"x" * (LARGEST + 1)), 413, Content_Type=JSON, Content_Encoding="gzip")
        await post(b"no gzip at all", 400, Content_Type=JSON, Content_Encoding="gzip")
        await post(good, 200, Content_Type=JSON, **signed(good))
    told = capfd.readouterr()
    assert "Traceback" not in told.out + told.err
    assert '"level": "error"' not in told.err


@pytest.mark.parametrize(
    "headers",
    [
        [b"X-Slack-Signature: v0=\xff\xfe\x80", b"X-Slack-Request-Timestamp: 1"],
        [b"X-Slack-Signature: a", b"X-Slack-Signature: b", b"X-Slack-Request-Timestamp: 1"],
        [b"X-Slack-Request-Timestamp: nan", b"X-Slack-Request-Timestamp: " + b"9" * 400],
        [b"Content-Type: application/json; charset=\xff"],
        [b"Content-Type: a", b"Content-Type: b"],
        [],
    ],
)
async def test_bytes_in_headers_that_no_client_sends(
    open_scene: OpenScene, capfd: pytest.CaptureFixture[str], headers: list[bytes]
) -> None:
    async with open_scene({}, by_http=True) as scene:
        where = urlsplit(f"http://{scene.services.settings.http_address}")
        status = await raw_status(where, [*headers, b"Content-Length: 2"], b"{}")
        assert status in (400, 401)
    assert "Traceback" not in capfd.readouterr().err


async def test_a_body_that_breaks_off_holds_nobody_up(open_scene: OpenScene, capfd: pytest.CaptureFixture[str]) -> None:
    async with open_scene({}, by_http=True) as scene:
        where = urlsplit(f"http://{scene.services.settings.http_address}")
        _, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.transport.abort()
        assert await raw_status(where, [b"Content-Length: 2"], b"{}") == 401
    assert "Traceback" not in capfd.readouterr().err


async def raw_status(where: Any, headers: list[bytes], body: bytes) -> int:
    """The status of a request that is written byte for byte."""
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    lines = [b"POST /slack/events HTTP/1.1", b"Host: " + where.netloc.encode(), b"Connection: close", *headers]
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1])
