"""Conversations as text: who said or did what, on which cluster, and what came back. Read one before reading this.

# title
cluster prod is terway-out-of-ips          served under that name; `is unreachable`; again later: it has changed
setting NETCLINIC_MAY_ASK=@oncall
cloud is terway-cloud-internet-well        Alibaba Cloud answers as that recording; later: it has changed; `hangs`
the cloud was asked 3 times                in all; `not asked`
Slack refuses reactions.add: missing_scope from then on
ada in #inc-shop: @netclinic pods stuck    a message; from then on `thread` is its thread
ada in thread: and now?
ada in #inc-shop sends app.log: @netclinic look at this   the file's lines stand below; `900 times: INFO all is well`
ada edits: @netclinic pods stuck, and the error           the message said last
the app has no files:read                  a scope that was not granted
alerts in #inc-shop attaches: title; text; label: value    a bot's alert, all of it in an attachment
ada to netclinic: pods stuck               a direct message
ada in #ops types: /netclinic help
ada presses Re-check                       on the bot's newest message with buttons
ada chooses prod
ada uses diagnose_message                  on the message said last; `ada uses ask` opens the form
ada submits: symptom=pods stuck; channel=#ops
ada opens Home
netclinic in thread: some words            waits for the newest message there to hold them
  more words                               which it holds too
  not: other words
the first answer in thread: some words     the same of the bot's first message there, which is kept up to date
netclinic alone to ada: words              `in #ops`, `in ada's messages`: a message that opens a thread
1 message alone to ada                     waits for so many, which nobody else sees, and finds no more
netclinic shows ada: words                 a modal, or errors in it; `Home shows ada`
nobody is mentioned but ada                in the bot's messages in the thread
netclinic says nothing
2 messages of netclinic in thread
the newest is not edited                   as is one that Slack notifies people of; `is edited`
the question shows red_circle              the bot's one reaction on the message said last in a channel; `nothing`
nothing is going on in thread              no status stands under it
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.scenes import SECONDS, Scene

QUIET = 1.5  # seconds after which silence is silence


@dataclass(frozen=True)
class Line:
    """One line, with the words that stand indented below it."""

    number: int
    text: str
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """A conversation as it is written."""

    title: str
    clusters: dict[str, str]
    settings: dict[str, str]
    lines: tuple[Line, ...]
    cloud: str = ""


def read(path: Path) -> Transcript:
    """What stands in the file."""
    first, *rest = list(_lines(path.read_text(encoding="utf-8")))
    clusters: dict[str, str] = {}
    settings: dict[str, str] = {}
    cloud = ""
    while rest:
        if match := re.fullmatch(r"cluster (\S+) is (\S+)", rest[0].text):
            clusters[match[1]] = match[2]
        elif match := re.fullmatch(r"setting (\w+)=(.*)", rest[0].text):
            settings[match[1]] = match[2]
        elif not cloud and (match := re.fullmatch(r"cloud is (\S+)", rest[0].text)):
            cloud = match[1]
        else:
            break
        rest = rest[1:]
    return Transcript(first.text.lstrip("# "), clusters, settings, tuple(rest), cloud)


def _lines(text: str) -> Iterator[Line]:
    held: Line | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip():
            continue
        if raw.startswith(" ") and held is not None:
            held = Line(held.number, held.text, (*held.below, raw.strip()))
            continue
        if held is not None:
            yield held
        held = Line(number, raw.strip())
    if held is not None:
        yield held


@dataclass
class Player:
    """Plays a conversation in a scene. ``thread`` is the channel and message of the thread that is talked about."""

    scene: Scene
    thread: tuple[str, str] = ("", "")
    last_said: tuple[str, str] = ("", "")
    asked: tuple[str, str] = ("", "")
    alone: Any = None
    spoken: list[Any] = field(default_factory=list)

    async def play(self, transcript: Transcript) -> None:
        """Every line; AssertionError or TimeoutError names the one that is not so."""
        for line in transcript.lines:
            try:
                await self._line(line)
            except (AssertionError, TimeoutError, KeyError) as error:
                raise AssertionError(f"line {line.number}: {line.text}\n{error}") from error

    async def _line(self, line: Line) -> None:
        for pattern, act in _GRAMMAR:
            if match := re.fullmatch(pattern, line.text, re.DOTALL):
                await act(self, line, *match.groups())
                return
        raise AssertionError("nobody understands this line")

    async def says(self, line: Line, who: str, where: str, words: str) -> None:
        text = "\n".join([words, *map(_repeated, line.below)]).replace("\\n", "\n")
        if where == "thread":
            ts = await self.scene.slack.people.say(who, self.thread[0], text, self.thread[1])
            self.last_said = (self.thread[0], ts)
        else:
            channel = self._channel(who, where)
            ts = await self.scene.slack.people.say(who, channel, text)
            self.last_said = self.thread = self.asked = (channel, ts)

    async def attaches(self, line: Line, who: str, where: str, words: str) -> None:
        """The first part is the title, those with a label are fields, the rest is text."""
        title, *rest = [part.strip() for part in words.split(";")]
        fields = [dict(zip(("title", "value"), part.split(": ", 1), strict=True)) for part in rest if ": " in part]
        text = "\n".join(part for part in rest if ": " not in part)
        attachment = {"title": title, "text": text, "fields": fields, "fallback": title}
        channel = self._channel(who, where)
        ts = await self.scene.slack.people.say(who, channel, "", attachments=[attachment], blocks=[])
        self.last_said = self.thread = (channel, ts)

    async def sends(self, line: Line, who: str, where: str, name: str, words: str) -> None:
        """With a file of the lines below."""
        content = [_repeated(each) for each in line.below]
        channel = self._channel(who, where)
        ts = await self.scene.slack.people.say(who, channel, words, files=[(name, "\n".join(content))])
        self.last_said = self.thread = self.asked = (channel, ts)

    async def edits(self, line: Line, who: str, words: str) -> None:
        await self.scene.slack.people.edit(who, *self.last_said, "\n".join([words, *map(_repeated, line.below)]))

    async def lacks(self, line: Line, scope: str) -> None:
        app = self.scene.slack.app
        object.__setattr__(app, "scopes", app.scopes - {scope})

    async def writes(self, line: Line, who: str, words: str) -> None:
        await self.says(line, who, "@netclinic", words)

    async def types(self, line: Line, who: str, where: str, words: str) -> None:
        self.thread = (self._channel(who, where), "")
        await self.scene.slack.people.command(who, self.thread[0], words)

    async def presses(self, line: Line, who: str, label: str, where: str | None) -> None:
        target = self.scene.slack.modals(who)[-1] if where == "the form" else self._message()
        await self.scene.slack.people.press(who, target, label)

    async def chooses(self, line: Line, who: str, option: str) -> None:
        await self.scene.slack.people.choose(who, self._message(), "choose_cluster", option)

    async def uses(self, line: Line, who: str, shortcut: str) -> None:
        people = self.scene.slack.people
        if shortcut == "diagnose_message":
            self.thread = self.last_said
            await people.message_shortcut(who, *self.last_said, shortcut)
        else:
            await people.global_shortcut(who, shortcut)

    async def submits(self, line: Line, who: str, fields: str) -> None:
        values = dict(item.split("=", 1) for item in fields.split("; ") if item)
        if "channel" in values:
            values["channel"] = self.scene.slack.team.channel(values["channel"]).id
        await self.scene.slack.until(lambda: self.scene.slack.modals(who), SECONDS)
        await self.scene.slack.people.submit(who, values)

    async def opens_home(self, line: Line, who: str) -> None:
        await self.scene.slack.people.open_home(who)

    async def changes(self, line: Line, name: str, recording: str) -> None:
        await self.scene.clusters.serve(recording, name)

    async def cloud_changes(self, line: Line, recording: str) -> None:
        assert self.scene.cloud is not None
        self.scene.cloud.hold(recording)

    async def cloud_hangs(self, line: Line) -> None:
        assert self.scene.cloud is not None
        self.scene.cloud.hangs = {"*"}

    async def cloud_was_asked(self, line: Line, often: str) -> None:
        assert self.scene.cloud is not None
        asked = self.scene.cloud.calls().total()
        assert asked == (0 if often == "not asked" else int(often.split()[1])), self.scene.cloud.asked

    async def in_thread(self, line: Line, words: str) -> None:
        def newest() -> Any:
            return self.scene.slack.reply(*self.thread)

        self.alone = None
        await self._expect(newest, words, line.below)

    async def first_in_thread(self, line: Line, words: str) -> None:
        await self._expect(lambda: next(iter(self.scene.slack.replies(*self.thread)), None), words, line.below)

    async def in_channel(self, line: Line, where: str, words: str) -> None:
        channel = self._channel("", where)
        bot = self.scene.slack.team.bot.bot_id

        def newest() -> Any:
            roots = [m for m in self.scene.slack.messages(channel) if m.bot_id == bot and m.thread_ts in (None, m.ts)]
            return roots[-1] if roots else None

        self.alone = None
        self.thread = (channel, (await self._expect(newest, words, line.below)).ts)

    async def alone_to(self, line: Line, who: str, words: str) -> None:
        def newest() -> Any:
            return next(iter(self.scene.slack.ephemerals(who)[::-1]), None)

        self.alone = await self._expect(newest, words, line.below)

    async def counted_alone(self, line: Line, number: str, who: str) -> None:
        slack = self.scene.slack
        await self.scene.idle()
        await slack.until(lambda: len(slack.ephemerals(who)) >= int(number), SECONDS)
        found = [message.plain[:80] for message in slack.ephemerals(who)]
        assert len(found) == int(number), f"there are {len(found)}: {found}"

    async def shows(self, line: Line, who: str, words: str) -> None:
        def top() -> Any:
            return next(iter(self.scene.slack.modals(who)[::-1]), None)

        await self._expect(top, words, line.below)

    async def home_shows(self, line: Line, who: str, words: str) -> None:
        await self._expect(lambda: self.scene.slack.home(who), words, line.below)

    async def only_mentions(self, line: Line, who: str) -> None:
        """In the blocks of the bot's messages nobody else is mentioned, and no text is read as formatting."""
        mentioned: set[str] = set()
        for message in self.scene.slack.replies(*self.thread):
            mentioned |= set(_mentioned(message.blocks)) | set(re.findall(r"<[@!#][^>]*>", message.text))
        assert mentioned <= {self.scene.slack.team.person(who).id}, mentioned

    async def nothing(self, line: Line) -> None:
        before = self._all_said()
        await asyncio.sleep(QUIET)
        await self.scene.idle()
        assert self._all_said() == before, "it said something"
        assert self.scene.slack.replies(*self.thread) == [], "it has said something in the thread"

    async def refuses(self, line: Line, method: str, error: str) -> None:
        self.scene.slack.fail(method, "refused", error=error, times=None)

    async def is_edited(self, line: Line, no: str | None) -> None:
        newest = self.scene.slack.reply(*self.thread)
        assert newest is not None
        assert bool(newest.edited) is not bool(no), newest.versions

    async def reacted(self, line: Line, emoji: str) -> None:
        """Waits for it, and finds no other one of the bot's."""
        slack = self.scene.slack
        message = slack.team.find(slack.team.channel(self.asked[0]).id, self.asked[1])
        assert message is not None

        def shown() -> list[str]:
            return [name for name, users in message.reactions.items() if slack.team.bot.id in users]

        wanted = [] if emoji == "nothing" else [emoji]
        await self.scene.idle()
        try:
            await slack.until(lambda: shown() == wanted, SECONDS)
        except TimeoutError as error:
            raise AssertionError(f"it shows {shown()}") from error

    async def quiet(self, line: Line) -> None:
        await self.scene.slack.until(lambda: not self.scene.slack.status(*self.thread), SECONDS)

    async def counted(self, line: Line, number: str) -> None:
        """Waits for so many, and finds no more."""
        await self.scene.slack.until(lambda: len(self.scene.slack.replies(*self.thread)) >= int(number), SECONDS)
        found = [message.plain[:80] for message in self.scene.slack.replies(*self.thread)]
        assert len(found) == int(number), f"there are {len(found)}: {found}"

    async def _expect(self, there: Callable[[], Any], words: str, more: tuple[str, ...]) -> Any:
        """What is there once it holds the words; then it holds the others, and not what it must not."""

        def holds() -> Any:
            found = there()
            return found if found is not None and words in _plain(found) else None

        try:
            found = await self.scene.slack.until(holds, SECONDS)
        except TimeoutError as error:
            shown = _plain(there()) if there() is not None else "nothing"
            raise AssertionError(f"{words!r} is not there, but:\n{shown}\n{error}") from error
        for item in more:
            text = _plain(found)
            if item.startswith("not: "):
                assert item[5:] not in text, f"{item[5:]!r} is there:\n{text}"
            else:
                assert item in text, f"{item!r} is not there, but:\n{text}"
        return found

    def _message(self) -> Any:
        if self.alone is not None and self.alone.elements:
            return self.alone
        replies = self.scene.slack.replies(*self.thread)
        if not replies:
            return self.scene.slack.team.find(self.scene.slack.team.channel(self.thread[0]).id, self.thread[1])
        return next((reply for reply in reversed(replies) if reply.elements), replies[-1])

    def _channel(self, who: str, where: str) -> str:
        if where == "@netclinic" or where.endswith("'s messages"):
            return self.scene.slack.team.direct(who or where.removesuffix("'s messages")).id
        return where.lstrip("#")

    def _all_said(self) -> int:
        return sum(len(said) for said in self.scene.slack.team.messages.values())


