"""Reading the object files of a recording: YAML or JSON, one or many objects a file, and merging one over another."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import orjson

from bot.recordings.objects import RecordingError
from bot.recordings.resources import Json, group_of
from knowledge import untrusted_yaml
from knowledge.bounds import is_too_deep

_KEPT = 64_000  # bytes of a file whose objects are kept: many recordings are based on one, and each reads it anew
_MEND = "mend it as docs/recordings.md shows"
_METADATA_TEXTS = ("namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp")
_METADATA_MAPS = ("labels", "annotations")
Identity = tuple[str, str, str, str]


def read_objects(content: bytes, where: str) -> list[Json]:
    """Every object of a file, lists unfolded; ``where`` names the file in what is said about a damaged one."""
    try:
        documents = [orjson.loads(content)] if where.endswith(".json") else _yaml_documents(content)
    except ValueError as problem:
        raise RecordingError(f"{where} cannot be read ({_one_line(problem)}): {_MEND}.") from problem
    return [_validate(item, where) for document in documents if document is not None for item in _list_items(document)]


def read_mapping(content: bytes, where: str) -> Json:
    """A file that holds one mapping, such as ``recording.yaml``."""
    try:
        documents = [document for document in _yaml_documents(content) if document is not None]
    except ValueError as problem:
        raise RecordingError(f"{where} cannot be read ({_one_line(problem)}): {_MEND}.") from problem
    if len(documents) != 1 or not isinstance(documents[0], dict):
        raise RecordingError(f"{where} has to hold one mapping of settings.")
    return documents[0]


def identity(item: Json) -> Identity:
    """Group, kind, namespace and name: what makes it the same object in a recording and in its base."""
    metadata = item["metadata"]
    return group_of(item["apiVersion"])[0], item["kind"], metadata.get("namespace", ""), metadata["name"]


def merge(base: Any, patch: Any) -> Any:
    """RFC 7396: mappings merge, null removes, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def _list_items(document: Any) -> list[Any]:
    """A file may hold an object, a list of them, or what ``kubectl get -o json`` prints."""
    if isinstance(document, list):
        return document
    is_list = isinstance(document, dict) and str(document.get("kind", "")).endswith("List")
    if is_list and isinstance(document.get("items"), list):
        return list(document["items"])
    return [document]


def _validate(item: Any, where: str) -> Json:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    typed = isinstance(metadata, dict) and all(isinstance(item.get(key), str) for key in ("kind", "apiVersion"))
    if not isinstance(metadata, dict) or not typed or not (isinstance(metadata.get("name"), str) and metadata["name"]):
        raise RecordingError(f"{where} holds something without apiVersion, kind and metadata.name: {str(item)[:80]!r}.")
    if is_too_deep(item):
        raise RecordingError(f"{where} holds {item['kind']} {metadata['name']}, nested deeper than any object is.")
    if fault := next(_metadata_faults(metadata), ""):
        raise RecordingError(f"{where} holds {item['kind']} {metadata['name']}, whose metadata.{fault}.")
    return dict(item)


def _metadata_faults(metadata: Json) -> Iterator[str]:
    for key in _METADATA_TEXTS:
        if not isinstance(metadata.get(key), str | None):
            yield f"{key} is no text: write it in quotes"
    for key in _METADATA_MAPS:
        found = metadata.get(key)
        if not isinstance(found, dict | None):
            yield f"{key} is no mapping: write it as {{name: value}}"
        elif odd := next((str(name) for name, value in (found or {}).items() if not isinstance(value, str | None)), ""):
            yield f"{key}.{odd} is no text: write it in quotes"


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split()).rstrip(".")


def _yaml_documents(content: bytes) -> list[Any]:
    """YAML as Kubernetes' tools read it: moments and MAC addresses stay strings, only true and false are booleans."""
    return list(_kept_documents(content)) if len(content) <= _KEPT else _parse(content)


@lru_cache(maxsize=512)
def _kept_documents(content: bytes) -> list[Any]:
    """Whoever changes an object makes a new one, as ``merge`` does."""
    return _parse(content)


def _parse(content: bytes) -> list[Any]:
    return untrusted_yaml.load_all(content, untrusted_yaml.FILE, _kubernetes_loader())


@cache
def _kubernetes_loader() -> Any:
    loader: Any = type("KubernetesLoader", (untrusted_yaml.SAFE_LOADER,), {"yaml_implicit_resolvers": {}})
    for tag, pattern, first in (
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
        ("int", r"[-+]?(?:0|[1-9][0-9]*|0o?[0-7]+|0x[0-9a-fA-F]+)", list("-+0123456789")),
        ("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", list("-+0123456789.")),
        ("merge", r"<<", ["<"]),
    ):
        loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})$"), first)
    return loader
