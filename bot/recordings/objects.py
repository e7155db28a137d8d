"""A recording in memory: objects by resource, each serialized once at most, so that long lists are cheap to answer."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from uuid import NAMESPACE_URL, uuid5

import orjson

from bot.recordings.access import Denial
from bot.recordings.metrics import Metrics
from bot.recordings.resources import BUILT_IN, Json, Resource, as_core, as_events_api, group_of, known_resources
from bot.recordings.times import format_time
from knowledge.errors import UserFacingError

if TYPE_CHECKING:
    from bot.recordings.cloud import RecordedCloud

DEFAULT_VERSION = "v1.32.1-aliyun.1"
DEFAULT_CLOCK = datetime(2026, 11, 20, 19, 2, tzinfo=UTC)
_AGE_WHEN_UNSAID = timedelta(days=10)


_Identity = tuple[str, str, str, str]


class RecordingError(UserFacingError):
    """A recording that is unknown, damaged or cannot be served or written; the message is one sentence for a person."""


class LogKey(NamedTuple):
    """Whose log it is; ``previous`` for the container's run before the current one."""

    namespace: str
    pod: str
    container: str
    previous: bool = False


class RecordedObject:
    """One object, with its wire form made when it is first asked for."""

    __slots__ = ("_partial", "_wire", "body", "key", "labels")

    def __init__(self, body: Json) -> None:
        metadata = body["metadata"]
        self.body = body
        self.key: tuple[str, str] = (metadata.get("namespace", ""), metadata["name"])
        self.labels: Mapping[str, str] = metadata.get("labels") or {}
        self._wire: bytes | None = None
        self._partial: bytes | None = None

    @property
    def wire(self) -> bytes:
        """The object without its kind and API version, as lists of built-in kinds hold it."""
        if self._wire is None:
            self._wire = orjson.dumps({k: v for k, v in self.body.items() if k not in ("kind", "apiVersion")})
        return self._wire

    @property
    def partial(self) -> bytes:
        """Its metadata alone."""
        if self._partial is None:
            self._partial = orjson.dumps({"metadata": self.body["metadata"]})
        return self._partial


