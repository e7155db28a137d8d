"""The one reader: every request to a cluster goes through here, so that budget, cache, redaction and audit hold.

Requests go through the official client's async API; replies are taken raw and parsed with orjson, because the typed
models cost seconds on large lists. A read that fails raises :class:`ReadError`; nobody may take it for "not there".
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, TypeVar

import orjson

from bot.cloud.reader import CloudReader
from bot.cloud.requests import CloudBudget, CloudRecorder, CloudTransport
from bot.cluster.redaction import may_hold_secrets, redact, redact_text
from bot.cluster.reply_shape import shape_problem
from bot.cluster.requests import (
    Budget,
    CutObserver,
    Listing,
    Observer,
    OtherReader,
    Printed,
    Recorder,
    Request,
    Spent,
    rows_of,
)
from bot.cluster.resources import NODES, PODS, Resource, denied, in_words, is_denied, merge_denied
from bot.cluster.transport import Kind, ReadError, Reply, Transport

T = TypeVar("T")
FROM_CACHE = ("resourceVersion", "0")
PAGE = 500  # objects a page: what kubectl asks for
MOST_ROWS = 20_000  # printed ones: 5 MB
_SMALL = 16_384  # bytes that are cleaned in a millisecond or so: a thread would cost more
MASK_OF_METADATA = ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# What kubectl asks for, without its last resort, the whole objects; v1beta1 alone before Kubernetes 1.15.
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1,application/json;as=Table;g=meta.k8s.io;v=v1beta1"


@dataclass
class Reader:
    """Reads one cluster for one question. Use as an async context manager: leaving it cancels what still runs.

    ``cloud`` reads what Kubernetes cannot show; ``None`` where it is not to be asked.
    """

    transport: Transport
    budget: Budget = field(default_factory=Budget)
    observers: Sequence[Observer] = ()
    recorder: Recorder | None = None
    cloud: CloudReader | None = None
    spent: Spent = field(default_factory=Spent)
    others: Sequence[OtherReader] = ()  # what is asked beside the cluster
    _failures: dict[str, str] = field(default_factory=dict)
    _started: float = field(default_factory=time.monotonic)
    _cache: dict[tuple[Request, int], asyncio.Task[Any]] = field(default_factory=dict)
    _server_clock: tuple[datetime, float] | None = None
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(10))

    async def __aenter__(self) -> "Reader":
        return self

    async def __aexit__(self, *_: object) -> None:
        running = [task for task in self._cache.values() if not task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, *(other.close() for other in self.others), return_exceptions=True)
        if self.cloud is not None:
            await self.cloud.close()

    def other(self, system: str) -> OtherReader | None:
        """The reader of another system, where one is configured."""
        return next((each for each in self.others if each.system == system), None)

    def spent_in_all(self) -> Spent:
        """What the question has cost, other systems included."""
        every = [self.spent, *(other.spent for other in self.others)]
        return Spent(sum(each.requests for each in every), sum(each.bytes for each in every))

    def unread(self) -> tuple[str, ...]:
        """What could not be read and why, one sentence a kind of object; all that is not permitted is one."""
        own = merge_denied(why if is_denied(why) else f"{what}: {why}" for what, why in self._failures.items())
        of_cloud = () if self.cloud is None else self.cloud.unread()
        of_others = (why for other in self.others for why in other.unread())
        return (*own, *(f"cloud: {why}" for why in of_cloud), *of_others)

    def note(self, what: str, why: str) -> None:
        """Tell that something could not be looked at, with the rest."""
        self._failures.setdefault(what, why)

    def now(self) -> datetime:
        """The API server's clock (its ``Date`` header), so that ages hold on a laptop that runs wrong."""
        if self._server_clock is None:
            return datetime.now(UTC)
        moment, read_at = self._server_clock
        return moment + timedelta(seconds=time.monotonic() - read_at)

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        """The object, or ``None`` when the server says that it does not exist.

        Raises:
            ReadError: it could not be read.
        """
        path = resource.path(namespace, name)
        request = Request(verb="get", resource=resource.plural, path=path, kind=resource.kind)
        try:
            found: dict[str, Any] = await self._once(request, self._fetch_json)
        except ReadError as error:
            if error.kind == "not_found":
                return None
            raise
        return {"kind": resource.kind, **found}

    async def select(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
        from_cache: bool = False,
        most: int = 4 * PAGE,
        page: int = PAGE,
    ) -> Listing:
        """Up to ``most`` objects, fewer once the question has read much. Selectors are in the API's own notation.

        ``from_cache`` lets the API server answer from memory (``resourceVersion=0``): for selectors that leave little
        of a large kind, since it then ignores page sizes.

        A cluster may lack a custom kind; one that lacks a kind of Kubernetes itself is no cluster, or not seen as one.

        Raises:
            ReadError: the first page could not be read.
        """
        query = [("labelSelector", labels)] if labels else []
        query += [("fieldSelector", fields)] if fields else []
        query += [FROM_CACHE] if from_cache else []
        accept = f"application/json{MASK_OF_METADATA},application/json" if metadata_only else "application/json"
        request = Request(
            verb="list",
            resource=resource.plural,
            path=resource.path(namespace),
            query=tuple(query),
            accept=accept,
            kind=resource.kind,
        )
        try:
            listing: Listing = await self._once(request, lambda asked: self._pages(asked, most, page), most)
        except ReadError as error:
            if error.kind == "not_found" and "." in resource.group and not resource.group.endswith(".k8s.io"):
                return Listing((), served=False)
            raise
        return listing

    async def printed(self, resource: Resource) -> Printed | None:
        """What ``kubectl get`` prints of all objects of a kind, without the objects; ``None`` where nobody prints.

        Some 250 bytes an object, from the API server's memory. Servers without Tables answer 406.

        Raises:
            ReadError: it could not be read.
        """
        request = Request(
            verb="list",
            resource=resource.plural,
            path=resource.path(),
            query=(("includeObject", "None"), FROM_CACHE),
            accept=TABLE,
            kind=resource.kind,
        )
        try:
            listing: Listing = await self._once(request, lambda asked: self._pages(asked, MOST_ROWS, PAGE), MOST_ROWS)
        except ReadError as error:
            if error.kind == "not_acceptable":
                return None
            raise
        return Printed(listing.items, listing.complete)

    async def log(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        tail: int = 300,
        since: timedelta = timedelta(hours=1),
        previous: bool = False,
    ) -> list[str]:
        """The newest lines of a container's log, each with its timestamp in front; of its run before, if ``previous``.

        Raises:
            ReadError: it could not be read.
        """
        query = (
            ("container", container),
            ("limitBytes", "262144"),
            *([("previous", "true")] if previous else []),
            ("sinceSeconds", str(int(since.total_seconds()))),
            ("tailLines", str(tail)),
            ("timestamps", "true"),
        )
        path = PODS.path(namespace, pod) + "/log"
        request = Request(verb="get", resource="pods/log", path=path, query=query, accept="*/*")
        return list(await self._once(request, self._fetch_lines))

    async def version(self) -> str:
        """The server's ``gitVersion``.

        Raises:
            ReadError: it could not be read.
        """
        found = await self._once(Request(verb="get", resource="version", path="/version"), self._fetch_json)
        return str(found.get("gitVersion", ""))

    async def may(self, verb: str, resource: Resource, namespace: str | None = None, name: str = "") -> bool:
        """Whether the API server would let us (SelfSubjectAccessReview); ``name``: that one object.

        Raises:
            ReadError: the review itself failed.
        """
        plural, _, subresource = resource.plural.partition("/")
        wanted = {"verb": verb, "group": resource.group, "resource": plural, "subresource": subresource}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {
                "resourceAttributes": {**wanted, "namespace": namespace or "", **({"name": name} if name else {})}
            },
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        request = Request(verb="create", resource="selfsubjectaccessreviews", path=path)
        reply = await self._announced(request, lambda: self.transport.post(path, body, self._patience()))
        return self._allowed(request, reply)

    def _allowed(self, request: Request, reply: Reply) -> bool:
        try:
            allowed = orjson.loads(reply.body)["status"]["allowed"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            allowed = None
        if not isinstance(allowed, bool):
            self._refuse(request, f"the reply to {request.path} was no access review", "invalid")
        return allowed

    async def _once(self, request: Request, fetch: Callable[[Request], Awaitable[Any]], most: int = 0) -> Any:
        """The same read is never made twice: whoever asks second waits for the first one's task."""
        key = (request, most)  # a short sample of a list must not pass for the list
        if key not in self._cache:
            self._cache[key] = asyncio.ensure_future(fetch(request))
        return await asyncio.shield(self._cache[key])

    async def _pages(self, request: Request, most: int, size: int) -> Listing:
        items: list[dict[str, Any]] = []
        query = [*request.query, ("limit", str(min(size, most)))]
        while True:
            page = await self._fetch_page(request, query, items)
            if page is None:
                return Listing(tuple(items), complete=False)
            items += rows_of(page) if request.is_table else page.get("items") or []
            metadata = page.get("metadata") or {}
            following = metadata.get("continue")
            if not following:
                return Listing(tuple(items))
            has_read_much = self.spent.bytes >= self.budget.bytes_before_lists_end and not request.is_table
            if len(items) >= most or has_read_much:
                return Listing(tuple(items), complete=False, remaining=metadata.get("remainingItemCount"))
            # A continued list is of one version already: naming another beside the token is refused.
            kept = [pair for pair in request.query if pair != FROM_CACHE]
            query = [*kept, ("limit", str(size)), ("continue", following)]

    async def _fetch_page(
        self, request: Request, query: list[tuple[str, str]], so_far: list[dict[str, Any]]
    ) -> dict[str, Any] | None:
        """One page; ``None`` when a later page failed, so that what is already there is kept as incomplete."""
        try:
            page: dict[str, Any] = await self._fetch_json(replace(request, query=tuple(query)))
        except ReadError:
            if so_far:
                return None
            raise
        return page

    async def _fetch_json(self, request: Request) -> dict[str, Any]:
        reply = await self._send(request)
        try:
            parsed: dict[str, Any] = orjson.loads(reply.body)
        except orjson.JSONDecodeError:
            self._refuse(request, f"the reply to {request.path} was not JSON", "invalid")
        is_small = len(reply.body) < _SMALL
        problem = (
            shape_problem(request, parsed) if is_small else await asyncio.to_thread(shape_problem, request, parsed)
        )
        if problem:
            kind: Kind = "not_acceptable" if _is_list_for_table(request, parsed) else "invalid"
            self._refuse(request, f"the reply to {request.path} {problem}", kind)
        _drop_images(request, parsed)
        if may_hold_secrets(reply.body):
            parsed = await self._redacted(request, redact, parsed, len(reply.body))
        return self._shown(request, parsed)

    async def _fetch_lines(self, request: Request) -> list[str]:
        reply = await self._send(request)
        text = reply.body.decode("utf-8", errors="replace")
        return self._shown(request, (await self._redacted(request, redact_text, text, len(reply.body))).splitlines())

    async def _redacted(self, request: Request, redact: Callable[[T], T], content: T, size: int) -> T:
        """Large replies are cleaned in a thread, so that others are answered meanwhile, and within the deadline."""
        if size < _SMALL:
            return redact(content)
        try:
            return await asyncio.wait_for(asyncio.to_thread(redact, content), max(self._left(), 0.001))
        except TimeoutError:
            self._refuse(request, f"the deadline of {self.budget.seconds:g} s had passed", "deadline")

    def _shown(self, request: Request, content: T) -> T:
        if self.recorder is not None:
            self.recorder.record(request, content, self.now())
        return content

    async def _send(self, request: Request) -> Reply:
        """One more try where the server is only busy and asks to come back within the time left."""
        try:
            return await self._announced(request, lambda: self._get(request), again=True)
        except ReadError as error:
            if not self._worth_waiting(error):
                raise
            await asyncio.sleep(error.retry_after or 0)
        return await self._announced(request, lambda: self._get(request))

    async def _get(self, request: Request) -> Reply:
        left = self.budget.bytes - self.spent.bytes
        return await self.transport.get(request.path, request.query, request.accept, self._patience(), left)

    def _worth_waiting(self, error: ReadError) -> bool:
        return error.retry_after is not None and error.retry_after < self._left()

    async def _announced(self, request: Request, send: Callable[[], Awaitable[Reply]], *, again: bool = False) -> Reply:
        async with self._slots:
            self._charge(request)
            for observer in self.observers:
                await observer.before(request)
            started, outcome, size = time.monotonic(), "cancelled", 0
            try:
                reply = await send()
                outcome, size = "ok", len(reply.body)
            except ReadError as error:
                outcome, size = error.kind, error.size
                if error.kind == "forbidden":  # in one sentence, whatever the API server says of it
                    error = ReadError("forbidden", denied([in_words(request.group, request.resource)]), error.size)
                if not (again and self._worth_waiting(error)):
                    self._note(request, error)
                raise error
            finally:
                self.spent.bytes += size
                for observer in self.observers:
                    await observer.after(request, outcome, size, time.monotonic() - started)
        if reply.date is not None:
            self._server_clock = (reply.date, time.monotonic())
        return reply

    def _note(self, request: Request, error: ReadError) -> None:
        if self.recorder is not None:
            self.recorder.record_failure(request, error)
        if error.kind not in ("not_found", "not_acceptable"):
            self._failures.setdefault(in_words(request.group, request.resource), str(error))

    def _charge(self, request: Request) -> None:
        if self.spent.requests >= self.budget.requests:
            self._refuse(request, f"the budget of {self.budget.requests} requests was spent before {request.path}")
        if self.spent.bytes >= self.budget.bytes:
            self._refuse(request, f"the budget of {self.budget.bytes:,} bytes was spent before {request.path}")
        if self._left() <= 0:
            self._refuse(request, f"the deadline of {self.budget.seconds:g} s had passed", "deadline")
        self.spent.requests += 1

    def _refuse(self, request: Request, why: str, kind: Kind = "budget") -> NoReturn:
        error = ReadError(kind, why)
        self._note(request, error)
        if kind in ("budget", "deadline"):
            for observer in self.observers:
                if isinstance(observer, CutObserver):
                    observer.cut(request, kind)
        raise error

    def _patience(self) -> float:
        """Seconds that the next request may take."""
        return max(min(self._left(), self.budget.seconds_a_request), 0.001)

    def _left(self) -> float:
        return self.budget.seconds - (time.monotonic() - self._started)


def _is_list_for_table(request: Request, reply: Any) -> bool:
    """What a server answers that does not know Tables and does not look at Accept: the objects themselves."""
    return request.is_table and isinstance(reply, dict) and reply.get("kind") == f"{request.kind}List"


def _drop_images(request: Request, parsed: dict[str, Any]) -> None:
    """Nobody reads which images a node holds: most of its text, which would have to be looked through for secrets."""
    if request.resource == NODES.plural and not request.group:
        for node in parsed.get("items") or [parsed]:
            (node.get("status") or {}).pop("images", None)


@dataclass(frozen=True)
class Cluster:
    """An opened cluster: how to read it, and what people call it. ``bot/app.py`` opens them, with their audit trail.

    ``cloud``: who answers calls of the cloud that it runs in; ``None`` where nobody is to be asked.
    """

    transport: Transport
    context: str
    observers: Sequence[Observer] = ()
    recorder: Recorder | None = None
    cloud: CloudTransport | None = None
    others: Sequence[Callable[[Reader], OtherReader]] = ()

    def reader(self, budget: Budget) -> Reader:
        """A reader for one question, with those of other systems that are asked beside the cluster."""
        reader = Reader(self.transport, budget, self.observers, self.recorder, self._cloud_reader(budget))
        reader.others = tuple(make(reader) for make in self.others)
        return reader

    def _cloud_reader(self, budget: Budget) -> CloudReader | None:
        if self.cloud is None:
            return None
        limits = CloudBudget(budget.cloud_calls, budget.cloud_seconds)
        recorder = self.recorder if isinstance(self.recorder, CloudRecorder) else None
        return CloudReader(self.cloud, limits, self.observers, redact, recorder)
