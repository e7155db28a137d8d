"""What people typed or piped in, as text: bytes that are no UTF-8 are shown as such and break nothing."""

import sys
from collections.abc import Iterator

from bot.terminal.errors import UsageProblem

LONGEST = 200_000  # characters: a pasted log is welcome, a memory dump is not


def question_of(symptom: str) -> str:
    """The question as it was typed, or from stdin for ``-``.

    Raises:
        UsageProblem: it is empty or far too long.
    """
    text = _readable(sys.stdin.buffer.read(4 * LONGEST + 1)) if symptom == "-" else _typed(symptom)
    if not text.strip():
        raise UsageProblem(
            'The symptom is empty: say what is wrong, e.g. netclinic ask "pods stuck in ContainerCreating".'
        )
    if len(text) > LONGEST:
        raise UsageProblem(f"The symptom is longer than {LONGEST:,} characters: paste the lines around the error.")
    return text


def lines_of_stdin() -> Iterator[str]:
    """One symptom a line, as they come in; empty lines say nothing."""
    for line in sys.stdin.buffer:
        text = _readable(line).rstrip("\r\n")
        if text.strip():
            yield text


def _typed(text: str) -> str:
    """The shell hands over bytes that are no UTF-8 as lone surrogates, which no JSON may hold."""
    return _readable(text.encode("utf-8", errors="surrogateescape"))


def _readable(content: bytes) -> str:
    return content.decode("utf-8", errors="replace")
