"""The workspace's memory: who is there, what was said, and a bell that rings at each change.

All that can happen to messages, channels and files happens here, so that page, events and Web API never disagree.
"""

import asyncio
import contextlib
import secrets
import string
import time
from collections.abc import Iterable, Iterator
from typing import Any

from tests.workspace.records import Channel, File, Group, Message, Person, Status, View


def mint(prefix: str, length: int = 10) -> str:
    """A new id such as ``U7K2M0Q9ZX1``."""
    return prefix + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(length))


STATUS_LASTS = 120.0  # seconds


class Team:
    """People, channels, messages; finding them by id or by name."""

    id = "T0CLINIC00"
    domain = "local-workspace"
    name = "Local workspace"
    enterprise = ""  # an Enterprise Grid organization

    def __init__(self, bot: Person) -> None:
        self.bot = bot
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, Group] = {}
        self.messages: dict[str, list[Message]] = {}
        self.views: dict[str, View] = {}
        self.files: dict[str, File] = {}
        self.files_url = ""  # what stands before their paths
        self._statuses: dict[tuple[str, str], Status] = {}
        self.revision = 0
        self._bell = asyncio.Condition()
        self._last_ts = 0
        self._ringing: set[asyncio.Task[None]] = set()
        self.add_person(bot)

    def add_person(self, person: Person) -> Person:
        self.people[person.id] = person
        self.changed()
        return person

    def add_channel(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        self.messages.setdefault(channel.id, [])
        self.changed()
        return channel

    def add_group(self, group: Group) -> Group:
        self.groups[group.id] = group
        return group

    def person(self, who: str) -> Person:
        """By id or name; KeyError names who is missing."""
        found = self.people.get(who) or _by_name(self.people.values(), who.lstrip("@"))
        if found is None:
            raise KeyError(f"nobody here is called {who}")
        return found

    def channel(self, which: str) -> Channel:
        """By id or name, with or without ``#``; KeyError names what is missing."""
        found = self.channels.get(which) or _by_name(self.channels.values(), which.lstrip("#"))
        if found is None:
            raise KeyError(f"there is no channel {which}")
        return found

    def direct(self, who: str) -> Channel:
        """The direct conversation between this person and the bot, made when it is first needed."""
        person = self.person(who)
        for channel in self.channels.values():
            if channel.is_im and channel.user == person.id:
                return channel
        im = Channel(mint("D"), person.name + "-dm", is_im=True, user=person.id, members={person.id, self.bot.id})
        return self.add_channel(im)

    def team_of(self, user: str) -> str:
        """The team that a person belongs to."""
        person = self.people.get(user)
        return (person.team if person else "") or self.id

    def add_stranger(self, name: str, team: str, *channels: str, enterprise: str = "") -> Person:
        """Somebody of another team, who brings those channels to be shared with it."""
        person = self.add_person(Person(mint("U"), name, name.title(), team=team, enterprise=enterprise))
        for channel in map(self.channel, channels):
            channel.members.add(person.id)
            if not self.enterprise or enterprise != self.enterprise:
                channel.other_teams = (*channel.other_teams, team)
        return person

    def new_ts(self) -> str:
        """A time stamp like Slack's, later than all before it."""
        self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(self, message: Message) -> Message:
        """The app's own messages take its status in their thread away."""
        self.messages[message.channel].append(message)
        if message.user == self.bot.id and message.ephemeral_to is None:
            self._statuses.pop((message.channel, message.thread_ts or message.ts), None)
        for file in message.files:
            file.shares.append((message.channel, message.ts))
        self.changed()
        return message

    def set_status(self, channel: str, thread_ts: str, text: str, loading: tuple[str, ...] = ()) -> None:
        """What the app is doing in this thread; nothing where the text is empty."""
        self._statuses.pop((channel, thread_ts), None)
        if text:
            self._statuses[channel, thread_ts] = Status(channel, thread_ts, text, loading, time.monotonic())
        self.changed()

    def status(self, channel: str, thread_ts: str) -> Status | None:
        return next((one for one in self.statuses() if (one.channel, one.thread_ts) == (channel, thread_ts)), None)

    def statuses(self) -> list[Status]:
        """Those that still stand: Slack takes them away by itself after a while."""
        return [one for one in self._statuses.values() if time.monotonic() - one.at < STATUS_LASTS]

    def edit(self, message: Message, **changes: Any) -> Message:
        """Change a message in place and note the text that it had."""
        message.versions.append(message.text)
        for name, value in changes.items():
            setattr(message, name, value)
        self.changed()
        return message

    def remove(self, message: Message) -> None:
        self.messages[message.channel].remove(message)
        self.changed()

    def find(self, channel: str, ts: str) -> Message | None:
        """The message with this stamp, ephemeral ones too."""
        return next((m for m in self.messages.get(channel, []) if m.ts == ts), None)

    def public(self, channel: str) -> list[Message]:
        """What everybody in the channel sees, oldest first."""
        return [m for m in self.messages.get(channel, []) if m.ephemeral_to is None]

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The message that opened a thread, then its replies, oldest first."""
        return [m for m in self.public(channel) if m.ts == ts or m.thread_ts == ts]

    def changed(self) -> None:
        """Ring the bell for the page and for waiting tests."""
        self.revision += 1
        try:
            task = asyncio.get_running_loop().create_task(self._ring())
        except RuntimeError:  # being filled before a loop runs: nobody can be waiting
            return
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)

    async def _ring(self) -> None:
        async with self._bell:
            self._bell.notify_all()

    async def wait_for_change(self, since: int, seconds: float) -> int:
        """The revision, as soon as it is another than ``since`` or the time is over."""

        async def bell() -> None:
            async with self._bell:
                await self._bell.wait_for(lambda: self.revision != since)

        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(bell(), seconds)
        return self.revision


def _by_name(things: Iterable[Any], name: str) -> Any | None:
    found: Iterator[Any] = (thing for thing in things if thing.name == name)
    return next(found, None)


def settle(team: Team) -> None:
    """Fill a team with the people and channels that it starts with."""
    ada = team.add_person(Person("U0ADA00001", "ada", "Ada Okafor"))
    lin = team.add_person(Person("U0LIN00002", "lin", "Lin Wei"))
    sam = team.add_person(Person("U0SAM00003", "sam", "Sam Moreau"))
    alerts = team.add_person(
        Person("U0ALERTS04", "alerts", "Alerts", is_bot=True, bot_id="B0ALERTS04", app_id="A0ALERTS04")
    )
    everybody = {ada.id, lin.id, sam.id, alerts.id, team.bot.id}
    team.add_channel(Channel("C0INCSHOP1", "inc-shop", "Checkout fails for some customers", members=set(everybody)))
    team.add_channel(Channel("C0OPS00002", "ops", "Clusters and how they are", members=set(everybody)))
    team.add_channel(Channel("C0RANDOM03", "random", "Anything else", members=set(everybody)))
    team.add_channel(Channel("C0LOBBY004", "lobby", "The bot is not in here", members={ada.id, lin.id, sam.id}))
    team.add_group(Group("S0ONCALL01", "oncall", "On call", (lin.id, sam.id)))
    team.direct(ada.id)
