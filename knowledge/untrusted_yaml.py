"""All YAML from outside goes through here: annotations, ConfigMaps, recordings, kubeconfigs, front matter.

libyaml's loader recurses in C for each level of nesting, so a few kilobytes of ``[`` end the interpreter; aliases make
a few lines stand for millions of values; a number of a hundred thousand digits is computed for minutes. So the text is
walked first as a stream of events, which neither recurses nor builds anything, and only then loaded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

# The C loader is about eight times faster; PyYAML may have been built without it.
SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NUMBER = re.compile(r"[-+0-9_.:eExXa-fA-F]+")
_LONGEST_NUMBER = 128  # characters


class UntrustedYamlError(ValueError):
    """The text is no YAML, or more than is taken from outside; the message says which, without its contents."""


@dataclass(frozen=True)
class Limits:
    """``characters`` of text, ``depth`` of nesting, ``values`` once every alias stands for what it names.

    ``aliased`` of them may come from aliases: written out, a text of many values is at least as long.
    """

    characters: int = 1_500_000  # what etcd lets an object have
    depth: int = 64
    values: int = 300_000
    aliased: int = 50_000


OBJECT = Limits()
EMBEDDED = Limits(characters=100_000, values=50_000)  # in an annotation or a ConfigMap's value
FILE = Limits(characters=32_000_000, values=4_000_000, aliased=200_000)  # recordings, which people choose to load


def load(text: str | bytes, limits: Limits = OBJECT, loader: Any = SAFE_LOADER) -> Any:
    """The only document as plain data; ``None`` where there is none.

    Raises:
        UntrustedYamlError: it is no YAML, or beyond the limits.
    """
    documents = load_all(text, limits, loader)
    if len(documents) > 1:
        raise UntrustedYamlError("it holds several documents where one is expected")
    return documents[0] if documents else None


def load_all(text: str | bytes, limits: Limits = OBJECT, loader: Any = SAFE_LOADER) -> list[Any]:
    """Every document as plain data.

    Raises:
        UntrustedYamlError: it is no YAML, or beyond the limits.
    """
    try:
        check(text, limits)
        return list(yaml.load_all(text, Loader=loader))
    except UntrustedYamlError:
        raise
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError, AttributeError) as error:
        raise UntrustedYamlError(_one_line(error)) from error


def check(text: str | bytes, limits: Limits = OBJECT) -> None:
    """Refuse what no loader may see.

    Raises:
        UntrustedYamlError: it is beyond the limits.
        yaml.YAMLError: it is no YAML.
    """
    if len(text) > limits.characters:
        raise UntrustedYamlError(f"it is longer than {limits.characters:,} characters")
    _Walk(limits).follow(yaml.parse(text, Loader=SAFE_LOADER))


class _Walk:
    """Counts what a loader would build: nesting, and the values that stand behind each anchor."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: list[tuple[str | None, int]] = []  # the anchor and the values before it, of each open collection
        self._sizes: dict[str, int] = {}
        self._values = 0
        self._aliased = 0

    def follow(self, events: Iterator[yaml.Event]) -> None:
        for event in events:
            if isinstance(event, yaml.CollectionStartEvent):
                self._begin(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._end()
            elif isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(str(event.anchor))
            elif isinstance(event, yaml.DocumentStartEvent):
                self._sizes.clear()

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        self._count(1)
        self._open.append((event.anchor, self._values))
        if len(self._open) > self._limits.depth:
            raise UntrustedYamlError(f"it is nested deeper than {self._limits.depth} levels")

    def _end(self) -> None:
        anchor, before = self._open.pop()
        if anchor:
            self._sizes[anchor] = self._values - before + 1

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._count(1)
        if event.anchor:
            self._sizes[event.anchor] = 1
        if len(event.value) > _LONGEST_NUMBER and event.implicit[0] and _NUMBER.fullmatch(event.value):
            raise UntrustedYamlError(f"it holds a number of {len(event.value):,} characters")

    def _alias(self, anchor: str) -> None:
        if any(anchor == name for name, _ in self._open):
            raise UntrustedYamlError(f"the anchor {anchor[:40]!r} is inside of itself")
        size = self._sizes.get(anchor, 1)
        self._aliased += size
        if self._aliased > self._limits.aliased:
            raise UntrustedYamlError(f"its aliases stand for more than {self._limits.aliased:,} values")
        self._count(size)

    def _count(self, values: int) -> None:
        self._values += values
        if self._values > self._limits.values:
            raise UntrustedYamlError(f"it stands for more than {self._limits.values:,} values")


def _one_line(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:  # its own words speak of a "<byte string>"
        return f"{error.problem} in line {error.problem_mark.line + 1}"
    return " ".join(str(error).split()).rstrip(".")
