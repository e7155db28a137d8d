"""One question's look at one cluster: what several probes and facts need, computed once and shared.

A session lives as long as the question. Everything it hands out comes from the reader, so it is cached, budgeted and
redacted.
"""

import asyncio
import itertools
import re
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.cluster.reader import Reader
from bot.cluster.requests import Listing
from bot.cluster.resources import CONFIG_MAPS, DAEMON_SETS, NODES, PODS, Resource
from bot.cluster.transport import ReadError

T = TypeVar("T")
Object = dict[str, Any]
SYSTEM = "kube-system"
EMPTY_NAMESPACE = "holds no pod, or does not exist"
ALL_NODES, FIRST_NODES = 2000, 250  # a node of ACK is some ten kilobytes
FEW_NODES = 5  # nodes that tell what is alike on all of them
MANY_NODES = 200


_NAME = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_WORD = re.compile(_NAME)
_PATH = re.compile(r"(?<![a-z0-9.-])[a-z0-9.-]+/[a-z0-9.-]+")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._:-]")
_KINDS = frozenset(
    [
        *("service", "services", "svc", "pod", "pods", "node", "nodes", "namespace", "ns"),
        *("deployment", "deploy", "daemonset", "statefulset"),
    ]
)


@dataclass(frozen=True)
class QuestionScope:
    """What the question is about: a namespace, and words that may name objects of the cluster; ``text``: all of it."""

    namespace: str | None = None
    words: frozenset[str] = frozenset()
    text: str = ""

    @staticmethod
    def of(question: str, namespace: str | None = None) -> "QuestionScope":
        """The words of the question that are names of objects, by their look or by the kind written beside them.

        ``web-0`` is a name anywhere; a plain word like ``web`` is one in "service web", "web pod" or "shop/web" only.
        """
        words = _WORD.findall(question.lower())
        named = {word for word in words if len(word) > 2 and not word.isalpha()}
        for before, after in itertools.pairwise(words):
            named |= {after} if before in _KINDS else {before} if after in _KINDS else set()
        for path in _PATH.findall(question.lower()):
            place, name = (part.strip(".-") for part in path.split("/"))
            named |= {f"{place}/{name}", name} if place and name else set()
        return QuestionScope(namespace, frozenset(named), question)

    def names(self, obj: Object) -> bool:
        """Whether the question mentions this object by name."""
        return str(name_of(obj)).lower() in self.words


