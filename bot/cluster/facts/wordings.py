"""A text by which components of some releases say something, with the releases and where it is from."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """A text that messages contain, in any case; the ``releases`` that write it, and its ``source``."""

    text: str
    releases: str
    source: str


def texts_of(wordings: Iterable[Wording]) -> tuple[str, ...]:
    """What a message must contain one of, whatever the release."""
    return tuple(wording.text for wording in wordings)


def says(wordings: Iterable[Wording], message: str) -> bool:
    """Whether the message contains one of them, in any case."""
    return any(wording.text.lower() in message.lower() for wording in wordings)
