"""The real Alertmanager and Prometheus on loopback, for tests of the webhook. Where they are missing tests skip."""

import asyncio
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from tests.ports import free_port

SECONDS = 90.0
needs_alertmanager = pytest.mark.skipif(
    shutil.which("prometheus-alertmanager") is None, reason="prometheus-alertmanager is not installed"
)
needs_prometheus = pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed")


@dataclass
class Alertmanager:
    """Posts to ``url`` with ``token``, each alert by itself, and again every ``repeat``."""

    folder: Path
    url: str
    token: str
    repeat: str = "1h"
    port: int = field(default_factory=free_port)
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    async def start(self) -> None:
        """Run it, and wait until it is ready."""
        webhook = {"url": self.url, "http_config": {"authorization": {"credentials": self.token}}}
        config = {
            "route": {
                "receiver": "netclinic",
                "group_by": ["..."],
                "group_wait": "0s",
                "group_interval": "1s",
                "repeat_interval": self.repeat,
            },
            "receivers": [{"name": "netclinic", "webhook_configs": [{**webhook, "send_resolved": True}]}],
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "alertmanager.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        self._run(
            "prometheus-alertmanager",
            f"--config.file={self.folder / 'alertmanager.yml'}",
            f"--storage.path={self.folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
        )
        await _ready(f"http://127.0.0.1:{self.port}/-/ready")

    async def start_prometheus(self, rule: dict[str, Any]) -> None:
        """A Prometheus that evaluates one alerting rule each second and tells this Alertmanager."""
        self.write_rule(rule)
        config = {
            "global": {"evaluation_interval": "1s"},
            "rule_files": [str(self.folder / "rules.yml")],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{self.port}"]}]}]},
        }
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        port = free_port()
        self._run(
            "prometheus",
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{port}",
        )
        await _ready(f"http://127.0.0.1:{port}/-/ready")

    def write_rule(self, rule: dict[str, Any]) -> None:
        """Put this rule in force; a running Prometheus reads it anew."""
        groups = {"groups": [{"name": "tests", "rules": [rule]}]}
        (self.folder / "rules.yml").write_text(yaml.safe_dump(groups), encoding="utf-8")
        if len(self.processes) > 1:
            self.processes[-1].send_signal(signal.SIGHUP)

    async def alert(self, labels: dict[str, str], *, summary: str = "", is_over: bool = False) -> None:
        """Tell it of an alert, as Prometheus does."""
        now = datetime.now(UTC).isoformat()
        told: dict[str, Any] = {"labels": labels, "annotations": {"summary": summary}}
        if is_over:
            told["endsAt"] = now
        url = f"http://127.0.0.1:{self.port}/api/v2/alerts"
        async with aiohttp.ClientSession() as session, session.post(url, json=[told]) as reply:
            assert reply.status == 200, await reply.text()

    def end(self) -> None:
        """End both."""
        for process in self.processes:
            process.kill()
            process.wait()

    def _run(self, *command: str) -> None:
        with (self.folder / "alerting.log").open("ab") as log:
            self.processes.append(subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log))


async def _ready(url: str) -> None:
    async with asyncio.timeout(SECONDS), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as reply:
                    if reply.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
