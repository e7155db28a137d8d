"""Probes of events. An event counts only while its object still suffers: a loud old one is not a diagnosis."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from bot.cluster.events import Event, Events, Subject, events_by_reason, is_fresh
from bot.cluster.facts.registry import Permission
from bot.cluster.pending_pods import affected_nodes, explains_from, network_waiters
from bot.cluster.requests import Listing
from bot.cluster.resources import EVENTS, NODES, PODS
from bot.cluster.session import ClusterSession, Object, get_path, name_of, namespace_of
from bot.cluster.transport import ReadError
from bot.probes.findings import Evidence, Finding, clip
from bot.probes.pods import SHOWN, node_of
from bot.probes.registry import Strings, absent, count, present, probe, some, unknown

VSWITCH = re.compile(r"\bvsw-[0-9A-Za-z]+")
MAC = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b", re.IGNORECASE)
GOT_ADDRESS = "AllocIPSucceed"  # Terway: this pod has its address now
LASTING = timedelta(minutes=3)  # longer than the CNI plugin's first retries
BEFORE_BINDING = "seen only before the pods that wait now were bound to their node"
MOST_SAID = 200  # characters of a message inside a sentence
LOOKED_AT = 10  # objects of events that are read one by one: a storm has hundreds
LIST_EVENTS = Permission("list", EVENTS)


def event_evidence(event: Event) -> Evidence:
    """The event as a person would look it up."""
    scope = f"-n {event.namespace}" if event.namespace else "-A"
    selector = f"reason={event.reason}" + (f",involvedObject.name={event.name}" if event.namespace else "")
    about = "/".join(part for part in (event.namespace, event.name) if part)
    return Evidence(
        object=f"{event.kind} {about}",
        excerpt=f"{event.reason} (x{event.count}): {event.message}",
        seen=event.last,
        check=f"kubectl get events {scope} --field-selector {selector}",
    )


def named_in(texts: list[str], pattern: re.Pattern[str]) -> list[str]:
    """What the pattern finds in the texts, once each."""
    return list(dict.fromkeys(match for text in texts for match in pattern.findall(text)))


@probe(nature="sign", reads=(LIST_EVENTS, Permission("list", PODS), Permission("get", PODS)))
async def pod_event(
    session: ClusterSession,
    *,
    reason: Strings,
    contains: Strings = (),
    within: timedelta = timedelta(minutes=30),
    state: Literal["waiting", "any"] = "waiting",
    at_least: int = 1,
    cleared_by: Strings = (),
) -> Finding:
    """A fresh event about a pod that still exists and, unless told otherwise, still waits for its network.

    An ``AllocIPSucceed`` (or ``cleared_by``) event later than the last failure clears it. Seen fewer than ``at_least``
    times, or all of them within three minutes, it may be transient: unknown.

    Args:
        reason: event reasons
        contains: texts of which the message must contain one, in any case
        within: how long ago it was last seen at most
        state: waiting counts only pods that wait now; any counts every pod that exists
        at_least: how often it must have been seen on one pod, over three minutes or longer
        cleared_by: reasons of events by which the pod has recovered
    """
    if state == "waiting" and not (waiters := await network_waiters(session)).items:
        return none_waits(waiters, "so older events do not count")
    events = await events_by_reason(session, reason, pods=True)
    fresh = [event for event in events.items if event.mentions(contains) and is_fresh(event, session.now(), within)]
    fresh = await _without_cleared(session, fresh, (*cleared_by, GOT_ADDRESS))
    found, pods = await _still_about(session, fresh, state)
    if not found:
        return _nothing(events, reason, contains)
    found.sort(key=lambda event: event.last, reverse=True)
    evidence = [event_evidence(event) for event in found[:SHOWN]]
    messages = [event.message for event in found]
    names = [f"{event.namespace}/{event.name}" for event in found]
    if at_least > 1 and not any(_persists(each, at_least) for each in _repetitions(found)):
        seen = _seen_so_far(found)
        named = {"pod": names, "node": [node_of(pod) for pod in pods], "mac": named_in(messages, MAC), "seen": [seen]}
        return unknown(f"seen {seen}: it may be transient", evidence, **named)
    return present(
        f"{found[0].reason} on {some(names)}" + f": {_cause(messages[0], contains)}",
        evidence,
        pod=names,
        node=[node_of(pod) for pod in pods],
        vswitch=named_in(messages, VSWITCH),
        mac=named_in(messages, MAC),
    )


def none_waits(waiters: Listing, so: str) -> Finding:
    """No pod waits for its network; unknown when not all pending pods could be read."""
    what = "no pod waits for its network now"
    return absent(f"{what}, {so}") if waiters.complete else unknown(f"{what} among those that could be read")


def _cause(message: str, contains: Strings) -> str:
    """What the entry looks for, or the message itself where it looks for none."""
    return next((text for text in contains if text.lower() in message.lower()), "") or clip(message, 120)


def _nothing(events: Events, reason: Strings, contains: Strings) -> Finding:
    wanted = f" with {' or '.join(repr(text) for text in contains[:2])}" if contains else ""
    what = f"no fresh event {'/'.join(reason[:3])}{wanted}"
    if contains and not all(event.message for event in events.items):
        return unknown(f"{what}, and some say nothing")
    return absent(what) if events.complete else unknown(f"{what} among those that could be read")


def _repetitions(events: list[Event]) -> list[list[Event]]:
    """The events of one pod and one reason each: a single failure is told by the kubelet and by Terway."""
    told: dict[tuple[Subject, str], list[Event]] = {}
    for event in events:
        told.setdefault((event.subject, event.reason), []).append(event)
    return list(told.values())


def _span(events: list[Event]) -> timedelta:
    return max(event.last for event in events) - min(event.first for event in events)


def _persists(events: list[Event], at_least: int) -> bool:
    """Retries that fail some times in a row are everyday; the same failure again and again for minutes is not."""
    return sum(event.count for event in events) >= at_least and _span(events) >= LASTING


def _seen_so_far(events: list[Event]) -> str:
    longest = max(_repetitions(events), key=_span)
    how_often = sum(event.count for event in longest)
    times = "once" if how_often == 1 else count(how_often, "time")
    seconds = int(_span(longest).total_seconds())
    return f"{times} within {count(seconds, 'second')}" if seconds else times


async def _without_cleared(session: ClusterSession, events: list[Event], reasons: Strings) -> list[Event]:
    """Without those whose pod has got what it lacked since."""
    if not events:
        return []
    cleared = await events_by_reason(session, reasons, pods=True)
    return [event for event in events if _later(cleared.latest(event.subject), event.last) is False]


def _later(moment: datetime | None, than: datetime) -> bool:
    return moment is not None and moment > than


async def _still_about(session: ClusterSession, events: list[Event], state: str) -> tuple[list[Event], list[Object]]:
    """The events whose pod is still there and in that state, with these pods."""
    if state == "waiting":
        pods = list((await network_waiters(session)).items)
    else:
        newest_first = sorted(events, key=lambda event: event.last, reverse=True)
        subjects = list(dict.fromkeys(event.subject for event in newest_first))[:LOOKED_AT]
        read = [await session.reader.get(PODS, name, namespace) for _, namespace, name in subjects]
        pods = [pod for pod in read if pod is not None]
    known = {("Pod", namespace_of(pod), name_of(pod)): pod for pod in pods}
    kept = [event for event in events if event.subject in known and _same(event, known[event.subject])]
    return kept, [known[subject] for subject in dict.fromkeys(event.subject for event in kept)]


def _same(event: Event, pod: Object) -> bool:
    """Not the event of an earlier pod of that name."""
    uid = get_path(pod, "metadata", "uid")
    return not event.uid or not uid or event.uid == uid


@probe(nature="sign", reads=(LIST_EVENTS, Permission("list", PODS), Permission("get", NODES)))
async def event(
    session: ClusterSession,
    *,
    reason: Strings,
    kind: Strings = (),
    contains: Strings = (),
    within: timedelta = timedelta(hours=1),
    cleared_by: Strings = (),
    on: Literal["affected", "any"] = "any",
    taint: str | None = None,
) -> Finding:
    """A fresh event about anything but a pod: a node, a Terway node object, the route controller.

    Args:
        reason: event reasons
        kind: kinds of the object, any when left out
        contains: texts of which the message must contain one, in any case
        within: how long ago it was last seen at most
        cleared_by: reasons of later events on the same object by which it has recovered
        on: affected counts only nodes whose pods wait for their network now
        taint: counts only nodes that carry a taint of this key now
    """
    return await told_event(
        session,
        reason=reason,
        tells=lambda message: _mentions(message, contains),
        kind=kind,
        contains=contains,
        within=within,
        cleared_by=cleared_by,
        on=on,
        taint=taint,
    )


def _mentions(message: str, texts: Strings) -> bool:
    return not texts or any(text.lower() in message.lower() for text in texts)


async def told_event(
    session: ClusterSession,
    *,
    reason: Strings,
    tells: Callable[[str], bool],
    contains: Strings = (),
    within: timedelta,
    kind: Strings = (),
    cleared_by: Strings = (),
    on: Literal["affected", "any"] = "any",
    taint: str | None = None,
) -> Finding:
    """As :func:`event`, with ``tells`` to judge the message; ``contains`` are the texts that it is known by."""
    nodes = await affected_nodes(session) if on == "affected" else ()
    if on == "affected" and not nodes:
        return none_waits(await network_waiters(session), "so events of nodes do not count")
    events = await events_by_reason(session, reason, pods=False)
    found = [item for item in events.items if tells(item.message) and is_fresh(item, session.now(), within)]
    found = [item for item in found if (not kind or item.kind in kind) and (not nodes or item.name in nodes)]
    if found and cleared_by:
        cleared = await events_by_reason(session, cleared_by, pods=False)
        found = [item for item in found if not _later(cleared.latest(item.subject), item.last)]
    recent = [item for item in found if await _explains(session, item)] if on == "affected" else found
    if found and not recent:
        return unknown(BEFORE_BINDING, [event_evidence(item) for item in found[:SHOWN]])
    found = sorted(recent, key=lambda item: item.last, reverse=True)
    looked_at = dict.fromkeys(item.subject for item in found)
    if on == "any" or taint is not None:
        found = await _still_there(session, found, taint)
    if not found:
        return _nothing(Events(events.items, events.complete and len(looked_at) <= LOOKED_AT), reason, contains)
    messages = [item.message for item in found]
    return present(
        f"{found[0].reason} on {some([item.name for item in found])}" + f": {_cause(messages[0], contains)}",
        [event_evidence(item) for item in found[:SHOWN]],
        node=[item.name for item in found if item.kind == "Node"],
        vswitch=named_in(messages, VSWITCH),
        message=[clip(messages[0], MOST_SAID).rstrip(" .")],
    )


async def _explains(session: ClusterSession, item: Event) -> bool:
    since = await explains_from(session)
    return item.name in since and item.last >= since[item.name]


async def _still_there(session: ClusterSession, events: list[Event], taint: str | None) -> list[Event]:
    """Those of the newest objects. A node that is gone no longer suffers; other objects are taken as they are."""
    subjects = list(dict.fromkeys(event.subject for event in events))[:LOOKED_AT]
    kept = [subject for subject in subjects if await _suffers(session, subject, taint)]
    return [event for event in events if event.subject in kept]


async def _suffers(session: ClusterSession, subject: tuple[str, str, str], taint: str | None) -> bool:
    if subject[0] != "Node":
        return taint is None
    node = await session.node(subject[2])
    return node is not None and (
        taint is None or any(t.get("key") == taint for t in get_path(node, "spec", "taints") or [])
    )


@probe(nature="condition", reads=(LIST_EVENTS,))
async def events_hidden(session: ClusterSession) -> Finding:
    """Events may not be read here, so that none of them can speak against what the cloud says."""
    try:
        await events_by_reason(session, (GOT_ADDRESS,), pods=True)
    except ReadError as error:
        if error.kind != "forbidden":
            raise
        return present(str(error))
    return absent("events may be read")
