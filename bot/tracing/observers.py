"""Spans of what is read of clusters and called of Slack: observers of the reader and of Slack's client."""

from dataclasses import dataclass

from bot.cluster.requests import Request
from bot.tracing import Tracing

SHORTEST_WAIT = 0.01  # seconds for a turn; less is not shown


@dataclass(frozen=True)
class ReadSpans:
    """Of reads: by verb and kind, since paths name other people's objects."""

    tracing: Tracing

    async def before(self, request: Request) -> None:
        """Its span is made at its end."""

    async def after(self, request: Request, outcome: str, size: int, seconds: float) -> None:
        """One read more."""
        error = "" if outcome == "ok" else outcome
        self.tracing.ended(f"{request.verb} {request.resource}", seconds, error, outcome=outcome, bytes=size)


@dataclass(frozen=True)
class SlackCallSpans:
    """Of calls of Slack's Web API, and of waiting until Slack takes them."""

    tracing: Tracing

    def waited(self, method: str, seconds: float) -> None:
        """A call came to its turn after so long."""
        if seconds >= SHORTEST_WAIT:
            self.tracing.ended(f"wait for {method}", seconds)

    def answered(self, method: str, result: str, seconds: float) -> None:
        """What came of a call."""
        self.tracing.ended(f"slack {method}", seconds, "" if result == "ok" else result, outcome=result)
