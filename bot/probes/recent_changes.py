"""What was changed lately of the objects that a verdict rests on: for whoever takes over, and never called a cause.

Times and field managers are those of ``metadata.managedFields``
(https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers): the manager is the program that wrote the
fields, such as ``kubectl-edit``, not the person who ran it.
"""

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cluster.facts.registry import Permission, read_fact
from bot.cluster.resources import CONFIG_MAPS, DAEMON_SETS, DEPLOYMENTS, NODES
from bot.cluster.session import SYSTEM, ClusterSession, Object, get_path, moment
from bot.cluster.transport import ReadError
from bot.probes.findings import Finding, clip
from bot.probes.registry import calls
from knowledge.logic import Outcome
from knowledge.model import Entry

READS = (
    Permission("get", CONFIG_MAPS),
    Permission("list", DAEMON_SETS),
    Permission("get", DEPLOYMENTS),
    Permission("list", NODES),
)
AT_CREATION = timedelta(minutes=1)  # what makes an object often writes it more than once
MOST_OBJECTS = 12  # of a verdict; each is in the cache mostly
LONGEST_MANAGER = 60
_OBJECT = re.compile(r"(ConfigMap|DaemonSet|Deployment|Node|Pod) (?:([^/ ]+)/)?([^/ ]+)")
_OF_DAEMON_SET = re.compile(r"(.+)-[a-z0-9]{5}")


@dataclass(frozen=True, kw_only=True)
class Change:
    """``object`` as ``Kind namespace/name``; ``what`` in one word; ``at`` by the cluster's clock."""

    object: str
    what: str
    at: datetime
    manager: str = ""


@dataclass(frozen=True)
class _Reference:
    kind: str
    namespace: str
    name: str

    @property
    def shown(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


async def recent_changes(
    session: ClusterSession, entry: Entry, findings: Sequence[Finding], within: timedelta
) -> list[Change]:
    """Edits, rollouts and joined nodes, the newest first; what cannot be read is left out."""
    wanted = list(dict.fromkeys([*_named(entry, findings), *await _of_facts(session, entry)]))[:MOST_OBJECTS]
    found = await asyncio.gather(*(_change(session, each) for each in wanted))
    fresh = [change for change in found if change and session.now() - change.at <= within]
    return sorted(fresh, key=lambda change: change.at, reverse=True)


def _named(entry: Entry, findings: Iterable[Finding]) -> Iterator[_Reference]:
    """What was seen, and what the entry's own probes are about."""
    for finding in findings:
        if finding.outcome is Outcome.PRESENT or finding.is_hint:
            yield from (ref for piece in finding.evidence for ref in _parsed(piece.object))
            yield from (_Reference("Node", "", name) for name in finding.objects.get("node", ()))
    for call in calls(entry.confirmed_by):
        arguments = dict(call.arguments)
        if "configmap" in arguments:
            yield _Reference("ConfigMap", str(arguments.get("namespace") or SYSTEM), str(arguments["configmap"]))
        yield from _parsed(str(arguments.get("workload", "")))
        apps = arguments.get("app", ())
        names = apps if isinstance(apps, list | tuple) else [apps]
        yield from (_Reference("DaemonSet", SYSTEM, str(name)) for name in names)


async def _of_facts(session: ClusterSession, entry: Entry) -> list[_Reference]:
    """The ConfigMaps that the facts come from which the entry shows."""
    facts = [await read_fact(session, name) for name in entry.facts]
    return [ref for fact in facts for ref in _parsed(fact.source) if ref.kind == "ConfigMap"]


def _parsed(text: str) -> Iterator[_Reference]:
    found = _OBJECT.fullmatch(text.strip())
    if found is None:
        return
    kind, namespace, name = found[1], found[2] or "", found[3]
    if kind != "Pod":
        yield _Reference(kind, namespace, name)
    elif namespace == SYSTEM and (owner := _OF_DAEMON_SET.fullmatch(name)):
        yield _Reference("DaemonSet", SYSTEM, owner[1])


async def _change(session: ClusterSession, ref: _Reference) -> Change | None:
    with suppress(ReadError):
        found = await _read(session, ref)
        return _last_change(ref, found) if found else None
    return None


async def _read(session: ClusterSession, ref: _Reference) -> Object | None:
    match ref.kind:
        case "ConfigMap":
            return await session.config_map(ref.name, ref.namespace)
        case "DaemonSet":
            return (await session.daemon_sets()).get(ref.name) if ref.namespace == SYSTEM else None
        case "Deployment":
            return await session.reader.get(DEPLOYMENTS, ref.name, ref.namespace)
        case _:
            return await session.node(ref.name)


def _last_change(ref: _Reference, found: Object) -> Change | None:
    made = moment(get_path(found, "metadata", "creationTimestamp"))
    if ref.kind == "Node":
        return Change(object=ref.shown, what="joined", at=made) if made else None
    edits = list(_edits(found, "f:spec" if ref.kind in ("DaemonSet", "Deployment") else "f:data"))
    later = [edit for edit in edits if made is None or edit.at - made >= AT_CREATION]
    if later:
        last = max(later, key=lambda edit: edit.at)
        return Change(object=ref.shown, what=last.what, at=last.at, manager=last.manager)
    by = edits[0].manager if edits else ""
    return Change(object=ref.shown, what="made", at=made, manager=by) if made else None


@dataclass(frozen=True)
class _Edit:
    at: datetime
    what: str
    manager: str


def _edits(found: Object, content: str) -> Iterator[_Edit]:
    """Of the content alone: labels and what controllers note as status are no edits."""
    for each in get_path(found, "metadata", "managedFields") or []:
        fields, at = each.get("fieldsV1") or {}, moment(each.get("time"))
        held = fields.get(content) or (fields.get("f:binaryData") if content == "f:data" else None)
        if at is None or each.get("subresource") or (content not in fields and held is None):
            continue
        is_rollout = isinstance(held, dict) and "f:template" in held
        yield _Edit(at, "rolled out" if is_rollout else "edited", clip(str(each.get("manager") or ""), LONGEST_MANAGER))
