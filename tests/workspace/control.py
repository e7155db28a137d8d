"""The control API: what the page and tests in other languages see and do, as JSON on the same port as the Web API."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import web

from tests.workspace.delivery import NotAcknowledged
from tests.workspace.records import Json, Message, View

if TYPE_CHECKING:
    from tests.workspace.workspace import Workspace

PAGE = Path(__file__).parent / "page"
_HERE = ("127.0.0.1", "localhost", "::1")
_QUIET = 15.0
_GATHER = 0.05


@web.middleware
async def only_from_here(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Other sites that a browser has open cannot act in the workspace."""
    origin = request.headers.get("Origin")
    elsewhere = origin is not None and urlsplit(origin).netloc != request.host
    if elsewhere or request.url.host not in _HERE:
        return web.json_response({"error": "only the workspace's own page may ask this"}, status=403)
    return await handler(request)


def routes(server: web.Application, slack: "Workspace") -> None:
    """Add the page and the control API to the server."""
    control = Control(slack)
    server.router.add_get("/", control.page)
    server.router.add_get("/control/state", control.state)
    server.router.add_get("/control/changes", control.changes)
    server.router.add_get("/control/calls", control.calls)
    for name in ("say", "press", "command", "shortcut", "submit", "close", "home", "fail", "heal", "socket"):
        server.router.add_post(f"/control/{name}", control.does(getattr(control, name)))
    if PAGE.is_dir():
        server.router.add_static("/page/", PAGE)


