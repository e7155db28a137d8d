"""What a recording holds of a cluster's Prometheus: replies by their queries, in the words of its HTTP API.

They stand in ``recording.yaml`` under ``metrics``; without it, nobody asked a Prometheus.
https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from bot.recordings.resources import Json
from bot.recordings.times import parse_time, resolve

PATH = "/prometheus"  # below which a recording serves it
QUERY, QUERY_RANGE = f"{PATH}/api/v1/query", f"{PATH}/api/v1/query_range"
ANY_QUERY = "*"
Key = tuple[str, bool]  # the query, and whether it is one of a range
_KNOWN = {"query", "range", "result", "status", "error"}
_LINE = {"from", "to", "step", "first", "last"}
_SPAN = re.compile(r"(\d{1,6})([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_MOST_STEPS = 11_000  # as Prometheus itself
_REASONS = {400: "bad_data", 422: "execution", 503: "unavailable"}


@dataclass(frozen=True)
class MetricReply:
    """A reply as it goes over the wire."""

    status: int
    body: bytes


Metrics = Mapping[Key, MetricReply]


def parse_metrics(items: Mapping[Key, Json], recorded: datetime, *, resolving: bool) -> dict[Key, MetricReply]:
    """The replies by their queries; ``now-3m`` becomes that moment where ``resolving``.

    Raises:
        ValueError: one is no such reply; the message says what is wrong.
    """
    return {key: _reply(item, key[1], recorded if resolving else None) for key, item in items.items()}


def metric_key(item: Any) -> Key:
    """Which query it is the reply to.

    Raises:
        ValueError: it says none.
    """
    if not isinstance(item, dict) or not isinstance(item.get("query"), str) or not item["query"]:
        raise ValueError("each of metrics is a mapping with a query")
    if unknown := sorted(set(item) - _KNOWN):
        raise ValueError(f"metrics has the unknown key {unknown[0]!r}; known are {', '.join(sorted(_KNOWN))}")
    return item["query"], item.get("range") is True


def answer_query(metrics: Metrics, query: str, *, is_range: bool) -> MetricReply:
    """What was recorded for the query, or for any; a query that nobody made then fails as one that is refused."""
    found = metrics.get((query, is_range)) or metrics.get((ANY_QUERY, False))
    return found or _failure(422, "the recording holds no reply to this query")


def _reply(item: Json, is_range: bool, recorded: datetime | None) -> MetricReply:
    status = item.get("status", 200)
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status < 600:
        raise ValueError(f"the status of {item['query']!r} is no number from 200 to 599")
    if status != 200 or "error" in item:
        return _failure(status, str(item.get("error", "")))
    if not isinstance(result := item.get("result"), list):
        raise ValueError(f"{item['query']!r} has neither a result (a list of series) nor a status")
    is_matrix = is_range or any(isinstance(series, dict) and "values" in series for series in result)
    series = [_series(each, item["query"], recorded) for each in result]
    body = {"status": "success", "data": {"resultType": "matrix" if is_matrix else "vector", "result": series}}
    return MetricReply(200, orjson.dumps(body))


def _failure(status: int, error: str) -> MetricReply:
    """With status 200 and an error: what answered was no Prometheus, but a page."""
    if status == 200:
        return MetricReply(200, f"<html><body>{error}</body></html>".encode())
    body = {"status": "error", "errorType": _REASONS.get(status, "internal"), "error": error}
    return MetricReply(status, orjson.dumps(body))


def _series(item: Any, query: str, recorded: datetime | None) -> Json:
    if not isinstance(item, dict) or not isinstance(item.get("metric"), dict):
        raise ValueError(f"a series of {query!r} has no metric: write its labels there")
    labels = {str(name): str(value) for name, value in item["metric"].items()}
    if "value" in item:
        return {"metric": labels, "value": _sample(item["value"], query, recorded)}
    values = item.get("values")
    if isinstance(values, dict):
        return {"metric": labels, "values": list(_line(values, query, recorded))}
    if not isinstance(values, list):
        raise ValueError(f"a series of {query!r} has neither a value nor values")
    return {"metric": labels, "values": [_sample(each, query, recorded) for each in values]}


def _sample(item: Any, query: str, recorded: datetime | None) -> list[Any]:
    """``[time, value]``; a value may be a time as well, as ``timestamp()`` gives it."""
    if not isinstance(item, list) or len(item) != 2:
        raise ValueError(f"a sample of {query!r} is no pair [time, value]")
    at, value = (_number(part, recorded) for part in item)
    if isinstance(at, str):
        raise ValueError(f"a sample of {query!r} has no time: {at!r}")
    return [at, value if isinstance(value, str) else _text(value)]


def _line(values: Json, query: str, recorded: datetime | None) -> Iterator[list[Any]]:
    """Samples on a straight line: ``{from: now-3h, to: now, step: 2m, first: 90000, last: 245000}``."""
    if set(values) != _LINE:
        raise ValueError(f"values of {query!r} is neither a list nor a line of {', '.join(sorted(_LINE))}")
    start, end = (_number(values[key], recorded) for key in ("from", "to"))
    first, last, step = values["first"], values["last"], _SPAN.fullmatch(str(values["step"]))
    numbers = (start, end, first, last)
    if not step or any(isinstance(each, bool) or not isinstance(each, int | float) for each in numbers):
        raise ValueError(f"the line of {query!r} is not written as from, to, step (2m), first and last")
    seconds = timedelta(seconds=int(step[1]) * _SECONDS[step[2]]).total_seconds()
    steps = int((end - start) // seconds) if seconds else -1
    if not 1 <= steps <= _MOST_STEPS:
        raise ValueError(f"the line of {query!r} has {steps} steps: from 1 to {_MOST_STEPS:,} can be served")
    for number in range(steps + 1):
        yield [start + number * seconds, _text(first + (last - first) * number / steps)]


def _number(value: Any, recorded: datetime | None) -> Any:
    """Of a moment its seconds since 1970; anything else as it stands."""
    if recorded is None or not isinstance(value, str) or not value.startswith("now"):
        return value
    return parse_time(str(resolve(value, recorded))).timestamp()


def _text(value: Any) -> str:
    """As Prometheus writes a number."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
