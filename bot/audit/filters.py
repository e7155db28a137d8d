"""Which records somebody wants to see, as they type it at the terminal or behind ``/netclinic audit``.

The names of what is recorded stand here too, so that people find them: in filters, in help, in docs/audit.md.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from bot.audit.records import readable
from bot.time_expressions import MomentError, parse_moment
from knowledge.errors import UserFacingError

ACTIONS: Mapping[str, str] = {
    "question.received": "somebody asked",
    "alert.received": "an alert came, from a bot or by Alertmanager's webhook",
    "question.edited": "somebody changed a question after asking it",
    "file.reading": "a file that was sent with a question is about to be read",
    "command.received": "somebody called for something else",
    "entries.considered": "what the words may mean, with scores",
    "cluster.read": "a read of a cluster is about to be made",
    "cluster.read.done": "what came of it: outcome, bytes, milliseconds",
    "cloud.read": "a call of Alibaba Cloud's API is about to be made",
    "cloud.read.done": "what came of it: outcome, the API's code and request id, milliseconds",
    "metrics.read": "a query of the Prometheus that watches a cluster's nodes is about to be made",
    "metrics.read.done": "what came of it: outcome, bytes, milliseconds",
    "permission.failed": "a cluster, Alibaba Cloud or Slack refused us",
    "login.failed": "Slack did not accept our token",
    "verdict.reached": "the verdict on one entry",
    "message.posting": "a message is about to be posted",
    "message.posted": "it was posted",
    "message.updating": "it is about to be changed",
    "message.updated": "it was changed",
    "button.pressed": "somebody pressed a button",
    "question.settled": "somebody answered the question that settles an entry",
    "answer.shared": "somebody shows their private answer to the channel",
    "case.joined": "a question was asked again, and is counted with the case that stands in another thread",
    "case.taken": "somebody works on a case",
    "case.watched": "a case is looked at again and again, or no more",
    "case.resolved": "somebody resolved a case",
    "refused": "netclinic did not do what it was asked to",
    "job.set_aside": "work that kept ending its process is not resumed any more",
    "settings.in_force": "settings at the start that differ from their defaults",
    "handoff.made": "a handoff was made",
    "handoff.acknowledged": "somebody has taken it",
    "handoff.reminded": "nobody has, and they were reminded",
    "handoff.noted": "somebody left a note for whoever takes it over",
    "export.made": "records were given out",
    "database.backed_up": "a backup was made, these records with it",
    "database.restored": "a backup was put in place of what was stored",
    "database.upgraded": "the tables were made, or brought to a newer version",
    "audit.anchored": "the newest record's hash is about to be told outside",
    "audit.pruned": "old records were archived and removed",
    "audit.erased": "people's words were erased",
}
NAMES = ("since", "until", "actor", "channel", "case", "cluster", "action", "entry", "request", "limit")
_EXAMPLES = {
    "since": "12h",
    "until": "2026-11-22",
    "actor": "@bob",
    "channel": "#incidents",
    "case": "NC-7F3K2Q",
    "cluster": "prod",
    "action": "cluster.read",
    "entry": "dns-timeout",
    "request": "9f2c…",
    "limit": "20",
}
MOST_RECORDS = 10_000  # records that one list may hold; an export has no limit
_MENTION = re.compile(r"<[@#!]([A-Z0-9]+)(?:\|[^>]*)?>")
_QUOTES = str.maketrans("“”‘’", "\"\"''")


class FilterError(UserFacingError):
    """What was typed is no filter; the message says what is."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """All that are given must hold. ``until`` is not included; empty texts and ``None`` ask for nothing."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    channel: str = ""
    case: str = ""
    cluster: str = ""
    action: str = ""
    entry: str = ""
    request: str = ""
    limit: int = 50

    def shown(self) -> dict[str, str]:
        """Those that are given, for the record of an export."""
        texts = {name: getattr(self, name) for name in NAMES if name not in ("since", "until", "limit")}
        times = {"since": self.since, "until": self.until}
        given = {name: at.astimezone(UTC).isoformat() for name, at in times.items() if at is not None}
        return {**given, **{name: text for name, text in texts.items() if text}}


def parse_filters(words: str | Sequence[str], *, now: datetime | None = None, zone: tzinfo | None = UTC) -> Filters:
    """Filters from ``--since 12h --actor bob``, ``since 12h actor @bob`` or ``since=12h``.

    ``zone`` is the reader's; ``None`` stands for the system's own.

    Raises:
        FilterError: one is unknown, stands without its value, or has a value that it cannot have.
    """
    left = _split_words(words) if isinstance(words, str) else list(words)
    given: dict[str, str] = {}
    while left:
        name, value = _next_filter(left)
        if name in given:
            raise FilterError(f"{name} is given twice: once is enough.")
        given[name] = value
    return build_filters(given, now=now, zone=zone)


def build_filters(
    given: Mapping[str, str], *, now: datetime | None = None, zone: tzinfo | None = UTC, most: int = MOST_RECORDS
) -> Filters:
    """Filters from their names and values as typed; empty values are none.

    Raises:
        FilterError: a value is none that the filter can have.
    """
    moment = now or datetime.now(UTC)
    parsed: dict[str, Any] = {}
    for name, value in given.items():
        if not value:
            continue
        try:
            if name in ("since", "until"):
                parsed[name] = parse_moment(value, now=moment, zone=zone, end=name == "until")
            else:
                parsed[name] = _parse_limit(value, most) if name == "limit" else _parse_name(value)
        except MomentError as error:
            raise FilterError(str(error)) from None
    found = Filters(**parsed)
    if found.since and found.until and found.since >= found.until:
        raise FilterError("--since is not before --until: no record can be between them.")
    return found


def _split_words(text: str) -> list[str]:
    plain = text.translate(_QUOTES)
    try:
        return shlex.split(plain)
    except ValueError:
        return plain.split()


def _next_filter(left: list[str]) -> tuple[str, str]:
    word = left.pop(0)
    name, equals, value = word.lstrip("-–—").partition("=")
    name = name.lower()
    if name not in NAMES:
        raise FilterError(f"{word!r} is no filter: there are {', '.join(NAMES)}, each with a value.")
    if equals:
        return name, value
    if not left:
        raise FilterError(f"{name} stands without a value, as in {name} {_EXAMPLES[name]}.")
    return name, left.pop(0)


def _parse_limit(value: str, most: int) -> int:
    is_number = value.isascii() and value.isdigit() and len(value) < 10
    if not is_number or not 0 < int(value) <= most:
        raise FilterError(f"{value[:40]!r} is no limit: write a number from 1 to {most:,}.")
    return int(value)


def _parse_name(value: str) -> str:
    """Slack hands a person over as ``<@U1|bob>``, and people write ``@bob`` and ``#incidents``."""
    if readable(value) != value:
        raise FilterError(f"{value[:40]!r} holds what is no letter, so no record can fit: leave that out.")
    mention = _MENTION.fullmatch(value)
    return mention[1] if mention else value.strip().lstrip("@#")


def actions_named(action: str) -> list[str]:
    """The actions that a name stands for: ``cluster`` means all that begin with ``cluster.``."""
    return [action, *(name for name in ACTIONS if name.startswith(f"{action}."))]
