"""What people answered to the questions that settle an open verdict: one answer for an entry of a stored answer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.store.engine import Store
from bot.store.schema import settling_answers, stored_answers


@dataclass(frozen=True, kw_only=True)
class SettlingAnswer:
    """``yes`` or no, as ``user`` (a Slack id) pressed it below the stored answer ``diagnosis_id``."""

    diagnosis_id: str
    entry: str
    case_id: str
    yes: bool
    user: str
    at: datetime


@dataclass(frozen=True)
class SettlingAnswers:
    """Reading and writing them."""

    store: Store

    def save(self, answer: SettlingAnswer) -> None:
        """Store it; the first one counts."""
        with self.store.writing() as connection:
            self.store.insert_if_absent(connection, settling_answers, **vars(answer))

    def given_below(self, diagnosis_id: str) -> dict[str, SettlingAnswer]:
        """By entry, what was pressed below one stored answer."""
        query = select(settling_answers).where(settling_answers.c.diagnosis_id == diagnosis_id)
        with self.store.reading() as connection:
            rows = connection.execute(query).mappings()
            return {row["entry"]: SettlingAnswer(**row) for row in rows}

    def known(self, case_id: str, question: str) -> dict[str, SettlingAnswer]:
        """By entry, what is known in a case about one question of its thread; the newest answer counts."""
        query = (
            select(settling_answers)
            .join(stored_answers, stored_answers.c.id == settling_answers.c.diagnosis_id)
            .where(settling_answers.c.case_id == case_id, stored_answers.c.question == question)
            .order_by(settling_answers.c.at, settling_answers.c.diagnosis_id)
        )
        with self.store.reading() as connection:
            rows = connection.execute(query).mappings()
            return {row["entry"]: SettlingAnswer(**row) for row in rows}
