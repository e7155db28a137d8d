"""The cloud from the command line: off by default, asked where it is on, recorded in the audit log, keys nowhere."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.recordings import load, serve
from tests.command_line import Netclinic
from tests.openapi import KEY_ID, SECRET, OpenApi, vswitch

ENTRY = "terway-vswitch-out-of-ips"


@pytest.fixture
async def kubeconfig(tmp_path: Path) -> AsyncIterator[str]:
    async with serve(load("terway-cloud-vswitch-empty")) as server:
        yield str(server.write_kubeconfig(tmp_path / "kubeconfig"))


def test_the_policy_is_what_probes_declare(netclinic: Netclinic) -> None:
    (statement,) = netclinic("ram").json["Statement"]
    assert statement["Effect"] == "Allow"
    assert "vpc:DescribeVSwitches" in statement["Action"]
    assert all(action.partition(":")[2].startswith(("Describe", "Get", "List")) for action in statement["Action"])


def test_ram_check_says_how_the_cloud_is_switched_on(netclinic: Netclinic) -> None:
    ran = netclinic("ram", "--check", "--recording", "terway-healthy")
    assert (ran.code, "NETCLINIC_CLOUD=on" in ran.err) == (2, True)


async def test_the_cloud_is_asked_recorded_and_no_key_is_shown(
    netclinic: Netclinic, tmp_path: Path, kubeconfig: str
) -> None:
    import asyncio

    with OpenApi({"DescribeVSwitches": [vswitch(free=0)]}).running() as openapi:
        given = {
            "NETCLINIC_CLOUD": "on",
            "NETCLINIC_CLOUD_ENDPOINT": openapi.url,
            "NETCLINIC_CLOUD_DEADLINE": "30",
            "NETCLINIC_DEADLINE": "60",
            "NETCLINIC_DATA_DIR": str(tmp_path / "data"),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
        }

        def run(*words: str) -> tuple[int, str]:
            ran = netclinic(*words, **given)
            return ran.code, ran.out + ran.err

        check = "check", ENTRY, "--kubeconfig", kubeconfig, "-o", "json"
        code, out = await asyncio.to_thread(run, *check)
        assert code == 0, out
        assert json.loads(out)["outcome"] == "confirmed"
        code, log = await asyncio.to_thread(run, "audit", "list", "--action", "cloud", "-o", "json")
        assert code == 0, log
        code, facts = await asyncio.to_thread(run, "facts", "--kubeconfig", kubeconfig)
        assert "vsw-bp1aaa (pods-h, cn-hangzhou-h, 10.1.96.0/24): 0 free" in " ".join(facts.split())
        code, ram = await asyncio.to_thread(run, "ram", "--check", "--kubeconfig", kubeconfig, "-o", "json")
        assert json.loads(ram)["allowed"] is True
        given["NETCLINIC_CLOUD"] = "off"
        made = len(openapi.asked)
        code, off = await asyncio.to_thread(run, *check)
        assert json.loads(off)["outcome"] == "suspected"
        assert len(openapi.asked) == made
    for shown in (out, log, facts, ram):
        assert KEY_ID not in shown
        assert SECRET not in shown
    assert "DescribeVSwitches" in log
    assert "cn-hangzhou" in log
