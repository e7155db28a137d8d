"""What the documents show as the output of a command is what it prints; ``...`` stands for what they leave out."""

import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from tests.bot.test_docs import DOCUMENTS, README, text_of

Run = Callable[..., Any]
SAMPLE = re.compile(r"^ {4}\$ netclinic (.+)\n((?:(?: {4}.*)?\n)+)", re.MULTILINE)
SECONDS = re.compile(r"\b\d+(?:\\\.\d+)?\\ s\b")  # what it took, and ages: a slow machine adds to both


def samples(text: str) -> list[tuple[list[str], str]]:
    """The arguments of each command that is shown with its output, and that output."""
    return [(shlex.split(line), shown) for line, shown in SAMPLE.findall(text)]


def is_shown(shown: str, printed: str) -> bool:
    """Whether the output is what the document shows, however wide the lines are."""
    wanted = re.escape(" ".join(shown.split())).replace(r"\.\.\.", ".*?")
    pattern = SECONDS.sub(r"[\\d.]+\\ s", wanted)
    return re.fullmatch(pattern, " ".join(printed.split())) is not None


@pytest.mark.parametrize(("arguments", "shown"), [sample for path in DOCUMENTS for sample in samples(text_of(path))])
def test_a_sample_is_what_the_command_prints(indexed: Run, arguments: list[str], shown: str) -> None:
    ran = indexed(*arguments)
    assert ran.code == 0, ran.err
    assert is_shown(shown, ran.out), ran.out


def test_what_is_not_printed_is_seen() -> None:
    assert len(samples(text_of(README))) == 1
    assert is_shown("CONFIRMED  it\n ...\n 20 reads, 0.1 s.", "CONFIRMED it is so\n20 reads, 0.3 s.\n")
    assert not is_shown("CONFIRMED  it\n ...\n 21 reads, 0.1 s.", "CONFIRMED it is so\n20 reads, 0.3 s.\n")
    assert not is_shown("CONFIRMED", "CONFIRMED it is so")
