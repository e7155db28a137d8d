"""The help pages: examples at the end of each, and one style for what stands in place of a value.

What is typed as it stands is small (``text|json``), what is replaced is large (``FILE``); a switch takes nothing.
"""

from pathlib import Path
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup

_BY_KIND = {int: "N", float: "N", Path: "FILE", Path | None: "FILE"}


class Command(TyperCommand):
    """A command whose parameters are shown in that style."""

    def get_params(self, ctx: Any) -> list[Any]:
        """With ``--help`` itself."""
        return _in_one_style(super().get_params(ctx))


class Group(TyperGroup):
    """A group of commands, likewise."""

    def get_params(self, ctx: Any) -> list[Any]:
        """With ``--help`` itself."""
        return _in_one_style(super().get_params(ctx))


def examples(*lines: str) -> str:
    """The end of a command's help."""
    return "[bold]Examples[/bold]\n\n" + "\n\n".join(line.replace("[", r"\[") for line in lines)


def _in_one_style(params: list[Any]) -> list[Any]:
    for param in params:
        if isinstance(param, TyperArgument):
            param.metavar = param.metavar or param.name.upper()
            param.display_type_rich = _no_type  # type: ignore[method-assign]  # its name says it: SYMPTOM, not <str>
        elif param.metavar is None:
            param.metavar = _value_of(param)
    return params


def _no_type(ctx: object) -> str:
    return ""


def _value_of(option: Any) -> str:
    """What stands in place of an option's value; empty where it takes none."""
    if option.is_flag:
        return ""
    kind = option.type_descriptor
    if kind.is_choice:
        return "|".join(map(str, kind.choices))
    return _BY_KIND.get(kind.annotation) or str(option.name).upper()
