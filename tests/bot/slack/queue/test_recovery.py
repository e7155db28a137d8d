"""Work that ends its process again and again is set aside; work that only was there at the time is not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.store import Store, job_deaths, replicas
from tests.bot.slack.queue.conftest import Works


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Works]:
    started = Works("", tmp_path)
    yield started
    started.end()


def test_what_ended_its_process_three_times_is_set_aside_and_the_rest_is_done(works: Works) -> None:
    works.start("--accept", "poison,poison-too", "--die", "nowhere", "--slow", "300")
    works.until("poison-too accepted")
    works.end()
    for _ in range(2):
        works.start("--accept", "poison", "--die", "before first").wait()
    works.start("--accept", "good")
    works.until("poison set aside as do")
    works.until("good done")
    works.until("poison-too done")
    assert works.count("poison done") == 0
    assert works.count("poison set aside") == 1


@pytest.mark.slow
def test_what_gets_on_by_a_step_between_two_deaths_is_resumed(works: Works) -> None:
    for place in ("before first", "after first", "before look", "before last", "end"):
        works.start("--accept", "job", "--die", place).wait()
    works.start()
    works.until("job done")
    assert works.count("job set aside") == 0


def test_deaths_are_counted_in_one_step_and_once_a_process(store: Store) -> None:
    assert [job_deaths.count(store, "a", worker, 1) for worker in ("one", "one", "two", "three")] == [1, 1, 2, 3]
    assert job_deaths.count(store, "a", "four", 2) == 1
    assert job_deaths.count(store, "b", "four", 1) == 1


def test_a_job_that_was_held_back_did_not_kill(store: Store) -> None:
    for worker in ("one", "two"):
        job_deaths.count(store, "a", worker, 1)
    job_deaths.hold_back(store, "a")
    assert job_deaths.count(store, "a", "three", 1) == 2
    job_deaths.hold_back(store, "a")
    job_deaths.let_begin(store, "a")
    assert job_deaths.count(store, "a", "four", 1) == 3


def test_a_process_that_left_in_order_killed_nothing(store: Store) -> None:
    for worker in ("left", "died"):
        replicas.join(store, worker, "host", "1")
    replicas.leave(store, "left")
    assert job_deaths.ended_by_itself(store, ["left", "died"]) == {"left"}


def test_what_is_old_is_forgotten(store: Store) -> None:
    job_deaths.count(store, "a", "one", 1)
    assert job_deaths.forget(store, datetime.now(UTC) - timedelta(days=1)) == 0
    assert job_deaths.forget(store, datetime.now(UTC) + timedelta(seconds=5)) == 1