class Control:
    """One method for each path."""

    def __init__(self, slack: "Workspace") -> None:
        self._slack = slack

    async def page(self, request: web.Request) -> web.StreamResponse:
        index = PAGE / "index.html"
        return web.FileResponse(index) if index.is_file() else web.Response(text="The page is not there yet.")

    async def state(self, request: web.Request) -> web.Response:
        return web.json_response(state(self._slack))

    async def calls(self, request: web.Request) -> web.Response:
        shown = ({**asdict(call), "reply": None} for call in self._slack.calls)
        return web.json_response([{k: v for k, v in call.items() if k != "reply"} for call in shown])

    async def changes(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the revision, now and after each change."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(request)
        known = -1
        try:
            while not self._slack.closing.is_set():
                now = self._slack.team.revision
                news = f'data: {{"revision": {now}}}\n\n' if now != known else ": still here\n\n"
                await response.write(news.encode())
                known = now
                await self._next(known)
        except ConnectionError:
            pass
        return response

    async def _next(self, known: int) -> None:
        """Until something changed or the workspace closes; a moment more gathers what comes together."""
        closing = asyncio.ensure_future(self._slack.closing.wait())
        changed = asyncio.ensure_future(self._slack.team.wait_for_change(known, _QUIET))
        await asyncio.wait({closing, changed}, return_when=asyncio.FIRST_COMPLETED)
        closing.cancel()
        changed.cancel()
        await asyncio.sleep(_GATHER)

    def does(self, job: Callable[[Json], Awaitable[Json]]) -> Callable[[web.Request], Awaitable[web.Response]]:
        """A handler: JSON in, JSON out, and a sentence when it cannot be done."""

        async def handle(request: web.Request) -> web.Response:
            try:
                body = await request.json() if request.can_read_body else {}
                return web.json_response(await job(body))
            except NotAcknowledged as failure:
                return web.json_response({"error": f"the app did not answer: {failure.reason}"}, status=504)
            except KeyError as error:
                return web.json_response({"error": str(error.args[0])}, status=404)
            except (ValueError, TypeError) as error:
                return web.json_response({"error": str(error)}, status=400)

        return handle

    async def say(self, body: Json) -> Json:
        ts = await self._slack.people.say(body["user"], body["channel"], body["text"], body.get("thread_ts"))
        return {"ts": ts}

    async def press(self, body: Json) -> Json:
        given = body.get("selected_options", body.get("selected_option", body.get("value")))
        options = [_chosen(one) for one in given] if isinstance(given, list) else _chosen(given)
        where = self._surface(body)
        await self._slack.people.choose(body["user"], where, body["action_id"], options, body.get("block_id"))
        return {"ok": True}

    async def command(self, body: Json) -> Json:
        return {"response": await self._slack.people.command(body["user"], body["channel"], body["text"])}

    async def shortcut(self, body: Json) -> Json:
        people = self._slack.people
        if body.get("type") == "global":
            await people.global_shortcut(body["user"], body["callback_id"])
        else:
            await people.message_shortcut(body["user"], body["channel"], body["ts"], body["callback_id"])
        return {"ok": True}

    async def submit(self, body: Json) -> Json:
        view = self._view(body["view"])
        errors = await self._slack.people.submit(body["user"], body.get("values") or {}, view)
        return {"errors": errors} if errors else {}

    async def close(self, body: Json) -> Json:
        await self._slack.people.close(body["user"], self._view(body["view"]))
        return {"ok": True}

    async def home(self, body: Json) -> Json:
        await self._slack.people.open_home(body["user"])
        return {"ok": True}

    async def fail(self, body: Json) -> Json:
        self._slack.fail(**body)
        return {"ok": True}

    async def heal(self, body: Json) -> Json:
        self._slack.heal()
        return {"ok": True}

    async def socket(self, body: Json) -> Json:
        await self._slack.socket(body["how"], bool(body.get("lasting")))
        return {"ok": True}

    def _view(self, view_id: str) -> View:
        return self._slack.team.views[view_id]

    def _surface(self, body: Json) -> Message | View:
        if body.get("view"):
            return self._view(body["view"])
        message = self._slack.team.find(self._slack.team.channel(body["channel"]).id, str(body["ts"]))
        if message is None:
            raise KeyError("that message is not there any more")
        return message


def _chosen(option: Any) -> Any:
    """The value of an option, given as such or as the whole option."""
    return option.get("value") if isinstance(option, dict) else option


def state(slack: "Workspace") -> Json:
    """All that the page shows."""
    team, app = slack.team, slack.app
    bot = {"id": team.bot.bot_id, "user_id": team.bot.id, "name": team.bot.name, "connected": slack.connected}
    kinds: dict[str, list[Any]] = {"message": [], "global": []}
    for shortcut in app.shortcuts:
        kinds[shortcut.kind].append({"callback_id": shortcut.callback_id, "name": shortcut.name})
    return {
        "revision": team.revision,
        "team": {"id": team.id, "name": team.name, "domain": team.domain},
        "bot": bot,
        "people": [
            {"id": p.id, "name": p.name, "real_name": p.real_name} for p in team.people.values() if not p.is_bot
        ],
        "bots": [{"id": p.id, "name": p.name, "real_name": p.real_name} for p in team.people.values() if p.is_bot],
        "channels": [
            {
                "id": c.id,
                "name": c.name,
                "is_im": c.is_im,
                "topic": c.topic,
                "user": c.user,
                "members": sorted(c.members),
            }
            for c in team.channels.values()
        ],
        "groups": [{"id": g.id, "handle": g.handle, "users": list(g.users)} for g in team.groups.values()],
        "clusters": list(slack.clusters),
        "opening": slack.opening._asdict() if slack.opening else None,
        "messages": {channel: [_message(m) for m in said] for channel, said in team.messages.items()},
        "statuses": [
            {"channel": s.channel, "thread_ts": s.thread_ts, "text": s.text, "loading": list(s.loading)}
            for s in team.statuses()
        ],
        "views": [
            {
                "id": v.id,
                "user": v.user,
                "type": v.type,
                "view": {**v.body, "state": {"values": v.state}},
                "errors": v.errors,
            }
            for v in team.views.values()
        ],
        "shortcuts": kinds,
        "commands": [
            {"command": c.command, "usage_hint": c.usage_hint, "description": c.description} for c in app.commands
        ],
    }


def _message(message: Message) -> Json:
    files = [
        {"id": f.id, "name": f.name, "title": f.title, "mimetype": f.mimetype, "url": f.path, "alt": f.alt}
        for f in message.files
    ]
    same = ("ts", "thread_ts", "user", "text", "blocks", "edited", "ephemeral_to", "metadata", "subtype", "reactions")
    return {**{name: getattr(message, name) for name in same}, "files": files}
