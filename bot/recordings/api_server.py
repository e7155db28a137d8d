"""Replaying a recording: a read-only Kubernetes API on loopback, so that nothing else need know it is no cluster."""

import asyncio
import gzip
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import orjson
import yaml

from bot.recordings.access import Ask, is_allowed, review_access, review_rules
from bot.recordings.discovery import AUTHORIZATION, discover
from bot.recordings.failures import ApiFailure, bad_request, forbidden, no_such_resource, read_only, unsupported_media
from bot.recordings.metrics import PATH as PROMETHEUS
from bot.recordings.metrics import QUERY, QUERY_RANGE, answer_query
from bot.recordings.objects import Recording, RecordingError
from bot.recordings.pod_logs import read_log
from bot.recordings.reading import get_bytes, list_bytes, shape_of
from bot.recordings.resources import Json

if TYPE_CHECKING:  # imported where something is served: listing recordings need not wait for it
    from aiohttp import web

LOOPBACK = "127.0.0.1"
_WORTH_PACKING = 128 * 1024
_LARGEST_BODY = 1024 * 1024
_JSON, _TEXT = "application/json", "text/plain"


@dataclass(frozen=True)
class Served:
    """One request that was answered: what a test or a benchmark looks at afterwards."""

    method: str
    path: str
    query: Mapping[str, str]
    status: int
    sent: int


