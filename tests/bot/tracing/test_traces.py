"""Traces as a collector gets them: of a question in Slack or at the terminal, and of work that another one resumes."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.slack.queue.queue import JobQueue
from bot.store import Store
from bot.tracing import NO_TRACING, TracingSettingsError, describe_tracing, ids_of_request, open_tracing
from tests.collector import Collector, Sent
from tests.command_line import Netclinic
from tests.scenes import OpenScene
from tests.timing import QUICK

pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="netclinic[traces] is not installed")

NAMED = "Herrn Geheimnis"  # what a question's author wrote is in no span
QUESTION = f"pods of {NAMED} stuck in ContainerCreating"
ENTRY = "terway-vswitch-out-of-ips"
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def below(spans: list[Sent], top: Sent) -> list[Sent]:
    """The spans that are part of this one, at any depth."""
    children = [span for span in spans if span.parent == top.id and span.trace == top.trace]
    return children + [deeper for child in children for deeper in below(spans, child)]


def only(spans: list[Sent], name: str) -> Sent:
    [found] = [span for span in spans if span.name == name]
    return found


async def test_a_question_in_slack_is_one_trace_with_the_request_of_log_and_audit(
    open_scene: OpenScene, collector: Collector, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}, settings=collector.environment) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", f"@netclinic {QUESTION}")
        await scene.answer("inc-shop", ts, "CONFIRMED")
        await scene.idle()
        with scene.services.store.reading() as connection:
            asked = "SELECT request_id FROM audit_records WHERE action = 'question.received'"
            request = str(connection.execute(text(asked)).scalar_one())
        secrets = [scene.slack.bot_token, scene.slack.team.person("ada").id]
    spans = collector.spans
    accepted, work = only(spans, "accept ask"), only(spans, "job ask")
    assert accepted.attributes == {"netclinic.request_id": request, "netclinic.door": "ask"} == work.attributes
    assert (accepted.trace, accepted.id) == ids_of_request(request)
    assert (accepted.parent, accepted.kind) == ("", "producer")
    assert (work.parent, work.kind) == (accepted.id, "consumer")
    parts = below(spans, work)
    steps = {"step may", "step look", "step answer"}
    assert steps | {"match", "list pods", "slack chat.postMessage"} <= {span.name for span in parts}
    diagnosed = only(parts, "diagnose")
    told = {"verdict": "confirmed", "entry": ENTRY, "cluster": "prod"}
    assert diagnosed.attributes.items() >= {f"netclinic.{name}": value for name, value in told.items()}.items()
    reads = [span for span in below(spans, diagnosed) if "netclinic.bytes" in span.attributes]
    assert diagnosed.attributes["netclinic.reads"] == len(reads)
    assert diagnosed.attributes["netclinic.bytes"] == sum(span.attributes["netclinic.bytes"] for span in reads)
    assert work.service["service.name"] == "netclinic"
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    assert {line["request_id"] for line in lines if line.get("trace_id") == accepted.trace} == {request}
    sent = b"".join(collector.bodies)
    assert not [word for word in [*NAMED.split(), *secrets] if word.encode() in sent]


def test_a_question_at_the_terminal_is_one_trace(indexed: Netclinic, collector: Collector) -> None:
    settings = {**collector.environment, "OTEL_SERVICE_NAME": "oncall", "OTEL_EXPORTER_OTLP_HEADERS": "x-team=net"}
    ran = indexed("ask", QUESTION, "--recording", "terway-out-of-ips", "-o", "json", **settings)
    assert (ran.code, ran.err) == (0, "")
    root = only(collector.spans, "netclinic ask")
    recorded = indexed("audit", "list", "--action", "question.received", "-o", "json").json
    assert root.trace == ids_of_request(root.attributes["netclinic.request_id"])[0]
    assert root.attributes["netclinic.request_id"] in [record["request_id"] for record in recorded]
    assert (root.parent, root.kind, root.attributes["netclinic.door"]) == ("", "server", "terminal")
    assert {"match", "diagnose", "list pods"} <= {span.name for span in below(collector.spans, root)}
    assert len(below(collector.spans, root)) == len(collector.spans) - 1
    assert {request["path"] for request in collector.requests} == {"/v1/traces"}
    assert {request["x-team"] for request in collector.requests} == {"net"}
    assert root.service["service.name"] == "oncall"
    assert NAMED.split()[1].encode() not in b"".join(collector.bodies)


@pytest.fixture
def sending(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Collector:
    """The collector that this process's variables name."""
    for name, value in collector.environment.items():
        monkeypatch.setenv(name, value)
    return collector


