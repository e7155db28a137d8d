"""Events as probes need them: one shape for the old and the new fields, with the time when each was last seen.

The API server keeps events for an hour by default, so their absence says little about yesterday.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from bot.cluster.reader import PAGE
from bot.cluster.resources import EVENTS
from bot.cluster.session import ClusterSession, Object, get_path, moment, safe_name

Subject = tuple[str, str, str]  # kind, namespace, name
WARNINGS = "type!=Normal"
MOST = 2 * PAGE  # events of one selector: enough for a storm, bounded in bytes
EVERYDAY = frozenset(
    {
        "AllocIPSucceed",
        "Pulling",
        "Pulled",
        "Scheduled",
        "Created",
        "Started",
        "CreatedRoute",
        "CreateENISucceed",
        "AttachENISucceed",
        "SyncOpenAPISuccess",
    }
)  # of type Normal


@dataclass(frozen=True, kw_only=True)
class Event:
    """``last`` and ``first`` seen; ``count`` times in all; ``kind``/``namespace``/``name``/``uid`` of its object.

    ``is_warning`` unless it is of type Normal.
    """

    reason: str
    message: str
    kind: str
    namespace: str
    name: str
    uid: str
    first: datetime
    last: datetime
    count: int
    is_warning: bool = True

    @property
    def subject(self) -> Subject:
        """Which object it is about."""
        return self.kind, self.namespace, self.name

    def mentions(self, texts: tuple[str, ...]) -> bool:
        """Whether the message contains one of the texts, in any case; always, when there are none."""
        message = self.message.lower()
        return not texts or any(text.lower() in message for text in texts)


@dataclass(frozen=True)
class Events:
    """``complete`` is false when there were more than could be read; ``chosen``: the field selector they fit."""

    items: tuple[Event, ...]
    complete: bool = True
    chosen: str = ""

    @cached_property
    def by_subject(self) -> dict[Subject, list[Event]]:
        """Those about each object: sorted once, since a storm is asked about for each of its pods."""
        sorted_by: dict[Subject, list[Event]] = {}
        for event in self.items:
            sorted_by.setdefault(event.subject, []).append(event)
        return sorted_by

    def about(self, subject: Subject) -> list[Event]:
        """Those about this object."""
        return self.by_subject.get(subject, [])

    def latest(self, subject: Subject) -> datetime | None:
        """When one about this object was last seen."""
        return max((event.last for event in self.about(subject)), default=None)


async def events_by_reason(session: ClusterSession, reasons: tuple[str, ...], *, pods: bool) -> Events:
    """All events of these reasons about pods, or about anything else.

    Small clusters tell everything in one page, which then serves every reason. On large ones the everyday events are
    left out, and each reason is asked for alone only where even that is too much.
    """
    page = await read_events(session, pods=pods)
    if page.chosen:
        everyday = tuple(reason for reason in reasons if reason in EVERYDAY or not page.complete)
        parts = [await _page(session, pods, f"reason={reason}") for reason in everyday]
        rest = tuple(event for event in page.items if event.reason not in everyday)
        page = Events((*rest, *(event for part in parts for event in part.items)), all(p.complete for p in parts))
    return Events(tuple(event for event in page.items if event.reason in reasons), page.complete)


async def warning_events(session: ClusterSession, *, pods: bool) -> Events:
    """All warnings about pods, or about anything else: what is read for ``events_by_reason`` anyway."""
    page = await read_events(session, pods=pods)
    return Events(tuple(event for event in page.items if event.is_warning), page.complete)


async def newest_events(session: ClusterSession, *, pods: bool) -> list[Event]:
    """The newest event about each object, of those that are read for ``events_by_reason`` anyway."""
    page = await read_events(session, pods=pods)
    return [max(events, key=lambda event: (event.last, event.is_warning)) for events in page.by_subject.values()]


async def read_events(session: ClusterSession, *, pods: bool) -> Events:
    """What is read for ``events_by_reason`` anyway: all events where one page holds them, else the warnings.

    Of the pods of many nodes no page does.
    """
    if not pods or session.scope.namespace or not await session.is_large():
        page = await _page(session, pods, "")
        if page.complete:
            return page
    return await _page(session, pods, WARNINGS)


async def _page(session: ClusterSession, pods: bool, chosen: str) -> Events:
    """Events about pods or about anything else, of one more field selector; parsed once a question."""

    async def read() -> Events:
        about = "involvedObject.kind=Pod" if pods else "involvedObject.kind!=Pod"
        fields = f"{about},{chosen}" if chosen else about
        most = MOST if chosen else PAGE
        listing = await (session.all_of if pods else session.reader.select)(EVENTS, fields=fields, most=most)
        return Events(tuple(parse_event(item) for item in listing.items), listing.complete, chosen)

    return await session.once(("events", pods, chosen), read)


def parse_event(item: Object) -> Event:
    """One event of the core API."""
    times = [moment(get_path(item, *path)) for path in _TIMES]
    seen = [time for time in times if time] or [datetime.fromtimestamp(0, UTC)]
    about: dict[str, Any] = item.get("involvedObject") or {}
    return Event(
        reason=safe_name(item.get("reason")),
        message=str(item.get("message") or ""),
        kind=str(about.get("kind") or ""),
        namespace=safe_name(about.get("namespace")),
        name=safe_name(about.get("name")),
        uid=str(about.get("uid") or ""),
        first=moment(item.get("firstTimestamp")) or min(seen),
        last=max(seen),
        count=max(int(item.get("count") or 0), int(get_path(item, "series", "count") or 0), 1),
        is_warning=item.get("type") != "Normal",
    )


_TIMES = (("lastTimestamp",), ("series", "lastObservedTime"), ("eventTime",), ("firstTimestamp",))


def is_fresh(event: Event, now: datetime, within: timedelta) -> bool:
    """Seen within that time; clocks may differ by a little."""
    return now - event.last <= within
