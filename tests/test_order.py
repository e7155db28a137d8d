"""Tests that take long begin early, on every worker alike."""

import pytest

from tests.order import HAND, _shares, spread

SHORT = [f"a{number // 40}::{number}" for number in range(400)]
LONG = [f"crashes::long {number}" for number in range(30)] + [f"model::long {number}" for number in range(3)]
ALL = [*SHORT[:150], *LONG, *SHORT[150:]]


def module(test: str) -> str:
    return test.partition("::")[0]


def spread_over(workers: int, tests: list[str] = ALL) -> list[list[str]]:
    """The shares, as they are cut."""
    ordered, shares = spread(tests, workers, lambda test: "long" in test, module), []
    for size in _shares(len(tests), workers):
        shares.append(ordered[:size])
        ordered = ordered[size:]
    assert ordered == []
    return shares


@pytest.mark.parametrize("workers", [1, 2, 3, 6, 12])
def test_none_is_lost_and_each_worker_has_its_share_of_long_ones_before_its_last_third(workers: int) -> None:
    shares = spread_over(workers)
    assert sorted(test for share in shares for test in share) == sorted(ALL)
    for share in shares:
        at = [place for place, test in enumerate(share) if "long" in test]
        assert abs(len(at) - len(LONG) / workers) <= HAND
        assert not at or at[-1] < len(share) * (1 if workers == 12 else 0.75)


def test_the_modules_of_short_ones_stay_whole_and_a_few_long_ones_together() -> None:
    shares = spread_over(6)
    for share in shares:
        modules = [module(test) for test in share]
        rows = [name for place, name in enumerate(modules) if place == 0 or modules[place - 1] != name]
        assert len(rows) == len(set(rows))
    assert len([share for share in shares if any("model" in test for test in share)]) == 1


@pytest.mark.parametrize("tests", [SHORT, LONG, []])
def test_of_one_kind_alone_all_stay(tests: list[str]) -> None:
    assert sorted(test for share in spread_over(6, tests) for test in share) == sorted(tests)


def test_short_ones_alone_keep_their_order() -> None:
    assert spread(SHORT, 6, lambda test: False, module) == SHORT
