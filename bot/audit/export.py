"""Records for other tools: JSON lines in the shape of Kubernetes' own audit log, and CSV.

Each JSON line is an Event of ``audit.k8s.io/v1``, level Metadata, so that what reads an API server's audit log reads
this one too. What stands where:

- ``auditID``: the same for the two records of one read of a cluster, as for the two stages of one request; otherwise
  the record's own.
- ``stage``: RequestReceived for what is stored before it is done, ResponseComplete for what came of it.
- ``verb``, ``requestURI``, ``objectRef``: of the read; for anything else the verb is our action, the URI
  ``/netclinic/<action>``, and there is an ``objectRef`` where the record is about a case.
- ``user``: name and id of whoever asked; groups say the kind of actor, ``extra`` channel and team.
- ``responseStatus``: outcome of a read as an HTTP code; outcome of anything else as the reason.
- both timestamps: the record's time, for the first less what it took; 1970 where somebody has spoilt the time, which
  stands among the annotations as it is.
- ``annotations`` under ``netclinic/``: all of the record, with its hash, and the people's words where they are kept.
"""

import csv
import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import IO, Any

from bot.audit.page import READS
from bot.audit.records import TEXTS, Record, stamp
from bot.text import json_line, plain

COLUMNS = ("seq", *TEXTS, "hash", "kept")
_BEFORE = frozenset(
    {
        "cluster.read",
        "cloud.read",
        "metrics.read",
        "file.reading",
        "question.received",
        "command.received",
        "alert.received",
        "message.posting",
        "message.updating",
        "audit.anchored",
    }
)
_CODES = {
    "ok": 200,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "throttled": 429,
    "refused": 500,
    "invalid": 502,
    "unreachable": 503,
    "tls": 503,
    "timeout": 504,
    "deadline": 504,
}
_SPOILT = "1970-01-01T00:00:00.000000Z"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_events(records: Iterable[Record], out: IO[bytes]) -> int:
    """One Event a line; how many there are."""
    count = 0
    for record in records:
        out.write(json_line(to_event(record)))
        count += 1
    return count


def write_csv(records: Iterable[Record], out: IO[str]) -> int:
    """One record a row; how many there are.

    What a spreadsheet would take for a formula gets an apostrophe in front, and what could move a terminal's cursor is
    left out: hashes are checked by the other form.
    """
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    count = 0
    for record in records:
        rows.writerow([_cell(getattr(record, column)) for column in COLUMNS])
        count += 1
    return count


def to_event(record: Record) -> dict[str, Any]:
    """The record as an Event."""
    detail = record.details
    is_read = record.action.startswith(READS)
    received, staged = _times(record, detail.get("ms") if is_read else 0)
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": _audit_id(record, detail),
        "stage": "RequestReceived" if record.action in _BEFORE else "ResponseComplete",
        "requestURI": request_uri(detail) if is_read else f"/netclinic/{record.action}",
        "verb": str(detail.get("verb", "")) if is_read else record.action,
        "user": _user(record),
        "userAgent": "netclinic",
        **_about(record, detail, is_of_cluster=record.action.startswith("cluster.read")),
        **_status(record, is_read=is_read),
        "requestReceivedTimestamp": received,
        "stageTimestamp": staged,
        "annotations": _annotations(record),
    }


def _times(record: Record, spent: object) -> tuple[str, str]:
    """When it began and when it ended; ``spent`` in milliseconds."""
    try:
        return stamp(record.at - timedelta(milliseconds=spent if isinstance(spent, int) else 0)), stamp(record.at)
    except (ValueError, OverflowError):
        return _SPOILT, _SPOILT


def _audit_id(record: Record, detail: dict[str, Any]) -> str:
    of_read = f"{record.request_id}/{detail['read']}" if "read" in detail and record.request_id else record.hash
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"netclinic:{of_read}"))


def request_uri(detail: Mapping[str, Any]) -> str:
    """Path and query of a read."""
    path = str(detail.get("path", ""))
    return f"{path}?{detail['query']}" if detail.get("query") else path


def _user(record: Record) -> dict[str, Any]:
    extra = {name: [text] for name, text in (("channel", record.channel), ("team", record.team)) if text}
    user = {"username": record.actor_name or record.actor_id, "uid": record.actor_id, "groups": [record.actor_kind]}
    return {**user, **({"extra": extra} if extra else {})}


def _about(record: Record, detail: dict[str, Any], *, is_of_cluster: bool) -> dict[str, Any]:
    if is_of_cluster:
        found = _reference(str(detail.get("path", "")), str(detail.get("resource", "")))
    else:
        found = {"apiGroup": "netclinic", "resource": "cases", "name": record.case} if record.case else {}
    return {"objectRef": found} if found else {}


def _reference(path: str, resource: str) -> dict[str, str]:
    """What the path of an API request is about; nothing for ``/version`` and the like."""
    parts = path.strip("/").split("/")
    if parts[0] not in ("api", "apis") or len(parts) < 3:
        return {}
    group, version, rest = ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])
    namespace = ""
    if rest[0:1] == ["namespaces"] and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    subresource = rest[2] if len(rest) > 2 else ""
    named = {"apiGroup": group, "apiVersion": version, "resource": rest[0] if rest else resource}
    named |= {"namespace": namespace, "name": rest[1] if len(rest) > 1 else "", "subresource": subresource}
    return {name: text for name, text in named.items() if text}


def _status(record: Record, *, is_read: bool) -> dict[str, Any]:
    if not record.outcome:
        return {}
    status: dict[str, Any] = {"metadata": {}, "reason": record.outcome}
    if is_read:
        code = _CODES.get(record.outcome, 500)
        status |= {"status": "Success" if code == 200 else "Failure", "code": code}
    return {"responseStatus": status}


def _annotations(record: Record) -> dict[str, str]:
    values = {"seq": str(record.seq), **{name: getattr(record, name) for name in (*TEXTS, "hash", "kept")}}
    return {f"netclinic/{name.replace('_', '-')}": text for name, text in values.items() if text}


def _cell(value: object) -> str:
    text = plain(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
