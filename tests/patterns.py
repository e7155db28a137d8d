"""Every regular expression of the code base, found by walking its modules, with the texts that could make it slow."""

import ast
import builtins
import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from re import _constants, _parser
from types import ModuleType
from typing import Any

PACKAGES = ("knowledge", "index", "bot")
METHODS = ("search", "match", "fullmatch", "findall", "finditer", "sub", "split")


@dataclass(frozen=True)
class FoundPattern:
    """``methods``: the ways in which the code uses it; all where nobody can tell."""

    module: str
    line: int
    text: str
    pattern: re.Pattern[str]
    methods: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.text[:60]!r}"

    def runs(self) -> Iterator[tuple[str, Callable[[str], Any]]]:
        """Each use by its name, as a function of a text that goes through all of it."""
        for method in self.methods:
            if method == "sub":
                yield method, lambda text: self.pattern.sub("", text)
            elif method == "finditer":
                yield method, lambda text: sum(1 for _ in self.pattern.finditer(text))
            else:
                yield method, getattr(self.pattern, method)


def modules() -> Iterator[ModuleType]:
    """All modules of the code base but migrations, which are Alembic's."""
    for name in PACKAGES:
        package = importlib.import_module(name)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if ".migrations" not in found.name:
                yield importlib.import_module(found.name)


@cache
def all_patterns() -> list[FoundPattern]:
    """Patterns in ``re.compile(...)``, ``re.sub(...)`` and the like; those of bytes as if they were of text.

    What a function puts together is found where a module keeps it, else with ``x`` for each of its arguments.
    """
    trees = {module: ast.parse(_source(module)) for module in modules()}
    anywhere = _uses_by_name(trees.values())
    return [
        found
        for module, tree in trees.items()
        for found in (*_kept(module), *_patterns_of(module, tree, anywhere | _uses_by_name([tree])))
    ]


def _kept(module: ModuleType) -> Iterator[FoundPattern]:
    """Patterns in lists and mappings of a module: made by its functions, from what stands at its top."""
    for value in vars(module).values():
        if isinstance(value, dict | list | tuple | set | frozenset):
            for pattern in _patterns_in(value):
                yield FoundPattern(module.__name__, 0, pattern.pattern, pattern, ("search", "sub"))


def _patterns_in(value: Any) -> Iterator[re.Pattern[str]]:
    members = value.values() if isinstance(value, dict) else value
    if isinstance(value, re.Pattern):
        yield value if isinstance(value.pattern, str) else re.compile(value.pattern.decode(), value.flags)
    elif isinstance(value, dict | list | tuple | set | frozenset):
        for member in members:
            yield from _patterns_in(member)


def _source(module: ModuleType) -> str:
    with open(str(module.__file__), encoding="utf-8") as file:  # noqa: PTH123
        return file.read()


def _uses_by_name(trees: Iterable[ast.Module]) -> dict[str, set[str]]:
    uses: dict[str, set[str]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name):
                uses.setdefault(node.value.id, set()).add(node.attr)
    return uses


