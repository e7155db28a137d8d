"""``/metrics``: what is counted, that its names are as Prometheus wants them, and that a real Prometheus reads them."""

import asyncio
import json
import logging
import re
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.audit import AuditLog
from bot.audit.records import SYSTEM
from bot.cloud.actions import DESCRIBE_NAT_GATEWAYS, DESCRIBE_VSWITCHES
from bot.cloud.reader import CloudReader
from bot.cloud.requests import CloudFailure
from bot.cluster.reader import Reader
from bot.cluster.requests import Budget, Request
from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report, ReportDiagnosis
from bot.recordings import load
from bot.slack.audit_watch import AuditWatch
from bot.slack.metrics import RESULTS, Metrics
from bot.slack.metrics_page import MetricsPage
from bot.store import Store
from bot.store.figures import Figures, read_figures
from bot.store.queue_tables import Backlog
from knowledge.model import Kind
from tests.alertmanager import needs_prometheus
from tests.prometheus import Prometheus, needs_promtool
from tests.scenes import SECONDS, OpenScene, Scene
from tests.timing import QUICK

DEPLOY = Path(__file__).parents[3] / "deploy" / "prometheus"
RULES, DASHBOARD = DEPLOY / "alerts.yaml", DEPLOY / "dashboard.json"
FIGURES = Figures(Backlog(3, 12.5), audit_records=40, replicas=2)


def page(metrics: Metrics, figures: Figures | None = FIGURES) -> str:
    return metrics.render(figures, "")[0].decode()


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Values by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, **labels: str) -> float:
    return samples(text)[name, tuple(sorted(labels.items()))]


def test_what_the_database_says_is_shown_and_its_silence_too() -> None:
    metrics = Metrics()
    shown = page(metrics)
    assert value(shown, "netclinic_queue_jobs") == 3
    assert value(shown, "netclinic_queue_oldest_job_age_seconds") == 12.5
    assert value(shown, "netclinic_audit_last_record") == 40
    assert value(shown, "netclinic_replicas") == 2
    assert value(shown, "netclinic_database_up") == 1
    assert value(page(metrics, None), "netclinic_database_up") == 0


def test_a_cluster_that_is_configured_no_more_is_shown_no_more() -> None:
    metrics = Metrics()
    metrics.clusters = lambda: {"prod": True, "calm": False}
    shown = page(metrics)
    assert value(shown, "netclinic_cluster_reachable", cluster="prod") == 1
    assert value(shown, "netclinic_cluster_reachable", cluster="calm") == 0
    metrics.clusters = lambda: {"prod": True}
    assert "calm" not in page(metrics)


async def test_calls_of_the_cloud_are_counted_by_action_and_result() -> None:
    store = load("terway-cloud-vswitch-denied")
    assert store.cloud
    metrics = Metrics()
    reader = CloudReader(store.cloud, observers=(metrics.reads,))
    for action in (DESCRIBE_VSWITCHES, DESCRIBE_NAT_GATEWAYS):
        with pytest.raises(CloudFailure):
            await reader.read(action, "cn-hangzhou", {})
    await CloudReader(load("terway-cloud-vswitch-empty").cloud, observers=(metrics.reads,)).read(  # type: ignore[arg-type]
        DESCRIBE_VSWITCHES, "cn-hangzhou", {}
    )
    shown = page(metrics)
    calls = "netclinic_cloud_calls_total"
    assert value(shown, calls, action="vpc:DescribeVSwitches", result="forbidden") == 1
    assert value(shown, calls, action="vpc:DescribeVSwitches", result="ok") == 1
    assert value(shown, calls, action="vpc:DescribeNatGateways", result="refused") == 1
    assert value(shown, "netclinic_cloud_call_duration_seconds_count") == 3


