"""A handoff from beginning to end: span, facts, another look at what is open, page and picture, stored."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.diagnosis.report import Report
from bot.diagnosis.settling import GivenAnswer
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
from bot.store.settling import SettlingAnswer, SettlingAnswers

Pressed = Mapping[str, Mapping[str, SettlingAnswer]]  # by the stored answer that is judged again, and by entry
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
    """Makes handoffs. Without ``rechecker`` the open cases keep the state that their answers left.

    ``names`` looks people up by their ids; without it those that the last handoff knew are used.
    """

    store: Store
    rechecker: Rechecker | None = None
    names: NameLookup | None = None

    async def make(self, request: HandoffRequest) -> StoredHandoff:
        """The handoff, stored; where it was made before, that one.

        Raises:
            SpanError: the words name no span that a handoff can be about.
            DatabaseError: the database cannot be used.
        """
        handoffs = Handoffs(self.store)
        if made := await self.store.run(handoffs.get, request.id):
            return made
        last = await self.store.run(self._last, request)
        span = self._span(request, last)
        draft, reports, pressed = await self.store.run(self._read, span, request.team)
        done = await self.store.run(read_actions, self.store, span, request.team)
        known = {**(last.handoff.people if last else {}), **done.people, **request.people}
        pressed_by = {answer.user for by_entry in pressed.values() for answer in by_entry.values()}
        wanted = people_in(draft) | pressed_by | done.users - set(request.people)
        people = {**known, **(await self.names(wanted) if self.names else {})}
        targets = draft.recheck_targets(reports, _given_answers(pressed, people))
        states = await self.rechecker.recheck(targets, request.now) if self.rechecker else {}
        handoff = self._empty_handoff(request, span, people)
        handoff = compose(handoff, draft, reports, states, done.actions)
        return await self.store.run(handoffs.save, await asyncio.to_thread(_render, handoff, request))

    async def span(self, request: HandoffRequest) -> Span:
        """The span that the words name.

        Raises:
            SpanError: they name none that a handoff can be about.
        """
        return self._span(request, await self.store.run(self._last, request))

    def _last(self, request: HandoffRequest) -> StoredHandoff | None:
        handoffs = Handoffs(self.store)
        scheduled = handoffs.last_by_schedule(request.channel) if request.is_due else None
        return scheduled or handoffs.last(request.channel)

    def _span(self, request: HandoffRequest, last: StoredHandoff | None) -> Span:
        if request.is_due:
            return scheduled_span(request.now, Span(last.handoff.since, last.handoff.until) if last else None)
        return parse_span(request.words, now=request.now, zone=request.zone, last=last.handoff.until if last else None)

    def _read(self, span: Span, team: str) -> tuple[Draft, Mapping[str, Report], Pressed]:
        draft = make_draft(read_facts(self.store, span, team), span)
        ids = draft.answer_ids()
        return draft, read_reports(self.store, ids), SettlingAnswers(self.store).known_to(ids)

    def _empty_handoff(self, request: HandoffRequest, span: Span, people: Mapping[str, str]) -> Handoff:
        return Handoff(
            id=request.id,
            since=span.since,
            until=span.until,
            zone=request.zone.key,
            note=span.note,
            made_by=request.made_by,
            handed_from=request.handed_from,
            handed_to=request.handed_to,
            people=people,
            rechecked=self.rechecker is not None,
        )


def _given_answers(pressed: Pressed, people: Mapping[str, str]) -> Mapping[str, Mapping[str, GivenAnswer]]:
    """The answers with their people's names, as a re-check in Slack takes them."""
    return {
        id_: {entry: GivenAnswer(yes=told.yes, by=people.get(told.user, told.user)) for entry, told in by_entry.items()}
        for id_, by_entry in pressed.items()
    }


def _render(handoff: Handoff, request: HandoffRequest) -> StoredHandoff:
    page = render_markdown(handoff, alt_text(handoff))
    return StoredHandoff(
        handoff=handoff, text=page, picture=draw_timeline(handoff), made_at=request.now, channel=request.channel
    )
