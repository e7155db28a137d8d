"""Exports that other tools read: Kubernetes' audit events, and CSV."""

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from bot.audit import Actor, AuditLog, Record
from bot.audit.context import AuditObserver
from bot.audit.export import COLUMNS, to_event, write_csv, write_events
from bot.audit.filters import ACTIONS
from bot.audit.records import TEXTS, digest
from bot.cluster.requests import Request
from bot.store import Store

Filled = Callable[[int], list[Record]]
# audit.k8s.io/v1 Event, its fields and their JSON types; those with True must be there.
EVENT: dict[str, tuple[type, bool]] = {
    "kind": (str, True),
    "apiVersion": (str, True),
    "level": (str, True),
    "auditID": (str, True),
    "stage": (str, True),
    "requestURI": (str, True),
    "verb": (str, True),
    "user": (dict, True),
    "impersonatedUser": (dict, False),
    "sourceIPs": (list, False),
    "userAgent": (str, False),
    "objectRef": (dict, False),
    "responseStatus": (dict, False),
    "requestObject": (dict, False),
    "responseObject": (dict, False),
    "requestReceivedTimestamp": (str, True),
    "stageTimestamp": (str, True),
    "annotations": (dict, False),
}
USER = {"username": str, "uid": str, "groups": list, "extra": dict}
REFERENCE = {"resource", "namespace", "name", "uid", "apiGroup", "apiVersion", "resourceVersion", "subresource"}
STATUS = {"kind": str, "apiVersion": str, "metadata": dict, "status": str, "message": str, "reason": str, "code": int}


def check(event: dict[str, Any]) -> None:
    """As an API server's client would decode it."""
    assert {name for name, (_, needed) in EVENT.items() if needed} <= event.keys() <= EVENT.keys()
    assert all(type(value) is EVENT[name][0] for name, value in event.items())
    assert (event["kind"], event["apiVersion"], event["level"]) == ("Event", "audit.k8s.io/v1", "Metadata")
    assert event["stage"] in ("RequestReceived", "ResponseStarted", "ResponseComplete", "Panic")
    assert all(type(value) is USER[name] for name, value in event["user"].items())
    assert all(type(text) is str for texts in event["user"].get("extra", {}).values() for text in texts)
    assert all(name in REFERENCE and type(text) is str for name, text in event.get("objectRef", {}).items())
    assert all(type(value) is STATUS[name] for name, value in event.get("responseStatus", {}).items())
    assert event.get("responseStatus", {}).get("status", "Success") in ("Success", "Failure")
    assert all(type(text) is str for text in event["annotations"].values())
    received, staged = (datetime.fromisoformat(event[name]) for name in ("requestReceivedTimestamp", "stageTimestamp"))
    assert received <= staged


