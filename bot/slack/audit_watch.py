"""Verifying the audit log's chain now and then while serving, so that somebody hears of a change who did not look."""

import asyncio
import logging
import threading
import time
from dataclasses import dataclass, field

from bot.audit.verify import verify
from bot.slack.metrics import Metrics
from bot.slack.timing import Timing
from bot.store import DatabaseError, Store

_log = logging.getLogger("netclinic.audit")


class _Ended(Exception):
    """The process stops, and what it verifies is not waited for."""


@dataclass(frozen=True)
class AuditWatch:
    """Told to ``metrics``; a fault is an error of the log, too."""

    store: Store
    metrics: Metrics
    timing: Timing
    _ended: threading.Event = field(default_factory=threading.Event)

    async def run(self) -> None:
        """Until it is cancelled, which ends what is being read too: a thread would hold the end of the process up."""
        try:
            await asyncio.sleep(self.timing.first_verification)
            while True:
                await self._try_look()
                await asyncio.sleep(self.timing.verify_every)
        finally:
            self._ended.set()

    async def _try_look(self) -> None:
        try:
            await self.look()
        except DatabaseError as error:
            _log.error("The audit log could not be verified: %s", error)
        except Exception:
            _log.exception("Verifying the audit log failed; it is tried again.")

    async def look(self) -> None:
        """Once, all of it.

        Raises:
            DatabaseError: it cannot be read.
        """
        found = await self.store.run(verify, self.store, progress=self._go_on)
        self.metrics.know_verification(time.time(), holds=found.holds)
        if found.fault is not None:
            _log.error("The audit log does not hold: %s `netclinic audit verify` tells more.", found.fault.why)

    def _go_on(self, done: int, of: int) -> None:
        if self._ended.is_set():
            raise _Ended(f"{done} of {of} records were verified")
