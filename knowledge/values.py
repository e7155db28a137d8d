"""How live values enter a text or a command, because names and settings of a cluster may be hostile.

Templates put a mark where a value goes; once the whole is there, each mark is replaced by what is safe at its place:
in a command the value as it is where its characters are plain, shell-quoted where it stands free, and else the
upper-case word that stands for an unknown one. A text never gains a line, a code span or other formatting from it.
"""

import re
import shlex
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

UNKNOWN_TEXT = "unknown"
LONGEST = 600
# Private-use characters: no template holds them, and values lose theirs in clean_line().
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_PLAIN_ARGUMENT = re.compile(r"[A-Za-z0-9_./:@%+,=][A-Za-z0-9_./:@%+,=-]*")
# Behind these, quotes nest in ways that are not followed here.
_NESTING = ("<<", "$(", "${", "$'", '$"')
# Whole quoted stretches, escaped characters, comments to their end, and anything else: what is left open matches none.
_TOKENS = re.compile(r"""(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|(?<!\S)\#[^\n]*\n|(?<=\S)\#|[^'"\\#])*""", re.DOTALL)
_PLAIN_TEXT = re.compile(r"(?:[^\W_]|[ .,:;/@%+=()?!'\"–…-]|(?<=[^\W_])_(?=[^\W_]))*")


@dataclass(frozen=True)
class InsertedValue:
    """One value to insert: its parts (several for a list, none when unknown), and the word that stands for it."""

    parts: tuple[str, ...]
    word: str
    fact: bool = False


@dataclass(frozen=True)
class ValueMarks:
    """The pieces of one rendering, each reachable by its mark."""

    pieces: list[InsertedValue]

    def mark(self, piece: InsertedValue) -> str:
        self.pieces.append(piece)
        return f"{_OPEN}{len(self.pieces) - 1}{_CLOSE}"

    def replace_marks(self, text: str, show: Callable[[InsertedValue, str], str]) -> str:
        """The text with every mark replaced by ``show(piece, surroundings of the mark)``."""
        result: list[str] = []
        for state, literal, index in _split(text):
            result.append(literal if index is None else show(self.pieces[index], state))
        return "".join(result)


def _split(text: str) -> Iterator[tuple[str, str, int | None]]:
    """Literal stretches and marks in turn; the first member is all template text before the mark."""
    before, end = "", 0
    for match in _MARK.finditer(text):
        literal = text[end : match.start()]
        before += literal
        yield before, literal, None
        yield before, "", int(match[1])
        end = match.end()
    yield before, text[end:], None


def without_marks(template: str) -> str:
    """The template without the characters that marks are made of."""
    return template.replace(_OPEN, "").replace(_CLOSE, "")


def clean_line(value: str) -> str:
    """One line of printable characters, not endlessly long."""
    printable = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in value)
    line = " ".join(printable.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def format_in_text(piece: InsertedValue, before: str) -> str:
    """Plain words stay as they are; anything that could format stands in a code span."""
    if not piece.parts:
        return UNKNOWN_TEXT if piece.fact else piece.word
    value = clean_line(", ".join(piece.parts)).replace("`", "'")
    inside_code = len(re.findall("`+", before)) % 2 == 1
    return value if inside_code or _PLAIN_TEXT.fullmatch(value) else f"`{value}`"


def format_in_command(piece: InsertedValue, before: str) -> str:
    """The shell word or words for the value, or the upper-case word where nothing else is safe."""
    if not piece.parts:
        return piece.word
    free = _is_unquoted(before)
    return " ".join(_argument(part, piece.word, free) for part in piece.parts)


def _argument(value: str, word: str, free: bool) -> str:
    if _PLAIN_ARGUMENT.fullmatch(value):
        return value
    whole = value == clean_line(value) and not value.startswith("-") and bool(value)
    return shlex.quote(value) if free and whole else word


def _is_unquoted(before: str) -> bool:
    """Whether quoting works there: outside quotes, back-ticks, comments and here-documents."""
    if before.count("`") % 2 == 1 or any(opening in before for opening in _NESTING):
        return False
    return _TOKENS.fullmatch(before) is not None


def parts_of(value: object) -> tuple[str, ...]:
    """A value as the texts that it is shown with."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence):
        return tuple(map(str, value))
    return (str(value).lower() if isinstance(value, bool) else str(value),)
