"""Fact comparisons: ``terway_version() < "v0.15"`` against what this cluster says, with unknown where it does not."""

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from knowledge.call_validation import fact_to_probe
from knowledge.logic import Outcome, all_of, any_of, none_of
from knowledge.model import Call, Condition, Value
from knowledge.versions import parse_version

_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
_QUANTIFIED = {"all": all_of, "any": any_of, "none": none_of}


def compare(value: Value | None, operator: str | None, operand: Value | None) -> Outcome:
    """Present where the comparison holds. Unknown where the value is, or where the two have no order."""
    if value is None or operator is None or operand is None:
        return Outcome.UNKNOWN
    if operator in ("in", "not in"):
        members = operand if isinstance(operand, tuple) else (operand,)
        return _outcome(any(_are_equal(value, member) for member in members) is (operator == "in"))
    if operator in ("==", "!="):
        return _outcome(_are_equal(value, operand) is (operator == "=="))
    pair = _orderable_pair(value, operand)
    return Outcome.UNKNOWN if pair is None else _outcome(_RELATIONS[operator](*pair))


def evaluate(condition: Condition, facts: Mapping[str, Value | None]) -> Outcome:
    """A condition made of fact comparisons, on facts by their dotted names; a fact that is not there is unknown."""
    by_probe = {fact_to_probe(name): value for name, value in facts.items()}
    return _evaluate(condition, by_probe)


def _evaluate(condition: Condition, by_probe: Mapping[str, Value | None]) -> Outcome:
    if isinstance(condition, Call):
        return compare(by_probe.get(condition.probe), condition.operator, condition.operand)
    return _QUANTIFIED[condition.quantifier](_evaluate(member, by_probe) for member in condition.members)


def _outcome(holds: bool) -> Outcome:
    return Outcome.PRESENT if holds else Outcome.ABSENT


def _are_equal(value: Value, operand: Value) -> bool:
    """Text and numbers meet as numbers where both are: a ConfigMap says "10", an entry says 10."""
    left, right = _number(value), _number(operand)
    return left == right if left is not None and right is not None else _plain(value) == _plain(operand)


def _plain(value: Value) -> Value:
    return str(value).lower() if isinstance(value, bool) else value


def _orderable_pair(value: Value, operand: Value) -> tuple[object, object] | None:
    numbers = _number(value), _number(operand)
    if None not in numbers:
        return numbers
    if isinstance(value, str) and isinstance(operand, str):
        versions = parse_version(value), parse_version(operand)
        if None not in versions:
            return versions
    return None


def _number(value: Value) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        digits = value.strip().removeprefix("-")
        return int(value) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None
    return value if isinstance(value, int | float) else None
