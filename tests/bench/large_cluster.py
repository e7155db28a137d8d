"""``make bench``: what one question costs on a cluster of 1,000 nodes and 20,000 pods, beside listing everything.

``QUESTION`` in the environment asks something else. The cluster is served by one process and each way of reading it
runs in a fresh one; this one stays small, because a process starts with the peak memory of its parent.
"""

import argparse
import json
import subprocess
import sys
from typing import Any

TARGETS = {"requests": 40, "bytes": 10_000_000, "seconds": 1.5, "memory": 150_000_000}
SHOWN = {"requests": "requests", "bytes": "read, MB", "seconds": "time, s", "memory": "memory above idle, MB"}
MEGABYTE = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.large_cluster", description=__doc__.split("\n")[0])
    parser.add_argument("--nodes", type=int, default=1_000)
    parser.add_argument("--pods", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3, help="of ours; the median by time is shown")
    parser.add_argument("--skip-typed", action="store_true", help="without the comparison, which takes half a minute")
    parser.add_argument("--verbose", action="store_true", help="show each request of ours")
    chosen = parser.parse_args()
    print(f"Building {chosen.nodes:,} nodes and {chosen.pods:,} pods ...", flush=True)
    serving = [sys.executable, "-m", "tests.bench.serving", str(chosen.nodes), str(chosen.pods)]
    with subprocess.Popen(serving, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            _compare(_address(server), chosen)
        finally:
            server.communicate()  # closes its stdin, and so ends it


def _address(server: subprocess.Popen[str]) -> str:
    line = server.stdout.readline().strip() if server.stdout else ""
    if not line:
        raise SystemExit("The server of the benchmark did not start; its message stands above.")
    return line


def _compare(url: str, chosen: argparse.Namespace) -> None:
    rounds = sorted((_measured("ours", url) for _ in range(chosen.rounds)), key=lambda figures: figures["seconds"])
    ours = rounds[len(rounds) // 2]
    if chosen.verbose:
        _print_reads(ours)
    typed = None
    if not chosen.skip_typed:
        print("Listing everything with the typed client ...", flush=True)
        typed = _measured("typed", url)
    _print_table(ours, typed)


def _measured(way: str, url: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.measuring", way, url]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"Measuring {way!r} failed; its message stands above.")
    return dict(json.loads(done.stdout))


def _print_reads(ours: dict[str, Any]) -> None:
    for path, size, seconds in sorted(ours["reads"], key=lambda read: -read[1]):
        print(f"{size / 1000:10,.1f} KB {seconds * 1000:7.0f} ms  {path}")
    print()


def _print_table(ours: dict[str, Any], typed: dict[str, Any] | None) -> None:
    print(f"\n{'':24}{'netclinic':>12}{'target':>10}{'list everything':>18}{'times as much':>16}")
    for key, name in SHOWN.items():
        scale = MEGABYTE if key in ("bytes", "memory") else 1
        digits = 0 if key == "requests" else 2
        row = f"{name:24}{ours[key] / scale:12,.{digits}f}{TARGETS[key] / scale:10,.{min(digits, 1)}f}"
        if typed is not None:
            row += f"{typed[key] / scale:18,.{digits}f}{typed[key] / max(ours[key], 1e-9):16,.1f}"
        print(row + ("" if ours[key] <= TARGETS[key] else "   over the target"))
    print(f"\nnetclinic: {ours['outcome']}")
    if typed is not None:
        print(f"list everything: {typed['outcome']}")


if __name__ == "__main__":
    main()
