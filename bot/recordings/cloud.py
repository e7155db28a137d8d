"""What a recording holds of the cloud (``cloud.yaml``), answered as the API would: chosen items, errors by their codes.

By the name of each action stand its items, or the code that each call of it fails with:

    DescribeVSwitches: [{VSwitchId: vsw-bp1aaa, ZoneId: cn-hangzhou-h, AvailableIpAddressCount: 0}]
    DescribeNatGateways: []
    DescribeRouteEntryList: Forbidden.RAM

What ``netclinic record`` wrote says besides which calls were made (``asked``), which lists were not read to their ends
(``cut``) and which failed (``failed``): what was never asked stays unknown. So does what is not named.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from bot.cloud.actions import BY_NAME
from bot.cloud.failures import judged
from bot.cloud.kept_fields import values_at
from bot.cloud.requests import Action, CloudCall, CloudFailure, CloudListing, CloudReply, Json, Kind
from bot.recordings.objects import RecordingError
from knowledge.errors import suggestion

CLOUD_FILES = ("cloud.yaml", "cloud.yml", "cloud.json")
_PARTS = {"items", "asked", "cut", "failed"}
_PAGING = frozenset({"PageNumber", "PageSize", "page_number", "page_size", "MaxResults", "MaxResult", "NextToken"})
_MORE = "not-recorded"
_SHAPE = "write a list of items, or the code that it fails with"


@dataclass(frozen=True)
class RecordedAction:
    """What is known of one action. ``asked`` is ``None`` where ``items`` are all that there are."""

    items: tuple[Json, ...] = ()
    asked: tuple[Json, ...] | None = None
    cut: tuple[Json, ...] = ()
    failed: tuple[tuple[Json | None, str], ...] = ()

    def failure_of(self, asked: Json) -> str:
        """The code that this call fails with; empty where it does not."""
        return next((code for which, code in self.failed if which is None or which == asked), "")


@dataclass(frozen=True)
class RecordedCloud:
    """A cloud that answers from a recording; the SDK is not needed for it."""

    actions: Mapping[str, RecordedAction]

    def login(self, region: str) -> None:
        """Nobody has to prove who asks."""
        del region

    async def send(self, call: CloudCall, seconds: float) -> CloudReply:
        """The reply, in the API's own form.

        Raises:
            CloudFailure: the recording holds a failure, or nothing, for this call.
        """
        del seconds
        action = call.action
        asked = {name: value for name, value in call.asked.items() if name not in _PAGING}
        held = self.actions.get(action.name)
        if held is None:
            raise CloudFailure("refused", f"the recording holds nothing of {action.product} {action.name}")
        if code := held.failure_of(asked):
            raise _failure(call, code)
        if held.asked is not None and asked not in (*held.asked, *held.cut):
            raise CloudFailure("refused", f"{action.product} {action.name} was not asked so when this was recorded")
        if call.asked.get("NextToken") == _MORE or _page_number(call) != "1":
            raise CloudFailure("refused", f"the recording holds only the beginning of {action.name}")
        chosen = [item for item in held.items if _is_chosen(action, item, dict(call.parameters))]
        return CloudReply(_body(call, chosen, is_cut=asked in held.cut), "recorded")


def read_cloud(content: Any, where: str) -> RecordedCloud:
    """From the file's mapping.

    Raises:
        RecordingError: it is in another form; the message says what to mend.
    """
    if not isinstance(content, dict):
        raise RecordingError(f"{where} has to hold one mapping of actions, like DescribeVSwitches: [...].")
    return RecordedCloud({str(name): _action(str(name), held, where) for name, held in content.items()})


def _action(name: str, held: Any, where: str) -> RecordedAction:
    if name not in BY_NAME:
        raise RecordingError(f"{where} names {name!r}, which netclinic never calls{suggestion(name, list(BY_NAME))}.")
    if isinstance(held, str) and held:
        return RecordedAction(failed=((None, held),))
    if isinstance(held, list):
        held = {"items": held}
    if not isinstance(held, dict) or set(held) - _PARTS:
        raise RecordingError(f"{where}: {name} is not in its form: {_SHAPE}.")
    parts = {part: held.get(part) or [] for part in _PARTS}
    if not all(isinstance(found, list) and all(isinstance(each, dict) for each in found) for found in parts.values()):
        raise RecordingError(f"{where}: {name} is not in its form: {_SHAPE}.")
    is_whole = "asked" not in held and "cut" not in held
    return RecordedAction(
        items=tuple(parts["items"]),
        asked=None if is_whole else tuple(parts["asked"]),
        cut=tuple(parts["cut"]),
        failed=tuple((each.get("asked"), str(each.get("code") or "refused")) for each in parts["failed"]),
    )


def _failure(call: CloudCall, code: str) -> CloudFailure:
    """By a code of the API, or by what became of a call that got no reply (``timeout``, ``unreachable``)."""
    kinds: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
    if code in kinds:
        return CloudFailure(kinds[code], f"{call.action.product} {call.action.name} was not answered ({code})")
    return judged(call, code)


def _is_chosen(action: Action, item: Json, parameters: Mapping[str, Any]) -> bool:
    for name, wanted in parameters.items():
        if name in _PAGING or (name in action.in_path and name not in action.selects):
            continue
        if name not in action.selects:
            raise CloudFailure("refused", f"a recording cannot choose the items of {action.name} by {name}")
        values = {wanted} if isinstance(wanted, str) else set(wanted)
        if not values & set(values_at(item, action.selects[name])):
            return False
    return True


def _body(call: CloudCall, items: list[Json], *, is_cut: bool) -> Any:
    action = call.action
    if action.is_object:
        if not items:
            raise CloudFailure("not_found", f"the recording holds no such object of {action.name}")
        return items[0]
    if not action.items:
        return items
    body: Json = {"NextToken": _MORE} if is_cut else {}
    _put(body, action.pages.total if action.pages else ("TotalCount",), len(items) + is_cut)
    _put(body, action.items, items)
    return body


def _put(body: Json, path: tuple[str, ...], value: Any) -> None:
    for step in path[:-1]:
        body = body.setdefault(step, {})
    body[path[-1]] = value


def _page_number(call: CloudCall) -> str:
    return call.asked.get(call.action.pages.number_name if call.action.pages else "", "1")


@dataclass
class CloudCapture:
    """What calls gave, so that it can be saved: a recorder of the cloud's reader."""

    _actions: dict[str, Json] = field(default_factory=dict)

    def record_call(self, call: CloudCall, listing: CloudListing) -> None:
        """Keep what one call gave."""
        held = self._held(call)
        held["items"] += [item for item in listing.items if item not in held["items"]]
        _add(held["asked" if listing.complete else "cut"], call.asked)

    def record_call_failure(self, call: CloudCall, failure: CloudFailure) -> None:
        """Remember what could not be read: by the API's code, or by what became of the call."""
        _add(self._held(call)["failed"], {"asked": call.asked, "code": failure.code or failure.kind})

    def content(self) -> Json:
        """For the file; empty where the cloud was not asked."""
        always = ("items", "asked")
        return {
            name: {part: found for part, found in held.items() if found or part in always}
            for name, held in sorted(self._actions.items())
        }

    def _held(self, call: CloudCall) -> Json:
        return self._actions.setdefault(call.action.name, {"items": [], "asked": [], "cut": [], "failed": []})


def _add(found: list[Json], item: Json) -> None:
    if item not in found:
        found.append(item)
