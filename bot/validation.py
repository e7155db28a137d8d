"""What pydantic found wrong with a value, in a sentence's last words: what to write instead."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

_WORDS = {
    "int": "write a whole number",
    "float": "write a number",
    "finite": "write a finite number",
    "bool": "write true or false",
    "string": "write text, in quotes",
    "path": "write the path of a file or folder",
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
    if own := context.get("error"):  # what a validator of ours, or of the command line, raised
        return str(own).rstrip(".")
    kind = first["type"]
    words = _WORDS.get(kind) or _WORDS.get(kind.partition("_")[0], UNKNOWN)
    return words.format(**context)
