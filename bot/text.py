"""Text from outside, made to be text and nothing else: it can neither move, nor colour, nor hide anything.

Words that every door uses alike: verdicts, ages, costs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.diagnosis.judge import Verdict


def plain(text: str) -> str:
    """Without control and direction characters: a hostile name or log line stays text."""
    if text.isprintable():  # nearly always, and a hundred times faster
        return text
    return "".join(char for char in text if char.isprintable() or char in "\n\t")


def one_line(text: str) -> str:
    """The same on a single line."""
    return plain(" ".join(text.split()))


@dataclass(frozen=True)
class Word:
    """A verdict in words. ``mark`` differs in shape, so that nothing hangs on colour; ``about`` is for newcomers."""

    mark: str
    word: str
    about: str


WORDS: Mapping[Verdict, Word] = {
    Verdict.CONFIRMED: Word("●", "CONFIRMED", "it is so on this cluster, now"),
    Verdict.SUSPECTED: Word("◐", "SUSPECTED", "the cluster could not decide; what would settle it is said"),
    Verdict.RULED_OUT: Word("○", "RULED OUT", "it is not so on this cluster"),
    Verdict.ANSWERED: Word("▸", "ANSWER", "a guide: nothing is broken by itself"),
}


NOT_ASKED = "Your words did not point to this; the cluster shows it now."
KNOWLEDGE_ALONE = "What follows is knowledge alone; nothing of it was checked. Ask again when kubectl answers."


def unmatched(requests: int, *, is_whole: bool) -> str:
    """Why nothing is told; ``is_whole``: all that was asked for could be read."""
    if requests:
        where = "in the cluster" if is_whole else "in what could be read of the cluster"
        return f"These words fit no entry clearly, and no fault of the network is seen {where}."
    return "No entry of the container-networking FAQ fits these words, so nothing was read."


def age(moment: datetime, now: datetime) -> str:
    """``12 s ago``, ``3 min ago``, ``2 h ago``, ``4 d ago``."""
    return "just now" if (now - moment).total_seconds() < 10 else f"{span(moment, now)} ago"


def span(start: datetime, end: datetime) -> str:
    """``12 s``, ``3 min``, ``2 h``, ``4 d``."""
    seconds = max(0.0, (end - start).total_seconds())
    for limit, unit, word in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{int(seconds // unit)} {word}"
    return f"{int(seconds // 86400)} d"


def cost(requests: int, size: int, elapsed_ms: int) -> str:
    """What an answer took, ``size`` in bytes."""
    amount = f"{size / 1_000_000:,.1f} MB" if size >= 1_000_000 else f"{size / 1000:,.0f} kB"
    return f"{counted(requests, 'read')}, {amount}, {elapsed_ms / 1000:.1f} s. Nothing was changed."


def counted(number: int, noun: str) -> str:
    """``1 step``, ``2 steps``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def clock(moment: datetime) -> str:
    """``2026-11-20 19:02 UTC``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
