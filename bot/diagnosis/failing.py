"""What fails here, whether an entry knows it or not: all looks at once, alike ones as one, the worst first."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.cluster.facts.registry import ODD_SHAPES
from bot.cluster.session import ClusterSession
from bot.cluster.transport import ReadError
from bot.probes.looks import DeclaredLook, Failing, Seen, declared_looks

MOST = 8  # lines: more are not read at 3 a.m.


@dataclass(frozen=True)
class FailingHere:
    """The worst of what fails, ``more`` left out; what was ``looked_at``, and sentences of what could not be."""

    items: tuple[Failing, ...] = ()
    more: int = 0
    looked_at: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


async def what_fails(session: ClusterSession) -> FailingHere:
    """Look at everything that is declared (``bot/probes/looks.py``)."""
    looks = declared_looks()
    seen = await asyncio.gather(*(_seen(session, each) for each in looks))
    found = _ranked(item for each in seen for item in each.items)
    looked_at = tuple(declared.what for declared, each in zip(looks, seen, strict=True) if not each.unread)
    unread = tuple(dict.fromkeys(each.unread for each in seen if each.unread))
    return FailingHere(found[:MOST], max(0, len(found) - MOST), looked_at, unread)


async def _seen(session: ClusterSession, declared: DeclaredLook) -> Seen:
    try:
        return await declared.function(session)
    except ReadError as error:
        return Seen(unread=f"{declared.what}: {error}")
    except ODD_SHAPES as error:
        return Seen(unread=f"{declared.what}: an object has an unexpected shape ({error})")


def _ranked(found: Iterable[Failing]) -> tuple[Failing, ...]:
    """The worst first, of these what fails for most objects, then what has failed longest; each object once."""
    ranked = sorted(found, key=lambda item: (item.severity, -len(item.alike), item.since, item.object))
    told: set[str] = set()
    kept = []
    for item in ranked:
        if item.object not in told:
            told |= {item.object, *item.alike}
            kept.append(replace(item, alike=item.alike or (item.object,), words=item.words or item.message))
    return tuple(kept)