@dataclass(frozen=True)
class _Target:
    """A path below an API version, taken apart."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""


@dataclass
class RecordingServer:
    """A recording being served."""

    store: Recording
    port: int = 0
    requests: list[Served] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def prometheus_url(self) -> str:
        """Where the Prometheus of the recorded cluster is replayed; empty where none was asked."""
        return self.url + PROMETHEUS if self.store.metrics is not None else ""

    @property
    def now(self) -> datetime:
        """The recording's clock: it starts at the recorded moment when the server starts, and runs on."""
        return self.store.recorded + timedelta(seconds=time.monotonic() - self._started)

    @property
    def kubeconfig(self) -> Json:
        """A kubeconfig whose only context bears the recording's name."""
        name = self.store.name
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": self.url}}],
            "users": [{"name": "recording", "user": {}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": "recording"}}],
            "current-context": name,
        }

    def write_kubeconfig(self, path: Path) -> Path:
        """The same as a file for ``KUBECONFIG``."""
        path.write_text(yaml.safe_dump(self.kubeconfig, sort_keys=False))
        return path

    async def handle(self, request: "web.Request") -> "web.Response":
        """Answers one request; whatever goes wrong is a ``Status``, as from a real server."""
        from aiohttp import web

        try:
            body, kind, code = await self._answer(request)
        except ApiFailure as failure:
            body, kind, code = orjson.dumps(failure.status()), _JSON, failure.code
        except (TypeError, AttributeError, ValueError, LookupError, RecursionError) as problem:
            odd = ApiFailure(500, "InternalError", f"the recording holds an object of an unexpected shape ({problem})")
            body, kind, code = orjson.dumps(odd.status()), _JSON, odd.code
        headers = {"Content-Type": kind, "Date": format_datetime(self.now, usegmt=True)}
        if len(body) > _WORTH_PACKING and "gzip" in request.headers.get("Accept-Encoding", "") and kind == _JSON:
            body = await asyncio.to_thread(gzip.compress, body, 1)
            headers["Content-Encoding"] = "gzip"
        self.requests.append(Served(request.method, request.path, dict(request.query), code, len(body)))
        return web.Response(body=body, status=code, headers=headers)

    async def _answer(self, request: "web.Request") -> tuple[bytes, str, int]:
        self._refuse_strangers(request)
        path = request.rel_url.raw_path.rstrip("/")
        if request.method == "POST" and path.startswith("/apis/authorization.k8s.io/v1/"):
            if request.content_type != _JSON:
                raise unsupported_media()
            return orjson.dumps(self._reviewed(path, await request.read())), _JSON, 201
        if request.method not in ("GET", "HEAD"):
            raise read_only()
        if self.store.metrics is not None and path in (QUERY, QUERY_RANGE):
            reply = answer_query(self.store.metrics, request.query.get("query", ""), is_range=path == QUERY_RANGE)
            return reply.body, _JSON, reply.status
        if path in ("/healthz", "/livez", "/readyz"):
            return b"ok", _TEXT, 200
        if (document := discover(self.store, path)) is not None:
            return orjson.dumps(document), _JSON, 200
        target = _target(path)
        if target is None or not self._knows_version(target):
            # A real server has no handler there, and so no Status either.
            return b"404 page not found\n", _TEXT, 404
        return self._read(target, request)

    def _refuse_strangers(self, request: "web.Request") -> None:
        """A web page can make a browser ask loopback under a name of its own; a recording is not for it."""
        if request.host.rpartition(":")[0] not in (LOOPBACK, "localhost"):
            raise ApiFailure(403, "Forbidden", f"the recording is served to {self.url} only")

    def _reviewed(self, path: str, content: bytes) -> Json:
        try:
            review = orjson.loads(content)
        except orjson.JSONDecodeError as problem:
            raise bad_request(f"the review cannot be read: {problem}") from problem
        if not isinstance(review, dict):
            raise bad_request("the review has to be an object")
        if path.endswith("/selfsubjectaccessreviews"):
            return review_access(self.store.forbidden, review)
        if path.endswith("/selfsubjectrulesreviews"):
            return review_rules(self.store.forbidden, review, self.store.resources)
        raise no_such_resource()

    def _knows_version(self, target: _Target) -> bool:
        known = {(each.group, each.version) for each in self.store.resources} | {AUTHORIZATION}
        return (target.group, target.version) in known

    def _read(self, target: _Target, request: "web.Request") -> tuple[bytes, str, int]:
        shelf = self.store.shelves.get((target.group, target.version, target.plural))
        is_log = (target.group, target.plural, target.subresource) == ("", "pods", "log")
        if shelf is None or not (is_log or target.subresource in ("", "status")):
            raise no_such_resource()
        self._check_allowed(target)
        query = dict(request.query)
        if query.get("watch") in ("1", "true"):
            raise read_only()
        if is_log:
            return read_log(self.store, target.namespace, target.name, query, self.now), _TEXT, 200
        shape = shape_of(request.headers.get("Accept", ""))
        if target.name:
            include = query.get("includeObject", "")
            return get_bytes(self.store, shelf, target.namespace, target.name, shape, self.now, include), _JSON, 200
        return list_bytes(self.store, shelf, target.namespace, query, shape, self.now), _JSON, 200

    def _check_allowed(self, target: _Target) -> None:
        verb = "get" if target.name else "list"
        ask = Ask(verb, target.group, target.plural, target.subresource, target.namespace, target.name)
        if not is_allowed(self.store.forbidden, ask):
            raise forbidden(verb, target.group, ask.full_resource, target.namespace, target.name)


def _target(path: str) -> _Target | None:
    parts = [unquote(part) for part in path.split("/")[1:]]
    if parts[:2] == ["api", "v1"]:
        group, version, rest = "", "v1", parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    return _Target(group, version, rest[0], namespace, *rest[1:3]) if len(rest) <= 3 else None


@asynccontextmanager
async def serve(store: Recording, port: int = 0) -> AsyncIterator[RecordingServer]:
    """Serves the recording on loopback for as long as the block runs; port 0 takes a free one."""
    from aiohttp import web

    server = RecordingServer(store)
    application = web.Application(client_max_size=_LARGEST_BODY)
    application.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, LOOPBACK, port).start()
        except OSError as problem:
            reason = os.strerror(problem.errno or 0).lower()
            way_out = "choose another, or 0 for a free one"
            raise RecordingError(f"Port {port} cannot be served on: {reason}; {way_out}.") from problem
        server.port = runner.addresses[0][1]
        yield server
    finally:
        await runner.cleanup()
