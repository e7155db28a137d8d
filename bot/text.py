"""Text from outside, made to be text and nothing else: it can neither move, nor colour, nor hide anything.

Ages, counts and costs too, in the words that every door uses alike.
"""

import re
from datetime import UTC, datetime

import orjson

_HIDDEN = re.compile(r"[^\x20-\x7e]")  # candidates: most of other scripts are printable


def plain(text: str) -> str:
    """Without control and direction characters: a hostile name or log line stays text."""
    if text.isprintable():  # nearly always, and a hundred times faster
        return text
    return "".join(char for char in text if char.isprintable() or char in "\n\t")


def one_line(text: str) -> str:
    """The same on a single line."""
    return plain(" ".join(text.split()))


def json_line(value: object) -> bytes:
    """One line of JSON in which nothing can act on a terminal: what is not printable stands as ``\\u`` escapes.

    A program reads the same strings from it.
    """
    text = orjson.dumps(value).decode()
    if not text.isprintable():
        text = _HIDDEN.sub(lambda found: found[0] if found[0].isprintable() else _escaped(found[0]), text)
    return f"{text}\n".encode()


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


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


def duration(seconds: float) -> str:
    """``1 hour``, ``2 minutes``, ``90 seconds``: in whole ones of the largest unit that fits."""
    for size, noun in ((3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            return counted(int(seconds // size), noun)
    return f"{seconds:g} seconds"


def lasting(start: datetime, end: datetime) -> str:
    """``for 3 min``; ``now`` where nothing tells for how long."""
    return f"for {span(start, end)}" if (end - start).total_seconds() >= 5 else "now"


def cost(requests: int, size: int, elapsed_ms: int) -> str:
    """What an answer took, ``size`` in bytes."""
    amount = f"{size / 1_000_000:,.1f} MB" if size >= 1_000_000 else f"{size / 1000:,.0f} kB"
    return f"{counted(requests, 'read')}, {amount}, {elapsed_ms / 1000:.1f} s. Nothing was changed."


def counted(number: int, noun: str) -> str:
    """``1 step``, ``2 steps``, ``2 entries``."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """``steps``, ``entries``, ``matches``: by the rules of spelling, without exceptions."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def clock(moment: datetime) -> str:
    """``2026-11-20 19:02 UTC``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
