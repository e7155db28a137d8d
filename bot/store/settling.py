"""What people answered to the questions that settle an open verdict: one answer for an entry of a stored answer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select

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

    def known_to(self, answers: Iterable[str]) -> Mapping[str, Mapping[str, SettlingAnswer]]:
        """The same for the question of each of these stored answers: by the answer's id, then by entry."""
        same = stored_answers.alias("same_question")
        query = (
            select(same.c.id.label("to"), settling_answers)
            .join(stored_answers, stored_answers.c.id == settling_answers.c.diagnosis_id)
            .join(same, and_(same.c.case_id == stored_answers.c.case_id, same.c.question == stored_answers.c.question))
            .where(same.c.id.in_(list(answers)))
            .order_by(settling_answers.c.at, settling_answers.c.diagnosis_id)
        )
        found: dict[str, dict[str, SettlingAnswer]] = defaultdict(dict)
        with self.store.reading() as connection:
            for row in connection.execute(query).mappings():
                given = SettlingAnswer(**{name: value for name, value in row.items() if name != "to"})
                found[row["to"]][given.entry] = given
        return found
