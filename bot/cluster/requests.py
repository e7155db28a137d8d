"""What a read is, what it may cost, and who is told of it: the words that the reader and its observers share."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

from bot.cluster.transport import ReadError


@dataclass(frozen=True, kw_only=True)
class Request:
    """One read as observers see it: ``verb`` as in RBAC, ``path`` with its query, ``kind`` of what it is about.

    ``system``: whether the cluster's API is asked, or the Prometheus that watches its nodes.
    """

    verb: str
    resource: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    accept: str = "application/json"
    kind: str = ""
    system: Literal["cluster", "metrics"] = "cluster"

    @property
    def is_table(self) -> bool:
        """Whether it asks for a ``Table``: what ``kubectl get`` prints."""
        return ";as=Table" in self.accept

    @property
    def group(self) -> str:
        """The API group, empty for the core one."""
        parts = self.path.split("/")
        return parts[2] if parts[1:2] == ["apis"] and len(parts) > 2 else ""


class Observer(Protocol):
    """Hears of each request before it is made and after. An exception in ``before`` stops the request."""

    async def before(self, request: Request) -> None: ...

    async def after(self, request: Request, outcome: str, size: int, seconds: float) -> None: ...


@runtime_checkable
class CutObserver(Protocol):
    """An observer that also hears of what is not asked for because the budget or the deadline was spent."""

    def cut(self, request: Request, reason: str) -> None: ...


class Recorder(Protocol):
    """Is shown all that was read, redacted, and every read that gave nothing: so that a recording can be made of it.

    ``content`` is parsed JSON, or the lines of a log; ``at`` the server's clock.
    """

    def record(self, request: Request, content: Any, at: datetime) -> None: ...

    def record_failure(self, request: Request, error: ReadError) -> None: ...


@dataclass(frozen=True)
class Budget:
    """What one question may cost, whatever is asked: requests, bytes of replies (decompressed), seconds in all and for
    one request. What it cuts is unknown, with that reason.

    ``bytes_before_lists_end``: once so many were read, a list of many pages ends with the page that it is at.
    ``cloud_calls`` and ``cloud_seconds``: what the cloud may cost beside it.
    """

    requests: int = 40
    bytes: int = 10_000_000
    bytes_before_lists_end: int = 6_000_000
    seconds: float = 10.0
    seconds_a_request: float = 5.0
    cloud_calls: int = 12
    cloud_seconds: float = 4.0

    def for_everything(self) -> "Budget":
        """The same time for who asks no question but wants all looked at: every entry, or every permission."""
        return replace(self, requests=100, bytes=32_000_000, cloud_calls=60)


@dataclass(frozen=True)
class Listing:
    """``complete`` is false when pages were left unread; ``served`` when the server knows no such kind.

    ``remaining`` is how many more there are, where the server says so.
    """

    items: tuple[dict[str, Any], ...]
    complete: bool = True
    served: bool = True
    remaining: int | None = None


@dataclass(frozen=True)
class Printed:
    """What the server prints of all objects of a kind: a row each, its cells by the names of their columns.

    ``complete`` is false when rows were left unread.
    """

    rows: tuple[dict[str, Any], ...]
    complete: bool = True


def rows_of(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Of a ``Table``: each row's cells by the names of their columns."""
    names = [column["name"] for column in table["columnDefinitions"]]
    return [dict(zip(names, row["cells"], strict=True)) for row in table.get("rows") or []]


@dataclass
class Spent:
    """What a question has cost so far."""

    requests: int = 0
    bytes: int = 0


class OtherReader(Protocol):
    """Reads another system for the same question, told to the same observers, within a budget of its own."""

    system: str
    spent: Spent

    def unread(self) -> tuple[str, ...]: ...

    async def close(self) -> None: ...
