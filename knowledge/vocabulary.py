"""What an entry may say: the probes and facts that exist, with their parameters, handed in by whoever runs them.

Knowledge never imports the probes; it checks expressions against these declarations.
"""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One keyword of a probe. ``strings`` and ``wordings`` (patterns over people's words) take one string or a list;
    ``duration`` a string like ``"30m"``."""

    name: str
    type: Literal["string", "strings", "integer", "boolean", "duration", "choice", "wordings"]
    required: bool = False
    choices: tuple[str, ...] = ()
    doc: str = ""


@dataclass(frozen=True, kw_only=True)
class ProbeDeclaration:
    """``nature``: a ``sign`` is something failing now, a ``condition`` a setting under which it can fail, a
    ``state`` what is asked about itself, which nothing else explains; a ``fact`` is compared with a value and counts as
    a condition. ``cost`` ``wide`` is asked only when the words call for it.
    ``asks_cloud``: it calls the cloud's API, which is off unless somebody switched it on.
    ``values``: all that a fact can be, where that is a closed set; comparing it with anything else is then an error."""

    name: str
    nature: Literal["sign", "condition", "state", "fact"]
    summary: str
    parameters: tuple[Parameter, ...] = ()
    cost: Literal["narrow", "wide"] = "narrow"
    values: tuple[str, ...] = ()
    asks_cloud: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """``probes`` by name; ``facts`` maps each fact's dotted name to one line about it."""

    probes: dict[str, ProbeDeclaration] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
