"""Events exist under two API groups with other field names; they are kept in the core shape and shown in either."""

from bot.recordings.resources import Json

EVENTS_API = "events.k8s.io/v1"

# core v1 name -> events.k8s.io/v1 name
_RENAMED = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
_BACK = {new: old for old, new in _RENAMED.items()}


def as_core(event: Json) -> Json:
    """The event as core ``v1`` shows it."""
    if event.get("apiVersion") != EVENTS_API:
        return event
    return {_BACK.get(key, key): value for key, value in event.items()} | {"apiVersion": "v1"}


def as_events_api(event: Json) -> Json:
    """The event as ``events.k8s.io/v1`` shows it."""
    return {_RENAMED.get(key, key): value for key, value in event.items()} | {"apiVersion": EVENTS_API}
