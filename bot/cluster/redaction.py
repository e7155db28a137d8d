"""Cutting secrets out of what was read, before anything else sees it.

``eni-config`` may hold a plaintext ``access_key``/``access_secret`` (Terway's chart writes both), Terway's init log
prints its configuration, and environment variables and annotations hold whatever people put there.
"""

import re
from typing import Any

MASK = "[redacted]"
_WORDS = (
    r"access_?key(?:_?(?:id|secret))?|access_?secret|secret_?(?:access_?)?key|key_?secret|"
    r"pass(?:word|wd|phrase)|(?:[a-z]+[_-])?(?:api_?key|token|secret)|private_?key|credentials?|"
    r"authorization|client-(?:key|certificate)-data|certificate-authority-data"
)
_NAME = re.compile(rf"(?:^|[._-])(?:{_WORDS})$", re.IGNORECASE)
_PAIR = re.compile(
    rf"""(?P<name>(?:\\*["'])?[\w.-]*?(?:{_WORDS})(?:\\*["'])?\s*[:=]\s*)"""
    r"""(?P<value>\\*"(?:[^"\\]|\\[^"])*\\*"|'[^']*'|(?:Bearer\s+|Basic\s+)?[^\s,;}\]"'\[][^\s,;}\]"']*)""",
    re.IGNORECASE,
)
_SHAPES = re.compile(
    r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)"
    r"|\bLTAI[0-9A-Za-z]{8,}|\bSTS\.[0-9A-Za-z]{8,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\bBearer\s+[\w.~+/=-]{8,}",
    re.DOTALL,
)
_TRIGGER = re.compile(
    rb"access|secret|passw|passphrase|token|api_?key|private|credential|authoriz|client-|certificate-|LTAI|STS\.|eyJ|Bearer|-----BEGIN",
    re.IGNORECASE,
)


def may_hold_secrets(raw: bytes) -> bool:
    """A cheap look at the raw reply that saves walking lists in which nothing can match."""
    return _TRIGGER.search(raw) is not None


def redact_text(text: str) -> str:
    """The text with the values of secret-sounding names, key shapes and PEM blocks masked."""
    return _PAIR.sub(_mask_value, _SHAPES.sub(MASK, text))


def redact(value: Any) -> Any:
    """A copy of parsed JSON with every secret masked: by key, by ``{name, value}`` pair, and inside strings."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, list):
        return [redact(member) for member in value]
    if isinstance(value, dict):
        return _redact_object(value)
    return value


def _redact_object(value: dict[str, Any]) -> dict[str, Any]:
    named = value.get("name")
    if isinstance(named, str) and isinstance(value.get("value"), str) and _NAME.search(named):
        return {**value, "value": MASK}
    return {
        key: MASK if isinstance(member, str) and member and _NAME.search(key) else redact(member)
        for key, member in value.items()
    }


def _mask_value(match: re.Match[str]) -> str:
    value = match["value"]
    quote = re.match(r"""\\*["']""", value)
    return match["name"] + (f"{quote[0]}{MASK}{quote[0]}" if quote else MASK)
