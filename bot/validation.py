"""What pydantic found wrong with a value, in a sentence's last words: what to write instead."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

_WORDS = {
    "int": "write a whole number",
    "float": "write a number",
    "finite": "write a finite number",
    "bool": "write true or false",
    "string_type": "write text, in quotes",
    "path": "write the path of a file or folder",
    "list": "write a list",
    "model": "write an object",
    "dict": "write an object",
    "datetime": "write an RFC 3339 time",
    "timezone": "write a time with its zone",
    "missing": "it is missing",
    "json": "it is no JSON",
    "literal": "write {expected}",
    "greater_than_equal": "write {ge:g} or more",
    "less_than_equal": "write {le:g} or less",
    "greater_than": "write more than {gt:g}",
    "less_than": "write less than {lt:g}",
}
UNKNOWN = "it cannot be used"


def describe_problem(error: ValidationError) -> str:
    """What to write in place of the first value that is malformed, without a full stop; the value is not repeated
    unless our own words hold it."""
    first = error.errors()[0]
    context: Mapping[str, Any] = first.get("ctx") or {}
    kind = first["type"]
    if kind == "value_error":  # what a validator of ours, or of the command line, raised
        return str(context["error"]).rstrip(".")
    words = _WORDS.get(kind) or _WORDS.get(kind.partition("_")[0], UNKNOWN)
    return words.format(**context)
