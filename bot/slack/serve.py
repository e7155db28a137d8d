"""``netclinic serve``: one process that hears Slack, does the work, and may be stopped at any moment."""

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version

from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.audit import AuditContext, AuditLog
from bot.audit.log import settings_snapshot
from bot.audit.records import SYSTEM
from bot.cluster.reader import Cluster
from bot.cluster.requests import Observer
from bot.diagnosis.clinic import Clinic
from bot.fleet.schedule import fleet_schedule
from bot.handoff.schedule import handoff_schedule
from bot.settings import Settings, parse_list
from bot.slack import logs
from bot.slack.access_watch import AccessWatch
from bot.slack.api.client import CallObservers, SlackClient, make_client, make_session
from bot.slack.api.directory import Directory
from bot.slack.api.errors import SlackRefused
from bot.slack.api.files import FileReader
from bot.slack.api.poster import Poster
from bot.slack.audit_watch import AuditWatch
from bot.slack.blocks.elements import Message
from bot.slack.cluster_access import ClusterAccess
from bot.slack.cluster_choice import Clusters
from bot.slack.events.alertmanager import make_alerts_handler
from bot.slack.external_access import ExternalAccess
from bot.slack.handlers.context import HandlerContext
from bot.slack.health import Health, Phase
from bot.slack.http import DeferredHandler, start_http
from bot.slack.identity import IdentityFile, PermissionLog, app_token_refused, identify_bot, list_secrets
from bot.slack.metrics import Metrics
from bot.slack.metrics_page import PATH as METRICS_PATH
from bot.slack.metrics_page import MetricsPage
from bot.slack.queue.dbos_engine import forget_words, run_housekeeping
from bot.slack.queue.queue import JobQueue
from bot.slack.queue.shared_reads import SharedReads
from bot.slack.scheduler import Scheduler
from bot.slack.services import OpenCluster, Services
from bot.slack.setting_rules import check_serving_settings, secret_value
from bot.slack.signed_requests import make_slack_handler
from bot.slack.slack_connect import SlackConnect
from bot.slack.socket_mode import HttpModeLink, SocketModeLink
from bot.slack.start_checks import StartCheck
from bot.slack.timing import PRODUCTION, Timing
from bot.store import Store, replicas
from bot.store.figures import read_figures
from bot.tracing import NO_TRACING, Tracing
from bot.tracing.observers import SlackCallSpans
from knowledge.errors import FAILED, UserFacingError
from knowledge.model import Entry

INDEX_THREAD = "netclinic-index"
READ_MARGIN = 60.0  # seconds beyond the deadline of reading after which a look certainly came to nothing

MakeApp = Callable[[Services, AsyncWebClient], AsyncApp]
_log = logging.getLogger("netclinic.serve")


class CannotServe(UserFacingError):
    """Serving came to an end that nobody asked for; the message says why and the way out."""

    exit_code = FAILED


@dataclass(frozen=True, kw_only=True)
class ServeConfig:
    """What serving is given. ``entries``, ``store``, ``audit`` and ``clinic`` are called once, in threads, and may take
    long. ``make_app`` makes the listeners, and registers the handlers with the queue; ``tracing`` makes spans.
    """

    settings: Settings
    entries: Callable[[], Mapping[str, Entry]]
    store: Callable[[], Store]
    audit: Callable[[], AuditLog]
    clinic: Callable[[], Clinic]
    clusters: Clusters
    open_cluster: OpenCluster
    make_app: MakeApp
    checks: tuple[StartCheck, ...] = ()
    timing: Timing = PRODUCTION
    tracing: Callable[[], Tracing] = lambda: NO_TRACING


