"""The audit log as everybody else sees it: hand a record over, and go on when it is stored."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from bot.audit.privacy import Privacy
from bot.audit.records import Actor, Draft, Record
from bot.audit.writer import AuditUnavailable, Writer
from bot.store import Store

__all__ = ["AuditLog", "AuditUnavailable"]


class AuditLog:
    """One database's log. Records can be added from any thread and any event loop; nothing changes or removes them."""

    def __init__(self, store: Store, privacy: Privacy | None = None) -> None:
        self.store = store
        self.privacy = privacy or Privacy()
        self._writer = Writer(store, self.privacy)

    def record(
        self,
        action: str,
        *,
        actor: Actor,
        request_id: str = "",
        case: str | None = None,
        cluster: str | None = None,
        entry: str | None = None,
        outcome: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> Record:
        """Add one record, and return when it is stored.

        ``detail`` is any JSON; what a person wrote belongs under ``question``, ``note`` or ``text``, and is kept,
        hashed or dropped as the settings say. No secrets, no contents of the cluster.

        Raises:
            AuditUnavailable: it could not be stored; what it would have allowed must not be done.
        """
        return self.store_all([_draft(action, actor, request_id, case, cluster, entry, outcome, detail)])[0]

    async def arecord(
        self,
        action: str,
        *,
        actor: Actor,
        request_id: str = "",
        case: str | None = None,
        cluster: str | None = None,
        entry: str | None = None,
        outcome: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> Record:
        """The same without holding up the event loop; records that wait at the same time are stored together."""
        return (await self.astore_all([_draft(action, actor, request_id, case, cluster, entry, outcome, detail)]))[0]

    def store_all(self, drafts: Iterable[Draft]) -> list[Record]:
        """Add several records next to each other: all are stored, or none.

        Raises:
            AuditUnavailable: as :meth:`record`.
        """
        return self._writer.submit(drafts).result()

    async def astore_all(self, drafts: Iterable[Draft]) -> list[Record]:
        """The same without holding up the event loop."""
        return await asyncio.wrap_future(self._writer.submit(drafts))

    def owe_all(self, drafts: Iterable[Draft]) -> None:
        """Hand over the outcome of what a stored record allowed, without waiting for it to be stored.

        It is stored in this order, with the next record that somebody waits for or a moment later. Where the database
        fails, so does that next record, and the outcome is stored before any other once it is back.
        """
        self._writer.owe(drafts)

    def close(self) -> None:
        """Store what was handed over, and stop the writer; the database stays open.

        Raises:
            AuditUnavailable: outcomes that were handed over could not be stored.
        """
        self._writer.close()


def _draft(
    action: str,
    actor: Actor,
    request_id: str,
    case: str | None,
    cluster: str | None,
    entry: str | None,
    outcome: str,
    detail: Mapping[str, Any] | None,
) -> Draft:
    return Draft(
        action=action,
        actor=actor,
        request_id=request_id,
        case=case or "",
        cluster=cluster or "",
        entry=entry or "",
        outcome=outcome,
        detail=detail or {},
    )
