"""No data leaves: what a command and a serving process connect to, as the system sees it.

``strace`` (Debian's package) writes every connection and every datagram down; without it these tests are skipped.
"""

import asyncio
import contextlib
import ipaddress
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.clusters import Clusters
from tests.command_line import ROOT, START
from tests.processes import Served, tokens
from tests.workspace import Workspace

pytestmark = pytest.mark.slow
SERVED_FOR = 20.0  # seconds: what is sent late, in batches, is seen too
CALLS = "connect,sendto,sendmsg,sendmmsg"
_ADDRESS = re.compile(r'sin6?_port=htons\((\d+)\).*?inet_(?:addr\("([^"]+)"\)|pton\(AF_INET6, "([^"]+)")')


@pytest.fixture
def strace(tmp_path: Path) -> list[str]:
    """The command that watches another; its log is ``calls`` in the test's folder."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    command = ["strace", "-f", "-qq", "-e", f"trace={CALLS}", "-o", str(tmp_path / "calls")]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this system lets nobody trace a process")
    return command


def foreign(folder: Path) -> list[str]:
    """Every address outside loopback that was spoken to, and every question to a name server, wherever that is."""
    found = set()
    for line in (folder / "calls").read_text(errors="replace").splitlines():
        for port, four, six in _ADDRESS.findall(line):
            address = ipaddress.ip_address(four or six)
            if port == "53" or not address.is_loopback:
                found.add(f"{address} port {port}")
    return sorted(found)


def left_in_cache(home: Path) -> list[Path]:
    """Ids and databases that a library keeps about the user's machine."""
    return [path for path in home.glob(".cache/**/*") if path.name in ("deviceid", "onnxruntime.db")]


def test_a_question_calls_nobody(tmp_path: Path, data_dir: Path, strace: list[str]) -> None:
    told = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "NETCLINIC_DATA_DIR": str(data_dir),
    }
    command = [*strace, *START, "ask", "pods stuck in ContainerCreating", "--recording", "terway-out-of-ips"]
    done = subprocess.run(command, env=told, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "CONFIRMED" in done.stdout
    assert done.stderr == ""
    assert (tmp_path / "calls").stat().st_size > 0
    assert foreign(tmp_path) == []
    assert not left_in_cache(tmp_path)


async def test_serving_calls_slack_and_the_cluster_alone(tmp_path: Path, data_dir: Path, strace: list[str]) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clusters = Clusters(tmp_path / "kubeconfig", stack)
        await clusters.serve("terway-out-of-ips")
        slack = await stack.enter_async_context(Workspace())
        environment = {
            **tokens(slack),
            "KUBECONFIG": str(clusters.path),
            "NETCLINIC_INDEX_DIR": str(data_dir / "index"),
        }
        bot = Served(tmp_path, environment)
        stack.callback(bot.end)
        bot.start(under=strace)
        pid = int(str((await bot.serving())["replica"]).split("-")[-2])
        ts = await slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating")
        await slack.until(lambda: (found := slack.reply("inc-shop", ts)) and "CONFIRMED" in found.plain, 90)
        await asyncio.sleep(SERVED_FOR)
        os.kill(pid, signal.SIGTERM)  # strace ends with it
        await asyncio.to_thread(bot.processes[-1].wait)
    assert foreign(tmp_path) == []
    assert not left_in_cache(tmp_path)
