"""How much is taken from outside before anything looks at it: bytes of a file, levels of parsed JSON."""

from pathlib import Path
from typing import Any

DEEPEST = 64  # levels: no object of Kubernetes comes near, and all that follows may recurse


class TooLargeError(ValueError):
    """There is more than is taken; the message says how much may be."""


def read_bounded(path: Path, most: int) -> bytes:
    """The file's bytes.

    Raises:
        TooLargeError: there are more than ``most``.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise TooLargeError(f"{path} is larger than {in_words(most)}")
    return content


def in_words(size: int) -> str:
    """``256 MB``, ``1 MB``, ``64 kB``."""
    return f"{size // 1_000_000:,} MB" if size >= 1_000_000 else f"{size // 1000:,} kB"


def is_too_deep(value: Any, most: int = DEEPEST) -> bool:
    """Whether parsed JSON is nested deeper than that, found without recursion."""
    level = [value]
    for _ in range(most):
        level = [
            member
            for holder in level
            if isinstance(holder, dict | list)
            for member in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(member, dict | list)
        ]
        if not level:
            return False
    return True
