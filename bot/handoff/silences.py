"""The silences of Alertmanager that end in the next shift: what may ring then though nothing is new.

``GET /api/v2/silences`` (https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml).
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from bot.handoff.records import ExpiringSilence
from bot.probes.findings import clip
from bot.text import one_line

SECONDS = 5.0
MOST_BYTES = 4_000_000
MOST_LISTED = 10
LONGEST = 200  # characters of matchers, and of a comment
_OPERATORS = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}


@dataclass(frozen=True)
class Silences:
    """Those that are in force and end in time, soonest first, and how many ``more`` do.

    ``trouble`` says in one sentence why they are unknown.
    """

    items: tuple[ExpiringSilence, ...] = ()
    more: int = 0
    trouble: str = ""


@dataclass(frozen=True)
class Alertmanager:
    """``url`` is its base address, as ``NETCLINIC_ALERTMANAGER_URL`` names it."""

    url: str
    seconds: float = SECONDS

    async def ending_between(self, start: datetime, end: datetime) -> Silences:
        """Never raises for what Alertmanager does."""
        import aiohttp

        try:
            async with asyncio.timeout(self.seconds):
                told = await self._read()
            found = _ending(told, start, end)
            return Silences(tuple(found[:MOST_LISTED]), max(0, len(found) - MOST_LISTED))
        except TimeoutError:
            why = f"no answer within {self.seconds:g} s"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            why = clip(one_line(str(error)), LONGEST) or type(error).__name__
        except (TypeError, KeyError, AttributeError):
            why = "what answered is no Alertmanager"
        return Silences(trouble=f"Alertmanager's silences could not be read from {self._shown}: {why}.")

    @property
    def _shown(self) -> str:
        """Without a name and password that may stand in the address."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    async def _read(self) -> Sequence[Mapping[str, Any]]:
        import aiohttp

        address = f"{self.url.rstrip('/')}/api/v2/silences"
        async with aiohttp.ClientSession() as session, session.get(address, allow_redirects=False) as reply:
            if reply.status != 200:
                raise ValueError(f"it answered with status {reply.status}")
            body = await reply.content.read(MOST_BYTES)
            while not reply.content.at_eof():
                more = await reply.content.read(MOST_BYTES)
                if len(body) + len(more) > MOST_BYTES:
                    raise ValueError(f"it answered with more than {MOST_BYTES // 1_000_000} MB")
                body += more
        told = orjson.loads(body)
        if not isinstance(told, list):
            raise TypeError("no list")
        return told


def make_alertmanager(url: str) -> Alertmanager | None:
    """The one that the setting names, if it names one."""
    return Alertmanager(url) if url else None


def _ending(told: Sequence[Mapping[str, Any]], start: datetime, end: datetime) -> list[ExpiringSilence]:
    """Not where another silence of the same goes on from there until after ``end``: then nothing rings."""
    found, goes_on = [], [_length(each) for each in told if each["status"]["state"] in ("active", "pending")]
    for each in told:
        _, ends_at, of = _length(each)
        is_followed = any(other == of and begins <= ends_at and end <= until for begins, until, other in goes_on)
        if each["status"]["state"] == "active" and start <= ends_at < end and not is_followed:
            found.append(
                ExpiringSilence(
                    matchers=clip(", ".join(map(_matcher, each["matchers"])), LONGEST),
                    ends_at=ends_at,
                    made_by=clip(one_line(str(each.get("createdBy") or "")), LONGEST),
                    comment=clip(one_line(str(each.get("comment") or "")), LONGEST),
                )
            )
    return sorted(found, key=lambda silence: (silence.ends_at, silence.matchers))


def _length(silence: Mapping[str, Any]) -> tuple[datetime, datetime, frozenset[str]]:
    """From when until when it silences what.

    Raises:
        ValueError: a time without a zone, which says nothing.
    """
    begins, ends = (datetime.fromisoformat(str(silence[name])) for name in ("startsAt", "endsAt"))
    if begins.tzinfo is None or ends.tzinfo is None:
        raise ValueError(f"a silence has a time without a zone, {ends}")
    return begins, ends, frozenset(map(_matcher, silence["matchers"]))


def _matcher(matcher: Mapping[str, Any]) -> str:
    """As Alertmanager writes it: ``alertname="PodsStuck"``; without ``isEqual`` it is equal (before 0.22)."""
    operator = _OPERATORS[bool(matcher.get("isEqual", True)), bool(matcher["isRegex"])]
    return one_line(f'{matcher["name"]}{operator}"{matcher["value"]}"')
