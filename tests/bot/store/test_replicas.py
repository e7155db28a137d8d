"""Who lives, and who takes over from whom."""

from datetime import UTC, datetime, timedelta

from bot.store import Store, idempotency_keys, replicas


def test_a_process_is_taken_over_once_and_only_when_it_was_silent(store: Store) -> None:
    replicas.join(store, "one", "host", "1")
    replicas.join(store, "two", "host", "1")
    replicas.join(store, "three", "host", "1")

    assert not replicas.claim(store, "one", "two", 30.0)
    assert replicas.claim(store, "one", "two", 0.0)
    assert not replicas.claim(store, "one", "three", 0.0)
    assert replicas.taken_over(store) == ["one"]
    assert set(replicas.seconds_silent(store, "two")) == {"three"}


def test_one_that_was_taken_over_hears_it_at_its_next_sign_of_life(store: Store) -> None:
    replicas.join(store, "one", "host", "1")
    assert replicas.beat(store, "one")
    replicas.claim(store, "one", "two", 0.0)
    assert not replicas.beat(store, "one")


def test_one_that_said_goodbye_may_be_taken_over_at_once(store: Store) -> None:
    replicas.join(store, "one", "host", "1")
    replicas.leave(store, "one")
    assert replicas.seconds_silent(store, "two")["one"] > 3600
    assert replicas.claim(store, "one", "two", 30.0)


def test_only_what_was_taken_over_long_ago_is_forgotten(store: Store) -> None:
    replicas.join(store, "one", "host", "1")
    replicas.join(store, "two", "host", "1")
    replicas.claim(store, "one", "two", 0.0)
    assert replicas.delete_started_before(store, datetime.now(UTC) - timedelta(days=1)) == 0
    assert replicas.delete_started_before(store, datetime.now(UTC) + timedelta(seconds=5)) == 1
    assert replicas.beat(store, "two")


def test_what_may_happen_once_happens_once(store: Store) -> None:
    assert idempotency_keys.claim(store, "post:1")
    assert not idempotency_keys.claim(store, "post:1")
    assert idempotency_keys.claim(store, "post:2")
    entered = idempotency_keys.claimed_at(store, "post:1")
    assert entered is not None
    assert abs((datetime.now(UTC) - entered).total_seconds()) < 60
    assert idempotency_keys.claimed_at(store, "post:3") is None
    assert idempotency_keys.delete_before(store, datetime.now(UTC) + timedelta(seconds=5)) == 2
    assert idempotency_keys.claim(store, "post:1")