async def test_reads_are_counted_by_outcome_and_what_is_cut_by_reason(tmp_path: Path) -> None:
    class Silent:
        """An API server that is not asked."""

    metrics = Metrics()
    request = Request(verb="list", resource="pods", path="/api/v1/pods")
    await metrics.reads.after(request, "ok", 2048, 0.02)
    await metrics.reads.after(request, "forbidden", 100, 0.01)
    reader = Reader(Silent(), Budget(requests=0), (metrics.reads,))  # type: ignore[arg-type]
    with pytest.raises(Exception, match="the budget of 0 requests was spent"):
        reader._charge(request)
    reader = Reader(Silent(), Budget(seconds=-1), (metrics.reads,))  # type: ignore[arg-type]
    with pytest.raises(Exception, match="deadline"):
        reader._charge(request)
    shown = page(metrics)
    assert value(shown, "netclinic_cluster_reads_total", outcome="forbidden") == 1
    assert value(shown, "netclinic_cluster_read_bytes_total") == 2148
    assert value(shown, "netclinic_cluster_reads_cut_total", reason="budget") == 1
    assert value(shown, "netclinic_cluster_reads_cut_total", reason="deadline") == 1


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version="),
        ("text/plain", "text/plain; version="),
        ("application/openmetrics-text;version=1.0.0,text/plain;q=0.5", "application/openmetrics-text; version=1.0.0"),
        ("image/png", "text/plain; version="),
    ],
)
def test_the_scraper_says_which_form_it_reads(accept: str, content_type: str) -> None:
    assert Metrics().render(FIGURES, accept)[1].startswith(content_type)


async def test_a_database_that_does_not_answer_holds_no_scrape_up_and_is_asked_once() -> None:
    asked, release = list[int](), asyncio.Event()

    async def slow() -> Figures:
        asked.append(1)
        await release.wait()
        return FIGURES

    shown = MetricsPage(Metrics(), slow)
    for _ in range(2):
        assert await shown._read() is None
    assert len(asked) == 1
    release.set()
    assert await shown._read() == FIGURES


async def test_a_database_that_fails_is_told_as_down() -> None:
    async def fails() -> Figures:
        raise OSError("gone")

    assert await MetricsPage(Metrics(), fails)._read() is None
    assert await MetricsPage(Metrics())._read() is None


def test_the_figures_are_those_of_the_database(store: Store, tmp_path: Path) -> None:
    assert read_figures(store, tmp_path) == Figures(Backlog(), 0, 0)
    log = AuditLog(store)
    for _ in range(3):
        log.record("settings.in_force", actor=SYSTEM)
    log.close()
    assert read_figures(store, tmp_path).audit_records == 3


@pytest.mark.parametrize("is_changed", [False, True])
async def test_the_chain_is_verified_and_a_fault_is_told(store: Store, is_changed: bool, caplog: Any) -> None:
    if is_changed and not store.is_sqlite:
        pytest.skip("the owner alone changes records there; tests of the audit log do")
    log = AuditLog(store)
    log.record("settings.in_force", actor=SYSTEM)
    log.close()
    if is_changed:
        with store.writing() as connection:
            for name in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
                connection.exec_driver_sql(f'DROP TRIGGER "{name[0]}"')
            connection.exec_driver_sql("UPDATE audit_records SET outcome = 'other'")
    metrics = Metrics()
    assert value(page(metrics), "netclinic_audit_verified_timestamp_seconds") == 0
    await AuditWatch(store, metrics, QUICK).look()
    shown = page(metrics)
    assert value(shown, "netclinic_audit_verified_timestamp_seconds") > 1e9
    assert value(shown, "netclinic_audit_chain_holds") == float(not is_changed)
    assert ("does not hold" in caplog.text) is is_changed


async def test_the_end_of_a_process_waits_for_no_verification(store: Store) -> None:
    log = AuditLog(store)
    log.record("settings.in_force", actor=SYSTEM)
    log.close()
    watch = AuditWatch(store, Metrics(), QUICK)
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(0)  # it has begun to wait
    running.cancel()
    await asyncio.wait({running})
    with pytest.raises(Exception, match="records were verified"):
        await watch.look()


