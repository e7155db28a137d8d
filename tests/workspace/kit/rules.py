"""Small rules that are put together into the shapes of Block Kit.

A rule takes a value and its place (a JSON pointer) and yields what is wrong with it, in Slack's words.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Rule = Callable[[Any, str], Iterator[str]]


def wrong(what: str, at: str) -> str:
    return f"{what} [json-pointer:{at}]"


def string(most: int | None = None, least: int = 1) -> Rule:
    """A string of ``least`` to ``most`` characters."""

    def rule(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield wrong("must be a string", at)
        elif len(value) < least:
            yield wrong(f"must be more than {least - 1} characters", at)
        elif most is not None and len(value) > most:
            yield wrong(f"must be less than {most + 1} characters", at)

    return rule


def flag(value: Any, at: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield wrong("must be a boolean", at)


def whole(least: int = 0, most: int | None = None) -> Rule:
    """A whole number from ``least`` to ``most``."""

    def rule(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield wrong("must be an integer", at)
        elif value < least or (most is not None and value > most):
            yield wrong(f"must be between {least} and {most}", at)

    return rule


def anything(value: Any, at: str) -> Iterator[str]:
    yield from ()


def one_of(*allowed: str) -> Rule:
    def rule(value: Any, at: str) -> Iterator[str]:
        if value not in allowed:
            yield wrong(f"must be one of {', '.join(allowed)}", at)

    return rule


def items(inner: Rule, least: int = 1, most: int | None = None) -> Rule:
    """A list of ``least`` to ``most`` things that all follow ``inner``."""

    def rule(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield wrong("must be an array", at)
            return
        if len(value) < least:
            yield wrong(f"no fewer than {least} items allowed", at)
        if most is not None and len(value) > most:
            yield wrong(f"no more than {most} items allowed", at)
        for number, item in enumerate(value):
            yield from inner(item, f"{at}/{number}")

    return rule


def shape(needed: Mapping[str, Rule], may: Mapping[str, Rule]) -> Rule:
    """An object with these fields and no others; ``type`` is always allowed."""
    known = {**needed, **may, "type": anything}

    def rule(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield wrong("must be an object", at)
            return
        for name in needed:
            if name not in value:
                yield wrong(f"missing required field: {name}", at)
        for name, field in value.items():
            if name in known:
                yield from known[name](field, f"{at}/{name}")
            else:
                yield wrong(f"invalid additional property: {name}", at)

    return rule


def by_type(kinds: Mapping[str, Rule], what: str = "unsupported type") -> Rule:
    """An object whose ``type`` says which rule it follows."""

    def rule(value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield wrong("must be an object", at)
        elif "type" not in value:
            yield wrong("missing required field: type", at)
        elif value["type"] not in kinds:
            yield wrong(f"{what}: {value['type']}", f"{at}/type")
        else:
            yield from kinds[value["type"]](value, at)

    return rule


def both(first: Rule, second: Rule) -> Rule:
    def rule(value: Any, at: str) -> Iterator[str]:
        found = list(first(value, at))
        yield from found
        if not found:
            yield from second(value, at)

    return rule


def plain(most: int, least: int = 1) -> Rule:
    """A plain_text object."""
    inner = shape({"text": string(most, least)}, {"emoji": flag})
    return by_type({"plain_text": inner}, "must be plain_text, is")


def text(most: int, least: int = 1) -> Rule:
    """A plain_text or mrkdwn object."""
    return by_type(
        {
            "plain_text": shape({"text": string(most, least)}, {"emoji": flag}),
            "mrkdwn": shape({"text": string(most, least)}, {"verbatim": flag}),
        }
    )