class ObjectIndex:
    """The objects of one resource, in the order in which an API server lists them."""

    def __init__(self, resource: Resource, bodies: Iterable[Json] = ()) -> None:
        self.resource = resource
        self.items = sorted((RecordedObject(body) for body in bodies), key=lambda item: item.key)
        self._by_key = {item.key: item for item in self.items}

    @cached_property
    def _keys(self) -> list[tuple[str, str]]:
        return [item.key for item in self.items]

    def get(self, namespace: str, name: str) -> RecordedObject | None:
        return self._by_key.get((namespace, name))

    def after(self, key: tuple[str, str]) -> list[RecordedObject]:
        return self.items[bisect_right(self._keys, key) :]


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A recording, ready to be served. Make one with ``Recording.of``; the replay never changes it.

    ``question``: the words that entries are proved with on it, where it takes some.
    ``cloud``: what it holds of the cloud's replies; ``None`` where the cloud was not asked.
    """

    name: str
    description: str = ""
    recorded: datetime = DEFAULT_CLOCK
    version: str = DEFAULT_VERSION
    shelves: Mapping[tuple[str, str, str], ObjectIndex]
    logs: Mapping[LogKey, bytes] = field(default_factory=dict)
    forbidden: tuple[Denial, ...] = ()
    cut: frozenset[str] = frozenset()
    cloud: "RecordedCloud | None" = None
    metrics: Metrics | None = None
    question: str = ""

    @classmethod
    def of(
        cls,
        objects: Iterable[Json],
        *,
        name: str,
        description: str = "",
        recorded: datetime = DEFAULT_CLOCK,
        version: str = DEFAULT_VERSION,
        logs: Mapping[LogKey, bytes] | None = None,
        forbidden: Iterable[Denial] = (),
        cut: Iterable[str] = (),
        cloud: "RecordedCloud | None" = None,
        metrics: Metrics | None = None,
    ) -> "Recording":
        """From whole objects; metadata that any API server would have given them is filled in where it is missing.

        ``cut`` holds the lists, as ``list_line`` writes them, of which the recording has only the beginning;
        ``metrics`` what its Prometheus replied, where one was asked.
        """
        bodies = with_defaults(objects, recorded)
        return cls(
            name=name,
            description=description,
            recorded=recorded,
            version=version,
            shelves=_index_objects(bodies),
            logs=dict(logs or {}),
            forbidden=tuple(forbidden),
            cut=frozenset(cut),
            cloud=cloud,
            metrics=metrics,
        )

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        return tuple(shelf.resource for shelf in self.shelves.values())

    @cached_property
    def resource_version(self) -> str:
        """The newest version of any object, which is what a list made now carries."""
        given = (item.body["metadata"].get("resourceVersion", "") for item in self._all())
        return str(max((int(version) for version in given if version.isdecimal()), default=1))

    def objects(self) -> Iterator[Json]:
        """Every object once, whole; events in the core shape."""
        return (item.body for item in self._all())

    def find(self, kind: str, name: str, namespace: str = "", group: str = "") -> Json | None:
        """One object by its kind and name."""
        for shelf in self.shelves.values():
            if (shelf.resource.kind, shelf.resource.group) == (kind, group) and (item := shelf.get(namespace, name)):
                return item.body
        return None

    def _all(self) -> Iterator[RecordedObject]:
        mirrored = ("events.k8s.io", "v1", "events")
        return (item for address, shelf in self.shelves.items() if address != mirrored for item in shelf.items)


def with_defaults(objects: Iterable[Json], recorded: datetime) -> list[Json]:
    """The objects with uid, resourceVersion, creationTimestamp and the uids that they refer to each other by."""
    bodies = [as_core(item) for item in objects]
    namespaced = {(each.api_version, each.kind): each.namespaced for each in BUILT_IN}
    created = format_time(recorded - _AGE_WHEN_UNSAID)
    bodies = [
        _with_metadata(body, number, created, namespaced.get((body["apiVersion"], body["kind"]), False))
        for number, body in enumerate(bodies, start=100_001)
    ]
    uids = {_identity(body): body["metadata"]["uid"] for body in bodies}
    return [_with_references(body, uids) for body in bodies]


def _with_metadata(body: Json, number: int, created: str, namespaced: bool) -> Json:
    metadata = dict(body["metadata"])
    if namespaced and not metadata.get("namespace"):
        about = body.get("involvedObject")
        metadata["namespace"] = (about.get("namespace") if isinstance(about, dict) else "") or "default"
    path = f"{body['apiVersion']}/{body['kind']}/{metadata.get('namespace', '')}/{metadata['name']}"
    metadata.setdefault("uid", str(uuid5(NAMESPACE_URL, path)))
    metadata.setdefault("resourceVersion", str(number))
    metadata.setdefault("creationTimestamp", created)
    return {**body, "metadata": metadata}


def _identity(body: Json) -> _Identity:
    metadata = body["metadata"]
    return group_of(body["apiVersion"])[0], body["kind"], metadata.get("namespace", ""), metadata["name"]


def _with_references(body: Json, uids: Mapping[_Identity, str]) -> Json:
    """An event about an object, or a part owned by one, names its uid; a short recording need not repeat it."""
    metadata = body["metadata"]
    if isinstance(about := body.get("involvedObject"), dict):
        body = {**body, "involvedObject": _referring(about, about.get("namespace", ""), uids)}
    if isinstance(owners := metadata.get("ownerReferences"), list):
        mine = metadata.get("namespace", "")
        owners = [_referring(owner, mine, uids) if isinstance(owner, dict) else owner for owner in owners]
        body = {**body, "metadata": {**metadata, "ownerReferences": owners}}
    return body


def _referring(reference: Json, namespace: str, uids: Mapping[_Identity, str]) -> Json:
    version, kind, name = (reference.get(key) or "" for key in ("apiVersion", "kind", "name"))
    if not all(isinstance(part, str) for part in (version, kind, name, namespace)):
        return reference
    group, _ = group_of(version)
    uid = uids.get((group, kind, namespace, name)) or uids.get((group, kind, "", name))
    return {**reference, "uid": uid} if uid and "uid" not in reference else reference


def _index_objects(bodies: list[Json]) -> dict[tuple[str, str, str], ObjectIndex]:
    known = known_resources(bodies)
    contents: dict[tuple[str, str, str], list[Json]] = {each.address: [] for each in known.values()}
    for body in bodies:
        contents[known[(*group_of(body["apiVersion"]), body["kind"])].address].append(body)
    contents["events.k8s.io", "v1", "events"] = [as_events_api(body) for body in contents["", "v1", "events"]]
    return {each.address: ObjectIndex(each, contents[each.address]) for each in known.values()}
