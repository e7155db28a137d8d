"""Handoffs as they were made: stored with their page and picture, so that they are shown again exactly as posted."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update

from bot.handoff.records import Handoff, ShiftNote
from bot.store import Store
from bot.store.schema import handoffs

_LETTERS = 8


@dataclass(frozen=True, kw_only=True)
class StoredHandoff:
    """A stored handoff. ``text`` is its Markdown page, ``picture`` a PNG or empty, ``posted`` what Slack was given.

    ``message_ts`` is empty until it is posted, ``acknowledged_by`` until somebody has it.
    """

    handoff: Handoff
    text: str
    picture: bytes
    made_at: datetime
    channel: str = ""
    message_ts: str = ""
    posted: Mapping[str, Any] | None = None
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    reminded_at: datetime | None = None

    @property
    def id(self) -> str:
        """Short, for people."""
        return self.handoff.id


def handoff_id(key: str) -> str:
    """``HO-`` and some letters that follow from the work's key, so that a repeated attempt names the same handoff."""
    return f"HO-{base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:_LETTERS]}"


@dataclass(frozen=True)
class Handoffs:
    """Reading and writing handoffs. Every write may be repeated: the second time changes nothing."""

    store: Store

    def save(self, stored: StoredHandoff) -> StoredHandoff:
        """Store a handoff; where one with its id is there, that one counts and comes back."""
        handoff = stored.handoff
        values = {
            "id": handoff.id,
            "since": handoff.since,
            "until": handoff.until,
            "made_at": stored.made_at,
            "made_by": handoff.made_by,
            "handed_from": list(handoff.handed_from),
            "handed_to": list(handoff.handed_to),
            "text": stored.text,
            "told": handoff.to_json(),
            "picture": stored.picture,
            "channel": stored.channel,
        }
        with self.store.writing() as connection:
            is_new = self.store.insert_if_absent(connection, handoffs, **values)
        return stored if is_new else self.get(handoff.id) or stored

    def get(self, id_: str) -> StoredHandoff | None:
        """By its id, in any letters."""
        return self._first(handoffs.c.id == id_.strip().upper())

    def last(self, channel: str = "") -> StoredHandoff | None:
        """The newest that was posted (to this channel, where one is named).

        What somebody only looked at in a terminal does not count, or the next handoff would leave out what it showed;
        it does where none was ever posted.
        """
        posted = self._first(handoffs.c.message_ts != "", *((handoffs.c.channel == channel,) if channel else ()))
        return posted or (None if channel else self._first())

    def last_by_schedule(self, channel: str) -> StoredHandoff | None:
        """The newest that was posted to this channel and that nobody had asked for."""
        return self._first(handoffs.c.message_ts != "", handoffs.c.channel == channel, handoffs.c.made_by == "")

    def note_posted(self, id_: str, channel: str, message_ts: str, posted: Mapping[str, Any]) -> None:
        """Note where it was posted, and the message."""
        self._change(id_, handoffs.c.message_ts == "", channel=channel, message_ts=message_ts, posted=dict(posted))

    def acknowledge(self, id_: str, user: str, at: datetime) -> bool:
        """Note who has it; false where somebody has it already."""
        return self._change(id_, handoffs.c.acknowledged_by == "", acknowledged_by=user, acknowledged_at=at)

    def note_reminded(self, id_: str, at: datetime) -> bool:
        """Note that a reminder was sent; false where one was, or somebody has it."""
        open_ = and_(handoffs.c.reminded_at.is_(None), handoffs.c.acknowledged_by == "")
        return self._change(id_, open_, reminded_at=at)

    def add_note(
        self, id_: str, note: ShiftNote, names: Mapping[str, str], render: Callable[[Handoff], str]
    ) -> Handoff | None:
        """The handoff with this note, and its page; a person's later note takes the place of theirs before.

        ``None`` where there is none; ``names``: its writer's, by id. Notes that are left at the same moment are
        all kept.
        """
        wanted = handoffs.c.id == id_
        with self.store.writing() as connection:
            told = connection.execute(select(handoffs.c.told).where(wanted).with_for_update()).scalar_one_or_none()
            if told is None:
                return None
            kept = Handoff.from_json(told)
            others = [each for each in kept.shift_notes if each.user != note.user]
            people = {**kept.people, **names}
            noted = replace(kept, shift_notes=(*others, *([note] if note.note else [])), people=people)
            values = {"told": noted.to_json(), "text": render(noted), "posted": None}
            connection.execute(update(handoffs).where(wanted).values(**values))
        return noted

    def unacknowledged(self, made_after: datetime, made_before: datetime) -> list[str]:
        """Posted handoffs of this time that nobody has and nobody was reminded of, oldest first."""
        query = select(handoffs.c.id).where(
            handoffs.c.message_ts != "",
            handoffs.c.acknowledged_by == "",
            handoffs.c.reminded_at.is_(None),
            handoffs.c.made_at > made_after,
            handoffs.c.made_at <= made_before,
        )
        with self.store.reading() as connection:
            return list(connection.execute(query.order_by(handoffs.c.made_at, handoffs.c.id)).scalars())

    def _first(self, *where: ColumnElement[bool]) -> StoredHandoff | None:
        query = select(handoffs).where(*where).order_by(handoffs.c.made_at.desc(), handoffs.c.id).limit(1)
        with self.store.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _from_row(row)

    def _change(self, id_: str, when: ColumnElement[bool], **values: Any) -> bool:
        with self.store.writing() as connection:
            done = connection.execute(update(handoffs).where(handoffs.c.id == id_, when).values(**values))
        return bool(done.rowcount)


def _from_row(row: Any) -> StoredHandoff:
    same = ("text", "picture", "made_at", "channel", "message_ts", "posted")
    later = ("acknowledged_by", "acknowledged_at", "reminded_at")
    return StoredHandoff(handoff=Handoff.from_json(row["told"]), **{name: row[name] for name in (*same, *later)})
