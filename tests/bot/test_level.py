"""Three hundred questions in one process leave what it holds level: memory, descriptors and threads."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from bot.recordings import load, serve
from tests.command_line import ROOT

pytestmark = pytest.mark.slow
SECONDS = 600.0  # a busy machine's patience; nothing is measured by it
A_QUESTION = 40_000  # bytes that a question may leave, for what the allocator scatters; a leak of 100 kB breaks it


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="what a process holds is told by Linux' /proc")
async def test_three_hundred_questions_leave_everything_level(tmp_path: Path, data_dir: Path) -> None:
    async with serve(load("terway-out-of-ips")) as server:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(ROOT),
            "HOME": str(tmp_path),
            "HF_HUB_OFFLINE": "1",
            "KUBECONFIG": str(server.write_kubeconfig(tmp_path / "kubeconfig")),
            "NETCLINIC_DATA_DIR": str(tmp_path / "data"),
            "NETCLINIC_INDEX_DIR": str(data_dir / "index"),
            "NETCLINIC_DEADLINE": "60",
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.many_questions", server.store.name, "100", "200", "300"),
            env=environment,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), SECONDS)
        finally:
            if process.returncode is None:
                process.kill()
    assert process.returncode == 0, err.decode()[-2000:]
    first, _, last = (json.loads(line) for line in out.decode().splitlines())
    assert last["descriptors"] == first["descriptors"]
    assert last["threads"] == first["threads"]
    asked = last["questions"] - first["questions"]
    assert last["bytes"] - first["bytes"] < A_QUESTION * asked, (first, last)
