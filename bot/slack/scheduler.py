"""Jobs that come by the clock: looks at watched cases, anchors of the audit log, handoffs and their reminders,
digests of all clusters.

Every replica looks at the clock; the key under which a job is accepted makes it happen once.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.fleet.schedule import digest_channel
from bot.handoff.repository import Handoffs
from bot.handoff.schedule import Schedule
from bot.slack.api.errors import SlackError
from bot.slack.handlers import audit, fleet, handoff, watch
from bot.slack.jobs import (
    ANCHOR,
    FLEET_DIGEST,
    HANDOFF,
    HANDOFF_REMINDER,
    WATCH,
    AnchorDue,
    FleetDigest,
    HandoffOrder,
    HandoffReminder,
    JobKind,
    Payload,
)
from bot.slack.services import Services
from bot.store import DatabaseError
from bot.store.cases import Cases

EVERY = 15.0  # seconds between two looks at the clock
REMIND_WITHIN = timedelta(days=1)  # a handoff that nobody took for longer is history
_log = logging.getLogger("netclinic.clock")


@dataclass
class Scheduler:
    """Looks at the time for one process. ``done_keys`` holds what it need not ask for again.

    A handoff that was due before ``started`` is made up for where some were posted before: a first start owes nobody
    one. A digest tells how it is now, and is posted late as well.
    """

    services: Services
    handoff_schedule: Schedule | None
    fleet_schedule: Schedule | None = None
    done_keys: set[str] = field(default_factory=set)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def run(self) -> None:
        """Until it is cancelled; a look that fails is made again."""
        while True:
            now = datetime.now(UTC)
            try:
                await self.tick(now)
            except (DatabaseError, SlackError) as error:
                _log.error("%s", error)
            except Exception:
                _log.exception("Looking at the clock failed; it is tried again.")
            await asyncio.sleep(self._pause(datetime.now(UTC)))

    async def tick(self, now: datetime) -> None:
        """Accept the work that is due."""
        team, hours = self.services.bot.team, self.services.settings.audit_anchor_hours
        await self._accept(ANCHOR, audit.due_key(team, now, hours), AnchorDue())
        due = self.handoff_schedule.missed(now) if self.handoff_schedule else None
        if due is not None:
            await self._handoff(due)
        if self.fleet_schedule and (due := self.fleet_schedule.missed(now)):
            await self._digest(due)
        minutes = self.services.settings.handoff_remind_minutes
        if minutes:
            store = self.services.store
            late = now - timedelta(minutes=minutes)
            for id_ in await store.run(Handoffs(store).unacknowledged, now - REMIND_WITHIN, late):
                key = f"{self.services.bot.team}:{HANDOFF_REMINDER.name}:{id_}"
                await self._accept(HANDOFF_REMINDER, key, HandoffReminder(handoff=id_))

        for case in await self.services.store.run(Cases(self.services.store).list_watched, team):
            if look := watch.due_look(case, now, self.services.timing):
                await self._accept(WATCH, *look)

    async def _handoff(self, due: datetime) -> None:
        key = handoff.due_key(self.services.bot.team, due)
        if key in self.done_keys:
            return
        channel = await self._find_channel(self.services.settings.oncall_channel, key, "handoff")
        if channel is None:
            return
        store = self.services.store
        if due < self.started and await store.run(Handoffs(store).last, channel) is None:
            self.done_keys.add(key)
            return
        await self._accept(HANDOFF, key, HandoffOrder(words="last", channel=channel, user=""))

    async def _digest(self, due: datetime) -> None:
        key = fleet.due_key(self.services.bot.team, due)
        if key in self.done_keys:
            return
        channel = await self._find_channel(digest_channel(self.services.settings), key, "digest of the clusters")
        if channel is not None:
            await self._accept(FLEET_DIGEST, key, FleetDigest(channel=channel))

    async def _find_channel(self, wanted: str, key: str, what: str) -> str | None:
        """Its id; where there is none, that is logged, and the work of this key is over."""
        channel = await self.services.directory.find_channel(wanted)
        if channel is None:
            _log.error("There is no channel %s that netclinic is in: no %s is posted.", wanted, what)
            self.done_keys.add(key)
        return channel

    async def _accept(self, kind: JobKind[Payload], key: str, payload: Payload) -> None:
        if key not in self.done_keys:
            await self.services.queue.accept(kind.name, key, kind.dump(payload))
            self.done_keys.add(key)

    def _pause(self, now: datetime) -> float:
        every = min(EVERY, self.services.timing.watch_every)
        schedules = [each for each in (self.handoff_schedule, self.fleet_schedule) if each]
        return min([every, *(max(0.1, (each.next(now) - now).total_seconds()) for each in schedules)])
