"""The command that shows a setting prints no AccessKey that stands beside it: people paste what it prints."""

import json
import subprocess

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.facts import declared_facts, read_fact
from bot.cluster.facts.platform import config_command
from bot.cluster.reader import Reader
from bot.cluster.session import ClusterSession
from bot.cluster.transport import Transport
from bot.recordings import load, serve

CONF = {
    "version": "1",
    "access_key": "LTAI5tPLANTED",
    "access_secret": "PLANTED",
    "vswitches": {"cn-hangzhou-h": ["vsw-bp1aaa", "vsw-bp1bbb"]},
    "security_groups": ["sg-1", "sg-2"],
    "ip_stack": "dual",
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("conf", [CONF, dict(reversed(CONF.items()))])
@pytest.mark.parametrize("member", ["vswitches", "security_groups?", "ip_stack"])
def test_of_a_key_with_credentials_one_member_is_shown(
    conf: dict[str, object], indent: int | None, member: str
) -> None:
    command = config_command("eni-config", key="eni_conf", member=member)
    kubectl = 'kubectl() { printf %s "$CONF"; }\n'
    told = {"CONF": json.dumps(conf, indent=indent), "PATH": "/usr/bin:/bin"}
    shown = subprocess.run(["bash", "-c", kubectl + command], env=told, capture_output=True, text=True, check=True)
    assert json.loads("{" + shown.stdout + "}") == {name: CONF[name] for name in CONF if name == member.rstrip("?")}


@pytest.mark.parametrize(
    ("name", "key", "expected"),
    [
        ("eni-config", "disable_network_policy", " -o jsonpath='{.data.disable_network_policy}'"),
        ("eni-config", "10-terway.conf", r" -o jsonpath='{.data.10-terway\.conf}'"),
        ("eni-config", "eni_conf", ""),
        ("eni-config", "", ""),
        ("cloud-config", "", ""),
        ("cloud-config", "cloud-config.conf", ""),
        ("coredns", "Corefile", " -o yaml"),
    ],
)
def test_other_keys_are_shown_whole_and_such_a_map_never(name: str, key: str, expected: str) -> None:
    assert config_command(name, key=key) == f"kubectl -n kube-system get configmap {name}{expected}"


@pytest.mark.parametrize("recording", ["terway-healthy", "terway-ipvlan", "terway-dual-stack", "terway-exclusive-eni"])
async def test_no_fact_is_shown_by_a_command_that_prints_credentials(recording: str) -> None:
    async with (
        serve(load(recording)) as server,
        connect_to(server.kubeconfig, recording) as connection,
        Reader(Transport(connection.client)) as reader,
        ClusterSession(reader) as session,
    ):
        checks = {(await read_fact(session, name)).kubectl for name in declared_facts()}
    mine = [check for check in checks if "eni-config" in check]
    assert mine
    assert not [check for check in mine if "yaml" in check or check.endswith("{.data.eni_conf}'")]
