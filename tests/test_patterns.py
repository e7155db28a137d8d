"""Every regular expression takes time in proportion to the text that it is given, whatever stands there."""

import itertools
import re

import pytest

from tests.patterns import FoundPattern, all_patterns, is_slow, samples

# Patterns that no text from outside comes near, or at most so many characters of one; by module and beginning.
EXCUSED = {
    ("index.tokenize", r"\b(?:[a-z0-9-]+/)?"): "texts of more than 300 characters are not looked at",
    ("bot.probes.declaration", "^ {4}"): "reads the docstrings of probes",
    ("bot.slack.events.modals", "^"): "names of buttons",
}
EVERYWHERE = [*"a1 -.\"'\\/:=<>@\n{([`_&|密", "a=", "a:", "a-", "{{", "a\n", "://", "eyJ"]
SAMPLES, PAIRED = 6, 3  # of each pattern: its longest parts come first
PARTS = 2  # tests that run side by side; each process imports and reads all modules for it


def excuse(found: FoundPattern) -> str:
    texts = (
        why for (module, start), why in EXCUSED.items() if module == found.module and start in found.text[: len(start)]
    )
    return next(texts, "")


def first_slow_text(found: FoundPattern) -> str:
    """A use and a fragment whose repetition takes more than in proportion; empty where there is none."""
    own = samples(found.pattern)[:SAMPLES]
    fragments = dict.fromkeys([*own, *map("".join, itertools.permutations(own[:PAIRED], 2)), *EVERYWHERE])
    around = [("", ""), ("", "\x00"), (own[0] if own else "", "")]
    for method, run in found.runs():
        for fragment, (start, end) in itertools.product(fragments, around):
            if is_slow(run, fragment, start, end):
                return f"{found}: {method} of {start!r} + n * {fragment!r} + {end!r}"
    return ""


@pytest.mark.parametrize("part", range(PARTS))
def test_time_grows_with_the_text_and_not_with_its_square(part: int) -> None:
    looked_at = [found for found in all_patterns() if not excuse(found)][part::PARTS]
    assert looked_at
    assert not [slow for found in looked_at if (slow := first_slow_text(found))]


def test_the_walk_finds_patterns_wherever_they_stand() -> None:
    found = {(each.module, each.text) for each in all_patterns()}
    assert len(found) > 120
    assert {module.partition(".")[0] for module, _ in found} == {"bot", "index", "knowledge"}


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"\{\{.*?\}\}", "sub"),
        (r"\s+$", "sub"),
        (r"[a-z]+/", "findall"),
    ],
)
def test_the_measure_sees_patterns_that_are_slow(pattern: str, method: str) -> None:
    assert first_slow_text(FoundPattern("here", 1, pattern, re.compile(pattern), (method,)))
