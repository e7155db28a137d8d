"""A cluster whose replies are damaged one at a time: what was served once is given again, with one value changed.

It stands in at the wire (a transport that holds replies), so that hundreds of damaged clusters are read in seconds.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.transport import ReadError, Reply, Transport
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import Clinic
from bot.recordings import Recording, serve
from knowledge.model import Entry

Asked = tuple[str, tuple[tuple[str, str], ...], str]  # path, query, accept
Path = tuple[str | int, ...]
ADDRESSED = {"clusterIPs", "clusterIP", "podIP", "ip", "podCIDR", "podCIDRs"}
_PATIENT = Budget(requests=500, seconds=60)


@dataclass
class KeptReplies(Transport):
    """What a cluster answered, by what was asked; asked for more, it answers like a server that is too busy."""

    replies: dict[Asked, Reply | ReadError]
    behind: Transport | None = None

    async def get(
        self, path: str, query: Sequence[tuple[str, str]], accept: str, seconds: float, most_bytes: int
    ) -> Reply:
        asked = (path, tuple(query), accept)
        if asked not in self.replies and self.behind is not None:
            try:
                self.replies[asked] = await self.behind.get(path, query, accept, seconds, most_bytes)
            except ReadError as error:
                self.replies[asked] = error
        found = self.replies.get(asked, ReadError("timeout", f"{path} was not kept"))
        if isinstance(found, ReadError):
            raise found
        return found


async def keep_replies(recording: Recording, entries: Mapping[str, Entry]) -> dict[Asked, Reply | ReadError]:
    """Every reply that judging all faults on the recording takes."""
    async with serve(recording) as server, connect_to(server.kubeconfig, recording.name) as link:
        kept = KeptReplies({}, Transport(link.client))
        await judge(entries, kept)
        return kept.replies


async def judge(entries: Mapping[str, Entry], transport: Transport) -> Answer:
    """Every fault, as if the words had plainly described each: the harder test."""
    return await Clinic(entries, budget=_PATIENT).check((), Cluster(transport, "kept"), words_are_clear=True)


def confirmed(answer: Answer) -> set[str]:
    return {item.entry.id for item in answer.diagnoses if item.verdict == "confirmed"}


@dataclass(frozen=True)
class Damage:
    """One value of one reply, and what it becomes."""

    asked: Asked
    at: Path
    how: str

    def __str__(self) -> str:
        return f"{self.asked[0]} {dict(self.asked[1])} at {'.'.join(map(str, self.at))}: {self.how}"

    def applied(self, replies: Mapping[Asked, Reply | ReadError]) -> dict[Asked, Reply | ReadError]:
        reply = replies[self.asked]
        assert isinstance(reply, Reply)
        body = orjson.loads(reply.body)
        *above, last = self.at
        holder = value_at(body, above)
        if self.how == "dropped":
            del holder[last]
        else:
            holder[last] = SHAPES[self.how](holder[last])
        return {**replies, self.asked: Reply(orjson.dumps(body), reply.date)}


SHAPES: dict[str, Callable[[Any], Any]] = {
    "text": lambda value: "odd" if value != "odd" else "odder",
    "number": lambda value: 7,
    "fraction": lambda value: 1.5,
    "truth": lambda value: True,
    "untruth": lambda value: False,
    "list": lambda value: ["odd"],
    "list around": lambda value: [value],
    "list of lists": lambda value: [[value]],
    "map": lambda value: {"odd": {"odd": "x"}},
    "map around": lambda value: {"a": value},
    "empty map": lambda value: {},
    "empty list": lambda value: [],
    "address text": lambda value: "fd00::zz:1",
}


def value_at(value: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        value = value[step]
    return value


def places(value: Any, above: Path = ()) -> Iterator[Path]:
    """Every place in parsed JSON; of long lists the first members."""
    members: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, dict):
        members = iter(value.items())
    elif isinstance(value, list):
        members = iter(list(enumerate(value))[:6])
    for step, member in members:
        yield (*above, step)
        yield from places(member, (*above, step))


def changes_shape(value: Any, how: str) -> bool:
    """Whether it becomes something of another type: a text for a text is another cluster, not a damaged reply."""
    became = SHAPES[how](copy.deepcopy(value))
    return type(became) is not type(value)


def damages(replies: Mapping[Asked, Any]) -> list[Damage]:
    """Every value of every reply as each other type, and addresses as texts that are none."""
    found = []
    for asked, reply in replies.items():
        body = orjson.loads(reply.body) if isinstance(reply, Reply) and reply.body[:1] == b"{" else {}
        for at in places(body):
            value = value_at(body, at)
            found += [Damage(asked, at, how) for how in SHAPES if changes_shape(value, how)]
            if isinstance(value, str) and ADDRESSED & set(at):
                found.append(Damage(asked, at, "address text"))
    return found
