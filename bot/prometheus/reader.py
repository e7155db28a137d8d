"""The few questions that a Prometheus is asked for one question of a person: with budget, cache, deadline and audit.

As with the cluster's reader, a read that gives nothing raises :class:`ReadError` and is never taken for "none".
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NoReturn

import orjson

from bot.cluster.reader import Reader
from bot.cluster.redaction import may_hold_secrets, redact
from bot.cluster.requests import Budget, CutObserver, Observer, Recorder, Request, Spent
from bot.cluster.session import ClusterSession
from bot.cluster.transport import Kind, ReadError
from bot.prometheus.config import Endpoint
from bot.prometheus.node_series import CLUSTER_LABELS
from bot.prometheus.series import Series, quoted, result_problem, series_of
from bot.prometheus.transport import DirectTransport, ProxyTransport, Transport
from knowledge.bounds import is_too_deep

SYSTEM = "metrics"
QUERY, QUERY_RANGE = "/api/v1/query", "/api/v1/query_range"
DEADLINE = 4.0  # seconds: one that hangs costs them once
BUDGET = Budget(requests=12, bytes=6_000_000, seconds=DEADLINE, seconds_a_request=DEADLINE)
_METRIC = re.compile(r"[A-Za-z_:][\w:]*", re.ASCII)
_NOT_PLAIN = re.compile(r"[^\w:-]", re.ASCII)


@dataclass
class PrometheusReader:
    """Asks one Prometheus. ``context`` is what people call the cluster; ``cluster_now`` the API server's clock."""

    transport: Transport
    endpoint: Endpoint
    context: str
    cluster_now: Callable[[], datetime]
    budget: Budget = BUDGET
    observers: Sequence[Observer] = ()
    recorder: Recorder | None = None
    spent: Spent = field(default_factory=Spent)
    system: str = SYSTEM
    _trouble: str = ""
    _started: float | None = None
    _cache: dict[Request, asyncio.Task[tuple[Series, ...]]] = field(default_factory=dict)

    async def latest(self, metric: str) -> tuple[Series, ...]:
        """The newest sample of each series, at the time of asking: Prometheus looks back five minutes.

        Raises:
            ReadError: it could not be read.
        """
        return await self._instant(self.selector(metric))

    async def sampled_at(self, metric: str) -> tuple[Series, ...]:
        """When these samples were taken, as their values; the metric's name is not among the labels.

        Raises:
            ReadError: it could not be read.
        """
        return await self._instant(f"timestamp({self.selector(metric)})")

    async def highest(self, metric: str, span: str) -> tuple[Series, ...]:
        """The highest value within a span such as ``1h``.

        Raises:
            ReadError: it could not be read.
        """
        return await self._instant(f"max_over_time({self.selector(metric)}[{span}])")

    async def samples(self, metric: str, instances: Iterable[str], span: str) -> tuple[Series, ...]:
        """All samples of some instances within a short span, as they were taken.

        Raises:
            ReadError: they could not be read.
        """
        return await self._instant(f"{self.selector(metric, instances)}[{span}]")

    async def history(
        self, metric: str, instances: Iterable[str], span: timedelta, step: timedelta, end: float
    ) -> tuple[Series, ...]:
        """One sample a step over a long span up to ``end``, in seconds since 1970.

        Raises:
            ReadError: it could not be read.
        """
        query = (
            ("query", self.selector(metric, instances)),
            ("start", f"{end - span.total_seconds():.3f}"),
            ("end", f"{end:.3f}"),
            ("step", f"{step.total_seconds():g}"),
        )
        return await self._once(QUERY_RANGE, query)

    def selector(self, metric: str, instances: Iterable[str] = ()) -> str:
        """The metric, of some instances alone, with the label by which this cluster's series are known there.

        Raises:
            ReadError: it is no name of a metric.
        """
        if not _METRIC.fullmatch(metric):
            raise ReadError("invalid", f"{metric!r} is no name of a metric")
        among = "|".join(_NOT_PLAIN.sub(lambda mark: "\\" + mark[0], each) for each in instances)
        parts = [part for part in (self.endpoint.label, f"instance=~{quoted(among)}" if among else "") if part]
        return f"{metric}{{{','.join(parts)}}}" if parts else metric

    def unread(self) -> tuple[str, ...]:
        """Why it could not be read, as one sentence's beginning; empty when all went well."""
        return (self._trouble,) if self._trouble else ()

    async def close(self) -> None:
        """Cancel what still runs."""
        running = [task for task in self._cache.values() if not task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*self._cache.values(), return_exceptions=True)
        await self.transport.close()

    async def _instant(self, expression: str) -> tuple[Series, ...]:
        return await self._once(QUERY, (("query", expression),))

    async def _once(self, path: str, query: tuple[tuple[str, str], ...]) -> tuple[Series, ...]:
        request = Request(verb="get", resource="metrics", path=path, query=query, system="metrics")
        if request not in self._cache:
            self._cache[request] = asyncio.ensure_future(self._fetch(request))
        return await asyncio.shield(self._cache[request])

    async def _fetch(self, request: Request) -> tuple[Series, ...]:
        try:
            return self._taken_apart(request, await self._announced(request))
        except ReadError as error:
            if self.recorder is not None:
                self.recorder.record_failure(self._as_recorded(request), error)
            self._trouble = self._trouble or f"Prometheus could not be read: {error}"
            raise ReadError(error.kind, f"Prometheus could not be read: {error}", error.size) from error

    async def _announced(self, request: Request) -> bytes:
        """The reply's body; it is told to observers before it is asked for and after."""
        self._charge(request)
        for observer in self.observers:
            await observer.before(request)
        started, outcome, size = time.monotonic(), "cancelled", 0
        try:
            left = self.budget.bytes - self.spent.bytes
            body = await self.transport.get(request.path, request.query, max(self._left(), 0.001), left)
            outcome, size = "ok", len(body)
        except ReadError as error:
            outcome, size = error.kind, error.size
            raise
        finally:
            self.spent.bytes += size
            for observer in self.observers:
                await observer.after(request, outcome, size, time.monotonic() - started)
        return body

    def _taken_apart(self, request: Request, body: bytes) -> tuple[Series, ...]:
        try:
            reply = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            is_page = body.lstrip()[:1] == b"<"
            why = "a web page answered, a login perhaps" if is_page else "its reply was no JSON"
            raise ReadError("invalid", why) from error
        if problem := "was nested too deep" if is_too_deep(reply) else result_problem(reply):
            raise ReadError("invalid", f"its reply {problem}")
        content: dict[str, Any] = redact(reply) if may_hold_secrets(body) else reply
        if self.endpoint.label:
            _drop_cluster_labels(content)
        if self.recorder is not None:
            self.recorder.record(self._as_recorded(request), content, self.cluster_now())
        return series_of(content)

    def _as_recorded(self, request: Request) -> Request:
        """Without the label by which the cluster's series were chosen: a replay has them alone."""
        label = self.endpoint.label
        return replace(
            request,
            query=tuple(
                (name, value.replace(f"{{{label}}}", "").replace(f"{{{label},", "{") if label else value)
                for name, value in request.query
            ),
        )

    def _charge(self, request: Request) -> None:
        if self.spent.requests >= self.budget.requests:
            self._cut(request, "budget", f"the budget of {self.budget.requests} queries was spent")
        if self.spent.bytes >= self.budget.bytes:
            self._cut(request, "budget", f"the budget of {self.budget.bytes:,} bytes was spent")
        if self._left() <= 0:
            self._cut(request, "deadline", f"its deadline of {self.budget.seconds:g} s had passed")
        self.spent.requests += 1

    def _cut(self, request: Request, kind: Kind, why: str) -> NoReturn:
        for observer in self.observers:
            if isinstance(observer, CutObserver):
                observer.cut(request, kind)
        raise ReadError(kind, why)

    def _left(self) -> float:
        """Seconds, from the first request on."""
        self._started = time.monotonic() if self._started is None else self._started
        return self.budget.seconds - (time.monotonic() - self._started)


