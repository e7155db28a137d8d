"""``make bench-slack``: many mentions within seconds, over several channels, at a real ``netclinic serve``.

Shown: how soon Slack had its acknowledgements, when all were answered, and whether each was answered once. Slack takes
one message a second in a channel, which sets the pace of the answers.
"""

import argparse
import asyncio
import itertools
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from tests.clusters import Clusters
from tests.processes import Served, tokens
from tests.scenes import ANSWERED
from tests.workspace import Channel, Workspace

CLUSTER = "terway-out-of-ips"
WORDS = (
    "pods stuck in ContainerCreating since 10 min",
    "new pods get no IP address",
    "pods cannot resolve names after coredns restarts",
    "which network plugin do we run?",
    "交换机IP用完了吗？新建的Pod一直ContainerCreating",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.burst", description=__doc__.split("\n")[0])
    parser.add_argument("--mentions", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--channels", type=int, default=10)
    parser.add_argument("--database", default="", help="a PostgreSQL URL; SQLite if empty")
    parser.add_argument("--index-dir", type=Path, help="a built index; it is built first without")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(burst(parser.parse_args(), Path(folder)))


async def burst(chosen: argparse.Namespace, folder: Path) -> None:
    async with AsyncExitStack() as stack:
        clusters = Clusters(folder / "kubeconfig", stack)
        await clusters.serve(CLUSTER)
        slack = await stack.enter_async_context(Workspace())
        names = [f"inc-{number}" for number in range(chosen.channels)]
        for number, name in enumerate(names):
            everybody = {person.id for person in slack.team.people.values()} | {slack.team.bot.id}
            slack.team.add_channel(Channel(f"C0BURST{number:03d}", name, members=everybody))
        index = chosen.index_dir or Path(os.environ.get("TEST_DATA_DIR", folder)) / "index"
        bot = Served(
            folder,
            {
                **tokens(slack),
                "KUBECONFIG": str(clusters.path),
                "NETCLINIC_INDEX_DIR": str(index),
                "NETCLINIC_DATABASE_URL": chosen.database,
            },
        )
        stack.callback(bot.end)
        bot.start()
        await bot.serving()
        print(f"{chosen.mentions} mentions in {chosen.seconds:g} s over {chosen.channels} channels ...", flush=True)
        started = time.time()
        asked = await _ask(slack, names, chosen.mentions, chosen.seconds)
        answered = await _until_answered(slack, asked)
        _show(slack, asked, answered, started, names)


async def _ask(slack: Workspace, names: Sequence[str], mentions: int, seconds: float) -> list[tuple[str, str]]:
    asked = []
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for number in range(mentions):
        await asyncio.sleep(max(0.0, begun + number * seconds / mentions - loop.time()))
        name = names[number % len(names)]
        words = WORDS[number // len(names) % len(WORDS)]
        asked.append((name, await slack.people.say("ada", name, f"@netclinic {words}")))
    return asked


async def _until_answered(slack: Workspace, asked: Sequence[tuple[str, str]]) -> bool:
    def all_there() -> bool:
        return all(_answers(slack, name, ts) for name, ts in asked)

    try:
        return await slack.until(all_there, 600)
    except TimeoutError:
        return False


def _answers(slack: Workspace, name: str, ts: str) -> int:
    return sum(1 for reply in slack.replies(name, ts) if any(mark in reply.plain for mark in ANSWERED))


def _show(
    slack: Workspace, asked: Sequence[tuple[str, str]], all_answered: bool, started: float, names: Sequence[str]
) -> None:
    events = [sent for sent in slack.delivery.sent if sent.kind == "events_api"]
    seconds = sorted(sent.seconds for sent in events if sent.seconds is not None)
    edges = statistics.quantiles(seconds, n=100)
    print(f"events delivered                {len(events)} (each mention is two), again {_repeated(events)}")
    print(f"acknowledged after, p50         {edges[49] * 1000:,.0f} ms")
    print(f"acknowledged after, p99         {edges[98] * 1000:,.0f} ms")
    print(f"acknowledged after, at most     {seconds[-1] * 1000:,.0f} ms")
    last = max(call.at for call in slack.calls if call.method in ("chat.postMessage", "chat.update"))
    print(f"all answered                    {'yes' if all_answered else 'NO'}, after {last - started:.1f} s")
    print(f"messages a question, questions  {dict(Counter(len(slack.replies(name, ts)) for name, ts in asked))}")
    print(f"shortest time between messages  {_shortest(slack):.2f} s in one channel")
    refused = Counter(call.method for call in slack.calls if "limit" in call.outcome)
    print(f"calls refused for pace          {dict(refused) or 'none'}")


def _repeated(events: Sequence[object]) -> int:
    return sum(max(0, len(sent.attempts) - 1) for sent in events)  # type: ignore[attr-defined]


def _shortest(slack: Workspace) -> float:
    posts: dict[str, list[float]] = {}
    for call in slack.calls:
        if call.method == "chat.postMessage" and call.outcome == "ok":
            posts.setdefault(str(call.args["channel"]), []).append(call.at)
    gaps = [later - earlier for times in posts.values() for earlier, later in itertools.pairwise(times)]
    return min(gaps, default=0.0)


if __name__ == "__main__":
    main()
