"""What the index costs as it grows (``make bench-index``): one entry more, 500 entries more, 100,000 texts.

Every command is a process of its own, on a cache of its own. Nothing is asserted: the figures are for reading.
"""

import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from index.encoder import Encoder
from index.lexical import Floats
from index.vector_index import VectorIndex

QUESTION = "pods stuck in ContainerCreating since 10 min"
TEXTS, QUERIES, NEAREST = 100_000, 2_000, 10
SYSTEMS = (
    "the billing database", "the search cluster", "the build farm", "the mail gateway", "the image cache",
    "the login service", "the order queue", "the report job", "the feature store", "the metrics store",
    "the payment adapter", "the recommendation model", "the invoice printer", "the stock feed", "the file archive",
    "the chat relay", "the map tiles", "the video encoder", "the fraud check", "the loyalty ledger",
    "the address book", "the tax tables", "the price engine", "the parcel tracker", "the press kit",
)  # fmt: skip
FAULTS = (
    "is behind by hours", "rejects its licence", "has lost its leader", "writes duplicates", "runs out of disk",
    "restarts every night", "answers with old data", "refuses new users", "fills its log", "drops its index",
    "cannot read its backup", "has a stale certificate", "counts twice", "is locked by a migration",
    "hangs on start", "forgot its settings", "sorts wrongly", "ignores the time zone", "leaks memory",
    "has no quota left",
)  # fmt: skip
SAID = (
    "{system} {fault}", "why is it that {system} {fault}", "{system} {fault} since this morning",
    "help, {system} {fault} again", "customers say that {system} {fault}", "{fault}: {system}, what now",
    "after the upgrade {system} {fault}", "how to mend it when {system} {fault}", "alert: {system} {fault}",
    "every monday {system} {fault}", "{system} in staging {fault}", "only one region, but {system} {fault}",
)  # fmt: skip
MATCHING = f"""
import time
from bot.app import App
index = App.from_environment().index()
took = []
for number in range(50):
    began = time.perf_counter()
    index.match(f"{QUESTION} {{number}}")
    took.append(1000 * (time.perf_counter() - began))
print(f"{{sorted(took)[25]:.0f}} ms, the median of 50")
"""
ENTRY = """\
---
id: team-{number}
title: {title}
kind: guide
symptoms:
{symptoms}
---

## Cause
This is what happens when {system} {fault}.

## Steps
1. Look at the board of {system}.
"""


@dataclass(frozen=True)
class Ran:
    """What a command took: ``memory`` in MB, at the most."""

    seconds: float
    memory: int
    out: str


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _run("first build", root, "netclinic", "index", "build")
        alone = _matching("built-in entries", root)
        _write_entries(root / "one", 1)
        waited = _run("one entry more: the next question", root, *_match(), knowledge=root / "one")
        _print("one entry more: it waits longer by", f"{waited.seconds - alone:.1f} s")
        _write_entries(root / "many", len(SYSTEMS) * len(FAULTS))
        _run("500 entries more: build", root, "netclinic", "index", "build", knowledge=root / "many")
        more = _matching("500 entries more", root, root / "many")
        _print("500 entries more: a question takes longer by", f"{1000 * (more - alone):.0f} ms, start included")
        for name, folder in (("built-in entries", None), ("500 entries more", root / "many")):
            _print(f"{name}: matching in a process", _call(root, ("-c", MATCHING), folder).out.strip())
        for name, given in (("built-in entries", []), ("500 entries more", ["--entries", str(root / "many")])):
            ran = _run(f"{name}: eval", root, "-m", "tests.eval.evaluate", "--cache", str(root / "index"), *given)
            sys.stdout.write(ran.out)
        _measure_search(root)
    return 0


def _matching(name: str, root: Path, knowledge: Path | None = None) -> float:
    """Seconds of a question whose index is ready, the median of five."""
    _run(f"{name}: a question", root, *_match(), knowledge=knowledge)
    return float(np.median([_call(root, _match(), knowledge).seconds for _ in range(5)]))


def _match() -> tuple[str, ...]:
    return "netclinic", "match", QUESTION


def _run(name: str, root: Path, *command: str, knowledge: Path | None = None) -> Ran:
    ran = _call(root, command, knowledge)
    _print(name, f"{ran.seconds:.1f} s, at most {ran.memory} MB")
    return ran


def _call(root: Path, command: Sequence[str], knowledge: Path | None) -> Ran:
    environment = os.environ | {"NETCLINIC_INDEX_DIR": str(root / "index"), "NETCLINIC_DATA_DIR": str(root / "data")}
    if knowledge:
        environment["NETCLINIC_KNOWLEDGE_DIR"] = str(knowledge)
    program = ["-c", "from bot.cli import main; main()", *command[1:]] if command[0] == "netclinic" else command
    with tempfile.TemporaryFile("w+") as out:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, *program], env=environment, stdout=out, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
        return Ran(seconds, _peak(used), out.read())


def _peak(used: resource.struct_rusage) -> int:
    return used.ru_maxrss // (1024 * 1024 if sys.platform == "darwin" else 1024)


def _write_entries(folder: Path, count: int) -> None:
    folder.mkdir()
    for number, (system, fault) in enumerate(list(product(SYSTEMS, FAULTS))[:count]):
        symptoms = "\n".join(f'  - "{said.format(system=system, fault=fault)}"' for said in SAID)
        title = f"{system} {fault}".capitalize()
        text = ENTRY.format(number=number, title=title, symptoms=symptoms, system=system, fault=fault)
        (folder / f"team-{number}.md").write_text(text, encoding="utf-8")


def _measure_search(root: Path) -> None:
    """Searches one at a time, against the truth by measuring every vector."""
    known = _known_vectors(root)
    began = time.perf_counter()
    texts = _like(known, TEXTS, seed=1)
    index = VectorIndex.of(texts)
    _print(f"{TEXTS:,} texts: build", f"{time.perf_counter() - began:.1f} s")
    took, found = [], []
    with _one_thread():
        for query in _like(known, QUERIES, seed=2):
            began = time.perf_counter()
            rows, _ = index.search(query, NEAREST)
            took.append(1000 * (time.perf_counter() - began))
            truth = np.argpartition(texts @ query, -NEAREST)[-NEAREST:]
            found.append(len(set(rows.tolist()) & set(truth.tolist())) / NEAREST)
    p50, p99 = np.percentile(took, [50, 99])
    _print(f"{TEXTS:,} texts: a search", f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, recall@{NEAREST} {np.mean(found):.4f}")


def _known_vectors(root: Path) -> Floats:
    """The vectors of the made-up entries' texts, by the exported encoder."""
    encoder = Encoder(next((root / "index").glob("encoder-*")))
    said = [said.format(system=one, fault=other) for one, other in product(SYSTEMS, FAULTS) for said in SAID[::4]]
    return encoder.encode(said)


def _like(known: Floats, count: int, seed: int) -> Floats:
    """Unit vectors as texts have them: between two known ones, and a little off."""
    random = np.random.default_rng(seed)
    some, others = (known[random.integers(0, len(known), count)] for _ in range(2))
    mixed = some + 0.6 * others * random.random((count, 1)) + random.normal(scale=0.015, size=some.shape)
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), dtype=np.float32)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    import faiss

    threads: Any = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    yield
    faiss.omp_set_num_threads(threads)


def _print(name: str, value: str) -> None:
    sys.stdout.write(f"{name:50} {value}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
