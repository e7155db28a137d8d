"""Who asks: each kind of credentials over the wire, several accounts, TLS, clocks, keys that end."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.cloud.actions import DESCRIBE_VSWITCHES
from bot.cloud.credentials import Credentials
from bot.cloud.reader import CloudReader
from bot.cloud.requests import CloudFailure
from bot.cloud.transport import Endpoint, LiveCloud
from tests.clusters import Clusters
from tests.command_line import Netclinic
from tests.openapi import KEY_ID, OIDC_TOKEN, PROVIDER, ROLE, SECRET, OpenApi, vswitch
from tests.processes import tokens
from tests.workspace import Workspace

REGION = "cn-hangzhou"
NO_INSTANCE = {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}
BY_ENVIRONMENT = {"ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET}
SECRETS = (SECRET, KEY_ID, OIDC_TOKEN, "StsSecretOf", "StsTokenOf", "SecretOfDev")


def profiles(home: Path, **keys: tuple[str, str]) -> None:
    """``~/.aliyun/config.json`` as the aliyun command writes it; the first one is the current one."""
    listed = [
        {"name": name, "mode": "AK", "access_key_id": id_, "access_key_secret": secret, "region_id": REGION}
        for name, (id_, secret) in keys.items()
    ]
    (home / ".aliyun").mkdir(parents=True)
    (home / ".aliyun" / "config.json").write_text(json.dumps({"current": next(iter(keys)), "profiles": listed}))


def role(folder: Path) -> dict[str, str]:
    """The environment of a pod with RRSA."""
    (folder / "token").write_text(OIDC_TOKEN)
    return {
        "ALIBABA_CLOUD_ROLE_ARN": ROLE,
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": PROVIDER,
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(folder / "token"),
    }


@pytest.fixture
def netclinic(netclinic: Netclinic, tmp_path: Path) -> Netclinic:
    """With a home of its own, where no other test has left credentials."""
    (tmp_path / "home").mkdir()
    return replace(netclinic, home=tmp_path / "home")


@pytest.fixture
async def clusters(stack: AsyncExitStack, tmp_path: Path) -> Clusters:
    found = Clusters(tmp_path / "kubeconfig", stack)
    await found.serve("terway-healthy", "hz")
    return found


async def checked(
    openapi: OpenApi, clusters: Clusters, netclinic: Netclinic, environment: Mapping[str, str]
) -> tuple[int, dict[str, tuple[bool, str]]]:
    """``serve --check`` in a process of its own: the SDK reads its variables when it is imported."""
    async with Workspace() as slack:
        given = {
            **tokens(slack),
            "KUBECONFIG": str(clusters.path),
            "NETCLINIC_CLOUD": "on",
            "NETCLINIC_CLOUD_ENDPOINT": openapi.url,
            "NETCLINIC_CLOUD_DEADLINE": "60",
            "NETCLINIC_DEADLINE": "60",
            **environment,
        }
        ran = await asyncio.to_thread(lambda: netclinic.process("serve", "--check", "-o", "json", **given))
    assert not [secret for secret in SECRETS if secret in ran.out + ran.err]
    return ran.code, {item["check"]: (item["ok"], item["told"]) for item in ran.json["checks"]}


@pytest.mark.parametrize(
    "kind", ["environment", "instance", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("role", "profile"))]
)
async def test_each_kind_of_credentials_is_tried_by_the_check(
    kind: str, clusters: Clusters, netclinic: Netclinic, tmp_path: Path
) -> None:
    with OpenApi().running() as openapi:
        if kind == "profile":
            profiles(netclinic.home, ops=(KEY_ID, SECRET))
        given = {
            "environment": {**BY_ENVIRONMENT, **NO_INSTANCE},
            "role": {**role(tmp_path), **NO_INSTANCE},
            "profile": NO_INSTANCE,
            "instance": {"HTTP_PROXY": openapi.url, "NO_PROXY": "127.0.0.1"},  # which the SDK does not look at
        }[kind]
        _, checks = await checked(openapi, clusters, netclinic, given)
        assert checks["cloud of hz"][0], checks["cloud of hz"]
        assert "vpc:DescribeVSwitches" in checks["cloud of hz"][1]
        assert set(openapi.signed_by) == {{"role": "STS.standin", "instance": "STS.instance"}.get(kind, KEY_ID)}
        assert openapi.calls()["AssumeRoleWithOIDC"] == (kind == "role")


async def test_no_credentials_at_all_is_said_with_what_was_tried(clusters: Clusters, netclinic: Netclinic) -> None:
    with OpenApi().running() as openapi:
        code, checks = await checked(openapi, clusters, netclinic, NO_INSTANCE)
    assert code == 1
    ok, told = checks["cloud of hz"]
    assert not ok
    for word in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "RRSA", "~/.aliyun/config.json", "instance's RAM role"):
        assert word in told
    assert openapi.asked == []


@pytest.mark.slow
async def test_clusters_of_several_accounts_are_asked_with_their_own_keys(
    clusters: Clusters, netclinic: Netclinic
) -> None:
    await clusters.serve("terway-healthy", "bj")
    await clusters.serve("terway-healthy", "lab")
    await clusters.serve("terway-healthy", "typo")
    profiles(netclinic.home, ops=(KEY_ID, SECRET), dev=("LTAI5tDev", "SecretOfDev"))
    with OpenApi().running() as openapi:
        openapi.keys["LTAI5tDev"] = "another"
        told = {"NETCLINIC_CLOUD_PROFILES": "hz=ops,bj=dev,lab=off,typo=prod", **NO_INSTANCE}
        code, checks = await checked(openapi, clusters, netclinic, told)
        assert code == 1
        assert checks["cloud of hz"][0]
        assert "SignatureDoesNotMatch" in checks["cloud of bj"][1]
        assert "cloud of lab" not in checks
        assert "profile prod of ~/.aliyun/config.json" in checks["cloud of typo"][1]
        assert set(openapi.signed_by) == {KEY_ID}
        openapi.keys["LTAI5tDev"] = "SecretOfDev"
        _, checks = await checked(openapi, clusters, netclinic, told)
        assert checks["cloud of bj"][0]
        assert set(openapi.signed_by) == {KEY_ID, "LTAI5tDev"}


async def test_a_missing_right_is_named_by_the_check(clusters: Clusters, netclinic: Netclinic) -> None:
    with OpenApi().running() as openapi:
        openapi.fails["DescribeNatGateways"] = 403, "Forbidden.RAM"
        code, checks = await checked(openapi, clusters, netclinic, {**BY_ENVIRONMENT, **NO_INSTANCE})
    assert code == 1
    ok, told = checks["cloud of hz"]
    assert not ok
    assert told == "RAM does not grant vpc:DescribeNatGateways to netclinic. `netclinic ram` prints the policy."


# From here on one process: what the reader makes of it.


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in BY_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def reader(openapi: OpenApi, **more: Any) -> CloudReader:
    return CloudReader(LiveCloud(Credentials(), Endpoint.of(openapi.url)), **more)


async def vswitches(one: CloudReader) -> int:
    try:
        return len((await one.read(DESCRIBE_VSWITCHES, REGION, {})).items)
    finally:
        await one.close()


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(("ahead", "works"), [(0, True), (-600, True), (600, True), (-1200, False), (1200, False)])
async def test_a_clock_that_is_wrong_is_said(ahead: float, works: bool) -> None:
    with OpenApi({"DescribeVSwitches": [vswitch()]}, ahead=ahead).running() as openapi:
        if works:
            assert await vswitches(reader(openapi)) == 1
            return
        with pytest.raises(CloudFailure, match="set this machine's clock") as raised:
            await vswitches(reader(openapi))
    assert (raised.value.kind, raised.value.code) == ("unauthorized", "InvalidTimeStamp.Expired")


@pytest.mark.parametrize(("lasts", "logins"), [(3600.0, 1), (60.0, 2)])
async def test_a_roles_keys_are_renewed_before_they_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lasts: float, logins: int
) -> None:
    for name in BY_ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    for name, value in role(tmp_path).items():
        monkeypatch.setenv(name, value)
    with OpenApi({"DescribeVSwitches": [vswitch()]}, lasts=lasts).running() as openapi:
        cloud = LiveCloud(Credentials(), Endpoint.of(openapi.url))
        for _ in range(2):  # questions
            assert await vswitches(CloudReader(cloud)) == 1
        assert openapi.calls()["AssumeRoleWithOIDC"] == logins


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("id_", "secret", "code"),
    [("LTAI5tNobody", SECRET, "InvalidAccessKeyId.NotFound"), (KEY_ID, "wrong", "SignatureDoesNotMatch")],
)
async def test_keys_that_are_none_are_said_without_them(
    monkeypatch: pytest.MonkeyPatch, id_: str, secret: str, code: str
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", id_)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret)
    with OpenApi().running() as openapi, pytest.raises(CloudFailure) as raised:
        await vswitches(reader(openapi))
    assert (raised.value.kind, raised.value.code) == ("unauthorized", code)
    assert id_ not in str(raised.value)
    assert secret not in str(raised.value)


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """Of 127.0.0.1, its own authority; file and key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "crt"]
    made += ["-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    return str(tmp_path / "crt"), str(tmp_path / "key")


@pytest.mark.usefixtures("keys")
async def test_tls_is_checked_against_the_authorities_that_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, certificate: tuple[str, str]
) -> None:
    with OpenApi({"DescribeVSwitches": [vswitch()]}, certificate=certificate).running() as openapi:
        for named in (None, str(tmp_path / "gone")):
            if named:
                monkeypatch.setenv("SSL_CERT_FILE", named)
            with pytest.raises(CloudFailure, match="was not accepted: check SSL_CERT_FILE") as raised:
                await vswitches(reader(openapi))
            assert raised.value.kind == "unreachable"
        assert openapi.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
        assert await vswitches(reader(openapi)) == 1
