"""Answering get and list: selection, pages and the shape the client asked for, joined from ready bytes."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import orjson

from bot.recordings.access import list_line, objects_line
from bot.recordings.failures import ApiFailure, bad_request, expired, not_found
from bot.recordings.objects import ObjectIndex, RecordedObject, Recording
from bot.recordings.resources import Json, Resource
from bot.recordings.selectors import field_test, label_test
from bot.recordings.tables import table

_NOT_RECORDED = base64.urlsafe_b64encode(b"{}").decode()
_VERSIONS = ("v1", "v1beta1")  # of meta.k8s.io, in which a server answers in other shapes


@dataclass(frozen=True)
class Shape:
    """What an answer looks like; ``version`` of the API group meta.k8s.io where it is not whole."""

    form: Literal["whole", "metadata", "table"]
    version: str = "v1"


def shape_of(accept: str) -> Shape:
    """What the Accept header asks for; the first of its forms that can be given wins, as in a real server."""
    for form in (accept or "*/*").split(","):
        media, *parameters = (part.strip() for part in form.split(";"))
        if media not in ("application/json", "application/*", "*/*"):
            continue
        given = dict(part.partition("=")[::2] for part in parameters)
        kind, version = given.get("as", ""), given.get("v", "")
        if not kind:
            return Shape("whole")
        if given.get("g") != "meta.k8s.io" or version not in _VERSIONS:
            continue
        if kind == "Table":
            return Shape("table", version)
        if kind in ("PartialObjectMetadata", "PartialObjectMetadataList"):
            return Shape("metadata", version)
    raise ApiFailure(406, "NotAcceptable", "only the following media types are accepted: application/json")


def get_bytes(
    store: Recording, shelf: ObjectIndex, namespace: str, name: str, shape: Shape, now: datetime, include: str = ""
) -> bytes:
    """One object; ``include`` is what a Table attaches to its row."""
    resource = shelf.resource
    item = shelf.get(namespace, name)
    if item is None:
        raise not_found(resource.group, resource.plural, name)
    if shape.form == "table":
        metadata = {"resourceVersion": store.resource_version}
        return orjson.dumps(table(resource, [item.body], now, metadata, include, shape.version))
    if shape.form == "metadata":
        return _with_header("PartialObjectMetadata", f"meta.k8s.io/{shape.version}", item.partial)
    return _with_header(resource.kind, resource.api_version, item.wire)


@dataclass(frozen=True)
class Page:
    """The part of a list that is answered, and what the list's metadata says about the rest."""

    items: list[RecordedObject]
    metadata: Json


def list_bytes(
    store: Recording, shelf: ObjectIndex, namespace: str, query: Mapping[str, str], shape: Shape, now: datetime
) -> bytes:
    """A list of one resource, in one namespace or (empty) all of them."""
    resource = shelf.resource
    page = _page(store, shelf, namespace, query, printed=shape.form == "table")
    if shape.form == "table":
        include = query.get("includeObject", "")
        bodies = (item.body for item in page.items)
        return orjson.dumps(table(resource, bodies, now, page.metadata, include, shape.version))
    if shape.form == "metadata":
        kind, version = "PartialObjectMetadataList", f"meta.k8s.io/{shape.version}"
        items: Iterable[bytes] = (_with_header("PartialObjectMetadata", version, item.partial) for item in page.items)
    else:
        kind, version = f"{resource.kind}List", resource.api_version
        # Lists of built-in kinds do not repeat kind and version in each item; those of custom ones do.
        items = (_item(resource, item) for item in page.items)
    head = {"kind": kind, "apiVersion": version, "metadata": page.metadata}
    return orjson.dumps(head)[:-1] + b',"items":[' + b",".join(items) + b"]}"


def _item(resource: Resource, item: RecordedObject) -> bytes:
    return _with_header(resource.kind, resource.api_version, item.wire) if resource.custom else item.wire


def _with_header(kind: str, version: str, wire: bytes) -> bytes:
    return b'{"kind":"' + kind.encode() + b'","apiVersion":"' + version.encode() + b'",' + wire[1:]


def _page(
    store: Recording, shelf: ObjectIndex, namespace: str, query: Mapping[str, str], *, printed: bool = False
) -> Page:
    metadata: Json = {"resourceVersion": store.resource_version}
    labels, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
    start = _parse_continue(query["continue"], store) if query.get("continue") else ("", "")
    items = _select(shelf.after(start), namespace, labels, fields, shelf.resource)
    limit = _limit(query)
    line = list_line(shelf.resource.group, shelf.resource.plural, namespace, labels, fields)
    cut = line in store.cut or (not printed and objects_line(line) in store.cut)
    if not limit or len(items) <= limit:
        if cut and (limit or printed):
            # There was more than was recorded: who goes on reading is told that it is gone, never that this was all.
            metadata["continue"] = _NOT_RECORDED
        return Page(items, metadata)
    metadata["continue"] = _token(store, items[limit - 1].key)
    if not labels and not fields and not cut:
        # A real server does not count what it would have to filter first.
        metadata["remainingItemCount"] = len(items) - limit
    return Page(items[:limit], metadata)


def _select(
    items: list[RecordedObject], namespace: str, labels: str, fields: str, resource: Resource
) -> list[RecordedObject]:
    if namespace:
        items = [item for item in items if item.key[0] == namespace]
    if labels:
        by_labels = label_test(labels)
        items = [item for item in items if by_labels(item.labels)]
    if fields:
        by_fields = field_test(fields, resource)
        items = [item for item in items if by_fields(item.body)]
    return items


def _limit(query: Mapping[str, str]) -> int:
    """Zero for no limit. At resourceVersion 0 a real server answers from its cache, whole, whatever the limit is."""
    text = query.get("limit", "") or "0"
    if not text.isdecimal():
        raise bad_request(f"limit: {text!r} is no whole number")
    from_cache = query.get("resourceVersion") == "0" and not query.get("continue")
    return 0 if from_cache else int(text)


def _token(store: Recording, key: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps({"rv": store.resource_version, "after": key})).decode()


def _parse_continue(token: str, store: Recording) -> tuple[str, str]:
    try:
        held = orjson.loads(base64.urlsafe_b64decode(token))
        namespace, name = held["after"]
        current = held["rv"] == store.resource_version
    except (binascii.Error, ValueError, TypeError, KeyError) as problem:
        raise expired() from problem
    if not current:
        raise expired()
    return str(namespace), str(name)
