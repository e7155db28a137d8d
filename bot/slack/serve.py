"""``netclinic serve``: one process that hears Slack, does the work, and may be stopped at any moment."""

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.audit import AuditLog
from bot.audit.log import settings_snapshot
from bot.audit.records import SYSTEM
from bot.diagnosis.clinic import Clinic
from bot.settings import Settings, SettingsError
from bot.slack import logs
from bot.slack.api.client import SlackClient, make_client, make_session
from bot.slack.api.directory import Directory
from bot.slack.api.errors import SlackRefused
from bot.slack.api.poster import Poster
from bot.slack.cluster_choice import Clusters
from bot.slack.http import DeferredHandler, Health, open_doors, slack_door
from bot.slack.identity import Denials, Identity, check_tokens, introduced, secret, secrets_of
from bot.slack.queue.dbos_engine import keep_house
from bot.slack.queue.queue import JobQueue
from bot.slack.queue.shared_reads import Looks
from bot.slack.scheduler import Clock, schedule
from bot.slack.services import OpenCluster, Services
from bot.slack.socket_mode import HttpLink, SocketLink
from bot.store import Store, replicas
from knowledge.errors import FAILED, UserFacingError
from knowledge.model import Entry

INDEX_THREAD = "netclinic-index"
LOOK_MARGIN = 60.0  # seconds beyond the deadline of reading after which a look certainly came to nothing

Join = Callable[[Services, AsyncWebClient], AsyncApp]
_log = logging.getLogger("netclinic.serve")


class CannotServe(UserFacingError):
    """Serving came to an end that nobody asked for; the message says why and the way out."""

    exit_code = FAILED


@dataclass(frozen=True, kw_only=True)
class ServeConfig:
    """What serving is given. ``entries``, ``store``, ``audit`` and ``clinic`` are called once, in threads, and may take
    long. ``join`` makes the listeners, and registers the deeds with the work.
    """

    settings: Settings
    entries: Callable[[], Mapping[str, Entry]]
    store: Callable[[], Store]
    audit: Callable[[], AuditLog]
    clinic: Callable[[], Clinic]
    clusters: Clusters
    open_cluster: OpenCluster
    join: Join


