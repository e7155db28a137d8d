"""The one reader of the cloud: every call goes through here, so that budget, cache, cleaning and audit hold.

The same rules as for clusters: the same call is never made twice for one question, all are announced, and what fails
raises :class:`CloudFailure`, which nobody may take for "not there".
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.cloud.kept_fields import kept
from bot.cloud.requests import (
    Action,
    CloudBudget,
    CloudCall,
    CloudFailure,
    CloudListing,
    CloudObserver,
    CloudRecorder,
    CloudReply,
    CloudSpent,
    CloudTransport,
    Json,
    Parameter,
)

AT_ONCE = 6  # calls: the account's allowance is shared with Terway and the cloud controller manager
BACKOFF = (0.3, 0.9)  # seconds before another try where the API throttles


def _as_it_is(value: Any) -> Any:
    return value


@dataclass
class CloudReader:
    """Reads the cloud for one question; ``close`` cancels what still runs.

    ``clean`` masks secrets in what is kept of a reply. ``started``: when the first call was made; the deadline counts
    from there, so that a cloud that hangs costs it once.
    """

    transport: CloudTransport
    budget: CloudBudget = field(default_factory=CloudBudget)
    observers: Sequence[object] = ()
    clean: Callable[[Any], Any] = _as_it_is
    recorder: CloudRecorder | None = None
    spent: CloudSpent = field(default_factory=CloudSpent)
    _failures: dict[str, None] = field(default_factory=dict)
    _started: float | None = None
    _given_up: CloudFailure | None = None
    _cache: dict[tuple[str, str, tuple[tuple[str, Parameter], ...]], "asyncio.Task[CloudListing]"] = field(
        default_factory=dict
    )
    _login: "asyncio.Task[None] | None" = None
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def close(self) -> None:
        """Cancel what still runs; threads under way end by their own limits."""
        tasks: list[asyncio.Task[Any]] = [*self._cache.values(), *([self._login] if self._login else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def unread(self) -> tuple[str, ...]:
        """What could not be read of the cloud, one sentence a reason."""
        return tuple(self._failures)

    async def read(self, action: Action, region: str, parameters: Mapping[str, Parameter]) -> CloudListing:
        """The items of all pages.

        Raises:
            CloudFailure: the first page could not be read.
        """
        call = CloudCall(action=action, region=region, parameters=tuple(sorted(parameters.items())))
        key = (action.permission, region, call.parameters)
        if key not in self._cache:
            self._cache[key] = asyncio.ensure_future(self._read(call))
        return await asyncio.shield(self._cache[key])

    async def _read(self, call: CloudCall) -> CloudListing:
        try:
            await self._logged_in(call.region)
            listing = await self._all_pages(call)
        except CloudFailure as failure:
            self._failures.setdefault(str(failure))
            if self.recorder is not None:
                self.recorder.record_call_failure(call, failure)
            raise
        if self.recorder is not None:
            self.recorder.record_call(call, listing)
        return listing

    async def _logged_in(self, region: str) -> None:
        """The credentials of the pod's role, where they are needed and not there: once for all that ask."""
        call = self.transport.login(region)
        if call is None:
            return
        if self._login is None:
            self._login = asyncio.ensure_future(self._log_in(call))
        await asyncio.shield(self._login)

    async def _log_in(self, call: CloudCall) -> None:
        await self._send(call)

    async def _all_pages(self, call: CloudCall) -> CloudListing:
        pages: list[Any] = []
        following: dict[str, str] | None = _first_page(call.action)
        while following is not None:
            if call.action.pages and 0 < call.action.pages.most <= len(pages):
                return CloudListing(self._items(call.action, pages), complete=False)
            page = replace(call, parameters=(*call.parameters, *following.items()))
            try:
                body = (await self._send(page)).body
                self._check_shape(call, body)
            except CloudFailure as failure:
                if not pages:
                    raise
                self._failures.setdefault(f"{failure}; the list before it is not complete")
                return CloudListing(self._items(call.action, pages), complete=False)
            pages.append(body)
            following = _next_page(call.action, body, following, sum(len(_list(call.action, each)) for each in pages))
        return CloudListing(self._items(call.action, pages), complete=not _lacks_items(call.action, pages))

    def _check_shape(self, call: CloudCall, body: Any) -> None:
        wanted = list if call.action.body_type == "array" else dict
        if not isinstance(body, wanted) or not all(isinstance(item, dict) for item in _list(call.action, body)):
            name = f"{call.action.product} {call.action.name}"
            raise CloudFailure(
                "invalid", f"the reply to {name} was not in the API's form: check NETCLINIC_CLOUD_ENDPOINT"
            )

    def _items(self, action: Action, pages: Sequence[Any]) -> tuple[Json, ...]:
        members = [item for page in pages for item in _list(action, page)]
        if action.is_object:
            members = [_with_list(pages[0], action.items, members) if action.items else pages[0]]
        return tuple(self.clean(kept(action, item)) for item in members)

    async def _send(self, call: CloudCall) -> CloudReply:
        for pause in (*BACKOFF, None):
            try:
                return await self._announced(call)
            except CloudFailure as failure:
                wait = None if pause is None else max(pause, failure.retry_after or 0)
                if failure.kind != "throttled" or wait is None or wait >= self._left():
                    raise
                await asyncio.sleep(wait)
        raise AssertionError("the last try returns or raises")

    async def _announced(self, call: CloudCall) -> CloudReply:
        async with self._slots:
            self._charge(call)
            observers = [each for each in self.observers if isinstance(each, CloudObserver)]
            for observer in observers:
                await observer.before_call(call)
            began, outcome, code, request_id = time.monotonic(), "cancelled", "", ""
            try:
                reply = await self.transport.send(call, self._left())
                outcome, request_id = "ok", reply.request_id
                return reply
            except CloudFailure as failure:
                if failure.kind == "timeout" and self._left() <= 0.05:
                    failure = self._too_late()
                outcome, code, request_id = failure.kind, failure.code, failure.request_id
                if failure.is_for_all:
                    self._given_up = self._given_up or failure
                raise failure from None
            finally:
                for observer in observers:
                    await observer.after_call(call, outcome, code, request_id, time.monotonic() - began)

    def _charge(self, call: CloudCall) -> None:
        if self._given_up is not None:
            raise self._given_up
        if self._left() <= 0:
            raise self._too_late()
        if self.spent.calls >= self.budget.calls:
            what = f"the budget of {self.budget.calls} calls of the cloud was spent before {call.action.name}"
            raise CloudFailure("budget", what)
        if self._started is None:
            self._started = time.monotonic()
        self.spent.calls += 1

    def _too_late(self) -> CloudFailure:
        return CloudFailure("deadline", f"Alibaba Cloud did not answer within {self.budget.seconds:g} s")

    def _left(self) -> float:
        """Seconds: all of them until the first call is made."""
        return self.budget.seconds - (0.0 if self._started is None else time.monotonic() - self._started)


