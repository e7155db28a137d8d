"""The settings file that ``netclinic init`` writes: whole or not at all, and what else stands in it stays."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.private_files import make_private_folder, write_private_file


def write_settings(path: Path, values: Mapping[str, Any]) -> None:
    """The file with these values and no others, for its owner alone; comments and order of what was there are kept.

    Raises:
        OSError: it cannot be written; what was there is as before.
    """
    path = path.resolve()
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    if not path.parent.is_dir():
        make_private_folder(path.parent)
    whole = path.with_name(f".{path.name}.new")
    try:
        write_private_file(whole, merged(before, values).encode())
        whole.replace(path)
    finally:
        whole.unlink(missing_ok=True)


def write_secret(path: Path, secret: str) -> None:
    """A file that holds this alone, for its owner alone; whole or not at all.

    Raises:
        OSError: it cannot be written; what was there is as before.
    """
    if not path.parent.is_dir():
        make_private_folder(path.parent)
    whole = path.with_name(f".{path.name}.new")
    try:
        write_private_file(whole, f"{secret}\n".encode())
        whole.replace(path)
    finally:
        whole.unlink(missing_ok=True)


def merged(text: str, values: Mapping[str, Any]) -> str:
    """TOML with these values: lines of ``text`` that still say so are kept, as are its comments."""
    had, lines = tomllib.loads(text), text.splitlines()
    for key in [key for key in had if had[key] != values.get(key)]:
        lines = [line for line in lines if not re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line)]
    lines += [_line(key, value) for key, value in values.items() if had.get(key) != value]
    found = "\n".join(lines) + "\n"
    return found if _says(found, values) else "".join(f"{_line(key, value)}\n" for key, value in values.items())


def _says(text: str, values: Mapping[str, Any]) -> bool:
    """Not where a value that was replaced had several lines, of which only the first was recognised."""
    try:
        return tomllib.loads(text) == values
    except tomllib.TOMLDecodeError:
        return False


def _line(key: str, value: Any) -> str:
    """TOML writes strings, numbers and truth values as JSON does."""
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"
