"""The door of the Web API: reads a call's arguments, checks token, scopes and rate, and writes it all down."""

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.workspace.calls import Call, Method, Received, Refused
from tests.workspace.faults import Fault
from tests.workspace.methods import METHODS
from tests.workspace.records import Json

if TYPE_CHECKING:
    from tests.workspace.workspace import Workspace

_STRUCTURED = ("blocks", "attachments", "loading_messages", "metadata", "view", "files", "unfurls")


class WebApi:
    """``/api/<method>``."""

    def __init__(self, workspace: "Workspace") -> None:
        self._workspace = workspace

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        method = METHODS.get(name)
        args, token = await arguments(request, method)
        call = Received(time.time(), name, args)
        self._workspace.calls.append(call)
        fault = self._workspace.faults.take(name)
        if fault is not None and fault.how == "late":
            await asyncio.sleep(fault.retry_after)
            fault = None
        if fault is not None and not fault.accepted:
            return await self._fail(request, call, fault)
        reply, status, headers = self._answer(name, method, args, token)
        call.reply = reply
        call.outcome = "ok" if reply["ok"] else str(reply["error"])
        self._workspace.team.changed()
        if fault is not None:
            return await self._fail(request, call, fault)
        return web.json_response(reply, status=status, headers=headers)

    def _answer(self, name: str, method: Method | None, args: Json, token: str) -> tuple[Json, int, dict[str, str]]:
        headers = {"x-oauth-scopes": ",".join(sorted(self._workspace.app.scopes))}
        try:
            if method is None:
                raise Refused("unknown_method", req_method=name)
            self._let_in(method, token)
            if method.scope:
                headers["x-accepted-oauth-scopes"] = method.scope
                self._workspace.need(method.scope)
            seconds = self._workspace.limits.wait(name, method.tier, str(args.get("channel", "")))
            if seconds:
                return Refused("ratelimited").reply, 429, {**headers, "Retry-After": str(seconds)}
            return {"ok": True, **method.answer(Call(self._workspace, name, args))}, 200, headers
        except Refused as no:
            return no.reply, 200, headers

    def _let_in(self, method: Method, token: str) -> None:
        if not token:
            raise Refused("not_authed")
        tokens = {self._workspace.bot_token: "bot", self._workspace.app_token: "app"}
        if token not in tokens:
            raise Refused("invalid_auth")
        if tokens[token] != method.token:
            raise Refused("not_allowed_token_type")

    async def _fail(self, request: web.Request, call: Received, fault: Fault) -> web.StreamResponse:
        """Fail in this way; what the call would have returned is not sent."""
        call.outcome = f"{fault.how}{' after it was carried out' if fault.accepted else ''}"
        self._workspace.team.changed()
        if fault.how == "status":
            return web.Response(status=fault.status, text="upstream connect error")
        if fault.how == "refused":
            return web.json_response(Refused(fault.error).reply)
        if fault.how == "ratelimited":
            reply = Refused("ratelimited").reply
            return web.json_response(reply, status=429, headers={"Retry-After": str(fault.retry_after)})
        if fault.how == "hang":
            await self._workspace.closing.wait()
        elif request.transport is not None:
            request.transport.abort()
        await asyncio.sleep(0)
        return web.Response(status=500)


async def arguments(request: web.Request, method: Method | None) -> tuple[Json, str]:
    """A call's arguments, from query, form or JSON as Slack reads them, and its token ("" without one)."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except json.JSONDecodeError:
            body = None
        if isinstance(body, dict) and (method is None or method.json):
            args |= body
    else:
        args |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = args.pop("token", "")
    structured = {name: _decoded(args[name]) for name in _STRUCTURED if name in args}
    return {**args, **structured}, token if scheme.lower() == "bearer" else str(given)


def _decoded(value: Any) -> Any:
    """JSON in a form field; as it is when it is none, for the method to refuse."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
