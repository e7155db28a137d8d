"""A handoff from beginning to end: span, facts, another look at what is open, page and picture, kept."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.diagnosis.report import Report
from bot.handoff.actions import read_actions
from bot.handoff.compose import Draft, compose, make_draft, people_in
from bot.handoff.markdown import render_markdown
from bot.handoff.queries import read_facts, read_reports
from bot.handoff.recheck import Rechecker
from bot.handoff.records import Handoff
from bot.handoff.repository import Handoffs, StoredHandoff, handoff_id
from bot.handoff.time_range import Span, parse_span, scheduled_span
from bot.handoff.timeline import alt_text, draw_timeline
from bot.store import Store

NameLookup = Callable[[Collection[str]], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, kw_only=True)
class HandoffRequest:
    """What kind of handoff is wanted. ``key`` names the work: the same key gives the same handoff, made once.

    ``words`` name the span; ``channel`` is where it will be posted, whose last handoff counts; ``people`` names by id.
    ``is_due``: by schedule, for a whole shift. It goes back to the scheduled one before it, whatever was made by hand
    in between, and is made even where one was made a moment ago.
    """

    key: str
    words: str
    now: datetime
    zone: ZoneInfo
    made_by: str = ""
    is_due: bool = False
    team: str = ""
    channel: str = ""
    handed_from: tuple[str, ...] = ()
    handed_to: tuple[str, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The handoff's."""
        return handoff_id(self.key)


@dataclass(frozen=True)
class HandoffGenerator:
    """Makes handoffs. Without ``looker`` the open cases keep the state that their answers left.

    ``names`` looks people up by their ids; without it those that the last handoff knew are used.
    """

    store: Store
    looker: Rechecker | None = None
    names: NameLookup | None = None

    async def make(self, wish: HandoffRequest) -> StoredHandoff:
        """The handoff, stored; where it was made before, that one.

        Raises:
            SpanError: the words name no span that a handoff can be about.
            DatabaseError: the database cannot be used.
        """
        handoffs = Handoffs(self.store)
        if made := await self.store.run(handoffs.get, wish.id):
            return made
        last = await self.store.run(self._last, wish)
        span = self._span(wish, last)
        begun, told = await self.store.run(self._read, span, wish.team)
        states = await self.looker.look(begun.wanted(told), wish.now) if self.looker else {}
        deeds = await self.store.run(read_actions, self.store, span, wish.team)
        known = {**(last.handoff.people if last else {}), **deeds.people, **wish.people}
        wanted = people_in(begun) | deeds.users - set(wish.people)
        people = {**known, **(await self.names(wanted) if self.names else {})}
        blank = self._blank(wish, span, people)
        handoff = compose(blank, begun, told, states, deeds.actions)
        return await self.store.run(handoffs.keep, await asyncio.to_thread(_finished, handoff, wish))

    async def span(self, wish: HandoffRequest) -> Span:
        """The span that the words name.

        Raises:
            SpanError: they name none that a handoff can be about.
        """
        return self._span(wish, await self.store.run(self._last, wish))

    def _last(self, wish: HandoffRequest) -> StoredHandoff | None:
        handoffs = Handoffs(self.store)
        scheduled = handoffs.last_by_schedule(wish.channel) if wish.is_due else None
        return scheduled or handoffs.last(wish.channel)

    def _span(self, wish: HandoffRequest, last: StoredHandoff | None) -> Span:
        if wish.is_due:
            return scheduled_span(wish.now, Span(last.handoff.since, last.handoff.until) if last else None)
        return parse_span(wish.words, now=wish.now, zone=wish.zone, last=last.handoff.until if last else None)

    def _read(self, span: Span, team: str) -> tuple[Draft, Mapping[str, Report]]:
        begun = make_draft(read_facts(self.store, span, team), span)
        return begun, read_reports(self.store, begun.answers())

    def _blank(self, wish: HandoffRequest, span: Span, people: Mapping[str, str]) -> Handoff:
        return Handoff(
            id=wish.id,
            since=span.since,
            until=span.until,
            zone=wish.zone.key,
            note=span.note,
            made_by=wish.made_by,
            handed_from=wish.handed_from,
            handed_to=wish.handed_to,
            people=people,
            rechecked=self.looker is not None,
        )


def _finished(handoff: Handoff, wish: HandoffRequest) -> StoredHandoff:
    page = render_markdown(handoff, alt_text(handoff))
    return StoredHandoff(
        handoff=handoff, text=page, picture=draw_timeline(handoff), made_at=wish.now, channel=wish.channel
    )
