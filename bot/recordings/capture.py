"""Keeping what was read of a cluster, so that it can be saved as a recording and replayed with the same verdicts.

The reader shows its redacted copies, and of these only what something reads is written (``recorded_fields.py``). What
could not be read stays unreadable in the recording: a replay that found nothing there would rule out what nobody has
looked at.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.cloud.requests import CloudCall, CloudFailure, CloudListing
from bot.cluster.declared_reads import DeclaredReads, declared_reads
from bot.cluster.recorded_fields import recorded_object, selected_labels
from bot.cluster.redaction import redact_text
from bot.cluster.requests import Request, rows_of
from bot.cluster.transport import ReadError
from bot.cluster.unready_nodes import printed_node, unready_names
from bot.recordings import LogKey, RecordingError, save
from bot.recordings.access import Ask, Denial, list_line, objects_line, show_denial
from bot.recordings.cloud import CloudCapture
from bot.recordings.objects import DEFAULT_VERSION
from bot.recordings.resources import BUILT_IN, Json
from bot.recordings.selectors import label_keys
from bot.recordings.times import format_time, parse_time

ELSEWHERE = "(elsewhere)"  # no object can be named so: it stands for all that was not read
_PATH = re.compile(
    r"/(?:api|apis/(?P<group>[^/]+))/(?P<version>[^/]+)(?:/namespaces/(?P<namespace>[^/]+))?"
    r"/(?P<resource>[^/]+)(?:/(?P<name>[^/]+))?(?:/(?P<subresource>[^/]+))?"
)
_STATUS = {"unauthorized": 401, "forbidden": 403, "invalid": 200}  # with which a Prometheus that failed so is replayed
_OWN_GROUPS = {each.group for each in BUILT_IN}
_Key = tuple[str, str, str, str]  # group, kind, namespace, name


@dataclass(frozen=True)
class _Target:
    """What a request asked for: ``line`` names it among the lists of a recording, ``whole`` unless metadata alone."""

    ask: Ask
    api_version: str
    kind: str
    line: str
    whole: bool


@dataclass
class Capture:
    """A recorder of what readers read. One capture may see several questions; ``save`` writes all that they read.

    Of an object's labels, annotations and data only ``reads`` is written, and what objects are selected by.
    """

    reads: DeclaredReads = field(default_factory=declared_reads)
    _selected: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # by group and kind: labels of selectors
    _objects: dict[_Key, Json] = field(default_factory=dict)
    _partial: set[_Key] = field(default_factory=set)
    _logs: dict[LogKey, dict[str, None]] = field(default_factory=dict)
    _read: set[Ask] = field(default_factory=set)
    _failed: dict[Ask, str] = field(default_factory=dict)  # with the kind of object
    _lists: dict[tuple[str, bool], bool] = field(default_factory=dict)  # by line and wholeness: read to its end?
    _printed: set[str] = field(default_factory=set)  # lines of the lists whose Tables were read to their ends
    _definitions: dict[_Key, Json] = field(default_factory=dict)
    _metrics: dict[tuple[str, bool], Json] | None = None  # by query, and whether it was one of a range
    _version: str = DEFAULT_VERSION
    _clock: datetime | None = None
    _cloud: CloudCapture = field(default_factory=CloudCapture)

    def record(self, request: Request, content: Any, at: datetime) -> None:
        """Keep what one request gave; ``at`` is the server's clock."""
        self._clock = at
        if request.system == "metrics":
            self._keep_metrics(request, result=content["data"]["result"])
        elif request.path == "/version":
            self._version = str(content.get("gitVersion") or self._version)
        elif (target := _target(request)) is not None:
            self._read.add(target.ask)
            labels = label_keys(dict(request.query).get("labelSelector", ""))
            self._selected.setdefault((target.ask.group, target.kind), set()).update(labels)
            if target.ask.subresource == "log":
                container = dict(request.query).get("container", "")
                self._keep_log(LogKey(target.ask.namespace, target.ask.name, container), content)
            elif request.is_table:
                self._keep_printed(target, content)
            elif target.ask.verb == "list":
                self._keep_list(target, content)
            else:
                self._keep(target, content)

    def record_failure(self, request: Request, error: ReadError) -> None:
        """Remember what could not be read; what does not exist needs no remembering."""
        if request.system == "metrics":
            self._keep_metrics(request, status=_STATUS.get(error.kind, 503), error=str(error))
            return
        target = _target(request)
        if target is None or error.kind in ("not_found", "not_acceptable"):
            return
        self._define(target)
        if target.ask.verb == "list" and error.kind != "forbidden":
            self._lists.setdefault((target.line, target.whole), False)
        elif not _is_told_by_the_pod(target.ask, error):
            self._failed[target.ask] = target.kind

    def record_call(self, call: CloudCall, listing: CloudListing) -> None:
        """Keep what a call of the cloud gave."""
        self._cloud.record_call(call, listing)

    def record_call_failure(self, call: CloudCall, failure: CloudFailure) -> None:
        """Remember what the cloud did not tell."""
        self._cloud.record_call_failure(call, failure)

    @property
    def contents(self) -> str:
        """What there is to save, in words."""
        parts = [f"{len(self._objects)} objects", f"{len(self._logs)} logs"]
        hidden = len(self._forbidden())
        parts += [f"{len(self._metrics)} metric queries"] if self._metrics else []
        return ", ".join(parts) + (f", {hidden} not permitted or not readable" if hidden else "")

    def save(self, path: Path, *, description: str = "", context: str = "") -> Path:
        """Write the recording to a new folder or ``.tar.gz``.

        Raises:
            RecordingError: nothing was read, or it cannot be written there.
        """
        if self._clock is None or not self._read:
            raise RecordingError("Nothing was read of the cluster, so there is nothing to save: check that it answers.")
        where = f" from {context}" if context else ""
        return save(
            path,
            [*self._definitions.values(), *self._recorded()],
            recorded=self._clock,
            logs={key: "\n".join(lines) for key, lines in self._logs.items()},
            forbidden=self._forbidden(),
            cut=self._cut(),
            description=redact_text(description) or f"Read{where} at {format_time(self._clock)}.",
            version=self._version,
            cloud=self._cloud.content(),
            metrics=None if self._metrics is None else list(self._metrics.values()),
        )

    def _recorded(self) -> Iterator[Json]:
        by_objects = {label for body in self._objects.values() for label in selected_labels(body)}
        for (group, kind, _, _), body in self._objects.items():
            labels = self._selected.get((group, kind), set()) | (by_objects if (group, kind) == ("", "Pod") else set())
            yield recorded_object(group, body, self.reads, labels)

    def _keep_metrics(self, request: Request, **reply: Any) -> None:
        query, is_range = dict(request.query).get("query", ""), request.path.endswith("_range")
        item: Json = {"query": query, **({"range": True} if is_range else {}), **reply}
        self._metrics = (self._metrics or {}) | {(query, is_range): item}

    def _keep_printed(self, target: _Target, table: Json) -> None:
        """Of what is printed nothing is read but which nodes are not ready."""
        if not _goes_on(table):
            self._printed.add(target.line)
        for name in unready_names(rows_of(table)):
            self._keep(replace(target, whole=False), printed_node(name))

    def _keep_list(self, target: _Target, content: Json) -> None:
        listed = (target.line, target.whole)
        self._lists[listed] = self._lists.get(listed, False) or not _goes_on(content)
        for item in content.get("items") or ():
            self._keep(target, item)

    def _keep(self, target: _Target, item: Json) -> None:
        """A part never replaces a whole object, and adds to another part; of two alike the later one is kept."""
        body = {**item, "apiVersion": target.api_version, "kind": target.kind}
        metadata = body["metadata"]
        key = (target.ask.group, target.kind, str(metadata.get("namespace") or ""), str(metadata.get("name")))
        if target.whole:
            self._partial.discard(key)
        elif key in self._objects and key not in self._partial:
            return
        else:
            self._partial.add(key)
            known = self._objects.get(key, {})
            body = {**known, **body, "metadata": {**known.get("metadata", {}), **metadata}}
        self._objects[key] = body

    def _keep_log(self, key: LogKey, lines: Iterable[str]) -> None:
        known = self._logs.get(key, {})
        merged = known | dict.fromkeys(lines)
        self._logs[key] = dict.fromkeys(sorted(merged, key=_moment)) if known else merged

    def _define(self, target: _Target) -> None:
        """A kind that is not Kubernetes' own is known to a replay by its definition, even where none could be read."""
        ask = target.ask
        if ask.group in _OWN_GROUPS or not target.kind:
            return
        name = f"{ask.resource}.{ask.group}"
        self._definitions["apiextensions.k8s.io", "CustomResourceDefinition", "", name] = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": name},
            "spec": {
                "group": ask.group,
                "scope": "Namespaced" if ask.namespace else "Cluster",
                "names": {"plural": ask.resource, "kind": target.kind},
                "versions": [{"name": target.api_version.rpartition("/")[2], "served": True, "storage": True}],
            },
        }

    def _forbidden(self) -> list[str]:
        """``forbid`` lines, each as narrow as what failed and none that hides what was read."""
        chosen: list[Denial] = []
        for ask, kind in sorted(self._failed.items(), key=lambda item: (bool(item[0].name), bool(item[0].namespace))):
            key = (ask.group, kind, ask.namespace, ask.name)
            seen_in_a_list = key in self._objects and key not in self._partial
            if not seen_in_a_list and not any(denial.covers(ask) for denial in chosen):
                choices = [denial for denial in _denials(ask) if not any(denial.covers(read) for read in self._read)]
                chosen.append(choices[0] if choices else next(_denials(ask)))
        return sorted(map(show_denial, chosen))

    def _cut(self) -> list[str]:
        """The lists that were not read to their end; where whole objects were wanted, their metadata is not enough."""
        asked_whole = {line for line, whole in self._lists if whole}
        lines = [line for (line, whole), ended in self._lists.items() if not ended and whole is (line in asked_whole)]
        return [objects_line(line) if line in self._printed else line for line in lines]


