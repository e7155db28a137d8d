"""Does an expression mean something? Its probe, parameters and values against the declared vocabulary.

A misspelt value would make an entry that never holds and that nobody notices, so all of it is an error at loading.
"""

import re
from collections.abc import Callable
from datetime import timedelta

from knowledge.errors import ExpressionError, suggestion
from knowledge.model import Call, Value, format_value
from knowledge.versions import parse_version
from knowledge.vocabulary import Parameter, ProbeDeclaration, Vocabulary
from knowledge.word_patterns import word_pattern

# Every probe takes these: not seeing it proves nothing, seeing it only hints.
COMMON_PARAMETERS = (
    Parameter(name="absence", type="choice", choices=("unknown",), doc="not seeing it proves nothing"),
    Parameter(name="presence", type="choice", choices=("unknown",), doc="seeing it only hints"),
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"([0-9]{1,5})([smhd])")


def duration(text: str) -> timedelta | None:
    """``"90s"``, ``"30m"``, ``"2h"``, ``"1d"``; ``None`` for anything else."""
    match = _DURATION.fullmatch(text)
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None


def fact_to_probe(fact: str) -> str:
    """How a fact is written in an expression: the first dot becomes an underscore."""
    return fact.replace(".", "_", 1)


def probe_to_fact(probe: str, vocabulary: Vocabulary) -> str | None:
    """The dotted name of the fact that this probe compares, if it is one."""
    return next((fact for fact in vocabulary.facts if fact_to_probe(fact) == probe), None)


def declaration_of(probe: str, vocabulary: Vocabulary) -> ProbeDeclaration:
    """The declared probe; every fact counts as declared."""
    declared = vocabulary.probes.get(probe)
    if declared is not None:
        return declared
    fact = probe_to_fact(probe, vocabulary)
    if fact is not None:
        return ProbeDeclaration(name=probe, nature="fact", summary=vocabulary.facts[fact])
    names = sorted({*vocabulary.probes, *map(fact_to_probe, vocabulary.facts)})
    hint = suggestion(probe, names) or f" (there are {', '.join(names)})"
    raise ExpressionError(f"there is no probe {probe}(){hint}")


def check_call(call: Call, vocabulary: Vocabulary) -> None:
    """Raise :class:`ExpressionError` unless the call says something that can be asked."""
    declared = declaration_of(call.probe, vocabulary)
    if declared.nature == "fact":
        _check_fact(call, declared)
    else:
        _check_probe(call, declared)


def parameters_of(declared: ProbeDeclaration) -> tuple[Parameter, ...]:
    """What the probe takes, those that every probe takes included."""
    own = {parameter.name for parameter in declared.parameters}
    return declared.parameters + tuple(common for common in COMMON_PARAMETERS if common.name not in own)


def _check_fact(call: Call, declared: ProbeDeclaration) -> None:
    if call.arguments:
        raise ExpressionError(f"{call.probe}() is a fact and takes no parameters: write {_example(declared)}")
    if call.operator is None:
        raise ExpressionError(f"{call.probe}() is a fact and must be compared: write {_example(declared)}")
    is_list = isinstance(call.operand, tuple)
    if (call.operator in ("in", "not in")) is not is_list or call.operand == ():
        wanted = f'{call.probe}() {call.operator} ["a", "b"]' if not is_list else f'{call.probe}() in ["a", "b"]'
        raise ExpressionError(f"`{call}` does not fit: lists go with in and not in, like {wanted}")
    if call.operator in ("<", "<=", ">", ">="):
        _check_ordering(call)
    _check_known_values(call, declared)


def _example(declared: ProbeDeclaration) -> str:
    return f'{declared.name}() == "{declared.values[0] if declared.values else "value"}"'


def _check_ordering(call: Call) -> None:
    number = isinstance(call.operand, int) and not isinstance(call.operand, bool)
    if not number and not (isinstance(call.operand, str) and parse_version(call.operand)):
        shape = 'a whole number or a version like "1.20" or "v0.15.1.4"'
        raise ExpressionError(f"`{call}` has nothing to order by: compare with {shape}")


def _check_known_values(call: Call, declared: ProbeDeclaration) -> None:
    operands = call.operand if isinstance(call.operand, tuple) else (call.operand,)
    for operand in operands:
        if declared.values and operand not in declared.values:
            near = suggestion(str(operand), declared.values)
            allowed = ", ".join(map(format_value, declared.values))
            raise ExpressionError(f"{call.probe}() never is {format_value(operand)}: it is one of {allowed}{near}")


def _check_probe(call: Call, declared: ProbeDeclaration) -> None:
    if call.operator is not None:
        bare = str(Call(probe=call.probe, arguments=call.arguments))
        raise ExpressionError(f"{call.probe}() is no fact and cannot be compared: write only {bare}")
    parameters = {parameter.name: parameter for parameter in parameters_of(declared)}
    for name, value in call.arguments:
        if name not in parameters:
            hint = suggestion(name, parameters)
            raise ExpressionError(f"{call.probe}() has no parameter {name}: it takes {', '.join(parameters)}{hint}")
        _check_value(call.probe, parameters[name], value)
    given = dict(call.arguments)
    missing = [name for name, parameter in parameters.items() if parameter.required and name not in given]
    if missing:
        raise ExpressionError(f"{call.probe}() needs {' and '.join(missing)}: write {call.probe}({missing[0]}=...)")


def _check_value(probe: str, parameter: Parameter, value: Value) -> None:
    fits, wanted = _TYPES[parameter.type]
    if parameter.choices and parameter.type in ("choice", "string"):
        fits, wanted = parameter.choices.__contains__, f"one of {', '.join(map(format_value, parameter.choices))}"
    if not fits(value):
        hint = suggestion(str(value), parameter.choices)
        raise ExpressionError(
            f"{parameter.name}={format_value(value)} of {probe}() does not fit: it takes {wanted}{hint}"
        )
    if parameter.type == "wordings":
        for wording in value if isinstance(value, tuple) else (str(value),):
            word_pattern(wording)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_texts(value: object) -> bool:
    return bool(value) and (isinstance(value, str) or (isinstance(value, tuple) and all(value)))


_TYPES: dict[str, tuple[Callable[[object], bool], str]] = {
    "string": (_is_text, "text in quotes"),
    "strings": (_is_texts, 'text in quotes or a list like ["a", "b"], none of them empty'),
    "wordings": (_is_texts, 'a wording in quotes or a list like ["host port*", "other pods ... <fails>"], none empty'),
    "integer": (_is_number, "a whole number"),
    "boolean": (lambda value: isinstance(value, bool), "true or false"),
    "duration": (
        lambda value: isinstance(value, str) and duration(value) is not None,
        'a time like "90s", "30m" or "2h"',
    ),
    "choice": (_is_text, "one of its values in quotes"),
}
