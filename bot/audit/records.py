"""What a record is, and the bytes that are hashed: whoever wants to check the chain without us needs only this page.

The hash of a record is SHA-256, in lower-case hex, over its canonical form: a JSON object as RFC 8785 (JCS) writes
it: keys sorted, no white space, UTF-8. Its members are ``v`` (1) and ``seq``, both integers, and these texts: ``time``
(UTC, ``2026-11-22T12:00:00.000000Z``), ``action``, ``actor_kind``, ``actor_id``, ``actor_name``, ``channel``, ``team``,
``case``, ``cluster``, ``entry``, ``request_id``, ``outcome``, ``detail``, ``words`` and ``prev``. ``detail`` is itself
canonical JSON, hashed as the text that is stored, so that no database's own idea of JSON can change it. ``prev`` is
the hash of the record before, 64 zeros for the first. ``words`` is empty, or SHA-256 over ``salt:words`` of the
people's words that are kept apart, so that these can be erased and the chain still holds.

Of such a form, texts under plain names and small integers, orjson writes the same bytes as RFC 8785's own library,
forty times as fast; a test compares the two.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Literal, cast

import orjson
import rfc8785

GENESIS = "0" * 64
LONGEST = 256  # characters of a name or id; PostgreSQL indexes no longer ones than about 2,700 bytes
DEEPEST = 100  # levels of a detail: what is below becomes text, before any writer of JSON gives up
_LARGEST = 2**53 - 1  # what JSON numbers can hold everywhere
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
TEXTS = (
    "time",
    "action",
    "actor_kind",
    "actor_id",
    "actor_name",
    "channel",
    "team",
    "case",
    "cluster",
    "entry",
    "request_id",
    "outcome",
    "detail",
    "words",
    "prev",
)
Kind = Literal["slack", "terminal", "system"]


@dataclass(frozen=True)
class Actor:
    """Who: a Slack user (id, name, channel, team), the operating-system user of a terminal, or netclinic itself."""

    kind: Kind
    id: str
    name: str = ""
    channel: str = ""
    team: str = ""


SYSTEM = Actor("system", "netclinic", "netclinic")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A record before it has its place in the chain; ``detail`` is any JSON."""

    action: str
    actor: Actor
    request_id: str = ""
    case: str = ""
    cluster: str = ""
    entry: str = ""
    outcome: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


def make_draft(
    action: str,
    actor: Actor,
    request_id: str = "",
    case: str | None = None,
    cluster: str | None = None,
    entry: str | None = None,
    outcome: str = "",
    detail: Mapping[str, Any] | None = None,
) -> Draft:
    """A draft of now; a field that is ``None`` is one that the record does not have."""
    return Draft(
        action=action,
        actor=actor,
        request_id=request_id,
        case=case or "",
        cluster=cluster or "",
        entry=entry or "",
        outcome=outcome,
        detail=detail or {},
    )


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record as it is stored: ``detail`` is JSON text, ``words`` a digest, ``time`` in :func:`stamp`'s form.

    ``kept`` is what is read beside it: the people's words as JSON text, empty where there are none or they are erased.
    """

    seq: int
    time: str
    action: str
    actor_kind: str
    actor_id: str
    actor_name: str
    channel: str
    team: str
    case: str
    cluster: str
    entry: str
    request_id: str
    outcome: str
    detail: str
    words: str
    prev: str
    hash: str
    kept: str = ""

    @property
    def details(self) -> dict[str, Any]:
        """The detail with the people's words put back where they are still kept."""
        erased = {"words": "erased"} if self.words and not self.kept else {}
        return {**_members(self.kept), **_members(self.detail), **erased}

    @property
    def at(self) -> datetime:
        """The time, in UTC."""
        return parse_stamp(self.time)

    @property
    def actor(self) -> Actor:
        """Who."""
        return Actor(cast(Kind, self.actor_kind), self.actor_id, self.actor_name, self.channel, self.team)


def stamp(at: datetime) -> str:
    """A moment as records hold it: UTC, with microseconds, so that sorting texts sorts times."""
    utc = at.astimezone(UTC)
    return f"{utc.year:04d}{utc.strftime(_TIME)[-len('-11-22T12:00:00.000000Z') :]}"


def parse_stamp(text: str) -> datetime:
    """The moment of a stamp.

    Raises:
        ValueError: it is none.
    """
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def canonical(value: Any) -> bytes:
    """RFC 8785. What JSON cannot hold alike everywhere becomes text: large numbers, NaN, paths, times, what is
    nested too deep."""
    return rfc8785.dumps(_plain(value))


def digest(record: Mapping[str, Any]) -> str:
    """The hash that a record with these fields must have.

    Raises:
        ValueError, TypeError: a field is none that could have been stored.
    """
    form: dict[str, Any] = {"v": 1, "seq": record["seq"], **{name: record[name] for name in TEXTS}}
    if type(form["seq"]) is not int or not all(type(form[name]) is str for name in TEXTS):
        raise ValueError("a field has another type than records have")
    return hashlib.sha256(orjson.dumps(form, option=orjson.OPT_SORT_KEYS)).hexdigest()


def words_digest(salt: str, words: str) -> str:
    """What a record holds of words that are kept apart."""
    return hashlib.sha256(f"{salt}:{words}".encode()).hexdigest()


def readable(text: object) -> str:
    """Text that every database can hold: no NUL, no half of a surrogate pair."""
    return str(text).replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def short(text: object) -> str:
    """The same, at most as long as an indexed name may be."""
    whole = readable("" if text is None else text)
    return whole if len(whole) <= LONGEST else whole[: LONGEST - 1] + "…"


def _members(text: str) -> dict[str, Any]:
    """What somebody has changed in the database may be no JSON any more, and must still be shown."""
    try:
        found = json.loads(text) if text else {}
        return _plain(found) if isinstance(found, dict) else {"unreadable": text}
    except (ValueError, RecursionError):
        return {"unreadable": text}


def _plain(value: Any, depth: int = 0) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) <= _LARGEST else str(value)  # NaN, too, is not smaller
    if depth == DEEPEST:
        return readable(value)
    if isinstance(value, Mapping):
        return {readable(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [
            _plain(item, depth + 1)
            for item in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)
        ]
    if isinstance(value, datetime):
        return stamp(value) if value.tzinfo else value.isoformat()
    if isinstance(value, PurePath | str):
        return readable(value)
    return readable(value)
