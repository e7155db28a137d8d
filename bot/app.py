"""Where the parts are made and joined: settings, entries, index, clinic and the cluster that a question reads."""

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import Settings, load_settings
from knowledge.loading import BUILTIN_FOLDER
from knowledge.model import Entry

if TYPE_CHECKING:  # what costs time to import is imported where it is used
    from bot.audit import AuditContext, AuditLog
    from bot.cloud.accounts import CloudAccounts
    from bot.cloud.requests import CloudTransport
    from bot.cluster.reader import Cluster
    from bot.cluster.requests import Observer, Recorder
    from bot.diagnosis.clinic import Clinic
    from bot.slack.serve import MakeApp, ServeConfig
    from bot.slack.start_checks import StartCheck
    from bot.store import Store
    from bot.tracing import Tracing
    from index.search import Index, IndexState

Progress = Callable[[str, float], None]


@dataclass
class App:
    """Everything one process needs, made when first asked for."""

    settings: Settings
    _opening: "Future[Index | None] | None" = field(default=None, init=False, repr=False)

    @staticmethod
    def from_environment() -> "App":
        """The app with the settings in force.

        Raises:
            SettingsError: one is unknown or malformed, or does not go with another.
        """
        from bot.slack.setting_rules import check_settings

        settings = load_settings()
        check_settings(settings)
        if (
            settings.kubeconfig
        ):  # from netclinic.toml too, for the client and for the plugins that fetch its credentials
            os.environ["KUBECONFIG"] = settings.kubeconfig
        return App(settings)

    @property
    def folders(self) -> list[Path]:
        """The folders of entries: the built-in one and the team's own."""
        own = self.settings.knowledge_dir
        return [BUILTIN_FOLDER, own] if own else [BUILTIN_FOLDER]

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """The entries by id.

        Raises:
            EntryErrors: some file is wrong; all problems are told at once.
        """
        from bot.entry_cache import read_entries
        from bot.probes import vocabulary

        return {entry.id: entry for entry in read_entries(self.folders, vocabulary(), self.index_folder)}

    @property
    def index_folder(self) -> Path:
        """Where the index is kept."""
        return self.settings.index_dir or self.settings.data_dir / "index"

    def index(self, progress: Progress | None = None, *, calibrate_anew: bool = False) -> "Index":
        """The index over the entries, built first where there is none that fits."""
        from index.search import open_index

        if self._opening and (opened := self._opening.result()):
            return opened
        return open_index(
            list(self.entries.values()),
            cache_dir=self.index_folder,
            model=self.settings.embedding_model or None,
            progress=progress,
            calibrate_anew=calibrate_anew,
        )

    def open_index_soon(self) -> None:
        """Begin to open the index in a thread, where it is built: files are read and checked while Python imports."""
        pool = ThreadPoolExecutor(1)
        self._opening = pool.submit(self._open_built_index)
        pool.shutdown(wait=False)

    def _open_built_index(self) -> "Index | None":
        from index.search import open_built_index

        model = self.settings.embedding_model or None
        return open_built_index(lambda: list(self.entries.values()), cache_dir=self.index_folder, model=model)

    def index_state(self) -> "IndexState":
        """What ``index`` would find ready.

        Raises:
            ExtraMissing: nothing is, and what building it takes is not installed.
        """
        from index.search import index_state

        return index_state(
            list(self.entries.values()), cache_dir=self.index_folder, model=self.settings.embedding_model or None
        )

    @cached_property
    def store(self) -> "Store":
        """The database, brought to this version's tables.

        Raises:
            DatabaseError: it cannot be used.
        """
        from bot.store import open_store

        return open_store(self.settings.database_url, self.settings.data_dir)

    @cached_property
    def audit(self) -> "AuditLog":
        """The audit log in that database.

        Raises:
            DatabaseError: it cannot be used.
        """
        from bot.audit import AuditLog
        from bot.audit.privacy import Privacy

        key = self.settings.audit_key
        return AuditLog(
            self.store, Privacy(self.settings.audit_questions, key.get_secret_value().encode() if key else b"")
        )

    @cached_property
    def tracing(self) -> "Tracing":
        """What makes spans; off unless OpenTelemetry's variables name a collector.

        Raises:
            TracingSettingsError: they cannot be meant.
        """
        from bot.tracing import open_tracing

        return open_tracing()

    def start_checks(self) -> "tuple[StartCheck, ...]":
        """What serving finds at its start beyond the settings' own words."""
        from bot.slack.start_checks import start_checks

        return start_checks(self.settings, lambda: self.entries, self.index_folder)

    def serve_config(self, make_app: "MakeApp") -> "ServeConfig":
        """What serving Slack takes; ``make_app`` makes its listeners."""
        from bot.cluster.connection import NoClusterConfigured, contexts
        from bot.settings import parse_list, parse_pairs
        from bot.slack.cluster_choice import Clusters
        from bot.slack.serve import ServeConfig

        def configured() -> Sequence[str]:
            try:
                return contexts()
            except NoClusterConfigured:
                return []

        settings = self.settings
        return ServeConfig(
            settings=settings,
            entries=lambda: self.entries,
            store=lambda: self.store,
            audit=lambda: self.audit,
            clinic=lambda: self.clinic(self.index()),
            clusters=Clusters(
                configured,
                parse_list(settings.clusters),
                settings.default_cluster,
                parse_pairs(settings.channel_clusters),
            ),
            open_cluster=self.open_named_cluster,
            make_app=make_app,
            checks=self.start_checks(),
            tracing=lambda: self.tracing,
        )

    def open_named_cluster(
        self,
        name: str,
        audit: "AuditContext",
        observers: Sequence["Observer"] = (),
        *,
        kubeconfig: Path | None = None,
    ) -> contextlib.AbstractAsyncContextManager["Cluster"]:
        """The cluster by the name that people call it: a context, or the one that netclinic itself runs in."""
        from bot.cluster.connection import IN_CLUSTER

        context = None if name == IN_CLUSTER else name
        return self.open_cluster(audit, kubeconfig=kubeconfig, context=context, observers=observers)

    @cached_property
    def cloud_accounts(self) -> "CloudAccounts | None":
        """The cloud's accounts, for as long as the process lives; ``None`` where the cloud is off."""
        if self.settings.cloud == "off":
            return None
        from bot.cloud.accounts import CloudAccounts
        from bot.cloud.transport import Endpoint
        from bot.settings import parse_pairs

        profiles = dict(parse_pairs(self.settings.cloud_profiles))
        return CloudAccounts(Endpoint.of(self.settings.cloud_endpoint), profiles)

    def _cloud_of(self, context: str) -> "CloudTransport | None":
        return None if self.cloud_accounts is None else self.cloud_accounts.of(context)

    def clinic(self, index: "Index | None" = None) -> "Clinic":
        """The flow over the entries; with an index it answers questions in words."""
        from bot.cluster.requests import Budget
        from bot.diagnosis.clinic import Clinic

        settings = self.settings
        budget = Budget(seconds=settings.deadline, cloud_seconds=min(settings.cloud_deadline, settings.deadline))
        return Clinic(self.entries, index, budget, tracing=self.tracing)

    @contextlib.asynccontextmanager
    async def open_cluster(
        self,
        audit: "AuditContext",
        *,
        kubeconfig: Path | None = None,
        context: str | None = None,
        recording: str | None = None,
        observers: Sequence["Observer"] = (),
        recorder: "Recorder | None" = None,
    ) -> AsyncIterator["Cluster"]:
        """The cluster to read: a recording served on loopback, or a context of the kubeconfig.

        No door has another way to open one, so nothing is read that the audit log does not hold: each read is a
        record of ``audit`` before it is made. What opens recordings without it reads no cluster of anybody's:
        ``bot/diagnosis/proofs.py`` judges entries on recordings, and ``netclinic replay`` serves one to kubectl.
        ``recorder`` is shown all that is read.

        Raises:
            RecordingError: there is no such recording, or it is damaged.
            ConnectionSettingsError: the kubeconfig or context cannot be used.
        """
        from bot.cluster.connection import Connection, connect, connect_to
        from bot.cluster.reader import Cluster
        from bot.cluster.transport import Transport
        from bot.prometheus.config import Endpoint, prometheuses
        from bot.prometheus.reader import beside
        from bot.recordings import load, serve
        from bot.tracing.observers import ReadSpans

        def audited(connection: Connection, cloud: "CloudTransport | None", prometheus: Endpoint | None) -> Cluster:
            hearing = (*observers, ReadSpans(self.tracing))
            others = beside(prometheus, connection.context)
            transport = Transport(connection.client)
            return audit.cluster(Cluster(transport, connection.context, hearing, recorder, cloud, others))

        if recording is None:
            async with connect(kubeconfig, context) as connection:
                prometheus = prometheuses(self.settings).of(connection.context)
                yield audited(connection, self._cloud_of(connection.context), prometheus)
            return
        # A recording is asked as it is: what it holds of the cloud, and never the cloud itself.
        async with (
            serve(load(recording, own=self.settings.knowledge_dir)) as server,
            connect_to(server.kubeconfig, server.store.name) as connection,
        ):
            prometheus = Endpoint(server.prometheus_url) if server.prometheus_url else None
            yield audited(connection, server.store.cloud, prometheus)
