"""A real Prometheus that scrapes one address, and what it says of it. Where it is missing tests skip."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from tests.alertmanager import SECONDS
from tests.ports import free_port

needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


@dataclass
class Prometheus:
    """Scrapes ``target`` every second, nothing where it is empty, with these rule files."""

    folder: Path
    target: str = ""
    rules: list[Path] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Run it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        targets = [self.target] if self.target else []
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(path) for path in self.rules],
            "scrape_configs": [{"job_name": "netclinic", "static_configs": [{"targets": targets}]}],
        }
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        command = (
            "prometheus",
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        )
        with (self.folder / "prometheus.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)

    def backfill(self, samples: str) -> None:
        """Before it is started: samples of the past, as OpenMetrics text without its end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = self.folder / "samples.om"
        text.write_text(f"{samples}# EOF\n", encoding="utf-8")
        command = ("promtool", "tsdb", "create-blocks-from", "openmetrics", str(text), str(self.folder / "data"))
        subprocess.run(command, check=True, capture_output=True)

    async def value(self, query: str, fits: Callable[[float], bool] = lambda value: True) -> float:
        """The first value of a query once there is one that fits."""
        async with asyncio.timeout(SECONDS):
            while not (found := [value for value in await self._values(query) if fits(value)]):  # noqa: ASYNC110 - it has no bell
                await asyncio.sleep(0.1)
        return found[0]

    async def get(self, path: str, **parameters: str) -> Any:
        """The data of its API, empty before it is ready."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}"
        try:
            async with aiohttp.ClientSession() as session, session.get(url, params=parameters) as reply:
                return (await reply.json())["data"] if reply.status == 200 else {}
        except aiohttp.ClientError:
            return {}

    async def _values(self, query: str) -> list[float]:
        found = await self.get("query", query=query)
        return [float(each["value"][1]) for each in found.get("result", [])]

    def end(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
