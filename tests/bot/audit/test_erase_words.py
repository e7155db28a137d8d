"""Erasing people's words: whose go, what stays, and that nothing of them is left in the file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event, text

from bot.audit import Actor, AuditLog
from bot.audit.prune import AmbiguousActor, erase_words
from bot.audit.verify import verify
from tests.bot.audit.conftest import LATER, Filled, at


def test_words_are_erased_and_the_chain_holds(log: AuditLog, filled: Filled, bob: Actor) -> None:
    filled(12)
    erased = erase_words(log, at(7), actor=bob)
    assert erased is not None
    assert (erased.count, erased.record.seq, erased.record.action) == (3, 13, "audit.erased")
    verified = verify(log.store)
    assert (verified.holds, verified.words_kept, verified.words_erased) == (True, 1, 3)


def test_one_person_s_words_are_erased_alone(log: AuditLog, filled: Filled, bob: Actor) -> None:
    filled(12)
    erased = erase_words(log, LATER, actor=bob, of="U2ANN")
    assert erased is not None
    assert erased.count == 2
    verified = verify(log.store)
    assert (verified.holds, verified.words_kept, verified.words_erased) == (True, 2, 2)
    assert erase_words(log, LATER, actor=bob, of="U2ANN") is None
    assert erase_words(log, LATER, actor=bob, of="U9NOBODY") is None


@pytest.mark.parametrize("of", ["ann", "ann@C2OPS", "U2ANN"])
def test_a_person_whose_words_are_erased_may_be_named(log: AuditLog, filled: Filled, bob: Actor, of: str) -> None:
    filled(12)
    erased = erase_words(log, LATER, actor=bob, of=of)
    if "@" in of:  # which is for terminals alone
        assert erased is None
        return
    assert erased is not None
    assert (erased.count, erased.record.details) == (2, {"to": 12, "actor": "U2ANN", "count": 2})
    assert verify(log.store).holds


def ask(log: AuditLog, *people: Actor) -> None:
    for person in people:
        log.record("question.received", actor=person, detail={"question": f"dns? {person.name}"})


SHARED = [Actor("terminal", "1000", name, f"{name}s-laptop") for name in ("alice", "bob")]
MIXED = {
    "1000": "The id 1000 is that of several people (alice@alices-laptop, bob@bobs-laptop)",
    "bob": "The id 1000 is that of several people (alice@alices-laptop, bob@bobs-laptop)",
    "bob@bobs-laptop": "The id 1000 is that of several people (alice@alices-laptop, bob@bobs-laptop)",
    "eve": "'eve' is 501 and U3EVE, so nothing was erased: give one of these ids.",
    "ada@one": "The id 502 is that of several people (ada@one, ada@two)",
}


@pytest.mark.parametrize("of", MIXED)
def test_nobody_else_s_words_are_erased_with_one_s(log: AuditLog, bob: Actor, of: str) -> None:
    ask(log, *SHARED, Actor("slack", "U3EVE", "eve"), Actor("terminal", "501", "eve", "mac"))
    ask(log, *(Actor("terminal", "502", "ada", host) for host in ("one", "two")))
    with pytest.raises(AmbiguousActor) as told:
        erase_words(log, LATER, actor=bob, of=of)
    assert str(told.value).startswith(MIXED[of])
    assert verify(log.store).words_kept == 6
    for one, count in (("501", 1), ("ada", 2)):
        erased = erase_words(log, LATER, actor=bob, of=one)
        assert erased is not None
        assert erased.count == count
    assert verify(log.store).holds


def test_a_record_of_an_erasure_covers_nothing_younger_and_nobody_else(
    log: AuditLog, filled: Filled, owner: Callable[..., None], bob: Actor
) -> None:
    filled(12)
    erase_words(log, at(5), actor=bob, of="U1BOB")
    owner("DELETE FROM audit_words WHERE seq = 7")  # of Bob, but younger
    fault = verify(log.store).fault
    assert fault is not None
    assert (fault.seq, fault.what) == (7, "erased")


def test_erased_words_are_nowhere_in_the_file(log: AuditLog, filled: Filled, bob: Actor, tmp_path: Path) -> None:
    @event.listens_for(log.store.engine, "connect")
    def careless(connection: object, _: object) -> None:
        if log.store.is_sqlite:  # some builds overwrite what is deleted anyway
            connection.execute("PRAGMA secure_delete = OFF")  # type: ignore[attr-defined]

    log.store.engine.dispose()
    log.record("question.received", actor=bob, detail={"question": "my-very-own-words " * 200})
    filled(12)
    erase_words(log, LATER, actor=bob)
    if log.store.is_sqlite:  # which is still open: its write-ahead log must not hold them either
        content = b"".join(path.read_bytes() for path in tmp_path.glob("netclinic.sqlite*"))
        assert b"dns-timeout" in content
        assert b"my-very-own-words" not in content
    with log.store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_words")).scalar() == 0
