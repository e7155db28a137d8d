"""The workspace: joins memory, Web API, delivery, people and page into one server on loopback.

async with Workspace() as slack:
    process = start_the_bot(slack.environment)
    ts = await slack.people.say("ada", "inc-shop", "@netclinic pods cannot resolve names")
    answer = await slack.until(lambda: slack.reply("inc-shop", ts))
"""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import NamedTuple, TypeVar

from aiohttp import web

from tests.workspace import control
from tests.workspace.api import WebApi
from tests.workspace.app import App
from tests.workspace.calls import Received, Refused
from tests.workspace.delivery import Delivery
from tests.workspace.events import Events
from tests.workspace.faults import Fault, Faults
from tests.workspace.http_mode import HttpMode
from tests.workspace.interactions import Payloads
from tests.workspace.limits import Limits
from tests.workspace.people import People
from tests.workspace.records import File, Json, Message, Person, View
from tests.workspace.response_urls import ResponseUrls
from tests.workspace.shapes import message_json
from tests.workspace.socket_mode import SocketMode
from tests.workspace.surfaces import Surfaces, Triggers
from tests.workspace.team import Team, settle

Found = TypeVar("Found")


class Opening(NamedTuple):
    """The thread that the page shows to whoever comes without an address of their own: channel and ts."""

    channel: str
    ts: str