def events(records: list[Record]) -> list[dict[str, Any]]:
    out = io.BytesIO()
    write_events(records, out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_every_line_is_an_audit_event(log: AuditLog, filled: Filled, bob: Actor) -> None:
    records = [*filled(12), log.record("message.posted", actor=Actor("system", "netclinic"), outcome="ok")]
    for event in events(records):
        check(event)


READS = [
    ("list", "/api/v1/namespaces/shop/pods", {"apiVersion": "v1", "resource": "pods", "namespace": "shop"}),
    ("list", "/api/v1/nodes", {"apiVersion": "v1", "resource": "nodes"}),
    (
        "get",
        "/api/v1/namespaces/shop/pods/web-0/log",
        {"apiVersion": "v1", "resource": "pods", "namespace": "shop", "name": "web-0", "subresource": "log"},
    ),
    (
        "get",
        "/apis/apps/v1/namespaces/kube-system/daemonsets/terway",
        {
            "apiGroup": "apps",
            "apiVersion": "v1",
            "resource": "daemonsets",
            "namespace": "kube-system",
            "name": "terway",
        },
    ),
    ("get", "/api/v1/namespaces/shop", {"apiVersion": "v1", "resource": "namespaces", "name": "shop"}),
    ("get", "/version", None),
]


@pytest.mark.parametrize(("verb", "path", "reference"), READS, ids=[read[1] for read in READS])
async def test_a_read_is_two_stages_of_one_request(
    store: Store, bob: Actor, verb: str, path: str, reference: dict[str, str] | None
) -> None:
    log = AuditLog(store)
    observer = AuditObserver(log, bob, "r1", None, "prod")
    request = Request(verb=verb, resource="pods", path=path, query=(("limit", "500"),))
    await observer.before(request)
    await observer.after(request, "ok", 1234, 0.25)
    log.close()
    from bot.audit.filters import Filters
    from bot.audit.reading import list_records

    done, begun = events(list(list_records(store, Filters())))
    for event in (begun, done):
        check(event)
        assert (event["verb"], event["requestURI"]) == (verb, f"{path}?limit=500")
        assert event.get("objectRef") == reference
        assert event["user"] == {
            "username": "bob",
            "uid": "U1BOB",
            "groups": ["slack"],
            "extra": {"channel": ["C1INC"], "team": ["T1"]},
        }
    assert begun["auditID"] == done["auditID"]
    assert (begun["stage"], done["stage"]) == ("RequestReceived", "ResponseComplete")
    assert "responseStatus" not in begun
    assert done["responseStatus"] == {"metadata": {}, "reason": "ok", "status": "Success", "code": 200}
    spent = datetime.fromisoformat(done["stageTimestamp"]) - datetime.fromisoformat(done["requestReceivedTimestamp"])
    assert spent.total_seconds() == 0.25


@pytest.mark.parametrize(("outcome", "code"), [("forbidden", 403), ("timeout", 504), ("cancelled", 500)])
async def test_a_read_that_failed_says_so(store: Store, bob: Actor, outcome: str, code: int) -> None:
    log = AuditLog(store)
    record = log.record(
        "cluster.read.done", actor=bob, outcome=outcome, detail={"verb": "get", "path": "/version", "read": 1, "ms": 3}
    )
    log.close()
    status = to_event(record)["responseStatus"]
    assert (status["status"], status["code"], status["reason"]) == ("Failure", code, outcome)


def test_other_records_have_ids_of_their_own_and_name_their_case(filled: Filled) -> None:
    found = events(filled(12))
    assert len({event["auditID"] for event in found}) == 12
    assert found[0]["objectRef"] == {"apiGroup": "netclinic", "resource": "cases", "name": "NC-0"}
    assert (found[0]["verb"], found[0]["requestURI"]) == ("question.received", "/netclinic/question.received")


def test_what_is_about_to_be_done_is_no_result(log: AuditLog, bob: Actor) -> None:
    received = {name for name in ACTIONS if to_event(log.record(name, actor=bob))["stage"] == "RequestReceived"}
    before = {name for name, about in ACTIONS.items() if "about to be" in about}
    assert {"message.updating", "audit.anchored"} <= before
    assert received == before | {"question.received", "command.received", "alert.received"}


def test_an_event_holds_all_that_its_hash_is_made_of(filled: Filled) -> None:
    for event in events(filled(12)):
        values = {
            name.removeprefix("netclinic/").replace("-", "_"): text for name, text in event["annotations"].items()
        }
        fields = {**dict.fromkeys(TEXTS, ""), **values, "seq": int(values["seq"])}
        assert digest(fields) == values["hash"]


def test_a_record_that_somebody_spoilt_is_given_out_all_the_same(
    log: AuditLog, filled: Filled, owner: Callable[..., None]
) -> None:
    from bot.audit.reading import find_records

    filled(3)
    owner("UPDATE audit_records SET detail = 'no JSON' WHERE seq = 2")
    (event,) = events(list(find_records(log.store, "2")))
    check(event)
    assert event["annotations"]["netclinic/detail"] == "no JSON"


@pytest.mark.parametrize("change", ["time = 'garbage'", "time = '2026-11-22'"])
def test_a_time_that_somebody_spoilt_is_given_out_as_it_is(
    log: AuditLog, filled: Filled, owner: Callable[..., None], change: str
) -> None:
    from bot.audit.reading import find_records

    filled(3)
    owner(f"UPDATE audit_records SET {change} WHERE seq = 2")  # noqa: S608
    record = find_records(log.store, "2")[0]
    (event,) = events([record])
    check(event)
    assert event["annotations"]["netclinic/time"] == record.time


def test_csv_has_a_row_a_record_and_reads_back(log: AuditLog, filled: Filled, bob: Actor) -> None:
    records = [*filled(6), log.record("refused", actor=bob, detail={"why": 'a "quoted", long\nline; 域名'})]
    out = io.StringIO(newline="")
    write_csv(records, out)
    head, *rows = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert tuple(head) == COLUMNS
    assert [dict(zip(head, row, strict=True))["hash"] for row in rows] == [record.hash for record in records]
    assert json.loads(rows[-1][head.index("detail")])["why"] == 'a "quoted", long\nline; 域名'


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "\x1b=x"])
def test_csv_holds_no_formula(log: AuditLog, name: str) -> None:
    record = log.record("refused", actor=Actor("slack", name, name), case=name)
    out = io.StringIO(newline="")
    write_csv([record], out)
    (_, row) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert row[COLUMNS.index("case")] == f"'{name}".replace("\x1b", "")
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row)
