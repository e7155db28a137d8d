"""Whether answers helped: one word a person and answer, the last one counts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, select

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

    def save(self, word: Feedback) -> None:
        """Store it in place of what the same person said of the same answer before; the same word keeps its note."""
        statement = self.store.insert(feedback).values(**vars(word))
        new = statement.excluded
        changes = {"helped": new.helped, "at": new.at, "entry": new.entry}
        changes["note"] = case((feedback.c.helped == new.helped, feedback.c.note), else_=new.note)
        with self.store.writing() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=list(feedback.primary_key), set_=changes))

    def add_note(self, diagnosis_id: str, user: str, note: str) -> bool:
        """Add a note to what this person said; false when nothing was said."""
        with self.store.writing() as connection:
            done = connection.execute(feedback.update().where(*_by(diagnosis_id, user)).values(note=note))
        return bool(done.rowcount)

    def for_case(self, case_id: str) -> list[Feedback]:
        """All that was said in a case, oldest first."""
        query = select(feedback).where(feedback.c.case_id == case_id).order_by(feedback.c.at, feedback.c.user)
        with self.store.reading() as connection:
            return [Feedback(**row) for row in connection.execute(query).mappings()]


def _by(diagnosis_id: str, user: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return feedback.c.diagnosis_id == diagnosis_id, feedback.c.user == user
