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

from knowledge import untrusted_yaml

MASK = "<redacted>"  # a plain scalar in YAML, so that masking again changes nothing
_WORDS = (
    r"access[_-]?key(?:[_-]?(?:id|secret))?|access[_-]?secret|(?:secret|api|private)[_-]?(?:access[_-]?)?key|"
    r"key[_-]?secret|pass(?:word|wd|phrase)?|pwd|token|secret|credential|authorization|dockerconfigjson|"
    r"client-(?:key|certificate)-data|certificate-authority-data"
)
_NAME = re.compile(rf"(?:{_WORDS})s?$", re.IGNORECASE)
# Every pattern takes time in proportion to the text, whatever stands there: a key begins at a word's edge and nowhere
# else, and what is repeated in front of something that may be missing is bounded.
_KEY = rf"[\w.-]*(?:{_WORDS})s?"
_EDGE = r"(?<![\w.-])"
_QUOTE = r"""(?:(?<!\\)\\{0,128}["'])?"""
# Backslashes in front of a quote: JSON inside JSON. A string ends where as many of them stand as where it began.
_QUOTED = r"""(?P<{0}>\\*["']).*?(?:(?<!\\)(?P={0})|$)"""
_SLASH = r"""\\(?![nrt"'\\])"""  # one of the value itself, no escape
_PAIR = re.compile(
    rf"""(?P<name>{_EDGE}{_KEY}{_QUOTE}[ \t]*[:=][ \t]*)"""
    rf"""(?P<value>{_QUOTED.format("quote")}|(?:(?:Bearer|Basic)\s+)?(?:[^\s;}}\]"'\[{{&|>\\]|{_SLASH})(?:[^\s,;}}\]"'&\\]|,(?!\s*\\*["'])|{_SLASH})*)""",
    re.IGNORECASE | re.MULTILINE,
)
_NAMED = re.compile(  # {"name": "DB_PASSWORD", "value": "..."} and the same in YAML, inside a text
    rf"""(?P<name>\bname(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?{_KEY}(?:\\*["'])?(?:\s*,\s*|\s+)(?:\\*["'])?value(?:\\*["'])?\s*[:=]\s*)"""
    rf"""(?P<value>{_QUOTED.format("quote")}|[^\s,}}\["'][^\n}}]*)""",
    re.IGNORECASE | re.MULTILINE,
)
_LINE = re.compile(  # a key of YAML or of an ini file: its value goes on to the end of the line
    rf"""^(?P<name>[ \t]*(?:- +)?["']?{_KEY}["']?[ \t]*[:=][ \t]+|^[ \t]*{_KEY}=)(?P<value>(?!["'\\|>{{\[])\S.*)$""",
    re.IGNORECASE | re.MULTILINE,
)
_BLOCK = re.compile(  # YAML's block scalars: every deeper line below the key
    rf"""^(?P<indent>[ \t]*(?:- +)?)(?P<name>["']?{_KEY}["']?[ \t]*:[ \t]*[|>][^\n]*)"""
    r"""(?P<lines>(?:\n(?:[ \t]*(?=\n|\Z)|(?P=indent)[ \t]+[^\n]*))+)""",
    re.IGNORECASE | re.MULTILINE,
)
_SHAPES = re.compile(
    r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)"
    r"|\bLTAI[0-9A-Za-z]{8,}|\bSTS\.[0-9A-Za-z]{8,}|\bBearer\s+[\w.~+/=-]{8,}"
    r"|(?<=://)[^\s/@:\"']*:[^\s/@\"']+(?=@)",
    re.DOTALL,
)
_DOTTED = re.compile(r"(?<![\w.-])[\w-]+(?:\.[\w-]+){2,}")  # what a JSON Web Token looks like, among much else
_SHORTEST_TOKEN_PART = 11  # characters: eyJ and eight more
_LONGEST_TEXT = 262_144  # characters, the most that the annotations of an object may hold: what follows is cut off
CUT = " … (cut)"
_ANCHOR = re.compile(r"(?:^|[\s\[{,:-])[&*][^\s,\]}]", re.MULTILINE)
_TRIGGER = (
    r"access|secret|pass|pwd|token|api[_-]?key|private|credential|authoriz|dockerconfig|client-|certificate-|"
    r"LTAI|STS\.|eyJ|Bearer|-----BEGIN|://[^/\s]*@"
)
_TRIGGER_IN_BYTES = re.compile(_TRIGGER.encode(), re.IGNORECASE)
_TRIGGER_IN_TEXT = re.compile(_TRIGGER, re.IGNORECASE)


