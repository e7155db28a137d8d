"""Files of declarations: a probe or fact is in use because its file is there, and a wrong one says what to mend."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from knowledge.errors import UserFacingError


class DeclarationError(UserFacingError):
    """A probe or a fact is declared wrongly; the message names the file, the line and what to mend."""


def import_declarations(package: str, folders: Iterable[str]) -> None:
    """Import every module of the package, in the order of their names; ``folders`` is its ``__path__``.

    Raises:
        DeclarationError: one cannot be imported, or what it declares is wrong.
    """
    for module in sorted(found.name for found in pkgutil.iter_modules(folders)):
        name = f"{package}.{module}"
        try:
            importlib.import_module(name)
        except DeclarationError:
            raise
        except Exception as error:
            why = " ".join(str(error).split()) or "no reason given"
            raise DeclarationError(f"{name} cannot be imported ({type(error).__name__}: {why}): mend it.") from error


def place_of(function: Callable[..., Any]) -> str:
    """File and line of a function, as an editor opens it."""
    code = function.__code__
    return f"{Path(code.co_filename)}:{code.co_firstlineno}"
