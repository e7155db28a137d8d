"""The real ``kubectl`` works against a replayed cluster, which is how people will look into a recording."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.recordings import load, serve

KUBECTL = shutil.which("kubectl")
pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")

Kubectl = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
async def kubectl(tmp_path: Path) -> AsyncIterator[Kubectl]:
    async with serve(load("terway-healthy")) as server:
        config = server.write_kubeconfig(tmp_path / "kubeconfig")

        async def run(*arguments: str) -> tuple[int, str]:
            options = ("--kubeconfig", str(config), "--cache-dir", str(tmp_path / "cache"))
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(str(KUBECTL), *options, *arguments, stdout=pipe, stderr=pipe)
            out, err = await process.communicate()
            return process.returncode or 0, (out or err).decode()

        yield run


async def test_get_prints_the_columns_of_a_real_server(kubectl: Kubectl) -> None:
    code, text = await kubectl("get", "pods", "-n", "kube-system", "-o", "wide", "-l", "app=terway-eniip")
    assert code == 0
    header, first, *others = text.splitlines()
    assert header.split()[:7] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"]
    assert first.split()[:4] == ["terway-eniip-7k2vb", "2/2", "Running", "0"]
    assert len(others) == 2


async def test_custom_kinds_are_found_by_discovery(kubectl: Kubectl) -> None:
    code, text = await kubectl("get", "nodes.network.alibabacloud.com", "-o", "json")
    assert code == 0
    assert {item["spec"]["datapath"]["type"] for item in json.loads(text)["items"]} == {"datapathv2"}


async def test_describe_shows_the_events_of_a_pod(kubectl: Kubectl) -> None:
    code, text = await kubectl("describe", "pod", "-n", "shop", "cart-5f6b7c9d88-x7vfl")
    assert code == 0
    assert "AllocIPSucceed" in text.partition("Events:")[2]


async def test_describe_node_counts_its_pods(kubectl: Kubectl) -> None:
    code, text = await kubectl("describe", "node", "cn-hangzhou.10.0.0.12")
    assert code == 0
    assert "Non-terminated Pods:          (4 in total)" in text


async def test_logs_of_one_container(kubectl: Kubectl) -> None:
    code, text = await kubectl("logs", "-n", "kube-system", "ds/terway-eniip", "-c", "terway", "--tail", "1")
    assert code == 0
    assert "sync pool" in text


async def test_lists_in_chunks_are_whole(kubectl: Kubectl) -> None:
    code, text = await kubectl("get", "pods", "-A", "--chunk-size", "3", "-o", "name")
    assert code == 0
    assert len(text.splitlines()) == 13


async def test_writing_fails_and_says_why(kubectl: Kubectl) -> None:
    code, text = await kubectl("delete", "pod", "-n", "shop", "cart-5f6b7c9d88-x7vfl", "--wait=false")
    assert code == 1
    assert "a recording can only be read" in text
