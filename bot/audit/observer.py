"""The reader's observer by which every read of a cluster is a record, stored before the read, and a second one after.

An exception here is no :class:`~bot.cluster.transport.ReadError`, so no probe can take it for "unknown": the whole
question stops.
"""

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.audit.log import AuditLog
from bot.audit.records import Actor, Draft

if TYPE_CHECKING:
    from bot.cluster.requests import Request

DENIED = frozenset({"forbidden", "unauthorized"})


@dataclass
class AuditObserver:
    """Records the reads of one question. ``after`` carries the number of the read that it is the outcome of."""

    log: AuditLog
    actor: Actor
    request_id: str
    case: str | None = None
    cluster: str | None = None
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _made: "dict[int, tuple[Request, int]]" = field(default_factory=dict)

    async def before(self, request: "Request") -> None:
        """Store that the read is about to be made.

        Raises:
            AuditUnavailable: it could not be stored; the read must not be made.
        """
        number = next(self._numbers)
        await self.log.astore_all([self._draft("cluster.read", request, number)])
        self._made[id(request)] = (request, number)

    async def after(self, request: "Request", outcome: str, size: int, seconds: float) -> None:
        """Hand over what came of it: outcome, bytes, milliseconds. The next record is stored together with it."""
        _, number = self._made.pop(id(request), (request, 0))
        figures = {"bytes": size, "ms": round(seconds * 1000)}
        drafts = [self._draft("cluster.read.done", request, number, outcome, figures)]
        if outcome in DENIED:
            drafts.append(self._draft("permission.failed", request, number, outcome))
        self.log.owe_all(drafts)

    def _draft(
        self, action: str, request: "Request", number: int, outcome: str = "", figures: dict[str, Any] | None = None
    ) -> Draft:
        query = "&".join(f"{name}={value}" for name, value in request.query)
        read = {"read": number, "verb": request.verb, "resource": request.resource, "path": request.path}
        return Draft(
            action=action,
            actor=self.actor,
            request_id=self.request_id,
            case=self.case or "",
            cluster=self.cluster or "",
            outcome=outcome,
            detail={**read, **({"query": query} if query else {}), **(figures or {})},
        )
