"""A handoff from beginning to end: span, facts, another look at what is open, page and picture, stored."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.diagnosis.report import Report
from bot.diagnosis.settling import GivenAnswer
from bot.handoff.actions import SpanActions, read_actions
from bot.handoff.compose import Draft, compose, make_draft, people_in
from bot.handoff.markdown import render_markdown
from bot.handoff.queries import Facts, read_facts, read_reports
from bot.handoff.recheck import LATELY, Recheck, Rechecker, RecheckTarget
from bot.handoff.records import Handoff
from bot.handoff.repository import Handoffs, StoredHandoff, handoff_id
from bot.handoff.silences import Alertmanager, Silences
from bot.handoff.time_range import Span, parse_span, scheduled_span
from bot.handoff.timeline import alt_text, can_draw, draw_timeline
from bot.store import Store
from bot.store.settling import SettlingAnswer, SettlingAnswers

Pressed = Mapping[str, Mapping[str, SettlingAnswer]]  # by the stored answer that is judged again, and by entry
NameLookup = Callable[[Collection[str]], Awaitable[Mapping[str, str]]]
ClosedLookup = Callable[[Collection[str]], Awaitable[Collection[str]]]
NEXT_SHIFT = timedelta(hours=12)
LONGEST_LOOK_BACK = timedelta(days=6)


@dataclass(frozen=True, kw_only=True)
class HandoffRequest:
    """What kind of handoff is wanted. ``key`` names the work: the same key gives the same handoff, made once.

    ``words`` name the span; ``channel`` is where it will be posted, whose last handoff counts; ``people`` names by id.
    ``is_due``: by schedule, for a whole shift. It goes back to the scheduled one before it, whatever was made by hand
    in between, and is made even where one was made a moment ago.
    ``next_at``: when the next shift ends, if that is known.
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
    next_at: datetime | None = None

    @property
    def id(self) -> str:
        """The handoff's."""
        return handoff_id(self.key)


@dataclass(frozen=True)
class HandoffGenerator:
    """Makes handoffs. Without ``rechecker`` the open cases keep the state that their answers left.

    ``names`` looks people up by their ids; without it those that the last handoff knew are used. ``closed`` gives those
    of the channels whose cases the handoff's readers may not see. ``alertmanager`` is asked where there is one.
    """

    store: Store
    rechecker: Rechecker | None = None
    names: NameLookup | None = None
    closed: ClosedLookup | None = None
    alertmanager: Alertmanager | None = None

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
        facts = await self.store.run(read_facts, self.store, span, request.team)
        done = await self.store.run(read_actions, self.store, span, request.team)
        closed = await self._find_closed(facts, done)
        draft, reports, pressed = await self.store.run(self._read, facts, span, closed)
        known = {**(last.handoff.people if last else {}), **done.people, **request.people}
        pressed_by = {answer.user for by_entry in pressed.values() for answer in by_entry.values()}
        wanted = people_in(draft) | pressed_by | done.users - set(request.people)
        people = {**known, **(await self.names(wanted) if self.names else {})}
        targets = draft.recheck_targets(reports, _given_answers(pressed, people))
        now, silences = await asyncio.gather(self._recheck(draft, targets, request.now), self._silences(request))
        handoff = self._empty_handoff(request, span, people)
        handoff = compose(handoff, draft, reports, now, done.without(closed))
        handoff = replace(handoff, silences=silences.items, silences_trouble=silences.trouble)
        handoff = replace(handoff, more_silences=silences.more)
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

    async def _find_closed(self, facts: Facts, done: SpanActions) -> frozenset[str]:
        channels = {case.channel for case in (*facts.cases.values(), *facts.stale)} | set(done.channels.values())
        return frozenset(await self.closed(channels)) if self.closed else frozenset()

    async def _recheck(self, draft: Draft, targets: Sequence[RecheckTarget], now: datetime) -> Recheck:
        """What was changed lately is told from a day before the first of these cases on."""
        if self.rechecker is None:
            return Recheck()
        first = min((item.case.opened_at for item in draft.open), default=now)
        return await self.rechecker.recheck(targets, now, min(now - first, LONGEST_LOOK_BACK) + LATELY)

    async def _silences(self, request: HandoffRequest) -> Silences:
        if self.alertmanager is None:
            return Silences()
        return await self.alertmanager.ending_between(request.now, request.next_at or request.now + NEXT_SHIFT)

    def _read(self, facts: Facts, span: Span, closed: Collection[str]) -> tuple[Draft, Mapping[str, Report], Pressed]:
        draft = make_draft(facts, span, closed)
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
    handoff = replace(handoff, pictures_off=bool(handoff.timeline) and not can_draw())
    page = render_markdown(handoff, alt_text(handoff))
    return StoredHandoff(
        handoff=handoff, text=page, picture=draw_timeline(handoff), made_at=request.now, channel=request.channel
    )
