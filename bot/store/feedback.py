"""Whether answers helped: one word a person and answer, the last one counts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select

from bot.store.engine import Store
from bot.store.schema import feedback


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """What one person said of one answer. ``entry`` is the answer's first; empty when nothing had fitted."""

    diagnosis_id: str
    user: str
    case_id: str
    entry: str
    helped: bool
    at: datetime
    note: str = ""


@dataclass(frozen=True)
class FeedbackBook:
    """Reading and writing feedback."""

    store: Store

    def give(self, word: Feedback) -> None:
        """Store it in place of what the same person said of the same answer before."""
        with self.store.writing() as connection:
            connection.execute(feedback.delete().where(*_by(word.diagnosis_id, word.user)))
            connection.execute(feedback.insert().values(**vars(word)))

    def note(self, diagnosis_id: str, user: str, note: str) -> bool:
        """Add a note to what this person said; false when nothing was said."""
        with self.store.writing() as connection:
            done = connection.execute(feedback.update().where(*_by(diagnosis_id, user)).values(note=note))
        return bool(done.rowcount)

    def of_case(self, case_id: str) -> list[Feedback]:
        """All that was said in a case, oldest first."""
        query = select(feedback).where(feedback.c.case_id == case_id).order_by(feedback.c.at, feedback.c.user)
        with self.store.reading() as connection:
            return [Feedback(**row) for row in connection.execute(query).mappings()]


def _by(diagnosis_id: str, user: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return feedback.c.diagnosis_id == diagnosis_id, feedback.c.user == user
