"""What a recording says of a Prometheus is replayed in that one's own words; what is damaged is one sentence."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.recordings import RecordingError, load, load_folder, serve

START = 1_763_665_320.0  # 2025-11-20T19:02:00Z
SERIES = "{metric: {instance: 'a:9100'}, value: [now-1m, '7']}"


def write(folder: Path, metrics: str, settings: str = "recorded: 2025-11-20T19:02:00Z") -> Path:
    folder.mkdir()
    (folder / "recording.yaml").write_text(f"{settings}\nmetrics:\n{metrics}")
    return folder


async def ask(folder: Path, query: str, path: str = "query") -> tuple[int, Any]:
    async with serve(load_folder(folder)) as server, aiohttp.ClientSession() as session:
        url = f"{server.prometheus_url}/api/v1/{path}"
        async with session.get(url, params={"query": query}) as reply:
            text = await reply.text()
            return reply.status, (await reply.json())["data"] if reply.status == 200 and text[0] == "{" else text


async def test_moments_become_seconds_also_as_values(tmp_path: Path) -> None:
    stamps = "{metric: {instance: b}, value: [now, now-15s]}"
    folder = write(
        tmp_path / "r", f"- {{query: up, result: [{SERIES}]}}\n- {{query: timestamp(up), result: [{stamps}]}}"
    )
    up = {"resultType": "vector", "result": [{"metric": {"instance": "a:9100"}, "value": [START - 60, "7"]}]}
    assert await ask(folder, "up") == (200, up)
    assert (await ask(folder, "timestamp(up)"))[1]["result"][0]["value"] == [START, f"{START - 15:.0f}"]


async def test_a_line_stands_for_its_samples(tmp_path: Path) -> None:
    line = "{from: now-4m, to: now, step: 2m, first: 10, last: 30}"
    folder = write(tmp_path / "r", f"- {{query: up, range: true, result: [{{metric: {{}}, values: {line}}}]}}")
    status, data = await ask(folder, "up", "query_range")
    assert (status, data["resultType"]) == (200, "matrix")
    assert data["result"][0]["values"] == [[START - 240, "10"], [START - 120, "20"], [START, "30"]]


async def test_what_failed_fails_again_and_what_nobody_asked_is_no_empty_reply(tmp_path: Path) -> None:
    folder = write(tmp_path / "r", "- {query: up, status: 401}\n- {query: down, status: 200, error: Sign in}")
    assert (await ask(folder, "up"))[0] == 401
    assert await ask(folder, "down") == (200, "<html><body>Sign in</body></html>")
    status, said = await ask(folder, "else")
    assert status == 422
    assert "holds no reply to this query" in said


async def test_a_recording_lays_its_queries_over_those_of_its_base(tmp_path: Path) -> None:
    write(tmp_path / "base", f"- {{query: up, result: [{SERIES}]}}\n- {{query: down, result: []}}")
    folder = write(tmp_path / "over", "- {query: up, result: []}", "base: base")
    assert (await ask(folder, "up"))[1]["result"] == []
    assert (await ask(folder, "down"))[1]["result"] == []


async def test_without_metrics_there_is_no_prometheus() -> None:
    async with serve(load("flannel-healthy")) as server, aiohttp.ClientSession() as session:
        assert server.prometheus_url == ""
        async with session.get(f"{server.url}/prometheus/api/v1/query") as reply:
            assert reply.status == 404


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ("  up: 1", "metrics is no list"),
        ("- up", "each of metrics is a mapping with a query"),
        ("- {query: up, result: [], when: now}", "unknown key 'when'"),
        ("- {query: up, result: []}\n- {query: up, result: []}", "holds a query twice"),
        ("- {query: up}", "'up' has neither a result"),
        ("- {query: up, status: soon}", "status of 'up' is no number"),
        ("- {query: up, result: [{value: [now, '1']}]}", "has no metric"),
        ("- {query: up, result: [{metric: {}}]}", "neither a value nor values"),
        ("- {query: up, result: [{metric: {}, value: '1'}]}", "no pair [time, value]"),
        ("- {query: up, result: [{metric: {}, value: [soon, '1']}]}", "has no time"),
        ("- {query: up, result: [{metric: {}, value: [now-900000000w, '1']}]}", "further away than a hundred years"),
        ("- {query: up, result: [{metric: {}, values: {from: now}}]}", "neither a list nor a line"),
        (
            "- {query: up, result: [{metric: {}, values: {from: now, to: now, step: 0s, first: 1, last: 2}}]}",
            "has -1 steps",
        ),
        (
            "- {query: up, result: [{metric: {}, values: {from: now-90000h, to: now, step: 1s, first: 1, last: 2}}]}",
            "can be served",
        ),
        (
            "- {query: up, result: [{metric: {}, values: {from: now-1h, to: now, step: often, first: 1, last: 2}}]}",
            "is not written as",
        ),
    ],
)
def test_what_is_damaged_is_one_sentence(tmp_path: Path, metrics: str, said: str) -> None:
    with pytest.raises(RecordingError) as raised:
        load_folder(write(tmp_path / "r", metrics))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