@dataclass
class ClusterSession:
    """``once`` keeps each computed thing; concurrent askers share the one computation.

    Use as an async context manager: leaving it cancels what still computes.
    """

    reader: Reader
    scope: QuestionScope = field(default_factory=QuestionScope)
    about_nodes: bool = True
    _computed: dict[Hashable, asyncio.Task[Any]] = field(default_factory=dict)

    def now(self) -> datetime:
        """The API server's clock."""
        return self.reader.now()

    async def once(self, key: Hashable, compute: Callable[[], Awaitable[T]]) -> T:
        """The result of ``compute``, made at most once a question under ``key``."""
        if key not in self._computed:
            self._computed[key] = asyncio.ensure_future(compute())
        result: T = await asyncio.shield(self._computed[key])
        return result

    async def __aenter__(self) -> "ClusterSession":
        return self

    async def __aexit__(self, *_: object) -> None:
        running = [task for task in self._computed.values() if not task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*self._computed.values(), return_exceptions=True)

    async def config_map(self, name: str, namespace: str = SYSTEM) -> Object | None:
        """The ConfigMap, or ``None`` where it does not exist."""
        return await self.reader.get(CONFIG_MAPS, name, namespace)

    async def daemon_sets(self) -> dict[str, Object]:
        """The DaemonSets of kube-system by name; from the list of all, which is needed anyway, where permitted."""
        try:
            listing = await self.reader.select(DAEMON_SETS)
        except ReadError as error:
            if error.kind != "forbidden":
                raise
            listing = await self.reader.select(DAEMON_SETS, SYSTEM)
        return {name_of(item): item for item in listing.items if namespace_of(item) == SYSTEM}

    async def node(self, name: str) -> Object | None:
        """One node: from the list that is read anyway; alone where that ends before it, or may not be read."""
        try:
            listing = await self.nodes()
        except ReadError as error:
            if error.is_damage:
                raise
            return await self.reader.get(NODES, name)
        found = next((node for node in listing.items if name_of(node) == name), None)
        if found is None and not listing.complete:
            return await self.reader.get(NODES, name)
        return {"kind": NODES.kind, **found} if found else None

    async def nodes(self) -> Listing:
        """All nodes where the question is about nodes, as far as a question may read; else the first few hundred."""
        return await self.reader.select(NODES, most=ALL_NODES if self.about_nodes else FIRST_NODES, page=FIRST_NODES)

    async def is_large(self) -> bool:
        """Whether there are so many nodes that one page will hardly hold what their pods tell within the hour.

        By the few nodes that facts read; servers that do not count what is left are asked as small clusters are.
        """
        try:
            return ((await self.reader.select(NODES, most=FEW_NODES)).remaining or 0) >= MANY_NODES
        except ReadError:
            return False

    async def pods_on(self, node: str) -> Listing:
        """The pods that are bound to one node."""
        return await self.reader.select(PODS, fields=f"spec.nodeName={node}", from_cache=True)

    async def system_pods(self, labels: str, namespace: str = SYSTEM) -> Listing:
        """Up to a hundred pods of kube-system that carry these labels."""
        return await self.reader.select(PODS, namespace, labels=labels, most=100)

    async def all_of(self, resource: Resource, **selectors: Any) -> Listing:
        """Objects of one kind in the namespace of the question, or in all.

        Raises:
            ReadError: they could not be read, or that namespace holds no pod: who mistyped it must not hear "all well".
        """
        namespace = self.scope.namespace
        if namespace:
            await self._holds_pods(namespace)
        return await self.reader.select(resource, namespace, **selectors)

    async def _holds_pods(self, namespace: str) -> None:
        is_empty = await self.once("is empty", lambda: self._is_empty(namespace))
        if is_empty:
            why = f"{EMPTY_NAMESPACE} (`kubectl get namespaces` lists them)"
            self.reader.note(f"namespace {namespace}", f"it {why}")
            raise ReadError("invalid", f"namespace {namespace} {why}")

    async def _is_empty(self, namespace: str) -> bool:
        try:
            return not (await self.reader.select(PODS, namespace, most=1)).items
        except ReadError:
            return False  # whoever reads more of it is told why


def safe_name(name: object) -> str:
    """A name as any API server would allow it: what a forged recording adds can do nothing in a shell."""
    return _NOT_IN_NAMES.sub("_", str(name or ""))


def name_of(obj: Object) -> str:
    """``metadata.name``."""
    return safe_name((obj.get("metadata") or {}).get("name"))


def namespace_of(obj: Object) -> str:
    """``metadata.namespace``, empty for cluster-scoped objects."""
    return safe_name((obj.get("metadata") or {}).get("namespace"))


def full_name(obj: Object) -> str:
    """``namespace/name``, or the name alone."""
    return "/".join(part for part in (namespace_of(obj), name_of(obj)) if part)


def labels_of(obj: Object) -> dict[str, str]:
    """``metadata.labels``."""
    return dict((obj.get("metadata") or {}).get("labels") or {})


def moment(text: object) -> datetime | None:
    """An RFC 3339 time, or ``None``; one without a zone could not be compared with any other."""
    try:
        found = datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def get_path(obj: Any, *path: str | int) -> Any:
    """The value at a path of keys and list positions, ``None`` where it ends early."""
    for step in path:
        if isinstance(obj, dict) and isinstance(step, str):
            obj = obj.get(step)
        elif isinstance(obj, list) and isinstance(step, int) and -len(obj) <= step < len(obj):
            obj = obj[step]
        else:
            return None
    return obj


def last_edited(obj: Object) -> datetime | None:
    """When the object was last changed after it had been made, as far as ``managedFields`` tell; else ``None``.

    An object never edited since its creation has nothing pending, whatever its age. Labels and annotations are no edit.
    """
    created = moment(get_path(obj, "metadata", "creationTimestamp"))
    fields = get_path(obj, "metadata", "managedFields") or []
    edits = [moment(entry.get("time")) for entry in fields if _touches_content(entry.get("fieldsV1"))]
    latest = max((edit for edit in edits if edit), default=None)
    if latest is None or created is None or latest - created < timedelta(minutes=1):
        return None
    return latest


def _touches_content(fields: object) -> bool:
    return not isinstance(fields, dict) or not fields or bool(fields.keys() - {"f:metadata"})
