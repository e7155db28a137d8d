"""Cutting secrets out of what was read, before anything else sees it.

``eni-config`` may hold a plaintext ``access_key``/``access_secret`` (Terway's chart writes both), Terway's init log
prints its configuration, and environment variables and annotations hold whatever people put there. Better one harmless
word too many is masked than one secret too few.
"""

import re
from functools import lru_cache
from typing import Any

import orjson
import yaml

from bot.cluster.secret_names import is_secret_name
from bot.cluster.secret_texts import HINTS, mask_argument, mask_named
from bot.cluster.secret_values import LITERALS, MASK, mask_values
from knowledge import untrusted_yaml

__all__ = ["MASK", "may_hold_secrets", "redact", "redact_text"]

_LONGEST_TEXT = 262_144  # characters, the most that the annotations of an object may hold: what follows is cut off
_SHORT = 64  # characters
CUT = " … (cut)"
_ANCHOR = re.compile(r"(?:^|[\s\[{,:-])[&*][^\s,\]}]", re.MULTILINE)
_LITERALS_IN_BYTES = tuple(literal.encode() for literal in LITERALS)
_HINTS_IN_BYTES = tuple(hint.encode() for hint in HINTS)
_VALUE_OF = {"value": ("name", "key", "header"), "Value": ("Name", "Key")}
_CONTENT = ("value", "data", "stringData", "content", "plain", "plaintext")
_OPEN_WORDS = ("", "true", "false")


def may_hold_secrets(raw: bytes) -> bool:
    """A cheap look at the raw reply that saves walking lists in which nothing can match."""
    return any(literal in raw for literal in _LITERALS_IN_BYTES) or _hinted(raw.lower(), _HINTS_IN_BYTES)


def _may_hold(text: str) -> bool:
    return _short_may_hold(text) if len(text) <= _SHORT else _holds_a_word(text)


@lru_cache(maxsize=16_384)
def _short_may_hold(text: str) -> bool:
    return _holds_a_word(text)  # the same few words stand in every object of a list


def _holds_a_word(text: str) -> bool:
    return any(literal in text for literal in LITERALS) or _hinted(text.lower(), HINTS)


def _hinted(lowered: Any, hints: tuple[Any, ...]) -> bool:
    return any(hint in lowered for hint in hints)


def redact_text(text: str) -> str:
    """The text with the values of secret-sounding names, and what is a secret by its look, masked."""
    text = _cut(text)
    return mask_named(mask_values(text)) if _may_hold(text) else text


def redact(value: Any) -> Any:
    """A copy of parsed JSON with every secret masked: by key, by ``{name, value}`` pair, and inside strings.

    What is nested deeper than can be followed is masked as a whole.
    """
    try:
        return _redact_below(value)
    except RecursionError:
        return MASK


def _redact_below(value: Any) -> Any:
    if isinstance(value, str):
        value = _cut(value)
        return _redact_embedded(value) if _may_hold(value) else value
    if isinstance(value, list):
        return _redact_words([_redact_below(member) for member in value])
    if isinstance(value, dict):
        return _redact_object(value)
    return value


def _redact_words(words: list[Any]) -> list[Any]:
    """A command's words: what stands behind a secret's flag, or means a password to the program."""
    if not any(isinstance(word, str) and word.startswith("-") for word in words):
        return words
    command = " ".join(word for word in words[:4] if isinstance(word, str))[:1024]
    before = ["", *words]
    return [
        mask_argument(last if isinstance(last, str) else "", word, command) if isinstance(word, str) else word
        for last, word in zip(before, words, strict=False)
    ]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + CUT


def _redact_embedded(text: str) -> str:
    """JSON and YAML inside a string are masked as what they are; written anew only where that hides something.

    What is found in the text besides (a comment, a key given twice) is masked too, but never so that the rest can no
    longer be read as JSON or YAML.
    """
    for load, dump in ((_json, _json_text), (_yaml, _yaml_text)):
        try:
            parsed = load(text)
            if parsed is None:
                continue
            masked = _redact_below(parsed)
            shown = text if masked == parsed else dump(masked)
            again = redact_text(shown)
            return again if again == shown or load(again) is not None else dump(masked)
        except RecursionError:
            return MASK
    return redact_text(text)


def _redact_object(value: dict[Any, Any]) -> dict[Any, Any]:
    for content, names in _VALUE_OF.items():
        if content not in value:
            continue
        named = next((value[name] for name in names if isinstance(value.get(name), str)), "")
        if is_secret_name(named):
            rest = _redact_below({key: member for key, member in value.items() if key != content})
            return {**rest, content: _mask(value[content])}
    if value.get("kind") == "Secret":
        return {key: _mask_all(member) if key in _CONTENT else _redact_below(member) for key, member in value.items()}
    return {_key(key): _mask(member) if _is_secret(key) else _redact_below(member) for key, member in value.items()}


def _key(key: Any) -> Any:
    return mask_values(key) if isinstance(key, str) and _may_hold(key) else key


@lru_cache(maxsize=8192)
def _is_secret(key: Any) -> bool:
    """By its words, or as the id of an access key, behind which stands the key."""
    return is_secret_name(str(key)) or _key(key) != key


def _mask(value: Any) -> Any:
    """Everything scalar under a secret's name; references such as ``secretKeyRef`` stay readable."""
    if isinstance(value, list):
        return [_mask(member) for member in value]
    if isinstance(value, dict):
        return {key: _mask_all(member) if key in _CONTENT else member for key, member in _redact_below(value).items()}
    return value if isinstance(value, bool) or value is None or value in _OPEN_WORDS else MASK


def _mask_all(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _mask_all(member) for key, member in value.items()}
    return [_mask_all(member) for member in value] if isinstance(value, list) else _mask(value)


def _json(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _json_text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _yaml(text: str) -> Any:
    """A mapping or a list of several lines. Anchors are not followed: a few can stand for millions of values."""
    if "\n" not in text.strip() or _ANCHOR.search(text):
        return None
    try:
        found = untrusted_yaml.load(text, untrusted_yaml.EMBEDDED)
    except untrusted_yaml.UntrustedYamlError:
        return None
    return found if isinstance(found, dict | list) else None


def _yaml_text(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000)
