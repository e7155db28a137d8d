"""What the scores of entries become on a cluster where some cannot apply."""

import pytest

from bot.diagnosis.matching import MatchScores


@pytest.mark.parametrize("score", [0.3, 0.009])
def test_what_can_be_comes_before_what_cannot_however_little_the_words_tell_of_it(score: float) -> None:
    """ "No address" is said alike on every plugin: the index may take it for another plugin's fault altogether."""
    scores = MatchScores({"elsewhere": 0.2, "here": score, "also elsewhere": 0.1})
    assert next(iter(scores.weighted(["here"]).best())) == "here"


def test_clear_words_come_first_even_where_it_cannot_be() -> None:
    scores = MatchScores({"elsewhere": 0.97, "here": 0.01})
    assert next(iter(scores.weighted(["here"]).best())) == "elsewhere"
