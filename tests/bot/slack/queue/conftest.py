"""Real processes that work and die."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PATIENCE = 180.0  # seconds that a busy machine may take, and PostgreSQL to end what a paused process holds


@dataclass
class Works:
    """Starts processes on one database and reads what they wrote."""

    database: str
    folder: Path
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    def start(self, *arguments: str, data: str = "data") -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.bot.slack.queue.worker_process", "--database", self.database]
        command += ["--data-dir", str(self.folder / data), "--journal", str(self.journal), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, cwd=ROOT, env=environment)
        self.processes.append(process)
        return process

    def lines(self) -> list[str]:
        return self.journal.read_text().splitlines() if self.journal.exists() else []

    def count(self, line: str) -> int:
        return sum(1 for found in self.lines() if found.startswith(line))

    def until(self, line: str, times: int = 1) -> None:
        until(lambda: self.count(line) >= times, lambda: f"no {line!r} in\n" + "\n".join(self.lines()))

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


def until(condition: Callable[[], bool], told: Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, told()
        time.sleep(0.02)


@pytest.fixture
def works(database_url: str, tmp_path: Path) -> Iterator[Works]:
    """On SQLite and on PostgreSQL."""
    found = Works(database_url if database_url.startswith("postgresql") else "", tmp_path)
    yield found
    found.end()
