"""Where a case was handed to on-call, so that the message can say later who took it, and that it is over."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from bot.store.engine import Store
from bot.store.schema import handovers


@dataclass(frozen=True, kw_only=True)
class Handover:
    """The message in ``channel`` at ``message_ts`` by which ``handed_by`` gave a case to people, or to a user group.

    ``diagnosis_id``: the stored answer that it sums up.
    """

    case_id: str
    diagnosis_id: str
    handed_by: str
    handed_to: tuple[str, ...]
    at: datetime
    channel: str
    message_ts: str


@dataclass(frozen=True)
class Handovers:
    """Reading and writing them; of a case that was handed over again the last one counts."""

    store: Store

    def save(self, handover: Handover) -> None:
        """Store it."""
        values = {**vars(handover), "handed_to": list(handover.handed_to)}
        with self.store.writing() as connection:
            connection.execute(delete(handovers).where(handovers.c.case_id == handover.case_id))
            self.store.insert_if_absent(connection, handovers, **values)

    def of_case(self, case_id: str) -> Handover | None:
        """The last one of a case."""
        with self.store.reading() as connection:
            row = connection.execute(select(handovers).where(handovers.c.case_id == case_id)).mappings().first()
        return None if row is None else Handover(**{**row, "handed_to": tuple(row["handed_to"])})
