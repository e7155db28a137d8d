"""What is kept of a reply: the declared fields of each item, so that nothing else of an account is ever seen."""

import re
from collections.abc import Iterable
from typing import Any

from bot.cloud.requests import Action, Json

MASK = "********"
# An account's id in the name of a role or provider: acs:ram::1234567890123456:role/x
_ACCOUNT = re.compile(r"(?<=acs:ram::)\d+")


def kept(action: Action, item: Json) -> Json:
    """The item with its declared fields alone, account ids masked."""
    result: Json = {}
    for path in action.keeps:
        _copy(item, result, path.split("."))
    return {name: without_account(value) for name, value in result.items()}


def _copy(source: Any, target: Json, path: list[str]) -> None:
    step, *rest = path
    if not isinstance(source, dict) or step not in source:
        return
    if not rest:
        target[step] = source[step]
    elif isinstance(source[step], dict):
        _copy(source[step], target.setdefault(step, {}), rest)


def without_account(value: Any) -> Any:
    """The value with the account's id masked wherever it stands."""
    if isinstance(value, str):
        return _ACCOUNT.sub(MASK, value)
    if isinstance(value, list):
        return [without_account(member) for member in value]
    if isinstance(value, dict):
        return {name: without_account(member) for name, member in value.items()}
    return value


def values_at(item: Any, path: str) -> Iterable[str]:
    """The texts at a path in dots, through lists."""
    found = [item]
    for step in path.split("."):
        below = [each.get(step) for each in found if isinstance(each, dict)]
        found = [member for each in below for member in (each if isinstance(each, list) else [each])]
    return [str(each) for each in found if each is not None]
