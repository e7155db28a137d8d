"""Which span of time a handoff is about, from the few words that people type: ``12h``, ``since 09:00``, ``last``."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from bot.time_expressions import parse_date, parse_duration, parse_time_of_day
from knowledge.errors import UserFacingError

USUAL = timedelta(hours=12)
LONGEST = timedelta(days=31)
SHORTEST = timedelta(minutes=1)
EXAMPLES = "`12h`, `8h30m`, `2d`, `since 09:00`, `since 2026-11-21 09:00` or `last`"
JUST_MADE = "The last handoff was made less than a minute before this one, which covers its time once more."
FIRST = "There is no earlier handoff, so this is the usual 12 hours."


class SpanError(UserFacingError):
    """The words name no span that a handoff can be about; the message says what to write."""


@dataclass(frozen=True)
class Span:
    """From ``since`` up to ``until``, both UTC. ``note`` is for the reader, where the choice needs a word."""

    since: datetime
    until: datetime
    note: str = ""

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since


def parse_span(words: str, *, now: datetime, zone: tzinfo, last: datetime | None) -> Span:
    """The span that the words name, up to ``now``; nothing and ``last`` mean: since the last handoff, at ``last``.

    Raises:
        SpanError: they name none, or one that is empty, in the future or too long.
    """
    said = " ".join(words.lower().split())
    if said in ("", "last", "since last"):
        return _since_last(now, last)
    since = _since(said, now, zone)
    if since is None:
        raise SpanError(f"{words.strip()[:60]!r} is no span of time: write {EXAMPLES}.")
    return _validate(Span(since, now), words)


def scheduled_span(now: datetime, before: Span | None) -> Span:
    """The span of a handoff that is due by schedule: since the one ``before`` it. A shift waits for it: never none."""
    if before is not None and now - before.until < SHORTEST:
        return Span(before.since, now, JUST_MADE)
    return _since_last(now, before.until if before else None)


def _since_last(now: datetime, last: datetime | None) -> Span:
    if last is None:
        return Span(now - USUAL, now, FIRST)
    if now - last > LONGEST:
        return Span(now - LONGEST, now, f"The last handoff was on {last:%Y-%m-%d}; this covers the last 31 days.")
    if now - last < SHORTEST:
        raise SpanError("The last handoff was made less than a minute ago: name a span, for example `12h`.")
    return Span(last, now)


def _since(said: str, now: datetime, zone: tzinfo) -> datetime | None:
    try:
        duration = parse_duration(re.sub(r"^(the )?(last|past) ", "", said))
    except OverflowError:
        duration = timedelta.max
    if duration is not None:  # time that passed, whatever the clocks on the wall did in between
        return now - min(duration, LONGEST * 2)
    if not said.startswith("since "):
        return None
    moment = said.removeprefix("since ").strip()
    return parse_time_of_day(moment, now=now, zone=zone, past=SHORTEST) or parse_date(moment, zone=zone)


def _validate(span: Span, words: str) -> Span:
    quoted = f"{words.strip()[:60]!r}"
    if span.since > span.until:
        raise SpanError(f"{quoted} lies in the future: a handoff is about what was; write {EXAMPLES}.")
    if span.length < SHORTEST:
        raise SpanError(f"{quoted} is an empty span: write {EXAMPLES}.")
    if span.length > LONGEST:
        raise SpanError(f"{quoted} is longer than a handoff can be about, 31 days: write {EXAMPLES}.")
    return span
