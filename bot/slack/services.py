"""The services of a serving process, as listeners and handlers are given them; made in ``bot/slack/serve.py``."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from bot.audit import AuditContext, AuditLog
from bot.cluster.reader import Cluster
from bot.cluster.requests import Observer
from bot.diagnosis.clinic import Clinic
from bot.fleet.check import make_places
from bot.settings import Settings
from bot.slack.api.directory import Directory
from bot.slack.api.files import FileReader
from bot.slack.api.poster import Poster
from bot.slack.cluster_access import ClusterAccess
from bot.slack.cluster_choice import Clusters
from bot.slack.external_access import ExternalAccess
from bot.slack.metrics import Metrics
from bot.slack.queue.queue import JobQueue
from bot.slack.queue.shared_reads import SharedReads
from bot.slack.timing import PRODUCTION, Timing
from bot.store import Store
from knowledge.model import Entry


@dataclass(frozen=True)
class BotIdentity:
    """Who we are in this workspace."""

    team: str
    user: str
    bot: str
    name: str
    enterprise: str = ""  # the Enterprise Grid organization of the workspace, if it has one

    @property
    def own_teams(self) -> frozenset[str]:
        """The ids under which Slack names our own people's team."""
        return frozenset({self.team, self.enterprise} - {""})


class OpenCluster(Protocol):
    """Opens a cluster for as long as one question reads it; each read is a record of ``audit`` before it is made."""

    def __call__(
        self, name: str, audit: AuditContext, observers: Sequence[Observer] = ()
    ) -> AbstractAsyncContextManager[Cluster]:
        """Raises ``ConnectionSettingsError`` when it cannot be used."""
        ...


@dataclass(frozen=True, kw_only=True)
class Services:
    """``clinic`` waits until the index is there; ``shared_reads`` shares one look among identical questions.

    ``fleet_places``: how many clusters are read at once where all are looked at.
    """

    settings: Settings
    bot: BotIdentity
    store: Store
    queue: JobQueue
    poster: Poster
    directory: Directory
    files: FileReader
    external_access: ExternalAccess
    shared_reads: SharedReads
    audit_log: AuditLog
    entries: Mapping[str, Entry]
    clusters: Clusters
    access: ClusterAccess
    open_cluster: OpenCluster
    clinic: Callable[[], Awaitable[Clinic]]
    timing: Timing = PRODUCTION
    metrics: Metrics = field(default_factory=Metrics)
    fleet_places: asyncio.Semaphore = field(default_factory=make_places)
