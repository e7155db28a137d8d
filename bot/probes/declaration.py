"""What a probe's function says of itself: its parameters from the signature, their meaning from the docstring.

A slip is an error when the file is imported, so that no probe is half documented or takes what no entry can give.
"""

import inspect
import re
import typing
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any, Literal, NewType, cast, get_args, get_origin

from bot.cluster.facts.registry import Permission
from bot.probes.findings import Finding
from knowledge.call_validation import COMMON_PARAMETERS
from knowledge.declarations import DeclarationError, place_of
from knowledge.vocabulary import Parameter, ProbeDeclaration

Strings = tuple[str, ...]
# Patterns over people's words, see :mod:`knowledge.word_patterns`; they are checked when an entry is loaded.
Wording = NewType("Wording", str)
Wordings = tuple[Wording, ...]
Ask = Callable[..., Awaitable[Finding]]
Kind = Literal["string", "strings", "integer", "boolean", "duration", "choice", "wordings"]

NATURES = ("sign", "condition", "state")
COSTS = ("narrow", "wide")
_RESERVED = {parameter.name for parameter in COMMON_PARAMETERS}
_TYPES: dict[Any, Kind] = {
    str: "string",
    Strings: "strings",
    Wordings: "wordings",
    int: "integer",
    bool: "boolean",
    timedelta: "duration",
}
_WRITABLE = "use str, Strings, Wordings, int, bool, timedelta or Literal"
_ARGUMENT = re.compile(r"^ {4}(\w+): +(\S.*(?:\n {5,}\S.*)*)", re.MULTILINE)


def manual_of(function: Ask) -> str:
    """The docstring, its margin removed."""
    return inspect.cleandoc(function.__doc__ or "")


def declaration_of(function: Ask, nature: str, cost: str, reads: tuple[Permission, ...] | None) -> ProbeDeclaration:
    """What entries may ask of the probe; ``reads`` is ``None`` where it looks at the question alone.

    Raises:
        DeclarationError: something is missing or cannot be asked; the message says what to mend.
    """
    mistake = next(_mistakes(function, nature, cost, reads), None)
    if mistake:
        raise DeclarationError(f"{place_of(function)}: probe {function.__name__}: {mistake}.")
    docs = _parameter_docs(manual_of(function))
    return ProbeDeclaration(
        name=function.__name__,
        nature=cast(Literal["sign", "condition", "state"], nature),
        summary=manual_of(function).split("\n", 1)[0],
        parameters=tuple(
            Parameter(name=name, type=kind, required=required, choices=choices, doc=docs[name])
            for name, kind, choices, required in _parameters(function)
        ),
        cost="wide" if cost == "wide" else "narrow",
    )


def _mistakes(function: Ask, nature: str, cost: str, reads: tuple[Permission, ...] | None) -> Iterator[str]:
    if not inspect.iscoroutinefunction(function):
        yield "write `async def`"
    if nature not in NATURES:
        yield f"nature is {nature!r}: use {' or '.join(NATURES)}"
    if cost not in COSTS:
        yield f"cost is {cost!r}: use {' or '.join(COSTS)}"
    is_listed = isinstance(reads, tuple) and reads and all(isinstance(each, Permission) for each in reads)
    if reads is not None and not is_listed:
        yield 'reads is a tuple of what it reads, like (Permission("list", PODS),)'
    if not manual_of(function):
        yield 'it has no docstring: the first line is the summary, "Args:" explains each parameter'
    yield from _signature_mistakes(function)
    yield from _manual_mistakes(function)


def _signature_mistakes(function: Ask) -> Iterator[str]:
    hints = typing.get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters or parameters[0].kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
        yield "its first parameter is the session: (session: ClusterSession, *, ...)"
    for given in parameters[1:]:
        if given.kind is not inspect.Parameter.KEYWORD_ONLY:
            yield f'parameter {given.name} is not keyword-only: put "*" after the session, and no *args or **kwargs'
        elif given.name in _RESERVED:
            yield f"parameter {given.name} is one that every probe takes: use another name"
        elif given.name not in hints:
            yield f"parameter {given.name} has no type: {_WRITABLE}"
        elif _type_of(hints[given.name]) is None:
            yield f"parameter {given.name} has a type that no entry can write: {_WRITABLE}"


def _manual_mistakes(function: Ask) -> Iterator[str]:
    documented = _parameter_docs(manual_of(function))
    names = [name for name, *_ in _parameters(function)]
    for name in names:
        if name not in documented:
            yield f'parameter {name} is not explained: add a line "    {name}: ..." below "Args:" in the docstring'
    for name in documented:
        if name not in names:
            yield f"the docstring explains {name}, which is no parameter: rename or remove it"


def _parameter_docs(manual: str) -> dict[str, str]:
    """What the docstring's "Args:" says of each parameter, on one line."""
    arguments = manual.partition("\nArgs:\n")[2].partition("\n\n")[0]
    return {name: " ".join(text.split()) for name, text in _ARGUMENT.findall(arguments)}


def _parameters(function: Ask) -> Iterator[tuple[str, Kind, tuple[str, ...], bool]]:
    """Name, type, choices and whether it has to be given; for signatures without mistakes."""
    hints = typing.get_type_hints(function)
    for name, given in inspect.signature(function).parameters.items():
        if given.kind is inspect.Parameter.KEYWORD_ONLY and (found := _type_of(hints.get(name))):
            yield name, *found, given.default is inspect.Parameter.empty


def _type_of(hint: Any) -> tuple[Kind, tuple[str, ...]] | None:
    if get_origin(hint) is Literal:
        return "choice", tuple(str(member) for member in get_args(hint))
    if hint in _TYPES:
        return _TYPES[hint], ()
    members = [member for member in get_args(hint) if member is not type(None)]
    return _type_of(members[0]) if len(members) == 1 and type(None) in get_args(hint) else None
