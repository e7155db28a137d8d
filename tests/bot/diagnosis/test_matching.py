"""What the scores of entries become on a cluster where some cannot apply."""

from bot.diagnosis.matching import MatchScores


def test_vague_words_were_hardly_about_what_cannot_be() -> None:
    scores = MatchScores({"elsewhere": 0.5, "here": 0.3, "also elsewhere": 0.2})
    assert next(iter(scores.weighted(["here"]).best())) == "here"


def test_what_the_words_hardly_meant_does_not_come_first_because_the_rest_cannot_be() -> None:
    scores = MatchScores({"elsewhere": 0.6, "also elsewhere": 0.37, "here": 0.03})
    assert list(scores.weighted(["here"]).best()) == ["elsewhere", "also elsewhere"]
    assert scores.weighted([]).best() == scores.weighted(["here"]).best()
