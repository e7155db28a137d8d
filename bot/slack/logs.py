"""The log of a serving process: one line each, JSON for programs and text for a terminal, and never a secret in it.

What a line is about (case, request) is set where the work begins, and reaches every line below, the libraries' too.
"""

import contextlib
import contextvars
import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

MASK = "********"
_TOKENS = re.compile(r"\b(?:xox[a-fprs](?:\.xox[a-fprs])?|xapp)-[A-Za-z0-9-]+")
_BEARER = re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}")
_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s@/]+@")
_TICKET = re.compile(r"(ticket=)[^\s&'\"]+")
_KNOWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
# Attributes that DBOS puts on its records; ``replica`` says the same.
_NOISE = frozenset({"applicationID", "applicationVersion", "executorID"})
_QUIET = {
    "aiohttp.access": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "dbos": logging.WARNING,
    "faiss": logging.WARNING,
    "kubernetes": logging.WARNING,
    "matplotlib": logging.WARNING,
    "slack_bolt": logging.ERROR,  # it warns of messages that nobody listens for, and of our own environment
    "slack_sdk": logging.WARNING,
    "urllib3": logging.WARNING,
}

_about: contextvars.ContextVar[Mapping[str, str]] = contextvars.ContextVar("netclinic_about", default={})  # noqa: B039


@contextlib.contextmanager
def log_context(**what: str) -> Iterator[None]:
    """Lines written in this block say what they are about: ``case``, ``request_id`` …"""
    token = _about.set({**_about.get(), **what})
    try:
        yield
    finally:
        _about.reset(token)


def current_log_context() -> Mapping[str, str]:
    """What lines written here are about."""
    return _about.get()


def configure_logging(level: str, secrets: Iterable[str] = (), stream: TextIO | None = None, **always: str) -> None:
    """Send the log of the whole process to ``stream`` (standard error). ``always`` stands in each line."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    masker = SecretMasker(secrets)
    handler.setFormatter(TextFormatter(masker, always) if stream.isatty() else JsonFormatter(masker, always))
    handler.addFilter(_passes_level)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    logging.getLogger("netclinic.audit").setLevel(logging.INFO)  # an anchor is worth what is told of it outside
    logging.captureWarnings(True)


def _passes_level(record: logging.LogRecord) -> bool:
    """Libraries speak up only in trouble. Asked here, since some of them set the levels of their loggers themselves."""
    name = record.name
    least = next((level for prefix, level in _QUIET.items() if name == prefix or name.startswith(prefix + ".")), 0)
    return record.levelno >= least


class SecretMasker:
    """Takes secrets out of text: Slack's tokens, passwords in URLs, and those that were named."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        named = sorted((re.escape(secret) for secret in secrets if len(secret) >= 6), key=len, reverse=True)
        self._named = re.compile("|".join(named)) if named else None

    def __call__(self, text: str) -> str:
        if self._named is not None:
            text = self._named.sub(MASK, text)
        text = _BEARER.sub(rf"\1{MASK}", _TOKENS.sub(MASK, text))
        return _TICKET.sub(rf"\1{MASK}", _PASSWORD.sub(rf"\1{MASK}@", text))

    def mask_all(self, value: Any) -> Any:
        """The same for everything inside a value; what is no JSON becomes text."""
        if isinstance(value, Mapping):
            return {str(key): self.mask_all(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.mask_all(item) for item in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        return self(str(value))


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def __init__(self, masker: SecretMasker, always: Mapping[str, str]) -> None:
        super().__init__()
        self._mask = masker
        self._always = always

    def format(self, record: logging.LogRecord) -> str:
        """``time``, ``level``, ``logger``, ``message``, what it is about, ``exception``."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line: dict[str, Any] = {"time": at, "level": record.levelname.lower(), "logger": record.name}
        line["message"] = _message(record)
        line |= {**self._always, **_about.get(), **_extra(record)}
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = "".join(traceback.format_exception(*record.exc_info)).strip()
        return json.dumps(self._mask.mask_all(line), ensure_ascii=False)


class TextFormatter(logging.Formatter):
    """Text for people who watch."""

    def __init__(self, masker: SecretMasker, always: Mapping[str, str]) -> None:
        super().__init__()
        self._mask = masker

    def format(self, record: logging.LogRecord) -> str:
        """``12:00:00 warning  message  (case=NC-7F3K2Q)``."""
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        details = ", ".join(f"{key}={value}" for key, value in {**_about.get(), **_extra(record)}.items())
        text = f"{at} {record.levelname.lower():<8} {_message(record)}" + (f"  ({details})" if details else "")
        if record.exc_info and record.exc_info[0] is not None:
            text += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        return self._mask(text)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in record.__dict__.items() if key not in _KNOWN | _NOISE}
