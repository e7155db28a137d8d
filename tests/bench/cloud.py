"""``make bench-cloud``: what the cloud costs a question: an API that answers in 200 ms, and one that never does.

Each question is asked without the cloud and with it, in turns, in one run: the difference is what counts.
"""

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.cloud.credentials import Credentials
from bot.cloud.requests import CloudTransport
from bot.cloud.transport import Endpoint, LiveCloud
from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.transport import Transport
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import Clinic
from bot.probes import vocabulary
from bot.recordings import Recording, load, serve
from knowledge.loading import BUILTIN_FOLDER, load_entries
from knowledge.model import Entry
from tests.openapi import KEY_ID, SECRET, OpenApi

ASKED = (
    ("terway-vswitch-out-of-ips", "terway-cloud-vswitch-empty"),
    ("terway-eni-quota-blocks-new-vswitch", "terway-cloud-eni-quota-reached"),
    ("terway-pod-ip-outside-vswitch", "terway-cloud-pod-ip-outside"),
    ("terway-new-vswitch-no-internet", "terway-cloud-internet-no-snat"),
    ("terway-new-vswitch-no-internet", "terway-cloud-internet-split-route"),
    ("terway-mac-not-found", "terway-cloud-mac-attached"),
    ("terway-upgrade-eip-pool", "terway-cloud-upgrade-done"),
    ("flannel-cannot-ping-ecs", "flannel-cloud-ping-let-in"),
    ("flannel-node-network-unavailable", "flannel-cloud-route-missing"),
    ("flannel-multiple-route-tables", "flannel-cloud-tables-incomplete"),
    ("ipv6-no-egress", "terway-cloud-ipv6-open"),
    ("ipv6-not-reachable-from-internet", "terway-cloud-ipv6-open"),
    ("view-cloud-resources", "terway-cloud-resources"),
)
PATIENT = Budget(seconds=30)


@dataclass(frozen=True)
class Took:
    """One question: seconds, the calls that it made of the cloud, and its verdict."""

    seconds: float
    calls: int
    verdict: str


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cloud", description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds that the API takes for a call")
    chosen = parser.parse_args()
    os.environ.update({"ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET})
    asyncio.run(_measure(chosen.times, chosen.latency))


async def _measure(times: int, latency: float) -> None:
    entries = {entry.id: entry for entry in load_entries([BUILTIN_FOLDER], vocabulary())}
    await _warm_up(entries)
    print("| entry | recording | calls | without | with | more | verdict | hanging, more | verdict then |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    worst, most, hung = 0.0, 0, 0.0
    for entry, name in ASKED:
        without, with_, hanging = await _of(entries, entry, load(name), times, latency)
        more, waited = _seconds(with_) - _seconds(without), hanging.seconds - _seconds(without)
        worst, most, hung = max(worst, more), max(most, with_[0].calls), max(hung, waited)
        print(
            f"| {entry} | {name} | {with_[0].calls} | {_seconds(without):.2f} | {_seconds(with_):.2f} | {more:+.2f} "
            f"| {with_[0].verdict} | {waited:+.2f} | {hanging.verdict} |",
            flush=True,
        )
    print(f"\nAt most {most} calls and {worst:.2f} s more; where the API hangs, {hung:.2f} s more.")


async def _of(
    entries: Mapping[str, Entry], entry: str, store: Recording, times: int, latency: float
) -> tuple[list[Took], list[Took], Took]:
    without, with_ = [], []
    with OpenApi.of(store.name).running() as openapi:
        openapi.latency = latency
        for _ in range(times):
            without.append(await _asked(entries, entry, store, None))
            with_.append(await _asked(entries, entry, store, LiveCloud(Credentials(), Endpoint.of(openapi.url))))
        openapi.hangs = {"*"}
        hanging = await _asked(entries, entry, store, LiveCloud(Credentials(), Endpoint.of(openapi.url)))
    return without, with_, hanging


async def _asked(entries: Mapping[str, Entry], entry: str, store: Recording, cloud: CloudTransport | None) -> Took:
    async with serve(replace(store, cloud=None)) as server, connect_to(server.kubeconfig, store.name) as link:
        cluster = Cluster(Transport(link.client), store.name, cloud=cloud)
        started = time.perf_counter()
        answer: Answer = await Clinic(entries, budget=PATIENT).check(
            [entry], cluster, words_are_clear=True, words=store.question
        )
        seconds = time.perf_counter() - started
    return Took(seconds, answer.cloud_calls, str(answer.diagnoses[0].verdict) if answer.diagnoses else "")


async def _warm_up(entries: Mapping[str, Entry]) -> None:
    """The SDK is imported at the first call of a process: half a second that no later question pays."""
    entry, name = ASKED[0]
    await _of(entries, entry, load(name), times=1, latency=0.0)


def _seconds(took: list[Took]) -> float:
    return statistics.median(each.seconds for each in took)


if __name__ == "__main__":
    main()