def _repeated(text: str) -> str:
    """``3 times: words`` is three lines."""
    found = re.fullmatch(r"(\d+) times: (.+)", text)
    return "\n".join(f"{number} {found[2]}" for number in range(int(found[1]))) if found else text


def _mentioned(part: Any) -> Iterator[str]:
    """Everybody whom blocks mention, in rich text or in formatted text."""
    if isinstance(part, list):
        for item in part:
            yield from _mentioned(item)
    elif isinstance(part, dict):
        if part.get("type") in ("user", "usergroup", "broadcast", "channel"):
            yield str(part.get("user_id") or part.get("usergroup_id") or part.get("range") or part.get("channel_id"))
        if part.get("type") == "mrkdwn":
            yield from re.findall(r"<[@!#][^>]*>", part["text"])
        for value in part.values():
            yield from _mentioned(value)


def _plain(thing: Any) -> str:
    """The words that a reader sees of a message or a view, errors in it too."""
    errors = "\n".join(getattr(thing, "errors", {}).values())
    return f"{thing.plain}\n{errors}"


_WHO = r"(ada|lin|sam|alerts)"
_GRAMMAR: tuple[tuple[str, Callable[..., Any]], ...] = (
    (rf"{_WHO} in (#[\w-]+|@netclinic) types: (.+)", Player.types),
    (rf"{_WHO} in (#[\w-]+) attaches: (.+)", Player.attaches),
    (rf"{_WHO} in (#[\w-]+|thread): (.+)", Player.says),
    (rf"{_WHO} in (#[\w-]+) sends (\S+): (.+)", Player.sends),
    (rf"{_WHO} edits: (.+)", Player.edits),
    (r"the app has no (\S+)", Player.lacks),
    (rf"{_WHO} to netclinic: (.+)", Player.writes),
    (rf"{_WHO} presses (.+?)(?: in (the form))?", Player.presses),
    (rf"{_WHO} chooses (.+)", Player.chooses),
    (rf"{_WHO} uses (\w+)", Player.uses),
    (rf"{_WHO} submits: (.*)", Player.submits),
    (rf"{_WHO} opens Home", Player.opens_home),
    (r"cluster (\S+) is (\S+)", Player.changes),
    (r"cloud is (\S+)", Player.cloud_changes),
    (r"cloud hangs", Player.cloud_hangs),
    (r"the cloud was (not asked|asked \d+ times?)", Player.cloud_was_asked),
    (r"netclinic in thread: (.+)", Player.in_thread),
    (r"the first answer in thread: (.+)", Player.first_in_thread),
    (r"netclinic in (#[\w-]+|\w+'s messages): (.+)", Player.in_channel),
    (rf"netclinic alone to {_WHO}: (.+)", Player.alone_to),
    (rf"(\d+) messages? alone to {_WHO}", Player.counted_alone),
    (rf"netclinic shows {_WHO}: (.+)", Player.shows),
    (rf"Home shows {_WHO}: (.+)", Player.home_shows),
    (rf"nobody is mentioned but {_WHO}", Player.only_mentions),
    (r"netclinic says nothing", Player.nothing),
    (r"(\d+) messages? of netclinic in thread", Player.counted),
    (r"Slack refuses (\S+): (\w+)", Player.refuses),
    (r"the newest is (not )?edited", Player.is_edited),
    (r"the question shows (\w+)", Player.reacted),
    (r"nothing is going on in thread", Player.quiet),
)