async def serve(premises: ServeConfig) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        SettingsError: a token is missing or not accepted, or an address is none.
        AuditUnavailable, DatabaseError, EntryErrors, AddressTaken, CannotServe: it cannot be served, or no longer.
    """
    check_tokens(premises.settings)
    schedule(premises.settings)
    logs.set_up(premises.settings.log_level, secrets_of(premises.settings))
    serving = Serving(premises)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, serving.stop.set)
    task, stopping = asyncio.create_task(serving.run()), asyncio.create_task(serving.stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not serving.started:
        task.cancel()  # nothing to bring to an end yet
    with contextlib.suppress(asyncio.CancelledError):
        await task
    if serving.failure is not None:
        raise serving.failure
    _log.info("Stopped; what was under way is done by the next start or another replica.")


@dataclass
class Serving:
    """One run. ``failure`` is why it ended, where nobody asked for it."""

    premises: ServeConfig
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    health: Health = field(default_factory=Health)
    clinic: "asyncio.Future[Clinic]" = field(default_factory=asyncio.Future)
    started: bool = False
    failure: Exception | None = None

    async def run(self) -> None:
        """Until ``stop`` is set; then everything is put down in order: first the hearing, then the work."""
        settings = self.premises.settings
        async with contextlib.AsyncExitStack() as stack:
            door = DeferredHandler()
            await open_doors(stack, settings, self.health, door)
            client = await self._client(stack)
            parts = await self._parts(stack, client)
            bolt = self.premises.join(parts, client)
            stack.push_async_callback(parts.work.close)
            await parts.work.launch()
            self.health.running = parts.work.running
            house = asyncio.create_task(keep_house(parts.store))
            stack.callback(house.cancel)
            clock = asyncio.create_task(Clock(parts, schedule(settings)).keep())
            stack.callback(clock.cancel)
            await self._hear(stack, bolt, door, parts.ledger)
            self._load()
            self.started = True
            mode = "Socket Mode" if settings.slack_app_token else "HTTP"
            _log.info("Serving workspace %s as %s, by %s.", parts.bot.team, parts.bot.name, mode)
            await self.stop.wait()
            _log.info("Stopping: steps under way get some seconds to finish.")

    async def _client(self, stack: contextlib.AsyncExitStack) -> AsyncWebClient:
        settings, session = self.premises.settings, make_session()
        stack.push_async_callback(session.close)
        return make_client(secret(settings.slack_bot_token), session, settings.slack_api_url)

    async def _parts(self, stack: contextlib.AsyncExitStack, client: AsyncWebClient) -> Services:
        premises, settings = self.premises, self.premises.settings
        entries = await asyncio.to_thread(premises.entries)
        store = await asyncio.to_thread(premises.store)
        stack.callback(store.close)
        audit = await asyncio.to_thread(premises.audit)
        stack.callback(audit.close)
        work = JobQueue(store, settings.data_dir, lost=self._lost)
        self.health.replica = work.replica.id
        self.health.database = lambda: store.run(replicas.seconds_silent, store, work.replica.id)
        logs.set_up(settings.log_level, secrets_of(settings), replica=work.replica.id)
        await audit.arecord("settings.in_force", actor=SYSTEM, request_id=work.replica.id, detail=settings_snapshot())
        caller = SlackClient(client, Denials(audit))
        bot = await introduced(caller, self.health, Identity(settings.data_dir / "slack-identity.json"))
        return Services(
            settings=settings,
            bot=bot,
            store=store,
            work=work,
            poster=Poster(caller, store, work.replica),
            directory=Directory(caller),
            looks=Looks(store, patience=settings.deadline + LOOK_MARGIN),
            ledger=audit,
            entries=entries,
            clusters=premises.clusters,
            open_cluster=premises.open_cluster,
            clinic=self._clinic,
        )

    async def _clinic(self) -> Clinic:
        """Questions wait for the index; where it cannot be loaded, for the next process, since this one ends."""
        return await asyncio.shield(self.clinic)

    def _load(self) -> None:
        """Load the index, building it first where there is none, beside all else.

        The thread holds nothing up when the process ends, as one of a pool would.
        """
        loop = asyncio.get_running_loop()
        self.health.index = "loading"

        def load() -> None:
            try:
                clinic = self.premises.clinic()
            except Exception as error:
                loop.call_soon_threadsafe(self._not_loaded, error)
            else:
                loop.call_soon_threadsafe(self._loaded, clinic)

        threading.Thread(target=load, name=INDEX_THREAD, daemon=True).start()

    def _loaded(self, clinic: Clinic) -> None:
        self.health.index = "ready"
        self.clinic.set_result(clinic)
        _log.info("The index is ready.")

    def _not_loaded(self, error: Exception) -> None:
        self.health.index = "failed"
        self._fail(error)

    async def _hear(
        self, stack: contextlib.AsyncExitStack, bolt: AsyncApp, door: DeferredHandler, audit: AuditLog
    ) -> None:
        settings = self.premises.settings
        token = secret(settings.slack_app_token)
        if not token:
            http = HttpLink()
            door.answer = http.seen(slack_door(bolt))
            self.health.link = http.told
            return
        caller = SlackClient(bolt.client, Denials(audit))
        socket = SocketLink(bolt, token, silence=settings.socket_silence, caller=caller)
        stack.push_async_callback(socket.close)
        try:
            await socket.open()
        except SlackRefused as error:
            raise SettingsError(
                f"SLACK_APP_TOKEN is not accepted ({error.code}): make one with the scope connections:write on the "
                "app's Basic Information page."
            ) from error
        self.health.link = socket.told

    def _lost(self) -> None:
        self._fail(
            CannotServe(
                "Another replica took over the work of this one, which had been silent for too long; start it again."
            )
        )

    def _fail(self, error: Exception) -> None:
        self.failure = self.failure or error
        self.stop.set()
