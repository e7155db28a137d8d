"""People's words outside the audit log, names of their files among them: taken out of cases, answers, feedback, shared
reads and handoffs.

What was found, and all that is needed to go on without the words, stays.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select, update

from bot.store.schema import cases, feedback, handoffs, shared_reads, stored_answers

_CHECK = "check"  # the kind of answers to /netclinic check: what stands there are names of entries
PAGE_ERASED = "This page was erased, because people's words stood on it; `netclinic handoff` makes a new one.\n"
_IN_HANDOFFS = frozenset({"question", "note", "notes", "comment"})
_FIELDS = frozenset({"words", "question", "text", "note", "notes", "trouble", "message", "cluster", "namespace"})
_FILE_FIELDS = frozenset({"name", "url"})  # of the files that came with a question: how people call them


def blank_words(value: Any, fields: frozenset[str] = _FIELDS) -> Any:
    """The same JSON with nothing in the fields that hold what people wrote; of a refusal its rule is left."""
    if isinstance(value, list):
        return [blank_words(item, fields) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _blank_field(name, item, fields) for name, item in value.items()}


def _blank_field(name: str, item: Any, fields: frozenset[str]) -> Any:
    if name in fields and isinstance(item, str):
        return ""
    if name in fields and isinstance(item, list) and all(isinstance(each, str) for each in item):
        return []
    if name == "files":
        return blank_words(item, fields | _FILE_FIELDS)
    if name == "refused" and isinstance(item, str | list):
        return "" if isinstance(item, str) else ["", *item[1:]]
    return blank_words(item, fields)


def erase(connection: Connection, before: datetime, of: str = "") -> int:
    """Take the words out that were written before that time: of all, or of one person; how many rows held some."""
    theirs = select(cases.c.id).where(cases.c.opened_by == of) if of else None
    phrases = set(_phrases(connection, before, of)) if of else None
    asked = [stored_answers.c.asked_at < before, stored_answers.c.kind != _CHECK]
    if theirs is not None:  # a case's other answers go on with its question
        asked.append(or_(stored_answers.c.asked_by == of, stored_answers.c.case_id.in_(theirs)))
    erased = _blank_answers(connection, asked) + _blank_handoffs(connection, before, phrases)
    for table, column, at, by in (
        (cases, cases.c.question, cases.c.opened_at, cases.c.opened_by),
        (feedback, feedback.c.note, feedback.c.at, feedback.c.user),
    ):
        wanted = (at < before) & (column != "") & (by == of if of else True)
        erased += connection.execute(update(table).where(wanted).values({column.name: ""})).rowcount
    connection.execute(delete(shared_reads).where(shared_reads.c.started_at < before))  # they serve for a minute
    return erased


def answers_with_words_of(connection: Connection, before: datetime, of: str) -> set[str]:
    """The ids of the answers to questions that hold this person's words: those of their cases, too."""
    theirs = select(cases.c.id).where(cases.c.opened_by == of)
    by = or_(stored_answers.c.asked_by == of, stored_answers.c.case_id.in_(theirs))
    return set(connection.scalars(select(stored_answers.c.id).where(stored_answers.c.asked_at < before, by)))


def _phrases(connection: Connection, before: datetime, of: str) -> Iterator[str]:
    yield from connection.scalars(select(cases.c.question).where(cases.c.opened_by == of, cases.c.opened_at < before))
    answers = select(stored_answers.c.question).where(
        stored_answers.c.asked_by == of, stored_answers.c.asked_at < before
    )
    yield from connection.scalars(answers)
    yield from connection.scalars(select(feedback.c.note).where(feedback.c.user == of, feedback.c.at < before))
    for told in connection.scalars(select(handoffs.c.told).where(handoffs.c.made_at < before)):
        yield from (note["note"] for note in told.get("shift_notes") or [] if note["user"] == of)


def _blank_answers(connection: Connection, wanted: list[Any]) -> int:
    columns = stored_answers.c
    rows = connection.execute(
        select(columns.id, columns.told).where(*wanted, or_(columns.question != "", _holds_question()))
    ).all()
    for id_, told in rows:
        values = {"question": "", "told": {**told, "question": "", "notes": []}}
        connection.execute(update(stored_answers).where(columns.id == id_).values(values))
    return len(rows)


def _holds_question() -> Any:
    return func.length(stored_answers.c.question) > 0


def _blank_handoffs(connection: Connection, before: datetime, phrases: set[str] | None) -> int:
    """Their pages and messages are as they were posted, so they go with the words; what they were made from stays.

    ``phrases``: only where one of these stands; ``None``: where any words stand.
    """

    def is_theirs(written: str) -> bool:
        return bool(written) and (phrases is None or _is_one_of(written, phrases))

    erased = 0
    for id_, told in connection.execute(
        select(handoffs.c.id, handoffs.c.told).where(handoffs.c.made_at < before)
    ).all():
        if not any(map(is_theirs, _written(told))):
            continue
        values = {"told": _without(told, is_theirs), "text": PAGE_ERASED, "posted": None, "picture": b""}
        connection.execute(update(handoffs).where(handoffs.c.id == id_).values(values))
        erased += 1
    return erased


def _is_one_of(written: str, phrases: set[str]) -> bool:
    """Whether it is one of them, perhaps on one line and cut."""
    short = " ".join(written.split())
    lines = (" ".join(phrase.split()) for phrase in phrases)
    return any(short == line or (short.endswith("…") and line.startswith(short[:-1].rstrip())) for line in lines)


def _written(value: Any, name: str = "") -> Iterator[str]:
    """The texts in a handoff that people wrote."""
    if isinstance(value, str) and name in _IN_HANDOFFS:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _written(item, name)
    elif isinstance(value, dict):
        for inner, item in value.items():
            yield from _written(item, inner)


def _without(value: Any, is_theirs: Callable[[str], bool], name: str = "") -> Any:
    if isinstance(value, str):
        return "" if name in _IN_HANDOFFS and is_theirs(value) else value
    if isinstance(value, list):
        return [_without(item, is_theirs, name) for item in value]
    if isinstance(value, dict):
        return {inner: _without(item, is_theirs, inner) for inner, item in value.items()}
    return value