def may_hold_secrets(raw: bytes) -> bool:
    """A cheap look at the raw reply that saves walking lists in which nothing can match."""
    return _TRIGGER_IN_BYTES.search(raw) is not None


def redact_text(text: str) -> str:
    """The text with the values of secret-sounding names, key shapes and PEM blocks masked."""
    text = _cut(text)
    if not _TRIGGER_IN_TEXT.search(text):
        return text
    text = _BLOCK.sub(lambda found: f"{found['indent']}{found['name']}\n{_depth(found)}{MASK}", text)
    text = _LINE.sub(_mask_value, _SHAPES.sub(MASK, _DOTTED.sub(_mask_web_token, text)))
    return _NAMED.sub(_mask_value, _PAIR.sub(_mask_value, text))


def redact(value: Any) -> Any:
    """A copy of parsed JSON with every secret masked: by key, by ``{name, value}`` pair, and inside strings."""
    if isinstance(value, str):
        value = _cut(value)
        return _redact_embedded(value) if _TRIGGER_IN_TEXT.search(value) else value
    if isinstance(value, list):
        return [redact(member) for member in value]
    if isinstance(value, dict):
        return _redact_object(value)
    return value


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + CUT


def _mask_web_token(found: re.Match[str]) -> str:
    """From the part that begins with ``eyJ`` (``{"`` in base64) on, where two more follow it."""
    text = found[0]
    at = text.find("eyJ")
    parts = text[at:].split(".") if at >= 0 else []
    is_token = len(parts) >= 3 and len(parts[0]) >= _SHORTEST_TOKEN_PART and len(parts[1]) >= _SHORTEST_TOKEN_PART - 3
    return text[:at] + MASK if is_token else text


def _redact_embedded(text: str) -> str:
    """JSON and YAML inside a string are masked as what they are; written anew only where that hides something."""
    for load, dump in ((_json, _json_text), (_yaml, _yaml_text)):
        try:
            parsed = load(text)
            masked = redact(parsed)
        except RecursionError:
            return MASK
        if parsed is not None and masked != parsed:
            return redact_text(dump(masked))
    return redact_text(text)


def _redact_object(value: dict[Any, Any]) -> dict[Any, Any]:
    named = value.get("name")
    if isinstance(named, str) and "value" in value and _is_secret(named):
        rest = redact({key: member for key, member in value.items() if key != "value"})
        return {**rest, "value": _mask(value["value"])}
    return {key: _mask(member) if _is_secret(str(key)) else redact(member) for key, member in value.items()}


@lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    return _NAME.search(name) is not None


def _mask(value: Any) -> Any:
    """Everything scalar under a secret's name; references such as ``secretKeyRef`` stay readable."""
    if isinstance(value, list):
        return [_mask(member) for member in value]
    if isinstance(value, dict):
        return redact(value)
    return value if isinstance(value, bool) or value in (None, "") else MASK


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


def _depth(found: re.Match[str]) -> str:
    first = next((line for line in found["lines"].split("\n") if line.strip()), "")
    return first[: len(first) - len(first.lstrip())]


def _mask_value(found: re.Match[str]) -> str:
    quote = found.groupdict().get("quote") or ""
    return f"{found['name']}{quote}{MASK}{quote}"