async def serve(config: ServeConfig) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SettingsError: something is missing, cannot be meant or is not accepted.
        UserFacingError: it cannot be served, or no longer.
    """
    check_serving_settings(config.settings)
    logs.configure_logging(config.settings.log_level, list_secrets(config.settings), version=version("netclinic"))
    server = Server(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, server.ask_to_stop)
    task, stopping = asyncio.create_task(server.run()), asyncio.create_task(server.stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not server.started:
        task.cancel()  # nothing to bring to an end yet
    with contextlib.suppress(asyncio.CancelledError):
        await task
    if server.failure is not None:
        raise server.failure
    _log.info("Stopped; what was under way is done by the next start or another replica.")


@dataclass
class Server:
    """One run. ``failure``: why it ended, where nobody asked for it. ``hurry``: what is under way is not waited for."""

    config: ServeConfig
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    health: Health = field(default_factory=Health)
    access: ClusterAccess = field(default_factory=ClusterAccess)
    metrics_page: MetricsPage = field(default_factory=lambda: MetricsPage(Metrics()))
    clinic: "asyncio.Future[Clinic]" = field(default_factory=asyncio.Future)
    started: bool = False
    failure: Exception | None = None
    tracing: Tracing = NO_TRACING

    async def run(self) -> None:
        """Until ``stop`` is set; then everything is put down in order: first the hearing, then the work."""
        settings = self.config.settings
        async with contextlib.AsyncExitStack() as stack:
            for check in self.config.checks:
                await asyncio.to_thread(check.run)
            self.tracing = self.config.tracing()
            stack.push_async_callback(asyncio.to_thread, self.tracing.close)
            events_handler, alerts_handler = DeferredHandler(), DeferredHandler()
            own = {**self.health.endpoints(), METRICS_PATH: self.metrics_page.answer}
            await start_http(stack, settings, own, events_handler, alerts_handler)
            client = await self._make_client(stack)
            services = await self._make_services(stack, client)
            bolt = self.config.make_app(services, client)
            stack.push_async_callback(self._end_work, services.queue)
            await services.queue.launch()
            self.health.running = services.queue.count_running
            house = asyncio.create_task(run_housekeeping(services.store))
            stack.callback(house.cancel)
            if settings.audit_questions != "keep":
                lifetime = timedelta(hours=settings.buttons_expire_hours)
                forgetting = asyncio.create_task(forget_words(services.store, settings.data_dir, lifetime))
                stack.callback(forgetting.cancel)
            doubts = asyncio.create_task(services.poster.watch_doubtful())
            stack.callback(doubts.cancel)
            clock = Scheduler(services, handoff_schedule(settings), fleet_schedule(settings))
            ticking = asyncio.create_task(clock.run())
            stack.callback(ticking.cancel)
            await self._connect_slack(stack, bolt, events_handler, services.audit_log)
            alerts_handler.handle = make_alerts_handler(HandlerContext.from_services(services, Message("")))
            self._load_index()
            watch = asyncio.create_task(self._access_watch(services).run())
            stack.callback(watch.cancel)
            audit = AuditWatch(services.store, services.metrics, self.config.timing)
            verifying = asyncio.create_task(audit.run())
            stack.callback(verifying.cancel)
            self.started, self.health.phase = True, Phase.SERVING
            mode = "Socket Mode" if settings.slack_app_token else "HTTP"
            _log.info("Serving workspace %s as %s, by %s.", services.bot.team, services.bot.name, mode)
            await self.stop.wait()
            self.health.phase = Phase.STOPPING
            _log.info("Stopping: what is under way gets %.0f s to be done.", self.config.timing.draining)

    def ask_to_stop(self) -> None:
        """Stop; asked a second time, without waiting for what is under way."""
        if self.stop.is_set():
            _log.info("Asked again to stop: what is under way is left to the next start.")
            self.hurry.set()
        self.stop.set()

    async def _end_work(self, queue: JobQueue) -> None:
        """Where serving failed nobody can say that it comes back, and what is under way may wait for what failed."""
        if self.failure is None:
            await queue.drain(self.hurry)
        await queue.close()

    async def _make_client(self, stack: contextlib.AsyncExitStack) -> AsyncWebClient:
        settings, session = self.config.settings, make_session()
        stack.push_async_callback(session.close)
        return make_client(secret_value(settings.slack_bot_token), session, settings.slack_api_url)

    async def _make_services(self, stack: contextlib.AsyncExitStack, client: AsyncWebClient) -> Services:
        config, settings = self.config, self.config.settings
        metrics = self.metrics_page.metrics
        entries = await asyncio.to_thread(config.entries)
        metrics.know_entries(entries)
        store = await asyncio.to_thread(config.store)
        stack.callback(store.close)
        audit = await asyncio.to_thread(config.audit)
        stack.callback(audit.close)
        work = JobQueue(
            store,
            settings.data_dir,
            lost=self._fail_taken_over,
            on_take_over=metrics.take_overs.inc,
            timing=config.timing,
            tracing=self.tracing,
        )
        self.metrics_page.figures = lambda: store.run(read_figures, store, settings.data_dir)
        metrics.clusters = self.access.reachable
        self.health.replica = work.worker.id
        self.health.database = lambda: store.run(replicas.seconds_silent, store, work.worker.id)
        logs.configure_logging(
            settings.log_level, list_secrets(settings), replica=work.worker.id, version=version("netclinic")
        )
        await audit.arecord("settings.in_force", actor=SYSTEM, request_id=work.worker.id, detail=settings_snapshot())
        slack = SlackClient(client, PermissionLog(audit), self._call_observers())
        file = IdentityFile(settings.data_dir / "slack-identity.json")
        # Before Slack is there: who restores a backup meanwhile must be told that the database is in use.
        await work.worker.join()
        stack.push_async_callback(work.worker.leave)
        bot = await identify_bot(slack, self.health, file, config.timing, while_away=self._load_index)
        directory = Directory(slack)
        connect = SlackConnect(bot.own_teams, parse_list(settings.slack_connect), settings.contact)
        external = ExternalAccess(connect, directory, bot.enterprise)
        return Services(
            settings=settings,
            bot=bot,
            store=store,
            queue=work,
            poster=Poster(slack, store, work.worker, config.timing, external.check_posting),
            directory=directory,
            files=FileReader(slack),
            external_access=external,
            shared_reads=SharedReads(store, patience=settings.deadline + READ_MARGIN, poll=config.timing.poll),
            audit_log=audit,
            entries=entries,
            clusters=config.clusters,
            access=self.access,
            open_cluster=self._open_counted,
            clinic=self._wait_for_clinic,
            timing=config.timing,
            metrics=metrics,
        )

    def _call_observers(self) -> CallObservers:
        return CallObservers((self.metrics_page.metrics.slack, SlackCallSpans(self.tracing)))

    def _open_counted(
        self, name: str, audit: AuditContext, observers: Sequence[Observer] = ()
    ) -> contextlib.AbstractAsyncContextManager[Cluster]:
        """A cluster whose reads are counted."""
        return self.config.open_cluster(name, audit, [*observers, self.metrics_page.metrics.reads])

    def _access_watch(self, services: Services) -> AccessWatch:
        self.health.clusters = self.access.to_json
        return AccessWatch(
            access=self.access,
            clusters=services.clusters,
            entries=services.entries,
            open_cluster=services.open_cluster,
            trail=AuditContext(services.audit_log, SYSTEM, services.queue.worker.id),
            timing=self.config.timing,
        )

    async def _wait_for_clinic(self) -> Clinic:
        """Questions wait for the index; where it cannot be loaded, for the next process, since this one ends."""
        return await asyncio.shield(self.clinic)

    def _load_index(self) -> None:
        """Load the index, building it first where there is none, beside all else.

        The thread holds nothing up when the process ends, as one of a pool would. It is begun once: where Slack is away
        at the start, while it is waited for.
        """
        if self.health.index != "starting":
            return
        loop = asyncio.get_running_loop()
        self.health.index = "loading"

        def load() -> None:
            try:
                clinic = self.config.clinic()
            except Exception as error:
                loop.call_soon_threadsafe(self._fail_index, error)
            else:
                loop.call_soon_threadsafe(self._set_clinic, clinic)

        threading.Thread(target=load, name=INDEX_THREAD, daemon=True).start()

    def _set_clinic(self, clinic: Clinic) -> None:
        self.health.index = "ready"
        self.metrics_page.metrics.know_index(str(getattr(clinic.matcher, "version", "")))
        self.clinic.set_result(clinic)
        _log.info("The index is ready.")

    def _fail_index(self, error: Exception) -> None:
        self.health.index = "failed"
        self._fail(error)

    async def _connect_slack(
        self, stack: contextlib.AsyncExitStack, bolt: AsyncApp, events_handler: DeferredHandler, audit: AuditLog
    ) -> None:
        settings = self.config.settings
        token = secret_value(settings.slack_app_token)
        if not token:
            http = HttpModeLink()
            events_handler.handle = http.track(make_slack_handler(bolt, secret_value(settings.slack_signing_secret)))
            self.health.link_status = http.status
            return
        slack = SlackClient(bolt.client, PermissionLog(audit), self._call_observers())
        timing = self.config.timing
        socket = SocketModeLink(bolt, token, silence=settings.socket_silence, slack=slack, timing=timing)
        stack.push_async_callback(socket.close)
        try:
            await socket.open()
        except SlackRefused as error:
            raise app_token_refused(error) from error
        self.health.link_status = socket.status

    def _fail_taken_over(self) -> None:
        self._fail(
            CannotServe(
                "Another replica took over the work of this one, which had been silent for too long; start it again."
            )
        )

    def _fail(self, error: Exception) -> None:
        self.failure = self.failure or error
        self.stop.set()
