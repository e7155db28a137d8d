"""Whether a reply is what was asked for: a proxy's login page, a ``Status`` or an empty object is a failed read.

The API answers a get with the object of that kind and name, and a list with ``…List`` and its ``items``
(https://kubernetes.io/docs/reference/using-api/api-concepts/). What is accepted here may be read without looking twice.
"""

from typing import Any

from bot.cluster.requests import Request


def shape_problem(request: Request, reply: Any) -> str:
    """Why the parsed reply is not what the request asked for, to follow "the reply to PATH"; empty where it is."""
    if not isinstance(reply, dict):
        return "was no Kubernetes object"
    if request.resource == "version":
        return "" if isinstance(reply.get("gitVersion"), str) else "named no version"
    if request.kind and request.verb == "list":
        return _list_problem(request.kind, reply)
    if request.kind:
        return _object_problem(request, reply)
    return ""


def _list_problem(kind: str, reply: dict[str, Any]) -> str:
    found = reply.get("kind")
    if not (isinstance(found, str) and found.endswith("List")):  # a custom kind may name its list as it likes
        return f"was {_named(found)} where {kind}List was asked for"
    items = reply.get("items")
    if "items" not in reply or not (items is None or isinstance(items, list)):
        return "held no list of items"
    if not all(_is_object(item) for item in items or []):
        return "held items that are no objects"
    metadata = reply.get("metadata")
    return "" if metadata is None or isinstance(metadata, dict) else "held damaged metadata"


def _object_problem(request: Request, reply: dict[str, Any]) -> str:
    found = reply.get("kind")
    if found not in (request.kind, "PartialObjectMetadata"):
        return f"was {_named(found)} where {request.kind} was asked for"
    if not _is_object(reply):
        return "held an object without a name"
    if reply["metadata"]["name"] != request.path.rsplit("/", 1)[-1]:
        return "was about another object"
    return ""


def _is_object(item: Any) -> bool:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    return isinstance(metadata, dict) and isinstance(metadata.get("name"), str) and metadata["name"] != ""


def _named(kind: Any) -> str:
    return f"a {kind}" if isinstance(kind, str) and kind.isalnum() and len(kind) < 64 else "something else"