def test_what_another_process_resumes_goes_on_with_the_trace(sending: Collector) -> None:
    killed, resuming = open_tracing(), open_tracing()
    killed.accepted("accept question", "T1:C1:1.1", 0.01)
    killed.close()
    with resuming.work("question", "T1:C1:1.1"), resuming.span("look"):
        resuming.ended("list pods", 0.2)
    resuming.close()
    accepted = only(sending.spans, "accept question")
    assert [span.name for span in below(sending.spans, accepted)] == ["question", "look", "list pods"]
    assert only(sending.spans, "list pods").seconds == pytest.approx(0.2, abs=1e-6)


def test_what_is_accepted_on_the_way_has_a_trace_of_its_own_that_is_linked(sending: Collector) -> None:
    tracing = open_tracing()
    with tracing.work("question", "T1:C1:1.1"):
        tracing.accepted("accept press", "T1:C1:1.1:typed", 0.0)
    tracing.close()
    accepted = only(sending.spans, "accept press")
    assert accepted.trace == ids_of_request("T1:C1:1.1:typed")[0]
    assert accepted.links == (ids_of_request("T1:C1:1.1")[0],)


def test_what_fails_is_told_by_its_kind_alone(sending: Collector) -> None:
    tracing = open_tracing()

    def fail() -> None:
        with tracing.work("question", "1"), tracing.span("look"):
            tracing.ended("list pods", 0.0, "forbidden")
            raise LookupError(NAMED)

    with pytest.raises(LookupError):
        fail()
    tracing.close()
    kinds = {span.name: span.attributes["error.type"] for span in sending.spans if span.failed}
    assert kinds == {"list pods": "forbidden", "look": "LookupError", "question": "LookupError"}
    assert NAMED.encode() not in b"".join(sending.bodies)


def test_outside_of_a_request_there_are_no_spans(sending: Collector) -> None:
    tracing = open_tracing()
    with tracing.span("look") as span:
        span.set(entry="x")
    tracing.ended("slack auth.test", 0.1)
    with tracing.request("netclinic check", "1"):
        pass
    tracing.close()
    assert [span.name for span in sending.spans] == ["netclinic check"]


