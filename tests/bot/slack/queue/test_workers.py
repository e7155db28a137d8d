"""Accepted work is done once, whenever the process dies and whoever goes on."""

import signal
import time

import pytest

from tests.bot.slack.queue.conftest import Works
from tests.databases import postgresql_is_slow, sqlite_is_slow

DEATHS = [
    "accepted",
    "start",
    "before first",
    "after first",
    "before look",
    "after look",
    "before last",
    "after last",
    "end",
]
# A process that lives may be kept waiting for seconds; the work below takes longer, so that a silent one is noticed.
SILENCE_OF_A_BUSY_MACHINE = ("--silence", "7", "--lease", "5")


@postgresql_is_slow
@pytest.mark.slow
def test_after_kill_9_at_any_step_what_was_accepted_is_finished_by_a_later_start(works: Works) -> None:
    for number, death in enumerate(DEATHS):
        works.start("--accept", f"T1:C1:{number}", "--die", death).wait(60)
        assert works.count(f"T1:C1:{number} done") == 0

    works.start("--name", "last")
    for number, death in enumerate(DEATHS):
        works.until(f"T1:C1:{number} done")
        assert works.count(f"T1:C1:{number} done") == 1
        for step in ("first", "look", "last"):
            again = death == f"after {step}"  # the effect was there, its record was not: that step alone comes again
            assert works.count(f"T1:C1:{number} {step} ärger & <!channel>") == (2 if again else 1), (death, step)


@postgresql_is_slow
def test_the_same_key_is_accepted_once_before_and_after_a_restart(works: Works) -> None:
    first = works.start("--accept", "T1:C1:1,T1:C1:1,T1:C1:2")
    works.until("T1:C1:2 done")
    works.until("T1:C1:1 done")
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0

    works.start("--accept", "T1:C1:1", "--name", "two")
    works.until("T1:C1:1 accepted False", 2)

    assert works.count("T1:C1:1 accepted True") == 1
    assert works.count("T1:C1:1 first") == 1


@postgresql_is_slow
@pytest.mark.slow
def test_work_begun_while_stopping_goes_on_at_the_next_start(works: Works) -> None:
    first = works.start("--accept", "T1:C1:1", "--slow", "0.5")
    works.until("T1:C1:1 first")
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    assert works.count("T1:C1:1 done") == 0

    works.start("--name", "two")
    works.until("T1:C1:1 done by two")

    assert [works.count(f"T1:C1:1 {step}") for step in ("first", "look", "last")] == [1, 1, 1]


@postgresql_is_slow
def test_work_begun_while_stopping_is_done_where_there_is_time_for_it(works: Works) -> None:
    first = works.start("--accept", "T1:C1:1", "--slow", "0.5", "--draining", "60")
    works.until("T1:C1:1 first")
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    assert works.count("T1:C1:1 done by one") == 1


@postgresql_is_slow
def test_nobody_takes_over_from_one_that_is_stopping(works: Works) -> None:
    works.start("--name", "two", *SILENCE_OF_A_BUSY_MACHINE)
    works.until("launched two")  # before there is any work, which would be done meanwhile
    first = works.start("--accept", "T1:C1:1", "--slow", "4", "--draining", "60", *SILENCE_OF_A_BUSY_MACHINE)
    works.until("T1:C1:1 accepted")
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    assert works.count("T1:C1:1 done by one") == 1
    assert [works.count(f"T1:C1:1 {step}") for step in ("first", "look", "last")] == [1, 1, 1]


@sqlite_is_slow
def test_a_survivor_takes_over_from_one_that_was_killed_elsewhere(works: Works) -> None:
    if not works.database:
        pytest.skip("SQLite is one machine's: who shares it shares the data directory too")
    works.start("--silence", "2", "--lease", "1", "--name", "survivor", data="elsewhere")
    works.until("launched survivor")
    works.start("--accept", "T1:C1:1", "--die", "after look", "--silence", "2", "--lease", "1").wait(60)

    works.until("T1:C1:1 done by survivor")

    assert works.count("T1:C1:1 look") == 2
    assert works.count("T1:C1:1 first") == 1


@pytest.mark.slow
def test_one_that_was_only_paused_stops_when_it_wakes_up_and_finds_its_work_taken_over(works: Works) -> None:
    if not works.database:
        pytest.skip("who is paused while it writes to SQLite keeps everybody out of the file")
    pulse = ("--silence", "2", "--lease", "1")
    paused = works.start("--accept", "T1:C1:1", "--slow", "0.7", *pulse)
    works.until("T1:C1:1 first")
    time.sleep(0.2)  # in the middle of the next step
    paused.send_signal(signal.SIGSTOP)
    works.start("--name", "two", *pulse)
    works.until("T1:C1:1 done by two")

    paused.send_signal(signal.SIGCONT)

    works.until("ends one")
    paused.wait(60)
    assert works.count("T1:C1:1 done") == 1
    assert works.count("T1:C1:1 last") == 1


@pytest.mark.slow
def test_nobody_takes_over_from_one_that_lives(works: Works) -> None:
    works.start("--name", "two", *SILENCE_OF_A_BUSY_MACHINE)
    works.until("launched two")  # before there is any work, which would be done meanwhile
    works.start("--accept", "T1:C1:1", "--slow", "4", *SILENCE_OF_A_BUSY_MACHINE)

    works.until("T1:C1:1 done by one")

    assert [works.count(f"T1:C1:1 {step}") for step in ("first", "look", "last")] == [1, 1, 1]