class Workspace:
    """A Slack workspace with one app in it.

    ``port`` 0 takes a free one. With ``request_url`` the app is reached by signed HTTP, otherwise by Socket Mode.
    ``ack_seconds`` is how long the app may take to acknowledge, ``retry_after`` the pauses before an event is sent
    again (Slack: at once, after 1 and after 5 minutes), ``trigger_seconds`` how long a trigger id holds, ``limits`` is
    ``usual``, ``strict`` or ``off``. ``clusters`` are only names for the page.
    """

    def __init__(
        self,
        app: App | None = None,
        *,
        port: int = 0,
        request_url: str | None = None,
        clusters: Sequence[str] = (),
        ack_seconds: float = 3.0,
        retry_after: Sequence[float] = (1.0, 10.0, 30.0),
        trigger_seconds: float = 3.0,
        limits: str = "usual",
    ) -> None:
        self.app = app or App()
        self.clusters = tuple(clusters)
        self.bot_token, self.app_token = "xoxb-local-workspace", "xapp-1-local-workspace"
        self.signing_secret = "local-workspace-signing-secret"
        self.team = Team(Person("U0CLINIC00", self.app.name, self.app.name, True, "B0CLINIC00", "A0CLINIC00"))
        settle(self.team)
        self.calls: list[Received] = []
        self.faults, self.limits, self.triggers = Faults(), Limits(limits), Triggers(trigger_seconds)
        self.surfaces, self.payloads = Surfaces(self.team), Payloads(self.team)
        self.sockets = SocketMode("A0CLINIC00", ack_seconds, self.team.changed)
        self.http = HttpMode(request_url, self.signing_secret, ack_seconds) if request_url else None
        self.delivery = Delivery(self.http or self.sockets, retry_after)
        self.events = Events(self.team, self.app, self.delivery)
        self.response_urls = ResponseUrls(self)
        self.people = People(self)
        self.closing = asyncio.Event()
        self.opening: Opening | None = None
        self._port = port
        self._runner: web.AppRunner | None = None

    def open_with(self, channel: str, ts: str) -> None:
        """Let the page open with this thread; a page that is open already follows while nobody went elsewhere."""
        self.opening = Opening(self.team.channel(channel).id, ts)
        self.team.changed()

    async def __aenter__(self) -> "Workspace":
        server = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[control.only_from_here])
        server.router.add_route("*", "/api/{method}", WebApi(self))
        server.router.add_get("/link/", self.sockets.handle)
        server.router.add_post("/response/{team}/{key}", self.response_urls.handle)
        server.router.add_post("/upload/{file}", self._upload)
        server.router.add_get("/files/{file}/{name}", self._download)
        control.routes(server, self)
        self._runner = web.AppRunner(server, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.sockets.url = f"ws://127.0.0.1:{self._port}"
        self.team.files_url = self.url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        await self.delivery.close()
        await self.sockets.close()
        if self.http is not None:
            await self.http.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it is; the page is at its root."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a bot needs to connect; without an app token when it is reached by HTTP."""
        tokens = {"SLACK_BOT_TOKEN": self.bot_token, "SLACK_SIGNING_SECRET": self.signing_secret}
        link = {} if self.http else {"SLACK_APP_TOKEN": self.app_token}
        return {**tokens, **link, "SLACK_API_URL": f"{self.url}/api/"}

    @property
    def connected(self) -> bool:
        """Whether a bot is there; by HTTP nobody can tell, so yes."""
        return self.http is not None or self.sockets.connected > 0

    def need(self, scope: str) -> None:
        """Refuse as Slack does when the app has not this scope."""
        if scope not in self.app.scopes:
            raise Refused("missing_scope", needed=scope, provided=",".join(sorted(self.app.scopes)))

    def rewrite(self, message: Message, text: str, blocks: list[Json]) -> None:
        """Change a message; the app hears of it unless only one person sees it."""
        before = message_json(self.team, message)
        self.team.edit(message, text=text, blocks=blocks, edited=self.team.new_ts())
        if message.ephemeral_to is None:
            self.events.edited(message, before)

    def fail(
        self,
        method: str,
        how: str,
        *,
        accepted: bool = False,
        status: int = 503,
        retry_after: int = 1,
        times: int | None = 1,
        error: str = "unknown_method",
    ) -> None:
        """Let calls of this method fail; see Fault. ``response_url`` is the name of those URLs."""
        self.faults.add(Fault(method, how, accepted, status, retry_after, times, error))

    def heal(self) -> None:
        self.faults.heal()

    async def socket(self, how: str, lasting: bool = False) -> None:
        """Let sockets misbehave; see SocketMode.disturb."""
        await self.sockets.disturb(how, lasting)

    def messages(self, channel: str) -> list[Message]:
        """What everybody in the channel sees, oldest first."""
        return self.team.public(self.team.channel(channel).id)

    def thread(self, channel: str, ts: str) -> list[Message]:
        return self.team.thread(self.team.channel(channel).id, ts)

    def replies(self, channel: str, ts: str) -> list[Message]:
        """The bot's messages in this thread, oldest first."""
        return [m for m in self.thread(channel, ts)[1:] if m.bot_id == self.team.bot.bot_id]

    def reply(self, channel: str, ts: str) -> Message | None:
        """The bot's newest message in this thread."""
        return next(iter(self.replies(channel, ts)[::-1]), None)

    def status(self, channel: str, ts: str) -> str:
        """What stands under this thread behind the app's name; empty where nothing does."""
        found = self.team.status(self.team.channel(channel).id, ts)
        return found.text if found else ""

    def ephemerals(self, user: str, channel: str | None = None) -> list[Message]:
        """What only this person sees, oldest first."""
        who = self.team.person(user).id
        where = [self.team.channel(channel).id] if channel else list(self.team.messages)
        found = [m for c in where for m in self.team.messages[c] if m.ephemeral_to == who]
        return sorted(found, key=lambda m: m.ts)

    def modals(self, user: str) -> list[View]:
        """The modals that this person has open, the one on top last."""
        return self.surfaces.modals(self.team.person(user).id)

    def home(self, user: str) -> View | None:
        return self.surfaces.home(self.team.person(user).id)

    async def until(self, condition: Callable[[], Found], seconds: float = 30.0) -> Found:
        """The condition's value once it is not empty; TimeoutError tells what was last said and called."""
        end = asyncio.get_running_loop().time() + seconds
        while not (found := condition()):
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                raise TimeoutError(f"still not so after {seconds:g} s\n{self._lately()}")
            await self.team.wait_for_change(self.team.revision, min(left, 0.25))
        return found

    async def until_connected(self, seconds: float = 60.0) -> None:
        await self.until(lambda: self.connected, seconds)

    def _lately(self) -> str:
        said = [f"  {m.user}: {m.plain[:200]!r}" for c in self.team.messages.values() for m in c[-3:]]
        called = [f"  {c.method} {c.outcome}" for c in self.calls[-8:]]
        return "\n".join(["last said:", *said, "last called:", *called])

    async def _upload(self, request: web.Request) -> web.Response:
        file: File | None = self.team.files.get(request.match_info["file"])
        if file is None:
            return web.Response(status=404)
        if request.content_type == "multipart/form-data":
            parts = [part.file.read() for part in (await request.post()).values() if isinstance(part, web.FileField)]
            file.content = b"".join(parts)
        else:
            file.content = await request.read()
        return web.Response(text=f"OK - {len(file.content)}")

    async def _download(self, request: web.Request) -> web.Response:
        file = self.team.files.get(request.match_info["file"])
        if file is None or file.content is None:
            return web.Response(status=404)
        has_token = request.headers.get("Authorization") == f"Bearer {self.bot_token}"
        if file.sent_by and not (has_token and "files:read" in self.app.scopes):
            return web.Response(text="<html>Sign in to read this file.</html>", content_type="text/html")
        return web.Response(body=file.content, content_type=file.mimetype)
