"""Spans as OpenTelemetry's SDK makes and sends them: OTLP over HTTP, in batches, from a thread of its own.

Nothing here is process-wide: libraries that look for OpenTelemetry's global provider find none, and put nothing of what
people wrote into spans.
"""

import contextlib
import contextvars
import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from bot.tracing import Attribute, Span, Tracing, ids_of_request

NAME = "netclinic"
FAREWELL = 2.0  # seconds at the end: a collector that is away holds up nobody
TYPED = "process.command"  # what was typed may hold words; a detector of resources that is chosen would add it

_log = logging.getLogger("netclinic.traces")
_root: "contextvars.ContextVar[tuple[int, int] | None]" = contextvars.ContextVar("netclinic_root", default=None)


class OpenTelemetryTracing(Tracing):
    """Sends to the collector that OpenTelemetry's variables name; ``collector`` is what messages call it.

    Raises:
        ValueError: one of them is malformed.
    """

    def __init__(self, collector: str) -> None:
        self._collector = collector
        about = Resource.create({SERVICE_VERSION: version("netclinic")}).attributes
        kept = {name: value for name, value in about.items() if not name.startswith(TYPED)}
        if str(kept.get(SERVICE_NAME, "unknown_service")).startswith("unknown_service"):
            kept[SERVICE_NAME] = NAME
        self._provider = TracerProvider(
            resource=Resource(kept), id_generator=RequestIdGenerator(), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(PlainlyFailing(OTLPSpanExporter(), collector)))
        self._tracer = self._provider.get_tracer(NAME, version("netclinic"))

    def trace_id(self, request_id: str) -> str:
        """As everybody who knows the request's id finds it."""
        return ids_of_request(request_id)[0]

    @contextlib.contextmanager
    def request(self, name: str, request_id: str, **attributes: Attribute) -> Iterator[Span]:
        """The span with which its trace begins."""
        with _as_root_of(request_id):
            span = self._tracer.start_span(
                name, Context(), SpanKind.SERVER, _named({"request_id": request_id, **attributes})
            )
        with _under_way(span) as shown:
            yield shown

    def accepted(self, name: str, request_id: str, seconds: float, **attributes: Attribute) -> None:
        """A span that is over, with which the trace begins: the job that is done later is part of it."""
        here, ended = trace.get_current_span().get_span_context(), time.time_ns()
        with _as_root_of(request_id):
            span = self._tracer.start_span(
                name,
                Context(),
                SpanKind.PRODUCER,
                _named({"request_id": request_id, **attributes}),
                links=[Link(here)] if here.is_valid else [],
                start_time=ended - int(seconds * 1e9),
            )
        span.end(ended)

    @contextlib.contextmanager
    def work(self, name: str, request_id: str, **attributes: Attribute) -> Iterator[Span]:
        """Part of the trace that began when it was accepted, though that was perhaps in another process."""
        context = trace.set_span_in_context(NonRecordingSpan(self._root_of(name, request_id)), Context())
        with _under_way(
            self._tracer.start_span(name, context, SpanKind.CONSUMER, _named({"request_id": request_id, **attributes}))
        ) as shown:
            yield shown

    @contextlib.contextmanager
    def span(self, name: str, **attributes: Attribute) -> Iterator[Span]:
        """Outside of a request there is none."""
        if not trace.get_current_span().get_span_context().is_valid:
            yield Span()
            return
        with _under_way(self._tracer.start_span(name, attributes=_named(attributes))) as shown:
            yield shown

    def ended(self, name: str, seconds: float, error: str = "", **attributes: Attribute) -> None:
        """Outside of a request there is none."""
        if not trace.get_current_span().get_span_context().is_valid:
            return
        ended = time.time_ns()
        start = ended - int(seconds * 1e9)
        span = self._tracer.start_span(name, None, SpanKind.CLIENT, _named(attributes), start_time=start)
        if error:
            _mark_failed(span, error)
        span.end(ended)

    def close(self) -> None:
        """In a thread, since what sends may wait for the collector longer than anybody here does."""
        closing = threading.Thread(target=self._provider.shutdown, name="netclinic-traces", daemon=True)
        closing.start()
        closing.join(FAREWELL)
        if closing.is_alive():
            _log.warning("The collector at %s did not take the last spans within %g s.", self._collector, FAREWELL)

    def _root_of(self, name: str, request_id: str) -> SpanContext:
        """The span with which the request's trace began; whether it was sampled, every process finds alike."""
        trace_id, span_id = (int(number, 16) for number in ids_of_request(request_id))
        sampled = self._provider.sampler.should_sample(Context(), trace_id, name, SpanKind.PRODUCER).decision
        flags = TraceFlags.SAMPLED if sampled.is_sampled() else TraceFlags.DEFAULT  # type: ignore[no-untyped-call]
        return SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))


class OpenTelemetrySpan(Span):
    """One that is recorded, if its trace is sampled."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set(self, **attributes: Attribute) -> None:
        """Put before their names: ``netclinic.``."""
        self._span.set_attributes(_named(attributes))


class RequestIdGenerator(RandomIdGenerator):
    """Random ids, but for the span with which a request's trace begins."""

    def generate_trace_id(self) -> int:
        """That of the request, where one begins."""
        root = _root.get()
        return root[0] if root else super().generate_trace_id()

    def generate_span_id(self) -> int:
        """The same."""
        root = _root.get()
        return root[1] if root else super().generate_span_id()


class PlainlyFailing(SpanExporter):
    """Says once that spans are not taken, and why, and once that they are again, where the exporter logs each batch."""

    def __init__(self, exporter: OTLPSpanExporter, collector: str) -> None:
        self._exporter = exporter
        self._collector = collector
        self._fails = False
        self._why = _LastMessage()
        logger = logging.getLogger(type(exporter).__module__)
        logger.addHandler(self._why)
        logger.propagate = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """As the exporter does it."""
        result = self._exporter.export(spans)
        fails = result is not SpanExportResult.SUCCESS
        if fails and not self._fails:
            _log.warning(
                "The collector at %s takes no spans (%s): check OTEL_EXPORTER_OTLP_ENDPOINT. Questions are answered "
                "all the same; spans are lost until it does.",
                self._collector,
                self._why.text,
            )
        elif self._fails and not fails:
            _log.info("The collector at %s takes spans again.", self._collector)
        self._fails = fails
        return result

    def shutdown(self) -> None:
        """As the exporter does it."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Nothing is kept here."""
        return True


class _LastMessage(logging.Handler):
    """Keeps what was logged last."""

    text = "no reason given"

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, on one line and short."""
        self.text = " ".join(record.getMessage().split())[:200].rstrip(".")


@contextlib.contextmanager
def _as_root_of(request_id: str) -> Iterator[None]:
    trace_id, span_id = ids_of_request(request_id)
    token = _root.set((int(trace_id, 16), int(span_id, 16)))
    try:
        yield
    finally:
        _root.reset(token)


@contextlib.contextmanager
def _under_way(span: trace.Span) -> Iterator[Span]:
    """Of what fails only the kind is told: messages may hold words of people."""
    with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield OpenTelemetrySpan(span)
        except BaseException as error:
            _mark_failed(span, type(error).__name__)
            raise


def _mark_failed(span: trace.Span, error: str) -> None:
    span.set_attribute("error.type", error)
    span.set_status(Status(StatusCode.ERROR))


def _named(attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    return {f"netclinic.{name}": value for name, value in attributes.items()}
