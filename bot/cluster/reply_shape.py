"""Whether a reply is what was asked for: a proxy's login page, a ``Status`` or an empty object is a failed read.

The API answers a get with the object of that kind and name, and a list with ``…List`` and its ``items``
(https://kubernetes.io/docs/reference/using-api/api-concepts/). What is accepted here may be read without looking twice.
"""

from typing import Any

from bot.cluster.object_shape import lacks_namespace, object_problem
from bot.cluster.requests import Request
from knowledge.bounds import is_too_deep


def shape_problem(request: Request, reply: Any) -> str:
    """Why the parsed reply is not what the request asked for, to follow "the reply to PATH"; empty where it is."""
    if not isinstance(reply, dict):
        return "was no Kubernetes object"
    if is_too_deep(reply):
        return "was nested deeper than any object is"
    if request.resource == "version":
        return "" if isinstance(reply.get("gitVersion"), str) else "named no version"
    if request.is_table:
        return _table_problem(reply)
    if request.kind and request.verb == "list":
        return _list_problem(request, reply)
    if request.kind:
        return _object_problem(request, reply)
    return ""


def _list_problem(request: Request, reply: dict[str, Any]) -> str:
    kind, found = request.kind, reply.get("kind")
    if not (isinstance(found, str) and found.endswith("List")):  # a custom kind may name its list as it likes
        return f"was {_named(found)} where {kind}List was asked for"
    items = reply.get("items")
    if "items" not in reply or not (items is None or isinstance(items, list)):
        return "held no list of items"
    if not all(_is_object(item) for item in items or []):
        return "held items that are no objects"
    problems = (object_problem(request.group, kind, item) for item in items or [])
    if problem := next(filter(None, problems), ""):
        return f"held a {kind} {problem}"
    if "/namespaces/" not in request.path and any(lacks_namespace(request.group, kind, item) for item in items or []):
        return f"held a {kind} without a namespace"
    return _rest_problem(reply.get("metadata"))


def _table_problem(reply: dict[str, Any]) -> str:
    """``meta.k8s.io/v1``, ``Table``: rows of cells under columns that are named once."""
    if reply.get("kind") != "Table":
        return f"was {_named(reply.get('kind'))} where a Table was asked for"
    columns, rows = reply.get("columnDefinitions"), reply.get("rows")
    if not isinstance(columns, list) or not all(_is_column(each) for each in columns):
        return "held no columns"
    if not (rows is None or isinstance(rows, list)):
        return "held no list of rows"
    if not all(_is_row(row, len(columns)) for row in rows or []):
        return "held rows that do not fit its columns"
    return _rest_problem(reply.get("metadata"))


def _is_column(column: Any) -> bool:
    return isinstance(column, dict) and isinstance(column.get("name"), str)


def _is_row(row: Any, width: int) -> bool:
    cells = row.get("cells") if isinstance(row, dict) else None
    return isinstance(cells, list) and len(cells) == width


def _rest_problem(metadata: Any) -> str:
    """A list tells by its metadata whether there is more of it: that must not be lost."""
    if metadata is None:
        return ""
    if not isinstance(metadata, dict):
        return "held damaged metadata"
    following, remaining = metadata.get("continue"), metadata.get("remainingItemCount")
    is_told = isinstance(following, str | None) and (remaining is None or type(remaining) is int)
    return "" if is_told and (following or not remaining) else "did not tell where the list goes on"


def _object_problem(request: Request, reply: dict[str, Any]) -> str:
    found = reply.get("kind")
    if found not in (request.kind, "PartialObjectMetadata"):
        return f"was {_named(found)} where {request.kind} was asked for"
    if not _is_object(reply):
        return "held an object without a name"
    if reply["metadata"]["name"] != request.path.rsplit("/", 1)[-1]:
        return "was about another object"
    problem = object_problem(request.group, request.kind, reply)
    return f"was a {request.kind} {problem}" if problem else ""


def _is_object(item: Any) -> bool:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    return isinstance(metadata, dict) and isinstance(metadata.get("name"), str) and metadata["name"] != ""


def _named(kind: Any) -> str:
    return f"a {kind}" if isinstance(kind, str) and kind.isalnum() and len(kind) < 64 else "something else"
