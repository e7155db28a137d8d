"""What a serving process counts, for Prometheus: ``/metrics`` on the health address.

Names and units are as Prometheus has them (https://prometheus.io/docs/practices/naming/). Labels hold what netclinic or
its operator named: kinds of jobs, Slack's methods, the cloud's actions, entries, configured clusters; never words,
people or channels.
"""

import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.exposition import choose_encoder
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from bot.cloud.requests import CloudCall
from bot.cluster.requests import Request
from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report
from bot.store.figures import Figures

VERDICT_SECONDS = (0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300)
READ_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
CALL_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
RESULTS = ("ok", "refused", "unavailable", "rate_limited")
UNKNOWN_ENTRY = "other"  # an entry that this process does not have: a report outlives the entries it was made from


@dataclass(frozen=True)
class Questions:
    """Questions and what came of them."""

    answered: Counter
    seconds: Histogram
    confirmed: Counter

    @classmethod
    def create(cls, registry: CollectorRegistry) -> "Questions":
        """Registered there."""
        return cls(
            Counter(
                "netclinic_questions",
                "Questions answered, by the kind of job that brought them and the verdict that came first.",
                ["door", "outcome"],
                registry=registry,
            ),
            Histogram(
                "netclinic_verdict_duration_seconds",
                "From the question's arrival to its answer in Slack; repeated looks from their own start.",
                ["door"],
                buckets=VERDICT_SECONDS,
                registry=registry,
            ),
            Counter("netclinic_entries_confirmed", "Answers that confirm an entry.", ["entry"], registry=registry),
        )


@dataclass(frozen=True)
class CloudCalls:
    """Calls of the cloud's API."""

    calls: Counter
    seconds: Histogram

    @classmethod
    def create(cls, registry: CollectorRegistry) -> "CloudCalls":
        """Registered there."""
        return cls(
            Counter(
                "netclinic_cloud_calls",
                "Calls of Alibaba Cloud's API, by action and by what came of them.",
                ["action", "result"],
                registry=registry,
            ),
            Histogram(
                "netclinic_cloud_call_duration_seconds",
                "How long one call of Alibaba Cloud's API took.",
                buckets=CALL_SECONDS,
                registry=registry,
            ),
        )

    def answered(self, call: CloudCall, outcome: str, seconds: float) -> None:
        """One call more."""
        self.calls.labels(call.action.permission, outcome).inc()
        self.seconds.observe(seconds)


@dataclass(frozen=True)
class ClusterReads:
    """Reads of clusters and calls of their cloud; it is an observer of both readers."""

    reads: Counter
    bytes: Counter
    seconds: Histogram
    cuts: Counter
    cloud: CloudCalls

    @classmethod
    def create(cls, registry: CollectorRegistry) -> "ClusterReads":
        """Registered there."""
        name = "netclinic_cluster"
        return cls(
            Counter(f"{name}_reads", "Requests to API servers, by what came of them.", ["outcome"], registry=registry),
            Counter(f"{name}_read_bytes", "Bytes that API servers replied with.", registry=registry),
            Histogram(
                f"{name}_read_duration_seconds",
                "How long one request to an API server took.",
                buckets=READ_SECONDS,
                registry=registry,
            ),
            Counter(
                f"{name}_reads_cut",
                "Reads that were not made because the question's budget or deadline was spent.",
                ["reason"],
                registry=registry,
            ),
            CloudCalls.create(registry),
        )

    async def before(self, request: Request) -> None:
        """Nothing is counted before it is known what came of it."""

    async def after(self, request: Request, outcome: str, size: int, seconds: float) -> None:
        """One read more of an API server."""
        if request.system != "cluster":
            return
        self.reads.labels(outcome).inc()
        self.bytes.inc(size)
        self.seconds.observe(seconds)

    async def before_call(self, call: CloudCall) -> None:
        """Nothing is counted before it is known what came of it."""

    async def after_call(self, call: CloudCall, outcome: str, code: str, request_id: str, seconds: float) -> None:
        """One call more of the cloud."""
        self.cloud.answered(call, outcome, seconds)

    def cut(self, request: Request, reason: str) -> None:
        """One that was not made."""
        if request.system != "cluster":
            return
        self.cuts.labels(reason).inc()