def test_a_trace_is_sampled_as_a_whole_whichever_process_does_its_parts(
    sending: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    first, second = open_tracing(), open_tracing()
    for number in range(40):
        first.accepted("accept question", str(number), 0.0)
        with second.work("question", str(number)), second.span("look"):
            pass
    first.close()
    second.close()
    by_name = [{span.trace for span in sending.spans if span.name == name} for name in ("accept question", "look")]
    assert by_name[0] == by_name[1]
    assert 0 < len(by_name[0]) < 40


async def test_the_queue_gives_a_resumed_job_its_trace(sending: Collector, store: Store, tmp_path: Path) -> None:
    """The process ends in the middle of a step; the next one, on the same database, does it."""
    begun, never, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hold(job: object) -> None:
        begun.set()
        await never.wait()

    async def finish(job: object) -> None:
        done.set()

    quick = replace(QUICK, draining=0.0, closing=0.0)
    for handler, reached in ((hold, begun), (finish, done)):
        tracing = open_tracing()
        queue = JobQueue(store, tmp_path, timing=quick, tracing=tracing)
        queue.register("ask", handler)
        await queue.launch()
        if handler is hold:
            assert await queue.accept("ask", "T1:C1:9.9", {})
        await reached.wait()
        await queue.close()
        await asyncio.to_thread(tracing.close)
    accepted = only(sending.spans, "accept ask")
    work = [span for span in sending.spans if span.name == "job ask"]
    assert {(span.trace, span.parent) for span in work} == {(accepted.trace, accepted.id)}
    assert not work[-1].failed


async def test_what_was_accepted_before_is_not_accepted_twice(sending: Collector, store: Store, tmp_path: Path) -> None:
    tracing, done = open_tracing(), asyncio.Event()

    async def finish(job: object) -> None:
        done.set()

    queue = JobQueue(store, tmp_path, timing=QUICK, tracing=tracing)
    queue.register("ask", finish)
    await queue.launch()
    assert await queue.accept("ask", "T1:C1:9.9", {})
    await done.wait()
    assert not await queue.accept("ask", "T1:C1:9.9", {})
    await queue.close()
    await asyncio.to_thread(tracing.close)
    assert len([span for span in sending.spans if span.name == "accept ask"]) == 1


# When they are off, and what cannot be meant


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {ENDPOINT: " "},
        {ENDPOINT: "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"},
        {ENDPOINT: "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none"},
        {ENDPOINT: "nonsense", "OTEL_TRACES_EXPORTER": "console"},
    ],
    ids=str,
)
def test_they_are_off_unless_a_collector_is_named(environment: dict[str, str]) -> None:
    assert open_tracing(environment) is NO_TRACING
    assert describe_tracing(environment).startswith("They are off")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({ENDPOINT: "collector:4318"}, f"{ENDPOINT} is no address: write http://HOST:4318, or https."),
        ({ENDPOINT: "http://[::1"}, f"{ENDPOINT} is no address"),
        ({ENDPOINT: "http://c:4x/"}, f"{ENDPOINT} is no address"),
        ({ENDPOINT: "http://"}, f"{ENDPOINT} is no address"),
        (
            {ENDPOINT: "http://c:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "c:4318"},
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is no address",
        ),
        (
            {ENDPOINT: "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL is grpc, which netclinic does not speak: set it to http/protobuf",
        ),
    ],
    ids=str,
)
def test_variables_that_cannot_be_meant_are_named_and_what_may_be_secret_is_not_shown(
    environment: dict[str, str], said: str
) -> None:
    with pytest.raises(TracingSettingsError) as told:
        open_tracing(environment)
    assert str(told.value).startswith(said)


def test_a_protocol_of_traces_goes_before_the_general_one() -> None:
    protocols = {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}
    told = describe_tracing({ENDPOINT: "https://mei:hidden@collector.example", **protocols})
    assert told == "They are sent to collector.example:443."


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level("INFO", "netclinic.traces")
    return caplog


def test_a_collector_that_takes_nothing_is_told_once_and_again_when_it_does(
    sending: Collector, warnings: pytest.LogCaptureFixture
) -> None:
    tracing, sending.status = open_tracing(), 400
    for number in (1, 2):
        with tracing.request("netclinic ask", str(number)):
            pass
        sending.wait(lambda found, least=number: len(found.requests) >= least)
    sending.status = 200
    with tracing.request("netclinic ask", "3"):
        pass
    sending.wait(lambda found: found.spans)
    tracing.close()
    told = [record.getMessage() for record in warnings.records if record.name == "netclinic.traces"]
    assert len(told) == 2
    assert told[0].startswith(
        f"The collector at {sending.address} takes no spans (Failed to export spans batch code: 400"
    )
    assert told[1] == f"The collector at {sending.address} takes spans again."


def test_a_collector_that_is_away_costs_no_answer_and_is_told(
    indexed: Netclinic, warnings: pytest.LogCaptureFixture
) -> None:
    away = {ENDPOINT: "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "0.5"}
    ran = indexed("ask", QUESTION, "--recording", "terway-out-of-ips", "-o", "json", **away)
    assert (ran.code, ran.json["outcome"]) == (0, "confirmed")
    told = {record.getMessage() for record in warnings.records if record.name == "netclinic.traces"}
    assert len(told) == 1
    assert told.pop().startswith("The collector at 127.0.0.1:9 takes no spans (")