def _patterns_of(module: ModuleType, tree: ast.Module, uses: dict[str, set[str]]) -> Iterator[FoundPattern]:
    names = {
        id(node.value): node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        is_of_re = isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "re"
        if not isinstance(node, ast.Call) or not isinstance(called, ast.Attribute) or not is_of_re:
            continue
        if called.attr in (*METHODS, "compile"):
            methods = (called.attr,) if called.attr in METHODS else tuple(sorted(uses.get(names.get(id(node), ""), ())))
            pattern = _compiled(module, node)
            yield FoundPattern(module.__name__, node.lineno, pattern.pattern, pattern, methods or METHODS)


def _compiled(module: ModuleType, call: ast.Call) -> re.Pattern[str]:
    flags = [keyword.value for keyword in call.keywords if keyword.arg == "flags"]
    position = {"compile": 1, "sub": 4}.get(getattr(call.func, "attr", ""), 2)
    flags += call.args[position : position + 1]
    pattern, *flag = (_value(module, each) for each in (call.args[0], *flags))
    text = pattern.decode() if isinstance(pattern, bytes) else pattern
    return re.compile(text, *flag)


class _Names(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        return getattr(builtins, name, "x")


def _value(module: ModuleType, expression: ast.expr) -> Any:
    return eval(compile(ast.Expression(expression), module.__name__, "eval"), {}, _Names(vars(module)))  # noqa: S307


def samples(pattern: re.Pattern[str]) -> list[str]:
    """A short text for each part of the pattern, so that repeating them comes near to what it looks for."""
    parsed = _parser.parse(pattern.pattern, pattern.flags)
    return list(dict.fromkeys(text for text in _samples_below(parsed) if text))


def _samples_below(parsed: Any) -> Iterator[str]:
    yield _sample(parsed)
    for operation, argument in parsed:
        yield _sample([(operation, argument)])
        for below in _subpatterns(argument):
            yield from _samples_below(below)


def _subpatterns(argument: Any) -> Iterator[Any]:
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, list | tuple):
        for member in argument:
            yield from _subpatterns(member)


def _sample(parsed: Any) -> str:
    return "".join(_sample_of(operation, argument) for operation, argument in parsed)


def _sample_of(operation: Any, argument: Any) -> str:
    if operation is _constants.LITERAL:
        return chr(argument)
    if operation is _constants.IN:
        return _member(argument)
    if operation is _constants.CATEGORY:
        return _OF_CATEGORY.get(argument, "a")
    if operation in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
        return _sample(argument[2]) * max(1, min(argument[0], 40))
    if operation is _constants.BRANCH:
        return _sample(argument[1][0])
    if operation in (_constants.SUBPATTERN, _constants.ATOMIC_GROUP):
        return _sample(argument[-1] if operation is _constants.SUBPATTERN else argument)
    return "x" if operation in (_constants.ANY, _constants.NOT_LITERAL) else ""


_OF_CATEGORY = {_constants.CATEGORY_DIGIT: "1", _constants.CATEGORY_SPACE: " ", _constants.CATEGORY_NOT_WORD: "-"}


def _member(choices: Any) -> str:
    if choices[0][0] is _constants.NEGATE:
        refused = re.compile("[" + "".join(_class_text(choice) for choice in choices[1:]) + "]")
        return next((char for char in "ax1 -.\n" if not refused.match(char)), "é")
    operation, argument = choices[0]
    return chr(argument[0]) if operation is _constants.RANGE else _sample_of(operation, argument)


def _class_text(choice: Any) -> str:
    operation, argument = choice
    if operation is _constants.LITERAL:
        return re.escape(chr(argument))
    if operation is _constants.RANGE:
        return f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
    categories = {
        "DIGIT": r"\d",
        "SPACE": r"\s",
        "WORD": r"\w",
        "NOT_DIGIT": r"\D",
        "NOT_SPACE": r"\S",
        "NOT_WORD": r"\W",
    }
    return categories[str(argument).removeprefix("CATEGORY_")]


LEAST = 1e-4  # seconds below which a clock tells nothing
TOO_MUCH = 8  # in proportion it is 4, with the square 16; making many strings takes a little more than in proportion
CAREFULLY = ((1_000, 1), (2_000, 3), (1_000, 15))  # sizes and tries, each only where the one before was slow


def growth(run: Callable[[str], Any], text: Callable[[int], str], size: int, tries: int) -> float:
    """How many times longer four times the text takes: CPU time of this thread, the least of some tries."""

    def seconds(characters: int) -> float:
        given = text(characters)
        taken = []
        for _ in range(tries):
            started = time.thread_time()
            run(given)
            taken.append(time.thread_time() - started)
        return min(taken)

    whole = seconds(4 * size)
    return whole / max(seconds(size), LEAST) if whole > TOO_MUCH * LEAST else 0.0


def is_slow(run: Callable[[str], Any], fragment: str, start: str = "", end: str = "") -> bool:
    """Whether the time grows faster than the text; what a busy machine may have caused is measured again, with care."""

    def text(size: int) -> str:
        return start + fragment * (size // len(fragment)) + end

    return all(growth(run, text, size, tries) > TOO_MUCH for size, tries in CAREFULLY)
