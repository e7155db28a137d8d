"""What is left of a long paste: everything that tells of a fault, and nothing twice."""

import time

import pytest

from bot.slack.pastes import LONGEST_LINE, MOST_READ, pick_errors

FILL = "\n".join(f"2026-11-29T01:02:{number:02} INFO reconciled web-{number}" for number in range(200))


def test_what_fits_is_left_as_it_is() -> None:
    found = pick_errors("  pods stuck\n\nsince ten  ", 3000)
    assert (found.text, found.note("x")) == ("  pods stuck\n\nsince ten  ", "")


def test_the_words_around_it_and_each_kind_of_error_once() -> None:
    errors = [f"E1129 01:02:{n:02} pod web-7f9c{n:02}ab-x{n}: i/o timeout" for n in range(50)]
    text = "\n".join(["please look", FILL, *errors, FILL, "解析失败 coredns", FILL, "since noon"])
    found = pick_errors(text, 3000)
    assert found.text.splitlines() == ["please look", errors[0], "解析失败 coredns", "since noon"]
    assert (found.lines, found.of) == (4, 653)
    assert found.note("app.log") == "Of 653 lines of app.log, 4 were read: those with errors, each kind once."


def test_without_an_error_its_beginning_and_end_are_kept() -> None:
    found = pick_errors(f"first\n{FILL}\nlast", 500)
    assert found.text.startswith("first\n2026-11-29T01:02:00 INFO")
    assert found.text.endswith("\nlast")
    assert len(found.text) <= 500
    assert found.note("a.log").endswith("were read: none tells of an error.")


def test_an_error_within_one_endless_line_is_found() -> None:
    found = pick_errors("a" * 5000 + " connection refused " + "b" * 5000, 3000)
    assert "connection refused" in found.text
    assert len(found.text) <= 3000
    assert all(len(line) <= LONGEST_LINE for line in found.text.splitlines())


def test_what_is_behind_the_limit_is_not_read_and_told() -> None:
    found = pick_errors("x\n" * MOST_READ + "error at the end", 3000)
    assert "error" not in found.text
    assert found.note("a").endswith("none tells of an error; what comes after 100 kB was not looked at.")


@pytest.mark.parametrize("filler", ["a", "1", "time", "not ", "\n", "é", "0x"])
def test_it_takes_time_in_proportion(filler: str) -> None:
    before = time.process_time()
    pick_errors(filler * MOST_READ, 3000)
    assert time.process_time() - before < 2
