"""What a read is, what it may cost, and who is told of it: the words that the reader and its observers share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.cluster.transport import ReadError


@dataclass(frozen=True, kw_only=True)
class Request:
    """One read as observers see it: ``verb`` as in RBAC, ``path`` with its query, ``kind`` of what it is about."""

    verb: str
    resource: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    accept: str = "application/json"
    kind: str = ""

    @property
    def group(self) -> str:
        """The API group, empty for the core one."""
        parts = self.path.split("/")
        return parts[2] if parts[1:2] == ["apis"] and len(parts) > 2 else ""


class Observer(Protocol):
    """Hears of each request before it is made and after. An exception in ``before`` stops the request."""

    async def before(self, request: Request) -> None: ...

    async def after(self, request: Request, outcome: str, size: int, seconds: float) -> None: ...


class Recorder(Protocol):
    """Is shown all that was read, redacted, and every read that gave nothing: so that a recording can be made of it.

    ``content`` is parsed JSON, or the lines of a log; ``at`` the server's clock.
    """

    def record(self, request: Request, content: Any, at: datetime) -> None: ...

    def record_failure(self, request: Request, error: ReadError) -> None: ...


@dataclass(frozen=True)
class Budget:
    """What one question may cost: requests, bytes of (decompressed) replies, seconds in all and for one request.

    ``bytes_before_lists_end``: once so many were read, a list of many pages ends with the page that it is at.
    """

    requests: int = 100
    bytes: int = 32_000_000
    bytes_before_lists_end: int = 6_000_000
    seconds: float = 10.0
    seconds_a_request: float = 5.0


@dataclass(frozen=True)
class Listing:
    """``complete`` is false when pages were left unread; ``served`` when the server knows no such kind.

    ``remaining`` is how many more there are, where the server says so.
    """

    items: tuple[dict[str, Any], ...]
    complete: bool = True
    served: bool = True
    remaining: int | None = None


@dataclass
class Spent:
    """What a question has cost so far."""

    requests: int = 0
    bytes: int = 0
