"""In which order tests are run side by side: what takes long begins early, on every worker.

A worker that is done takes over the last tests of another one (pytest-xdist's ``worksteal``), but neither the one that
runs nor the next: a row of long ones at somebody's end would keep everybody waiting.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

HAND = 4  # long tests of one module that stay together: they may share what is made for a module
Test = TypeVar("Test")


def spread(
    tests: Sequence[Test], workers: int, is_long: Callable[[Test], bool], module: Callable[[Test], str]
) -> list[Test]:
    """The same tests; each worker's share, which is cut from it in turn, has as many long ones as any other.

    Every second worker begins with them, the others have them in the middle: long ones wait, short ones compute.
    """
    long, short = [test for test in tests if is_long(test)], [test for test in tests if not is_long(test)]
    hands = [hand for _, row in itertools.groupby(long, module) for hand in _cut(list(row), HAND)]
    ordered: list[Test] = []
    for number, size in enumerate(_shares(len(tests), workers)):
        dealt = [test for hand in hands[number::workers] for test in hand]
        end = len(short) if number == workers - 1 else max(0, size - len(dealt))
        share, short = short[:end], short[end:]
        at = _module_start(share, 0 if number % 2 else len(share) // 2, module)
        ordered += [*share[:at], *dealt, *share[at:]]
    return ordered


def _cut(tests: list[Test], size: int) -> Iterator[list[Test]]:
    for first in range(0, len(tests), size):
        yield tests[first : first + size]


def _shares(count: int, workers: int) -> Iterator[int]:
    """How many tests each worker is given at first."""
    for left in range(workers, 0, -1):
        yield count // left
        count -= count // left


def _module_start(tests: Sequence[Test], at: int, module: Callable[[Test], str]) -> int:
    """Where the module begins that stands there: what is made for one is made once."""
    while 0 < at < len(tests) and module(tests[at - 1]) == module(tests[at]):
        at -= 1
    return at
