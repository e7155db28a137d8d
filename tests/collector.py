"""A collector of spans on loopback: OTLP over HTTP, its protobuf parsed by OpenTelemetry's own definitions."""

import contextlib
import gzip
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

SECONDS = 60.0  # a busy machine's patience


@dataclass(frozen=True)
class Sent:
    """A span as it came."""

    name: str
    trace: str
    id: str
    parent: str
    kind: str
    links: tuple[str, ...]
    attributes: dict[str, Any]
    service: dict[str, Any]
    failed: bool
    seconds: float


@dataclass
class Collector:
    """Keeps what comes; ``status`` is what it answers."""

    spans: list[Sent] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    status: int = 200
    address: str = ""
    _news: threading.Condition = field(default_factory=threading.Condition)

    @property
    def environment(self) -> dict[str, str]:
        """What sends spans here at once."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{self.address}", "OTEL_BSP_SCHEDULE_DELAY": "50"}

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        """One request more."""
        body = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
        with self._news:
            self.requests.append({"path": path, **headers})
            if self.status == 200:
                self.bodies.append(body)
                self.spans += _spans(body)
            self._news.notify_all()

    def wait(self, fits: Callable[["Collector"], Any]) -> Any:
        """What ``fits`` gives, once that is something."""
        with self._news:
            assert self._news.wait_for(lambda: fits(self), SECONDS), [span.name for span in self.spans]
            return fits(self)

    def named(self, name: str) -> list[Sent]:
        """The spans of this name."""
        return [span for span in self.spans if span.name == name]


def _spans(body: bytes) -> Iterator[Sent]:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    for part in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = _values(part.resource.attributes)
        for span in (span for scope in part.scope_spans for span in scope.spans):
            yield Sent(
                span.name,
                span.trace_id.hex(),
                span.span_id.hex(),
                span.parent_span_id.hex(),
                span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
                tuple(link.trace_id.hex() for link in span.links),
                _values(span.attributes),
                service,
                span.status.code == span.status.STATUS_CODE_ERROR,
                (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
            )


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    """It listens, in a thread."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.take(self.path, dict(self.headers), body)
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *told: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.address = f"127.0.0.1:{server.server_address[1]}"
    listening = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    listening.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector."""
    with collecting() as opened:
        yield opened
