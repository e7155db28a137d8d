"""Everything that is recorded of one request, from the question over each read of a cluster to its verdicts.

It is alike behind both doors, the terminal and Slack. A read is a record that is stored before the read is made, and a
second one after. Where that fails the exception is no :class:`~bot.cluster.transport.ReadError`, so no probe can take
it for "unknown": the whole question stops.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bot.audit.log import AuditLog
from bot.audit.records import Actor, Draft, Record, make_draft

if TYPE_CHECKING:
    from bot.cloud.requests import CloudCall
    from bot.cluster.reader import Cluster
    from bot.cluster.requests import Request
    from bot.diagnosis.answer import Answer
    from bot.diagnosis.clinic import Clinic
    from bot.diagnosis.matching import Matcher, Matches

DENIED = frozenset({"forbidden", "unauthorized"})
MOST_CONSIDERED = 10  # entries by their scores: twice as many as are ever shown for one question


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
    _called: "dict[int, tuple[CloudCall, int]]" = field(default_factory=dict)

    async def before(self, request: "Request") -> None:
        """Store that the read is about to be made.

        Raises:
            AuditUnavailable: it could not be stored; the read must not be made.
        """
        number = next(self._numbers)
        await self.log.aappend([self._draft(f"{request.system}.read", request, number)])
        self._made[id(request)] = (request, number)

    async def after(self, request: "Request", outcome: str, size: int, seconds: float) -> None:
        """Hand over what came of it: outcome, bytes, milliseconds. The next record is stored together with it."""
        _, number = self._made.pop(id(request), (request, 0))
        figures = {"bytes": size, "ms": round(seconds * 1000)}
        drafts = [self._draft(f"{request.system}.read.done", request, number, outcome, figures)]
        if outcome in DENIED:
            drafts.append(self._draft("permission.failed", request, number, outcome))
        self.log.enqueue(drafts)

    async def before_call(self, call: "CloudCall") -> None:
        """Store that the cloud is about to be asked.

        Raises:
            AuditUnavailable: it could not be stored; the call must not be made.
        """
        number = next(self._numbers)
        await self.log.aappend([self._draft_of_call("cloud.read", call, number)])
        self._called[id(call)] = (call, number)

    async def after_call(self, call: "CloudCall", outcome: str, code: str, request_id: str, seconds: float) -> None:
        """Hand over what came of it: the API's code and request id, milliseconds."""
        _, number = self._called.pop(id(call), (call, 0))
        figures = {"ms": round(seconds * 1000), **({"code": code} if code else {})}
        figures |= {"cloud_request_id": request_id} if request_id else {}
        drafts = [self._draft_of_call("cloud.read.done", call, number, outcome, figures)]
        if outcome in DENIED:
            drafts.append(self._draft_of_call("permission.failed", call, number, outcome))
        self.log.enqueue(drafts)

    def _draft_of_call(
        self, action: str, call: "CloudCall", number: int, outcome: str = "", figures: dict[str, Any] | None = None
    ) -> Draft:
        asked = {"product": call.action.product, "action": call.action.name, "region": call.region, "asked": call.asked}
        detail = {"read": number, **asked, **(figures or {})}
        return make_draft(action, self.actor, self.request_id, self.case, self.cluster, None, outcome, detail)

    def _draft(
        self, action: str, request: "Request", number: int, outcome: str = "", figures: dict[str, Any] | None = None
    ) -> Draft:
        query = "&".join(f"{name}={value}" for name, value in request.query)
        read = {"read": number, "verb": request.verb, "resource": request.resource, "path": request.path}
        detail = {**read, **({"query": query} if query else {}), **(figures or {})}
        return make_draft(action, self.actor, self.request_id, self.case, self.cluster, None, outcome, detail)


@dataclass(frozen=True)
class AuditContext:
    """Who asked, under which request id (it stands in the structured logs too), and about which case."""

    log: AuditLog
    actor: Actor
    request_id: str
    case: str | None = None

    async def record(
        self,
        action: str,
        *,
        cluster: str | None = None,
        entry: str | None = None,
        outcome: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> Record:
        """Add one record of this request.

        Raises:
            AuditUnavailable: it could not be stored; what it would have allowed must not be done.
        """
        return (await self.log.aappend([self.draft(action, cluster, entry, outcome, detail)]))[0]

    def clinic(self, clinic: "Clinic") -> "Clinic":
        """The clinic, which from now on records what entries it considers, before it reads a cluster."""
        return clinic if clinic.matcher is None else replace(clinic, matcher=AuditedMatcher(clinic.matcher, self))

    def cluster(self, cluster: "Cluster") -> "Cluster":
        """The cluster, each read of which is recorded before it is made."""
        observer = AuditObserver(self.log, self.actor, self.request_id, self.case, cluster.context)
        return replace(cluster, observers=(observer, *cluster.observers))

    async def record_verdicts(self, answer: "Answer") -> None:
        """Record the verdicts, one record each, before they are told.

        Raises:
            AuditUnavailable: they could not be stored.
        """
        cluster = answer.cluster.context if answer.cluster else ""
        spent = {"reads": answer.requests, "bytes": answer.bytes, "ms": answer.elapsed_ms}
        spent |= {"cloud_calls": answer.cloud_calls} if answer.cloud_calls else {}
        drafts = [
            self.draft(
                "verdict.reached",
                cluster,
                item.entry.id,
                str(item.verdict),
                {
                    "rank": rank,
                    "score": None if item.score is None else round(item.score, 4),
                    "findings": {str(found.probe): str(found.outcome) for found in item.judgement.findings},
                    **(spent if rank == 1 else {}),
                },
            )
            for rank, item in enumerate(answer.diagnoses, start=1)
        ]
        unread = {"unread": list(answer.unread)} if answer.unread else {}
        unmatched = self.draft("verdict.reached", cluster, None, answer.outcome, {**spent, **unread})
        await self.log.aappend(drafts or [unmatched])

    def draft_of_matches(self, found: "Matches") -> Draft:
        """The record of what the words may mean."""
        ranked = sorted(found.matches, key=lambda item: -item.score)[:MOST_CONSIDERED]
        scores = {item.entry_id: round(float(item.score), 4) for item in ranked}
        best = next(iter(scores), "")
        outcome = "in_scope" if found.in_scope else "out_of_scope"
        detail = {"scores": scores, "confidence": round(float(found.confidence), 4)}
        return self.draft("entries.considered", None, best, outcome, detail)

    def draft(
        self, action: str, cluster: str | None, entry: str | None, outcome: str, detail: Mapping[str, Any] | None
    ) -> Draft:
        """A record of this request that is not stored yet."""
        return make_draft(action, self.actor, self.request_id, self.case, cluster, entry, outcome, detail)


@dataclass(frozen=True)
class AuditedMatcher:
    """A matcher whose result is recorded before anybody acts on it; it is called in a thread, as the clinic does."""

    matcher: "Matcher"
    trail: AuditContext

    def match(self, text: str) -> "Matches":
        """What the index says.

        Raises:
            AuditUnavailable: it could not be recorded.
        """
        found = self.matcher.match(text)
        self.trail.log.append([self.trail.draft_of_matches(found)])
        return found