def _drop_cluster_labels(reply: dict[str, Any]) -> None:
    """Where a label chose the cluster's series, no other one need name the cluster."""
    for series in reply["data"]["result"]:
        series["metric"] = {name: text for name, text in series["metric"].items() if name not in CLUSTER_LABELS}


def beside(endpoint: Endpoint | None, context: str) -> Sequence[Callable[[Reader], PrometheusReader]]:
    """For a ``Cluster``: what makes the reader of its Prometheus beside the cluster's own; none where it has none."""

    def make(endpoint: Endpoint, reader: Reader) -> PrometheusReader:
        service = endpoint.service
        transport = ProxyTransport(reader.transport, service.path) if service else DirectTransport(endpoint)
        seconds = min(DEADLINE, reader.budget.seconds)
        budget = Budget(BUDGET.requests, BUDGET.bytes, seconds=seconds, seconds_a_request=seconds)
        return PrometheusReader(
            transport, endpoint, context, reader.now, budget, observers=reader.observers, recorder=reader.recorder
        )

    return () if endpoint is None else (partial(make, endpoint),)


def prometheus_of(session: ClusterSession) -> PrometheusReader | None:
    """The reader of the cluster's Prometheus, where one is configured."""
    found = session.reader.other(SYSTEM)
    return found if isinstance(found, PrometheusReader) else None
