"""The entry: one FAQ topic as frozen records, the shape that every other part of netclinic reads."""

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

_CHINESE = re.compile(r"[\u3400-\u9fff]")
Value = str | int | float | bool | tuple[str, ...]


def is_chinese(text: str) -> bool:
    """Whether any of it is written in Chinese."""
    return _CHINESE.search(text) is not None


class Kind(StrEnum):
    """``fault``: something is broken. ``guide``: how-to, concept or policy."""

    FAULT = "fault"
    GUIDE = "guide"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One probe with its arguments, e.g. ``node_taint(key="...")``; compared with a value when ``operator`` is set."""

    probe: str
    arguments: tuple[tuple[str, Value], ...] = ()
    operator: Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"] | None = None
    operand: Value | None = None

    def __str__(self) -> str:
        inner = ", ".join(f"{name}={format_value(value)}" for name, value in self.arguments)
        call = f"{self.probe}({inner})"
        return call if self.operator is None else f"{call} {self.operator} {format_value(self.operand)}"


@dataclass(frozen=True)
class Group:
    """``all`` / ``any`` / ``none`` over conditions, nested freely."""

    quantifier: Literal["all", "any", "none"]
    members: tuple["Condition", ...]


Condition = Call | Group


def format_value(value: Value | None) -> str:
    """The value as it is written in an entry: strings in double quotes, lists in brackets."""
    if isinstance(value, tuple):
        return "[" + ", ".join(format_value(member) for member in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """Why a verdict is so, in one sentence: a template over the objects found and the facts.

    It fits where ``when`` holds (comparisons of facts, and of the outcomes of the entry's own probes) and everything
    that it names is known.
    """

    text: str
    when: Condition | None = None


@dataclass(frozen=True, kw_only=True)
class Says:
    """What is said for each verdict of a fault: of several sentences the first that fits."""

    confirmed: tuple[Sentence, ...] = ()
    suspected: tuple[Sentence, ...] = ()
    ruled_out: tuple[Sentence, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do: a sentence, the command to copy (or ``None``), and the condition under which it fits.

    ``caution``: what it can hurt, shown before it.

    ``when`` holds only fact comparisons; ``label`` names the variant in words where the fact is unknown.
    Both texts are templates over live facts and over the objects that the findings name.
    """

    text: str
    command: str | None = None
    when: Condition | None = None
    label: str | None = None
    caution: str = ""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Names of the recordings on which the entry has to come to the verdict."""

    confirmed: tuple[str, ...] = ()
    ruled_out: tuple[str, ...] = ()
    suspected: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SettlingQuestion:
    """The one question whose answer decides where the cluster shows a setting and the words are silent.

    ``yes`` and ``no``: what each answer makes of the entry; one confirms it, the other rules it out.
    """

    text: str
    yes: Literal["confirmed", "ruled_out"]
    no: Literal["confirmed", "ruled_out"]

    @property
    def sentence(self) -> str:
        """The question, and which answer confirms."""
        return f"{self.text} If {'yes' if self.yes == 'confirmed' else 'no'}, this is it."


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One topic. ``absence`` says what it means when ``confirmed_by`` came out absent: ``suspected`` where reads can
    confirm but never rule out. ``asks``: what settles it where the words are silent. ``says``: why, verdict by verdict.
    ``confirmed_with_cloud``: what confirms it instead where the cloud is read.
    ``settle``, ``steps``, ``prevent``, ``verify``: numbered items of the sections of that name.
    ``title_zh``: the title for whoever asks in Chinese; empty where nobody has written it."""

    id: str
    title: str
    kind: Kind
    headings: tuple[str, ...]
    symptoms: tuple[str, ...]
    path: Path
    section: str
    identifiers: tuple[str, ...] = ()
    applies: Condition | None = None
    confirmed_by: Condition | None = None
    confirmed_with_cloud: Condition | None = None
    asks: SettlingQuestion | None = None
    absence: Literal["ruled_out", "suspected"] = "ruled_out"
    facts: tuple[str, ...] = ()
    says: Says = field(default_factory=Says)
    proved_on: Proof = field(default_factory=Proof)
    cause: str = ""
    settle: tuple[Step, ...] = ()
    steps: tuple[Step, ...] = ()
    prevent: tuple[Step, ...] = ()
    verify: tuple[Step, ...] = ()
    caution: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    title_zh: str = ""

    def title_for(self, words: str) -> str:
        """The title in the language of these words, where there is one."""
        return self.title_zh if self.title_zh and is_chinese(words) else self.title
