"""What the HTTP API replies, taken apart: series with their labels and samples. Anything else is damage.

https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Key = frozenset[tuple[str, str]]
NAME = "__name__"
_SAMPLES = {"vector": "value", "matrix": "values"}


@dataclass(frozen=True)
class Series:
    """``samples``: seconds since 1970 and the value, oldest first. An instant query gives one, at its own time."""

    labels: Mapping[str, str]
    samples: tuple[tuple[float, float], ...]

    @property
    def key(self) -> Key:
        """What it shares with another metric of the same exporter, and with what a function made of it."""
        return frozenset(pair for pair in self.labels.items() if pair[0] != NAME)

    @property
    def at(self) -> float:
        """When the last sample was; of an instant query, when it was asked."""
        return self.samples[-1][0]

    @property
    def value(self) -> float:
        """The last one."""
        return self.samples[-1][1]


def result_problem(reply: Any) -> str:
    """Why it is no reply with series, to follow "its reply"; empty where it is one."""
    if not isinstance(reply, dict) or reply.get("status") != "success":
        return "was not that of a Prometheus"
    data = reply.get("data")
    if not isinstance(data, dict) or data.get("resultType") not in _SAMPLES or not isinstance(data.get("result"), list):
        return "held no series"
    if not all(_is_series(item, _SAMPLES[data["resultType"]]) for item in data["result"]):
        return "held series of an unexpected shape"
    return ""


def series_of(reply: Mapping[str, Any]) -> tuple[Series, ...]:
    """The series of a reply that has no problem; values that are no number at all (NaN, +Inf) are left out."""
    data = reply["data"]
    return tuple(_series(item, _SAMPLES[data["resultType"]]) for item in data["result"] if _has_numbers(item))


def _is_series(item: Any, samples: str) -> bool:
    if not isinstance(item, dict) or not isinstance(labels := item.get("metric"), dict):
        return False
    if not all(isinstance(value, str) for value in labels.values()):
        return False
    if samples not in item:
        return "histogram" in item or "histograms" in item  # of a native histogram: no gauge
    found = [item[samples]] if samples == "value" else item[samples]
    return isinstance(found, list) and all(map(_is_sample, found))


def _is_sample(sample: Any) -> bool:
    if not isinstance(sample, list) or len(sample) != 2 or not isinstance(sample[1], str):
        return False
    if isinstance(sample[0], bool) or not isinstance(sample[0], int | float) or not math.isfinite(sample[0]):
        return False
    try:
        return bool(float(sample[1])) or True
    except ValueError:
        return False


def _has_numbers(item: Mapping[str, Any]) -> bool:
    return any(_numbers(item, samples) for samples in _SAMPLES.values())


def _series(item: Mapping[str, Any], samples: str) -> Series:
    return Series(dict(item["metric"]), tuple(_numbers(item, samples)))


def _numbers(item: Mapping[str, Any], samples: str) -> list[tuple[float, float]]:
    found = item.get(samples) or []
    return sorted(_finite([found] if samples == "value" and found else found))


def _finite(samples: list[Any]) -> Iterator[tuple[float, float]]:
    for at, text in samples:
        if math.isfinite(value := float(text)):
            yield float(at), value


def quoted(text: str) -> str:
    """As a string of PromQL."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
