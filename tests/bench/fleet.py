"""``make bench-fleet``: ten clusters side by side: all of them answering, one that hangs, and all hanging.

Recordings are served on loopback by a process of their own. Nothing is asserted: the figures are for reading, the
target beside them. What a run may take is 3 s beside the deadline of its slowest cluster.
"""

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bot.recordings import shipped_names
from tests.clusters import Clusters

NUMBER, TIMES = 10, 3
PATIENCE = 5.0  # seconds that one request may take, which is when a cluster that hangs is given up
BESIDE = 3.0
COMMAND = (sys.executable, "-c", "from bot.cli import main; main()", "check", "--all-contexts", "-o", "json")


@dataclass(frozen=True)
class Ran:
    """One run: ``cpu`` seconds of it were work, ``memory`` in MB at the most, ``slowest``: seconds of that cluster."""

    seconds: float
    cpu: float
    memory: int
    slowest: float
    health: dict[str, int]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fleet", description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=TIMES, help="runs, of which the median is told")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--hanging", type=int, default=0, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        asyncio.run(_serve(chosen.serve, chosen.hanging))
        return
    print("| ten clusters | seconds | of these CPU | slowest cluster | beside its deadline | MB | how they are |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, hanging in (("all answer", 0), ("one hangs", 1), ("all hang", NUMBER)):
        ran = _measure(hanging, chosen.times)
        beside = ran.seconds - (PATIENCE if hanging else 0)
        told = ", ".join(f"{number} {health}" for health, number in sorted(ran.health.items()))
        print(
            f"| {name} | {ran.seconds:.1f} | {ran.cpu:.1f} | {ran.slowest:.1f} s | {beside:.1f} (target {BESIDE:g}) "
            f"| {ran.memory} | {told} |",
            flush=True,
        )


def _measure(hanging: int, times: int) -> Ran:
    """The median of some runs."""
    with tempfile.TemporaryDirectory(prefix="netclinic-fleet-") as folder:
        path = Path(folder) / "kubeconfig"
        serving = [sys.executable, "-m", "tests.bench.fleet", "--serve", str(path), "--hanging", str(hanging)]
        with subprocess.Popen(serving, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            server.stdout.readline()
            environment = {**os.environ, "KUBECONFIG": str(path), "NETCLINIC_DATA_DIR": str(Path(folder) / "data")}
            runs = sorted((_run(environment) for _ in range(times)), key=lambda ran: ran.seconds)
            server.communicate()
    return runs[times // 2]


def _run(environment: dict[str, str]) -> Ran:
    began = time.perf_counter()
    process = subprocess.Popen(COMMAND, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    found = json.loads(process.stdout.read())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    words = [each["health"] for each in found]
    return Ran(
        seconds=seconds,
        cpu=used.ru_utime + used.ru_stime,
        memory=used.ru_maxrss // (1024 * 1024 if sys.platform == "darwin" else 1024),
        slowest=max(each["elapsed_ms"] for each in found) / 1000,
        health={word: words.count(word) for word in words},
    )


async def _serve(path: Path, hanging: int) -> None:
    """Recordings of all kinds, and so many that hang, until standard input ends."""
    names = shipped_names()
    chosen = names[:: max(1, len(names) // NUMBER)][: NUMBER - hanging]
    async with contextlib.AsyncExitStack() as stack:
        clusters = Clusters(path, stack)
        for name in chosen:
            await clusters.serve(name)
        for number in range(hanging):
            await clusters.hanging(f"hangs-{number}")
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    main()
