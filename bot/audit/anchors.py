"""Anchors: number and hash of a record told outside the database, so that a cut tail or a rewritten chain shows.

The record ``audit.anchored`` is its own anchor: it is stored first, and what is told is its number and hash.
"""

import logging
import re
from dataclasses import dataclass
from datetime import datetime

from bot.audit.log import AuditLog
from bot.audit.records import SYSTEM, Actor, stamp

_ANCHOR = re.compile(r"(?<![\w:])#?([1-9]\d{0,17})\s?:\s?(?:sha256:)?([0-9a-f]{64})(?![0-9a-f])", re.IGNORECASE)
_logger = logging.getLogger("netclinic.audit")


@dataclass(frozen=True)
class Anchor:
    """What the record of that number hashed to, when it was told."""

    seq: int
    hash: str
    at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


def make_anchor(log: AuditLog, *, channel: str = "", actor: Actor = SYSTEM, request_id: str = "") -> Anchor:
    """Record that the log is anchored, and write the anchor to the process's own log.

    Whoever calls posts :func:`anchor_text` to the channel.

    Raises:
        AuditUnavailable: it could not be stored.
    """
    record = log.record(
        "audit.anchored", actor=actor, request_id=request_id, detail={"channel": channel} if channel else {}
    )
    anchor = Anchor(record.seq, record.hash, record.at)
    _logger.info("%s", anchor_text(anchor))
    return anchor


def anchor_text(anchor: Anchor) -> str:
    """One line for people and for :func:`parse_anchors`."""
    at = f" at {stamp(anchor.at)}" if anchor.at else ""
    return f"netclinic audit anchor {anchor}{at}"


def parse_anchors(text: str) -> list[Anchor]:
    """Every anchor in a text: one typed as ``SEQ:HASH``, or a page copied out of Slack."""
    return [Anchor(int(seq), hash_.lower()) for seq, hash_ in _ANCHOR.findall(text)]