def _first_page(action: Action) -> dict[str, str]:
    if action.pages is None:
        return {}
    number = {action.pages.number_name: "1"} if action.pages.by == "number" else {}
    return {**number, action.pages.size_name: str(action.pages.size)}


def _next_page(action: Action, body: Any, asked: dict[str, str], seen: int) -> dict[str, str] | None:
    """What asks for the following page; ``None`` at the end."""
    if action.pages is None:
        return None
    if action.pages.by == "number":
        total, number = action.pages.total_of(body), action.pages.number_name
        has_more = total is not None and seen < total and bool(_list(action, body))
        return {**asked, number: str(int(asked[number]) + 1)} if has_more else None
    token = body.get("NextToken")
    return {**asked, "NextToken": str(token)} if token else None


def _lacks_items(action: Action, pages: Sequence[Any]) -> bool:
    """Whether the API counts more items than it gave: its last page was empty."""
    if action.pages is None or action.pages.by != "number":
        return False
    total = action.pages.total_of(pages[-1])
    return total is not None and sum(len(_list(action, page)) for page in pages) < total


def _list(action: Action, body: Any) -> list[Any]:
    """The list in a reply; empty where it is left out, as the API does for lists without items."""
    for step in action.items:
        body = body.get(step) if isinstance(body, dict) else None
    if action.is_object and not action.items:
        return []
    return body if isinstance(body, list) else []


def _with_list(body: Json, path: tuple[str, ...], members: list[Any]) -> Json:
    step, *rest = path
    below = body.get(step)
    return {
        **body,
        step: _with_list(below if isinstance(below, dict) else {}, tuple(rest), members) if rest else members,
    }
