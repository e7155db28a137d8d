"""Counts as they are said."""

import pytest

from bot.text import counted


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [
        (0, "step", "0 steps"),
        (1, "entry", "1 entry"),
        (2, "entry", "2 entries"),
        (2, "day", "2 days"),
        (2, "open case", "2 open cases"),
        (3, "match", "3 matches"),
        (4, "address", "4 addresses"),
        (1200, "record", "1,200 records"),
    ],
)
def test_a_count_takes_the_plural_of_its_noun(number: int, noun: str, expected: str) -> None:
    assert counted(number, noun) == expected
