"""Expressions as data: one line of an entry becomes a small tree, read with ``ast`` and never evaluated as Python.

``probe(keyword=literal, ...)`` for probes, ``fact() == literal`` for facts, ``{all|any|none: [...]}`` around them.
What the words mean (which probes exist, what they take) is checked in :mod:`knowledge.call_validation`.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Literal, TypeGuard

from knowledge.call_validation import check_call
from knowledge.errors import ExpressionError, Place, suggestion
from knowledge.model import Call, Condition, Group, Value
from knowledge.vocabulary import Vocabulary

__all__ = ["ExpressionError", "parse_call", "parse_condition", "parse_when", "read_condition"]

Quantifier = Literal["all", "any", "none"]
Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
QUANTIFIERS: tuple[Quantifier, ...] = ("all", "any", "none")
# Longer texts are mistakes, and ``ast`` may run out of stack on them.
LONGEST = 4000

_OPERATORS: dict[type[ast.cmpop], Operator] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_LITERALS = 'text in quotes, a whole number, true or false, or a list of texts like ["a", "b"]'


def parse_call(text: str, vocabulary: Vocabulary | None) -> Call:
    """One expression; checked against the vocabulary unless that is ``None`` (then only its form is read)."""
    return _validate(_parse_node(_parse_tree(text)), vocabulary)


def parse_when(text: str, vocabulary: Vocabulary | None) -> Condition:
    """The condition of a step variant: an expression, or several joined by ``and`` or by ``or``."""
    return _parse_joined(_parse_tree(text), vocabulary)


def parse_condition(data: object, vocabulary: Vocabulary | None) -> Condition:
    """A string, or a mapping with one of all/any/none; raises the first error found."""
    errors: list[ExpressionError] = []
    condition = read_condition(data, vocabulary, errors.append)
    if condition is None or errors:
        raise errors[0]
    return condition


def read_condition(
    data: object, vocabulary: Vocabulary | None, report: Callable[[ExpressionError], None], place: Place = ()
) -> Condition | None:
    """Like :func:`parse_condition`, but reports every error with its place in the data; ``None`` if there was one."""
    try:
        if isinstance(data, str):
            return parse_call(data, vocabulary)
        quantifier, members = _split_group(data)
    except ExpressionError as error:
        report(ExpressionError(str(error), place))
        return None
    inner = (*place, quantifier)
    read = [read_condition(member, vocabulary, report, (*inner, at)) for at, member in enumerate(members)]
    valid = tuple(member for member in read if member is not None)
    return Group(quantifier, valid) if len(valid) == len(read) else None


def _split_group(data: object) -> tuple[Quantifier, list[object]]:
    allowed = 'write an expression in text or one of "all:", "any:", "none:" followed by a list'
    if not isinstance(data, Mapping) or len(data) != 1:
        raise ExpressionError(f"a condition is one expression or one group, but this is {_kind_of(data)}: {allowed}")
    key, members = next(iter(data.items()))
    if not _is_quantifier(key):
        raise ExpressionError(f'"{key}" is not a group: {allowed}{suggestion(str(key), QUANTIFIERS)}')
    if not isinstance(members, list) or not members:
        raise ExpressionError(f'"{key}:" needs a list of at least one condition, each on a line that starts with "- "')
    return key, members


def _is_quantifier(key: object) -> TypeGuard[Quantifier]:
    return key in QUANTIFIERS


def _kind_of(data: object) -> str:
    if isinstance(data, Mapping):
        return f"a mapping of {len(data)} keys ({', '.join(map(str, data))})"
    return "a list" if isinstance(data, list) else "empty" if data is None else f"the value {data!r}"


def _parse_tree(text: str) -> ast.expr:
    if not text.strip():
        raise ExpressionError('the expression is empty: write one like network_plugin() == "terway"')
    if len(text) > LONGEST:
        raise ExpressionError(f"the expression has {len(text)} characters: {LONGEST} are allowed")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"`{_short(text)}` cannot be read ({error.msg}): write probe(name=value, ...)") from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"`{_short(text)}` cannot be read: write probe(name=value, ...)") from None


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."


def _source(node: ast.AST) -> str:
    try:
        return _short(ast.unparse(node))
    except RecursionError:
        return "..."


def _parse_joined(tree: ast.expr, vocabulary: Vocabulary | None) -> Condition:
    if isinstance(tree, ast.BoolOp):
        members = tuple(_parse_joined(member, vocabulary) for member in tree.values)
        return Group("all" if isinstance(tree.op, ast.And) else "any", members)
    return _validate(_parse_node(tree), vocabulary)


def _validate(call: Call, vocabulary: Vocabulary | None) -> Call:
    if vocabulary is not None:
        check_call(call, vocabulary)
    return call


def _parse_node(node: ast.expr) -> Call:
    if isinstance(node, ast.Compare):
        return _parse_comparison(node)
    if isinstance(node, ast.Call):
        return _parse_call_node(node)
    raise ExpressionError(_not_a_call(node))


def _not_a_call(node: ast.expr) -> str:
    source = _source(node)
    if isinstance(node, ast.BoolOp | ast.UnaryOp):
        return f"`{source}` joins conditions with and, or, not: use the groups all, any, none instead"
    if isinstance(node, ast.Attribute | ast.Name):
        return f"`{source}` is not a call: write {source.replace('.', '_', 1)}()"
    return f"`{source}` is not an expression: write probe(name=value, ...), or for a fact: fact() == value"


def _parse_comparison(node: ast.Compare) -> Call:
    if len(node.ops) != 1:
        raise ExpressionError(f"`{_source(node)}` compares more than once: write each comparison as an item of a group")
    if isinstance(node.left, ast.Constant | ast.List):
        raise ExpressionError(f"`{_source(node)}` starts with the value: write the fact first, like fact() == value")
    operator = _OPERATORS.get(type(node.ops[0]))
    if operator is None:
        allowed = ", ".join(_OPERATORS.values())
        raise ExpressionError(f"`{_source(node)}` has an operator that is not known: use one of {allowed}")
    if not isinstance(node.left, ast.Call):
        raise ExpressionError(_not_a_call(node.left))
    left = _parse_call_node(node.left)
    operand = _parse_literal(node.comparators[0], f"the right side of {left.probe}()")
    return Call(probe=left.probe, arguments=left.arguments, operator=operator, operand=operand)


def _parse_call_node(node: ast.Call) -> Call:
    if not isinstance(node.func, ast.Name):
        name = _source(node.func)
        raise ExpressionError(f"`{name}` is not the name of a probe: a fact like terway.mode is written terway_mode()")
    probe = node.func.id
    if node.args or any(keyword.arg is None for keyword in node.keywords):
        raise ExpressionError(f'{probe}() takes its parameters by name only: write {probe}(name="value")')
    names = [keyword.arg for keyword in node.keywords]
    if len(set(names)) < len(names):
        raise ExpressionError(f'{probe}() has a parameter twice: write one list, like {probe}(name=["a", "b"])')
    return Call(probe=probe, arguments=tuple(_parse_argument(probe, keyword) for keyword in node.keywords))


def _parse_argument(probe: str, keyword: ast.keyword) -> tuple[str, Value]:
    name = keyword.arg or ""
    return name, _parse_literal(keyword.value, f"{name}= of {probe}()")


def _parse_literal(node: ast.expr, where: str) -> Value:
    if isinstance(node, ast.List | ast.Tuple):
        return tuple(_parse_list_member(member, where) for member in node.elts)
    if isinstance(node, ast.Name) and node.id in ("true", "false"):
        return node.id == "true"
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        negative = node.operand.value
        if isinstance(negative, int) and not isinstance(negative, bool):
            return -negative
    raise ExpressionError(f"{where} is `{_source(node)}`, which is not a plain value: write {_LITERALS}")


def _parse_list_member(node: ast.expr, where: str) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise ExpressionError(f'{where} holds `{_source(node)}`: a list holds texts in quotes only, like ["a", "b"]')
