"""What a call of the cloud's API is, what it may cost, and who is told of it."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any, Literal, Protocol, runtime_checkable

Json = dict[str, Any]
Kind = Literal[
    "forbidden", "unauthorized", "not_found", "timeout", "unreachable", "budget", "deadline", "throttled", "refused",
    "invalid",
]  # fmt: skip
_READS = re.compile(r"(?:Describe|Get|List)[A-Z][A-Za-z0-9]*")
LOGIN = "AssumeRoleWithOIDC"  # changes nothing: it gives the credentials of the pod's role


class CloudFailure(Exception):
    """A call that gave no answer: unknown, never absent. ``code`` and ``request_id`` are the API's own."""

    def __init__(
        self, kind: Kind, message: str, *, code: str = "", request_id: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after

    @property
    def is_for_all(self) -> bool:
        """Whether no other call of this question can do better."""
        return self.kind in ("unauthorized", "unreachable", "deadline")


@dataclass(frozen=True, kw_only=True)
class Pages:
    """How a list goes on: by number until the total count, or by ``NextToken``. ``size`` is the largest page.

    ``size_name`` is the parameter that asks for it: without it most pages hold 10. ``most``: how many pages are read;
    a list that goes on behind them is not complete. 0: all.
    """

    by: Literal["number", "token"]
    size_name: str
    size: int
    number_name: str = "PageNumber"
    total: tuple[str, ...] = ("TotalCount",)
    most: int = 0

    def total_of(self, body: Any) -> int | None:
        """How many items the API counts, on all pages; ``None`` where it does not tell."""
        for step in self.total:
            body = body.get(step) if isinstance(body, dict) else None
        return body if isinstance(body, int) and not isinstance(body, bool) else None


@dataclass(frozen=True, kw_only=True)
class Action:
    """One call of the table in ``actions.py``.

    ``items``: path of the list in the reply, empty where the reply is the list or the one object itself. ``is_object``:
    one object, whose list at ``items`` goes on over pages. ``keeps``: of each item what is kept, in dots; the rest is
    never seen by anybody. ``selects``: for replays, the item's field that a parameter asks for, in dots.
    ``json_lists``: list parameters that ECS takes as JSON in one string; others are numbered from 1.
    """

    product: str
    name: str
    version: str
    keeps: tuple[str, ...]
    items: tuple[str, ...] = ()
    pages: Pages | None = None
    style: Literal["RPC", "ROA"] = "RPC"
    pathname: str = "/"
    is_object: bool = False
    body_type: Literal["json", "array"] = "json"
    selects: Mapping[str, str] = field(default_factory=dict, hash=False)
    json_lists: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        refuse_writes(self.name)

    @property
    def in_path(self) -> frozenset[str]:
        """The parameters that are part of the path."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self.pathname) if name)

    @property
    def permission(self) -> str:
        """The RAM action, ``vpc:DescribeVSwitches``."""
        return f"{self.product}:{self.name}"

    def command(self, region: str, parameters: Mapping[str, "Parameter"]) -> str:
        """The ``aliyun`` command by which a person sees the same."""
        path = self.pathname.format(**parameters) if self.style == "ROA" else ""
        given = {} if path else {"RegionId": region, **numbered(parameters, self.json_lists)}
        words = [f"--{name} {shlex.quote(value)}" for name, value in given.items()]
        rest = ["GET", shlex.quote(path), "--region", region] if path else [self.name]
        return " ".join(["aliyun", self.product, *rest, *words])


def refuse_writes(name: str) -> None:
    """The one place that keeps netclinic to reading: each action of the table, and each request before it is made.

    Raises:
        CloudFailure: the action's name does not begin with Describe, Get or List.
    """
    if name != LOGIN and not _READS.fullmatch(name):
        raise CloudFailure("refused", f"{name[:80]} is no read: netclinic only makes calls that Describe, Get or List")


Parameter = str | tuple[str, ...]


def numbered(parameters: Mapping[str, Parameter], json_lists: tuple[str, ...] = ()) -> dict[str, str]:
    """Lists as RPC has them: ``Name.1``, ``Name.2``; those of ``json_lists`` as JSON in one string."""
    flat: dict[str, str] = {}
    for name, value in parameters.items():
        if isinstance(value, str):
            flat[name] = value
        elif name in json_lists:
            flat[name] = "[" + ",".join(f'"{item}"' for item in value) + "]"
        else:
            flat |= {f"{name}.{at}": item for at, item in enumerate(value, start=1)}
    return flat


@dataclass(frozen=True, kw_only=True)
class CloudCall:
    """One call as observers see it: no key, signature or token is ever part of it."""

    action: Action
    region: str
    parameters: tuple[tuple[str, Parameter], ...] = ()

    @property
    def asked(self) -> dict[str, str]:
        """What was asked for."""
        return numbered(dict(self.parameters), self.action.json_lists)


@dataclass(frozen=True)
class CloudReply:
    """One page as it came; ``request_id`` is what Alibaba Cloud's support asks for."""

    body: Any
    request_id: str = ""
    size: int = 0


@dataclass(frozen=True)
class CloudListing:
    """The items of all pages. ``complete`` is false where some were left unread: such a list proves no absence."""

    items: tuple[Json, ...]
    complete: bool = True


@runtime_checkable
class CloudObserver(Protocol):
    """Hears of each call before it is made and after. An exception in ``before_call`` stops the call."""

    async def before_call(self, call: CloudCall) -> None: ...

    async def after_call(self, call: CloudCall, outcome: str, code: str, request_id: str, seconds: float) -> None: ...


@runtime_checkable
class CloudRecorder(Protocol):
    """Is shown what each call gave, so that a recording can be made of it."""

    def record_call(self, call: CloudCall, listing: CloudListing) -> None: ...

    def record_call_failure(self, call: CloudCall, failure: CloudFailure) -> None: ...


class CloudTransport(Protocol):
    """Who answers one page: Alibaba Cloud, or a recording."""

    async def send(self, call: CloudCall, seconds: float) -> CloudReply:
        """The reply.

        Raises:
            CloudFailure: there is none.
        """
        ...

    def login(self, region: str) -> CloudCall | None:
        """The call that has to be made first for credentials; ``None`` where none has."""
        ...


@dataclass(frozen=True)
class CloudBudget:
    """What one question may cost beside the cluster's reads. Seconds count from its first call."""

    calls: int = 12
    seconds: float = 4.0


@dataclass
class CloudSpent:
    """What it has cost so far."""

    calls: int = 0