def _target(request: Request) -> _Target | None:
    match = _PATH.fullmatch(request.path)
    if match is None or request.verb == "create":
        return None
    part = {name: value or "" for name, value in match.groupdict().items()}
    ask = Ask(request.verb, part["group"], part["resource"], part["subresource"], part["namespace"], part["name"])
    query = dict(request.query)
    selectors = query.get("labelSelector", ""), query.get("fieldSelector", "")
    line = list_line(ask.group, ask.resource, ask.namespace, *selectors)
    api_version = f"{part['group']}/{part['version']}" if part["group"] else part["version"]
    return _Target(ask, api_version, request.kind, line, "PartialObjectMetadata" not in request.accept)


def _goes_on(page: Json) -> bool:
    return bool((page.get("metadata") or {}).get("continue"))


def _denials(ask: Ask) -> Iterator[Denial]:
    """Lines that make the recording refuse this, the plain one first, then those that spare what was allowed."""
    own = any((each.group, each.plural) == (ask.group, ask.resource) for each in BUILT_IN)
    plain = Denial(None if own else ask.group, ask.resource, ask.subresource, ask.namespace, ask.name)
    yield plain
    if not ask.name and not ask.namespace:
        yield replace(plain, namespace=ELSEWHERE)
    if not ask.name:
        yield replace(plain, name=ELSEWHERE)


def _is_told_by_the_pod(ask: Ask, error: ReadError) -> bool:
    """A container that has not started has no log: the replay says so by itself."""
    return ask.subresource == "log" and "waiting to start" in str(error)


def _moment(line: str) -> float:
    """When a line was written; one that a byte limit has cut short sorts last, as it stood."""
    try:
        return parse_time(line.partition(" ")[0]).timestamp()
    except ValueError:
        return float("inf")
