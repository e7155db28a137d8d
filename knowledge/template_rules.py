"""What a template may hold: names, filters, ``if``, and ``for`` over what is known, so that none can run long or large.

Jinja computes constants while it compiles, so the parsed template is looked at before that: ``'a' * 300000000``,
``range(10 ** 9)``, a loop in a loop or a value that doubles itself thirty times never run.
"""

from collections.abc import Iterator

from jinja2 import Environment, TemplateError, nodes

LONGEST_TEMPLATE = 20_000  # characters; the longest step that is shipped has a tenth of it
FILTERS = frozenset(
    {
        *("abs", "capitalize", "count", "default", "first", "float", "int", "join", "last", "length", "list", "lower"),
        *("max", "min", "reverse", "sort", "string", "sum", "title", "trim", "truncate", "unique", "upper"),
        *("counted", "deployment", "some"),  # ours
    }
)
TESTS = frozenset({"defined", "undefined", "none", "string", "number", "odd", "even"})
_HOW = f"use names of facts and objects, filters ({', '.join(sorted(FILTERS))}), if, and for over them"
_ALLOWED: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Slice),
    *(nodes.Const, nodes.List, nodes.Tuple, nodes.Filter, nodes.Test, nodes.If, nodes.CondExpr, nodes.For),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos, nodes.Keyword),
    *(nodes.Concat, nodes.Add, nodes.Sub, nodes.Div, nodes.FloorDiv),  # none grows faster than the template is long
)
_WORDS = {
    nodes.Call: "a call",
    nodes.Mul: "a multiplication",
    nodes.Pow: "a power",
    nodes.Mod: "a remainder",
    nodes.Assign: "an assignment",
    nodes.AssignBlock: "an assignment",
    nodes.Macro: "a macro",
}


class TemplateRuleError(TemplateError):
    """The template holds what none may; the message says what, ``remedy`` the way out."""

    def __init__(self, message: str, remedy: str = "make several steps of it") -> None:
        super().__init__(message)
        self.remedy = remedy


def parse(environment: Environment, template: str) -> nodes.Template:
    """The parsed template, nothing of it computed.

    Raises:
        TemplateError: it is none, or holds what none may.
    """
    if len(template) > LONGEST_TEMPLATE:
        raise TemplateRuleError(f"a template of {len(template):,} characters is too long")
    try:
        tree = environment.parse(template)
        fault = next(_faults(tree), "")
    except RecursionError as error:
        raise TemplateRuleError("the template is nested too deeply") from error
    except ValueError as error:
        raise TemplateRuleError(
            "a number that is too long may not stand in a template", "write a shorter one"
        ) from error
    if fault:
        raise TemplateRuleError(f"{fault} may not stand in a template", _HOW)
    return tree


def _faults(tree: nodes.Template) -> Iterator[str]:
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            yield _WORDS.get(type(node), f"`{type(node).__name__.lower()}`")
        elif isinstance(node, nodes.Filter):
            yield from _filter_faults(node)
        elif isinstance(node, nodes.Test) and node.name not in TESTS:
            yield f'the test "{node.name}"'
        elif isinstance(node, nodes.For):
            yield from _loop_faults(node)


def _filter_faults(node: nodes.Filter) -> Iterator[str]:
    if node.name not in FILTERS:
        yield f'the filter "{node.name}"'
    below = node.node
    if node.name == "join" and below is not None and not _is_known(below, filters=FILTERS - {"join"}):
        yield "a join of something else than a list of the cluster"


def _loop_faults(loop: nodes.For) -> Iterator[str]:
    if loop.recursive:
        yield "a loop that calls itself"
    if not _is_known(loop.iter, filters=FILTERS - {"join"}):
        yield "a loop over something else than a list of the cluster"
    if next(loop.find_all(nodes.For), None):
        yield "a loop in a loop"


def _is_known(node: nodes.Node, filters: frozenset[str]) -> bool:
    """A fact or an object, or what such filters make of one."""
    if isinstance(node, nodes.Filter) and node.name in filters and node.node is not None:
        return _is_known(node.node, filters)
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        return _is_known(node.node, frozenset())
    return isinstance(node, nodes.Name)
