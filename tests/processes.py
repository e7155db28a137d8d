"""``netclinic serve`` as people run it: a real process, which tests may stop, pause and kill."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.command_line import ROOT, START
from tests.ports import free_port
from tests.workspace import Workspace

SECONDS = 180.0  # a busy machine's patience; nothing is measured by it


@dataclass
class Served:
    """Starts the process, again and again with the same data. ``environment`` is all that it knows."""

    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(
        self, *, port: int | None = None, quick: bool = False, under: Sequence[str] = (), **more: str
    ) -> "subprocess.Popen[bytes]":
        """A process that has just begun; a ``quick`` one waits less than in production, ``under`` watches it."""
        command = [*under, *([sys.executable, "-m", "tests.serve"] if quick else [*START, "serve"])]
        told = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "NETCLINIC_DATA_DIR": str(self.folder / "data"),
            "NETCLINIC_HEALTH_ADDRESS": f"127.0.0.1:{port or self.port}",
            **self.environment,
            **more,
        }
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, cwd=self.folder, env=told, stderr=log, stdout=log)
        self.processes.append(process)
        return process

    async def serving(self, port: int | None = None) -> dict[str, Any]:
        """What ``/healthz`` says once it says that all is well."""
        async with asyncio.timeout(SECONDS), aiohttp.ClientSession() as session:
            while True:
                status, told = await health(session, port or self.port)
                if status == 200:
                    return told
                last = self.processes[-1]
                assert last.poll() is None, f"it ended with {last.returncode}:\n{self.log.read_text()}"
                await asyncio.sleep(0.05)

    @property
    def log(self) -> Path:
        """What all processes wrote."""
        return self.folder / "serve.log"

    def logged(self) -> Iterator[dict[str, Any]]:
        """Their lines."""
        for line in self.log.read_text(encoding="utf-8").splitlines():
            if line.startswith("{"):
                yield json.loads(line)

    def kill(self) -> None:
        """End the last one as ``kill -9`` does."""
        self.processes[-1].kill()
        self.processes[-1].wait()

    def end(self) -> None:
        """End all of them."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


async def health(session: aiohttp.ClientSession, port: int) -> tuple[int, dict[str, Any]]:
    """Status and body of ``/healthz``; 0 when nobody listens."""
    try:
        async with session.get(f"http://127.0.0.1:{port}/healthz") as reply:
            return reply.status, await reply.json()
    except aiohttp.ClientError:
        return 0, {}


def tokens(slack: Workspace) -> dict[str, str]:
    """What a bot in this workspace is given."""
    return dict(slack.environment)
