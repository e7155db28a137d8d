"""What the workspace sends to the app: events that are repeated until acknowledged, questions that are asked once.

Which way they go - Socket Mode or signed HTTP - is the carrier's business.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.workspace.records import Json


class NotAcknowledged(Exception):
    """The app did not answer in time, or could not be reached; ``reason`` is Slack's word for it."""

    def __init__(self, reason: str, give_up: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.give_up = give_up


@dataclass
class Sent:
    """Something sent to the app: when each attempt went out, when it was acknowledged (Unix times), with what."""

    kind: str
    payload: Json
    accepts_reply: bool = False
    attempts: list[float] = field(default_factory=list)
    acknowledged: float | None = None
    reply: Any = None
    failures: list[str] = field(default_factory=list)

    @property
    def event_id(self) -> str:
        return str(self.payload.get("event_id", ""))

    @property
    def seconds(self) -> float | None:
        """From the first attempt to the acknowledgement."""
        return None if self.acknowledged is None else self.acknowledged - self.attempts[0]


class Carrier(Protocol):
    async def carry(self, sent: Sent, attempt: int, reason: str | None) -> Any:
        """Bring it to the app; what the app acknowledged with. NotAcknowledged when it did not."""


class Delivery:
    """``sent`` is all that went out, in order; ``retry_after`` are the pauses before an event is sent again."""

    def __init__(self, carrier: Carrier, retry_after: Sequence[float]) -> None:
        self.sent: list[Sent] = []
        self._carrier = carrier
        self._retry_after = tuple(retry_after)
        self._tasks: set[asyncio.Task[None]] = set()

    def event(self, payload: Json) -> Sent:
        """On its way in the background, again and again until acknowledged or the attempts are used up."""
        sent = Sent("events_api", payload)
        self.sent.append(sent)
        self._start(self._persist(sent))
        return sent

    async def ask(self, kind: str, payload: Json, accepts_reply: bool) -> Any:
        """Once; what the app replied with. NotAcknowledged when it did not."""
        sent = Sent(kind, payload, accepts_reply)
        self.sent.append(sent)
        await self._attempt(sent, 0, None)
        return sent.reply

    async def again(self, event_id: str, reason: str = "timeout") -> None:
        """The same event once more, as Slack may send it up to an hour later."""
        sent = next(s for s in self.sent if s.event_id == event_id)
        await self._attempt(sent, len(sent.attempts), reason)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _persist(self, sent: Sent) -> None:
        reason: str | None = None
        for attempt in range(len(self._retry_after) + 1):
            if attempt:
                await asyncio.sleep(self._retry_after[attempt - 1])
            try:
                await self._attempt(sent, attempt, reason)
                return
            except NotAcknowledged as failure:
                if failure.give_up:
                    return
                reason = failure.reason

    async def _attempt(self, sent: Sent, attempt: int, reason: str | None) -> None:
        sent.attempts.append(time.time())
        try:
            reply = await self._carrier.carry(sent, attempt, reason)
        except NotAcknowledged as failure:
            sent.failures.append(failure.reason)
            raise
        if sent.acknowledged is None:
            sent.acknowledged = time.time()
        sent.reply = reply