async def scrape(scene: Scene) -> str:
    where = scene.services.settings.health_address
    async with aiohttp.ClientSession() as session, session.get(f"http://{where}/metrics") as reply:
        assert reply.status == 200
        return await reply.text()


async def ask(scene: Scene, words: str = "pods stuck in ContainerCreating") -> None:
    ts = await scene.slack.people.say("ada", "inc-shop", f"@netclinic {words}")
    await scene.answer("inc-shop", ts)
    await scene.idle()


@pytest.fixture
def lines() -> Iterator[list[logging.LogRecord]]:
    """What handlers write to the log."""
    written: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = written.append  # type: ignore[method-assign]
    logging.getLogger("netclinic.handlers").addHandler(handler)
    yield written
    logging.getLogger("netclinic.handlers").removeHandler(handler)


@needs_prometheus
async def test_a_question_is_counted_everywhere_and_prometheus_reads_it(
    open_scene: OpenScene, tmp_path: Path, lines: list[logging.LogRecord]
) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene, AsyncExitStack() as stack:
        await ask(scene)
        async with asyncio.timeout(SECONDS):
            while value(shown := await scrape(scene), "netclinic_queue_jobs"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        entry = "terway-vswitch-out-of-ips"
        assert value(shown, "netclinic_questions_total", door="ask", outcome="confirmed") == 1
        assert value(shown, "netclinic_verdict_duration_seconds_count", door="ask") == 1
        assert 0 < value(shown, "netclinic_verdict_duration_seconds_sum", door="ask") < SECONDS
        assert value(shown, "netclinic_entries_confirmed_total", entry=entry) == 1
        assert value(shown, "netclinic_entries_confirmed_total", entry="terway-mac-not-found") == 0
        requests = len(scene.clusters.servers["prod"].requests)
        assert value(shown, "netclinic_cluster_reads_total", outcome="ok") == pytest.approx(requests, abs=3)
        assert value(shown, "netclinic_cluster_read_bytes_total") > 1000
        assert value(shown, "netclinic_slack_calls_total", method="chat.postMessage", result="ok") >= 1
        assert value(shown, "netclinic_audit_last_record") > 10
        assert value(shown, "netclinic_database_up") == 1
        for secret in (scene.slack.bot_token, scene.slack.app_token, "ada", "ContainerCreating", "inc-shop"):
            assert secret not in shown
        told = next(record for record in lines if record.getMessage() == "Answered: confirmed.")
        assert (told.entry, told.cluster) == (entry, "prod")  # type: ignore[attr-defined]
        assert told.bytes > 1000  # type: ignore[attr-defined]
        assert 0 < told.duration_seconds < SECONDS  # type: ignore[attr-defined]

        prometheus = Prometheus(tmp_path / "prometheus", scene.services.settings.health_address, [RULES])
        prometheus.start()
        stack.callback(prometheus.end)
        assert await prometheus.value("up", lambda up: up == 1) == 1
        assert await prometheus.value(f'netclinic_entries_confirmed_total{{entry="{entry}"}}') == 1
        assert await prometheus.value("netclinic_build_info") == 1
        rules = (await prometheus.get("rules"))["groups"]
        assert [rule["name"] for group in rules for rule in group["rules"] if rule.get("lastError")] == []


async def test_slack_s_refusals_and_pauses_are_counted_apart(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-healthy"}) as scene:
        scene.slack.fail("chat.postMessage", "ratelimited", times=1)
        scene.slack.fail("reactions.add", "refused", error="missing_scope", times=None)
        await ask(scene)
        shown = await scrape(scene)
        assert value(shown, "netclinic_slack_calls_total", method="reactions.add", result="refused") >= 1
        results = {dict(labels)["result"] for (name, labels) in samples(shown) if name == "netclinic_slack_calls_total"}
        assert results <= set(RESULTS)
        assert "rate_limited" in results
        assert value(shown, "netclinic_slack_rate_limit_wait_seconds_total", method="chat.postMessage") >= 0


def counted() -> Metrics:
    """Metrics that show each of their names: those with labels appear when something is counted."""
    metrics = Metrics()
    metrics.know_index("x")
    metrics.know_entries(["terway-mac-not-found"])
    metrics.clusters = lambda: {"prod": True}
    metrics.questions.answered.labels("ask", "confirmed")
    metrics.questions.seconds.labels("ask")
    metrics.reads.reads.labels("ok")
    metrics.reads.cuts.labels("budget")
    metrics.reads.cloud.calls.labels("vpc:DescribeVSwitches", "ok")
    metrics.slack.calls.labels("chat.postMessage", "ok")
    metrics.slack.waits.labels("chat.postMessage")
    return metrics


def families() -> set[str]:
    """The names that rules and dashboard may use."""
    return {name for name, _ in samples(page(counted()))}


def test_the_manual_names_every_metric_and_no_other() -> None:
    manual = (DEPLOY.parents[1] / "docs" / "metrics.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(netclinic_\w+)", manual))
    names = {name for name, _ in samples(page(counted())) if name.startswith("netclinic_")}
    shown = {re.sub(r"_(bucket|count|sum)$", "", name) for name in names if not name.endswith("_created")}
    assert named == shown


def test_rules_and_dashboard_name_only_what_is_there() -> None:
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    queries = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    queries += [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(queries) > 15
    named = {name for query in queries for name in re.findall(r"\bnetclinic_\w+", query)}
    assert named - families() == set()
    assert all(rule["annotations"]["description"] for group in rules["groups"] for rule in group["rules"])


@needs_promtool
def test_promtool_accepts_rules_and_metrics() -> None:
    checked = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr + checked.stdout
    metrics = Metrics()
    metrics.know_index("b747d6e10093c1f20237")
    own = "".join(line + "\n" for line in page(metrics).splitlines() if re.match(r"(# \w+ )?netclinic_", line))
    linted = subprocess.run(["promtool", "check", "metrics"], input=own, capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout + linted.stderr) == (0, "")


@pytest.mark.slow
@needs_promtool
def test_the_alerts_fire_when_they_should_and_only_then() -> None:
    tests = DEPLOY / "alerts_test.yaml"
    checked = subprocess.run(["promtool", "test", "rules", str(tests)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    named = {rule["alert"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}
    tested = {
        each["alertname"]
        for test in yaml.safe_load(tests.read_text())["tests"]
        for each in test.get("alert_rule_test", [])
        if each.get("exp_alerts")
    }
    assert named == tested


def test_an_entry_that_nobody_has_makes_no_label_of_its_own() -> None:
    metrics, now = Metrics(), datetime.now(UTC)
    metrics.know_entries(["terway-vswitch-out-of-ips"])
    confirmed = ReportDiagnosis(
        entry="",
        title="",
        kind=Kind.FAULT,
        verdict=Verdict.CONFIRMED,
        score=None,
        rests_on_sign=True,
        elsewhere=False,
        reason="",
    )
    report = Report(question="", in_scope=True, cluster=None, asked_at=now, told_at=now)
    for entry in ("terway-vswitch-out-of-ips", "gone", "gone-too"):
        metrics.count_answer("ask", replace(report, diagnoses=(replace(confirmed, entry=entry),)), -1.0)
    shown = page(metrics)
    entries = {
        dict(labels)["entry"] for (name, labels) in samples(shown) if name == "netclinic_entries_confirmed_total"
    }
    assert entries == {"terway-vswitch-out-of-ips", "other"}
    assert value(shown, "netclinic_entries_confirmed_total", entry="other") == 2
    assert value(shown, "netclinic_verdict_duration_seconds_sum", door="ask") == 0