@dataclass(frozen=True)
class SlackCalls:
    """Calls of Slack's Web API; it is an observer of the client."""

    calls: Counter
    seconds: Histogram
    waits: Counter

    @classmethod
    def create(cls, registry: CollectorRegistry) -> "SlackCalls":
        """Registered there."""
        return cls(
            Counter(
                "netclinic_slack_calls",
                f"Calls of Slack's Web API, by method and result: {', '.join(RESULTS)}.",
                ["method", "result"],
                registry=registry,
            ),
            Histogram(
                "netclinic_slack_call_duration_seconds",
                "How long Slack took to answer a call.",
                buckets=CALL_SECONDS,
                registry=registry,
            ),
            Counter(
                "netclinic_slack_rate_limit_wait_seconds",
                "Seconds that calls waited for Slack's rate limits, ours before Slack's.",
                ["method"],
                registry=registry,
            ),
        )

    def waited(self, method: str, seconds: float) -> None:
        """A call came to its turn after so long."""
        self.waits.labels(method).inc(seconds)

    def answered(self, method: str, result: str, seconds: float) -> None:
        """What came of a call: one of ``RESULTS``."""
        self.calls.labels(method, result).inc()
        self.seconds.observe(seconds)


class Metrics:
    """All of one process. ``entries`` are the ids that a label may name; ``clusters`` tells which can be reached."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.questions = Questions.create(self.registry)
        self.reads = ClusterReads.create(self.registry)
        self.slack = SlackCalls.create(self.registry)
        self.entries: frozenset[str] = frozenset()
        self.clusters: Callable[[], Mapping[str, bool]] = dict
        self.take_overs = Counter(
            "netclinic_takeovers", "Replicas whose work this one took over.", registry=self.registry
        )
        self._gauges = Gauges(self.registry)
        about = Info("netclinic_build", "The version that runs.", registry=self.registry)
        about.info({"version": version("netclinic"), "python": platform.python_version()})
        self._index = Info("netclinic_index", "The index that matches words with entries.", registry=self.registry)

    def count_answer(self, door: str, report: Report, seconds: float) -> None:
        """A question was answered: by which kind of job, with what, and after how long."""
        self.questions.answered.labels(door, report.outcome).inc()
        self.questions.seconds.labels(door).observe(max(0.0, seconds))
        for diagnosis in report.diagnoses:
            if diagnosis.verdict is Verdict.CONFIRMED:
                known = diagnosis.entry in self.entries
                self.questions.confirmed.labels(diagnosis.entry if known else UNKNOWN_ENTRY).inc()

    def know_entries(self, ids: Iterable[str]) -> None:
        """The entries of this process: each is shown from the start, at nought."""
        self.entries = frozenset(ids)
        for entry in self.entries:
            self.questions.confirmed.labels(entry)

    def know_index(self, index: str) -> None:
        """The index is loaded; its version is the hash of what it was made from."""
        self._index.info({"version": index})

    def know_verification(self, at: float, *, holds: bool) -> None:
        """This process verified the audit log's chain at that time (seconds since 1970)."""
        self._gauges.verified_at.set(at)
        self._gauges.holds.set(holds)

    def render(self, figures: Figures | None, accept: str) -> tuple[bytes, str]:
        """The page in a form that the scraper accepts, and its content type; ``None``: the database did not answer."""
        self._gauges.show(figures, self.clusters())
        encode, content_type = choose_encoder(accept)
        return encode(self.registry), content_type


@dataclass
class Gauges:
    """What holds now, of the database and the clusters: set when somebody asks."""

    registry: CollectorRegistry
    _clusters: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.database = self._gauge("database_up", "Whether the database answered this scrape.")
        self.jobs = self._gauge("queue_jobs", "Jobs that were accepted and are not done, in all replicas.")
        self.oldest = self._gauge("queue_oldest_job_age_seconds", "How long the oldest of them has been there.")
        self.replicas = self._gauge("replicas", "Processes that serve with this database.")
        self.records = self._gauge("audit_last_record", "Number of the newest audit record.")
        self.verified_at = self._gauge(
            "audit_verified_timestamp_seconds", "When this process last verified the audit log's chain; 0: not yet."
        )
        self.holds = self._gauge("audit_chain_holds", "Whether the chain held then; 1 before the first time.")
        self.holds.set(1)
        self.reachable = Gauge(
            "netclinic_cluster_reachable",
            "Whether the cluster answered when it was last asked what may be read.",
            ["cluster"],
            registry=self.registry,
        )

    def _gauge(self, name: str, about: str) -> Gauge:
        return Gauge(f"netclinic_{name}", about, registry=self.registry)

    def show(self, figures: Figures | None, clusters: Mapping[str, bool]) -> None:
        """Set them. What the database did not tell stays as it was told last."""
        self.database.set(figures is not None)
        if figures is not None:
            self.jobs.set(figures.backlog.jobs)
            self.oldest.set(figures.backlog.oldest_seconds)
            self.replicas.set(figures.replicas)
            self.records.set(figures.audit_records)
        for gone in self._clusters - clusters.keys():
            self.reachable.remove(gone)
        self._clusters = set(clusters)
        for name, is_reachable in clusters.items():
            self.reachable.labels(name).set(is_reachable)
