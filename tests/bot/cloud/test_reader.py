"""Calls of the cloud at the wire: signatures, pages to the end, errors by their codes, and what a question may cost."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.cloud.actions import (
    ACTIONS,
    DESCRIBE_CLUSTER_DETAIL,
    DESCRIBE_CLUSTER_NODE_POOLS,
    DESCRIBE_CLUSTER_RESOURCES,
    DESCRIBE_INSTANCE_TYPES,
    DESCRIBE_INSTANCES,
    DESCRIBE_NETWORK_INTERFACES,
    DESCRIBE_ROUTE_ENTRY_LIST,
    DESCRIBE_SECURITY_GROUP_ATTRIBUTE,
    DESCRIBE_SNAT_TABLE_ENTRIES,
    DESCRIBE_VSWITCHES,
)
from bot.cloud.credentials import Credentials
from bot.cloud.reader import CloudReader
from bot.cloud.requests import LOGIN, Action, CloudBudget, CloudCall, CloudFailure, refuse_writes
from bot.cloud.transport import Endpoint, LiveCloud
from tests.openapi import KEY_ID, OIDC_TOKEN, PROVIDER, REQUEST_ID, ROLE, SECRET, OpenApi, vswitch

REGION = "cn-hangzhou"


@pytest.fixture
def openapi() -> Iterator[OpenApi]:
    with OpenApi().running() as served:
        yield served


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROLE_ARN", "OIDC_PROVIDER_ARN", "OIDC_TOKEN_FILE", "SECURITY_TOKEN"):
        monkeypatch.delenv(f"ALIBABA_CLOUD_{name}", raising=False)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)


class Heard:
    """An observer that keeps what it hears."""

    def __init__(self) -> None:
        self.before: list[CloudCall] = []
        self.after: list[tuple[str, str, str]] = []

    async def before_call(self, call: CloudCall) -> None:
        self.before.append(call)

    async def after_call(self, call: CloudCall, outcome: str, code: str, request_id: str, seconds: float) -> None:
        self.after.append((outcome, code, request_id))


def reader(openapi: OpenApi, *observers: object, **budget: Any) -> CloudReader:
    return CloudReader(LiveCloud(Credentials(), Endpoint.of(openapi.url)), CloudBudget(**budget), observers)


@pytest.fixture
async def read(openapi: OpenApi) -> AsyncIterator[CloudReader]:
    one = reader(openapi)
    yield one
    await one.close()


async def failure_of(one: CloudReader, action: Action = DESCRIBE_VSWITCHES, **parameters: Any) -> CloudFailure:
    with pytest.raises(CloudFailure) as raised:
        await one.read(action, REGION, parameters)
    await one.close()
    assert not {SECRET, KEY_ID, OIDC_TOKEN} & set(str(raised.value).split())
    assert SECRET not in str(raised.value)
    assert KEY_ID not in str(raised.value)
    return raised.value


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_call_of_the_table_only_reads(action: Action) -> None:
    assert action.name.startswith(("Describe", "Get", "List")) or action.name == LOGIN == "AssumeRoleWithOIDC"


@pytest.mark.parametrize(
    "name",
    ["CreateVSwitch", "DeleteRouteEntry", "AssumeRole", "Describe", "describeX", "XDescribe", "DescribeX;Delete"],
)
def test_a_call_that_changes_something_cannot_even_be_declared(name: str) -> None:
    with pytest.raises(CloudFailure):
        Action(product="vpc", name=name, version="1", keeps=())
    with pytest.raises(CloudFailure):
        refuse_writes(name)


async def test_a_call_that_changes_something_is_refused_before_it_is_made(openapi: OpenApi) -> None:
    forged = Action(product="vpc", name="DescribeVSwitches", version="2016-04-28", keeps=())
    object.__setattr__(forged, "name", "DeleteVSwitch")
    assert (await failure_of(reader(openapi), forged)).kind == "refused"
    assert openapi.asked == []


async def test_one_is_found_by_its_id_with_what_is_kept_of_it(openapi: OpenApi, read: CloudReader) -> None:
    mine = vswitch(free=7, Description="password=hunter2", RouteTable={"RouteTableId": "vtb-1", "Secret": "x"})
    openapi.items["DescribeVSwitches"] = [mine, vswitch("vsw-other")]
    found = await read.read(DESCRIBE_VSWITCHES, REGION, {"VSwitchId": "vsw-bp1aaa"})
    assert found.complete
    (item,) = found.items
    assert (item["AvailableIpAddressCount"], item["RouteTable"]) == (7, {"RouteTableId": "vtb-1"})
    assert "Description" not in item


@pytest.mark.parametrize(
    ("action", "name", "parameters", "pages"),
    [
        (DESCRIBE_VSWITCHES, "VSwitchId", {}, 3),
        (DESCRIBE_SNAT_TABLE_ENTRIES, "SnatEntryId", {"NatGatewayId": "ngw-1"}, 3),
        (DESCRIBE_ROUTE_ENTRY_LIST, "RouteEntryId", {"RouteTableId": "vtb-1"}, 2),
        (DESCRIBE_NETWORK_INTERFACES, "NetworkInterfaceId", {}, 1),
        (DESCRIBE_INSTANCES, "InstanceId", {}, 2),
    ],
    ids=lambda value: value.name if isinstance(value, Action) else None,
)
async def test_lists_are_read_to_their_ends(
    openapi: OpenApi, read: CloudReader, action: Action, name: str, parameters: dict[str, str], pages: int
) -> None:
    openapi.items[action.name] = [{name: f"id-{number}"} for number in range(120)]
    found = await read.read(action, REGION, parameters)
    assert found.complete
    assert [item[name] for item in found.items] == [f"id-{number}" for number in range(120)]
    assert openapi.calls()[action.name] == pages == read.spent.calls


async def test_lists_of_parameters_are_written_as_each_product_takes_them(openapi: OpenApi, read: CloudReader) -> None:
    addresses = {"PrivateIpAddress": {"IpAddress": ["10.0.0.7"]}}
    openapi.items["DescribeInstances"] = [{"InstanceId": "i-1", "VpcAttributes": addresses}, {"InstanceId": "i-2"}]
    openapi.items["DescribeInstanceTypes"] = [{"InstanceTypeId": name} for name in ("ecs.g7.large", "ecs.g8.large")]
    found = await read.read(DESCRIBE_INSTANCES, REGION, {"PrivateIpAddresses": ("10.0.0.7",)})
    assert found.items[0]["InstanceId"] == "i-1"
    types = await read.read(DESCRIBE_INSTANCE_TYPES, REGION, {"InstanceTypes": ("ecs.g8.large",)})
    assert [item["InstanceTypeId"] for item in types.items] == ["ecs.g8.large"]
    sent = [query for _, query in openapi.asked]
    assert sent[0]["PrivateIpAddresses"] == '["10.0.0.7"]'
    assert sent[1]["InstanceTypes.1"] == "ecs.g8.large"


async def test_one_object_has_its_list_from_all_pages(openapi: OpenApi, read: CloudReader) -> None:
    rules = [{"Priority": str(number)} for number in range(1500)]
    group = {"SecurityGroupId": "sg-1", "InnerAccessPolicy": "Accept", "Permissions": {"Permission": rules}}
    openapi.items["DescribeSecurityGroupAttribute"] = [group]
    (found,) = (await read.read(DESCRIBE_SECURITY_GROUP_ATTRIBUTE, REGION, {"SecurityGroupId": "sg-1"})).items
    assert len(found["Permissions"]["Permission"]) == 1500
    assert found["InnerAccessPolicy"] == "Accept"


async def test_a_cluster_is_read_by_its_path_and_secrets_of_it_are_left_out(
    openapi: OpenApi, read: CloudReader
) -> None:
    openapi.clusters["c1"] = {
        "DescribeClusterDetail": {
            "vpc_id": "vpc-1",
            "meta_data": "secret",
            "master_url": "https://x",
            "rrsa_config": {"oidc_arn": PROVIDER},
        },
        "DescribeClusterNodePools": {
            "nodepools": [{"scaling_group": {"vswitch_ids": ["vsw-1"], "login_password": "hunter2", "user_data": "x"}}]
        },
        "DescribeClusterResources": [{"resource_type": "ALIYUN::ECS::SecurityGroup", "instance_id": "sg-1"}],
    }
    (detail,) = (await read.read(DESCRIBE_CLUSTER_DETAIL, REGION, {"ClusterId": "c1"})).items
    assert detail == {
        "vpc_id": "vpc-1",
        "rrsa_config": {"oidc_arn": PROVIDER.replace("1234567890123456", "********")},
    }
    (pool,) = (await read.read(DESCRIBE_CLUSTER_NODE_POOLS, REGION, {"ClusterId": "c1"})).items
    assert pool == {"scaling_group": {"vswitch_ids": ["vsw-1"]}}
    (resource,) = (await read.read(DESCRIBE_CLUSTER_RESOURCES, REGION, {"ClusterId": "c1"})).items
    assert resource["instance_id"] == "sg-1"


@pytest.mark.parametrize("status", [400, 403])
@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        ("Forbidden.RAM", "forbidden", "RAM does not grant vpc:DescribeVSwitches"),
        ("NoPermission", "forbidden", "RAM does not grant vpc:DescribeVSwitches"),
        ("InvalidAccessKeyId.NotFound", "unauthorized", "credentials (InvalidAccessKeyId.NotFound)"),
        ("SignatureDoesNotMatch", "unauthorized", "credentials (SignatureDoesNotMatch)"),
        ("InvalidSecurityToken.Expired", "unauthorized", "credentials"),
        ("InvalidTimeStamp.Expired", "unauthorized", "clock"),
        ("InvalidVSwitchId.NotFound", "not_found", "another region"),
        ("MissingParameter", "invalid", "a defect of netclinic"),
        ("InvalidParameter.PageSize", "invalid", "a defect of netclinic"),
        ("IncorrectStatus.Whatever", "refused", "IncorrectStatus.Whatever"),
    ],
)
async def test_errors_are_judged_by_their_code(openapi: OpenApi, status: int, code: str, kind: str, says: str) -> None:
    openapi.fails["DescribeVSwitches"] = status, code
    found = await failure_of(reader(openapi))
    assert (found.kind, found.code, found.request_id) == (kind, code, REQUEST_ID)
    assert says in str(found)


async def test_a_wrong_secret_is_refused_and_said_once(openapi: OpenApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "another")
    one = reader(openapi)
    for action in (DESCRIBE_VSWITCHES, DESCRIBE_INSTANCES):
        with pytest.raises(CloudFailure, match="does not accept netclinic's credentials"):
            await one.read(action, REGION, {})
    assert openapi.refused == ["SignatureDoesNotMatch"]
    assert len(one.unread()) == 1
    await one.close()


async def test_a_throttled_call_is_tried_again(openapi: OpenApi, read: CloudReader) -> None:
    openapi.items["DescribeVSwitches"] = [vswitch()]
    openapi.throttles["DescribeVSwitches"] = 2
    assert len((await read.read(DESCRIBE_VSWITCHES, REGION, {})).items) == 1
    assert openapi.calls()["DescribeVSwitches"] == 3


async def test_what_stays_throttled_is_unknown(openapi: OpenApi) -> None:
    openapi.throttles["DescribeVSwitches"] = 99
    assert (await failure_of(reader(openapi))).kind == "throttled"
    assert openapi.calls()["DescribeVSwitches"] == 3


async def test_the_same_call_is_made_once_and_heard_before_and_after(openapi: OpenApi) -> None:
    heard = Heard()
    one = reader(openapi, heard)
    asking = (one.read(DESCRIBE_VSWITCHES, REGION, {"VSwitchId": "vsw-1"}) for _ in range(5))
    await asyncio.gather(*asking)
    await one.close()
    assert len(openapi.asked) == len(heard.before) == 1
    assert heard.before[0].asked["VSwitchId"] == "vsw-1"
    assert heard.after == [("ok", "", REQUEST_ID)]


async def test_what_may_not_be_recorded_is_not_called(openapi: OpenApi) -> None:
    class Deaf(Heard):
        async def before_call(self, call: CloudCall) -> None:
            raise LookupError("the log is full")

    with pytest.raises(LookupError):
        await reader(openapi, Deaf()).read(DESCRIBE_VSWITCHES, REGION, {})
    assert openapi.asked == []


async def test_a_cloud_that_hangs_costs_its_deadline_once(openapi: OpenApi) -> None:
    openapi.hangs.add("*")
    one = reader(openapi, seconds=0.4)
    actions = (DESCRIBE_VSWITCHES, DESCRIBE_INSTANCES, DESCRIBE_NETWORK_INTERFACES)
    failures = await asyncio.gather(*(one.read(each, REGION, {}) for each in actions), return_exceptions=True)
    assert all(isinstance(each, CloudFailure) for each in failures)
    with pytest.raises(CloudFailure, match=r"did not answer within 0\.4 s"):
        await one.read(DESCRIBE_INSTANCE_TYPES, REGION, {})
    assert "DescribeInstanceTypes" not in openapi.calls()
    assert len(one.unread()) == 1
    await one.close()


async def test_calls_beyond_the_budget_are_not_made(openapi: OpenApi) -> None:
    openapi.items["DescribeVSwitches"] = [vswitch(f"vsw-{number}") for number in range(120)]
    one = reader(openapi, calls=2)
    found = await one.read(DESCRIBE_VSWITCHES, REGION, {})
    assert (len(found.items), found.complete) == (100, False)
    assert (await failure_of(one, DESCRIBE_INSTANCES)).kind == "budget"
    assert len(openapi.asked) == 2


async def test_a_login_page_is_no_reply(openapi: OpenApi) -> None:
    openapi.html.add("*")
    assert (await failure_of(reader(openapi))).kind == "invalid"


async def test_nobody_there_is_said_once_for_all() -> None:
    with OpenApi().running() as gone:
        pass
    one = reader(gone)
    with pytest.raises(CloudFailure, match="could not be reached"):
        await one.read(DESCRIBE_VSWITCHES, REGION, {})
    assert (await failure_of(one, DESCRIBE_INSTANCES)).kind == "unreachable"
    assert one.spent.calls == 1


@pytest.mark.parametrize("region", ["evil.example.com/", "cn-hangzhou.evil", "", "CN", "a" * 300])
async def test_a_region_that_is_none_is_no_part_of_a_host(openapi: OpenApi, region: str) -> None:
    with pytest.raises(CloudFailure, match="none of Alibaba Cloud"):
        await reader(openapi).read(DESCRIBE_VSWITCHES, region, {})
    assert openapi.asked == []


async def test_the_pods_role_is_assumed_once_and_its_token_is_sent_along(
    openapi: OpenApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_ID")
    (tmp_path / "token").write_text(OIDC_TOKEN + "\n")
    monkeypatch.setenv("ALIBABA_CLOUD_ROLE_ARN", ROLE)
    monkeypatch.setenv("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", PROVIDER)
    monkeypatch.setenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE", str(tmp_path / "token"))
    openapi.items["DescribeVSwitches"] = [vswitch()]
    heard = Heard()
    one = reader(openapi, heard)
    await asyncio.gather(*(one.read(DESCRIBE_VSWITCHES, REGION, {"VSwitchId": id_}) for id_ in ("vsw-bp1aaa", "vsw-2")))
    await one.close()
    assert openapi.calls() == {"AssumeRoleWithOIDC": 1, "DescribeVSwitches": 2}
    assert openapi.refused == []
    assert OIDC_TOKEN not in repr(heard.before)
    assert "StsSecret" not in repr(one.transport)


async def test_a_token_that_sts_refuses_is_a_matter_of_credentials(
    openapi: OpenApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_ID")
    (tmp_path / "token").write_text("stale")
    monkeypatch.setenv("ALIBABA_CLOUD_ROLE_ARN", ROLE)
    monkeypatch.setenv("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", PROVIDER)
    monkeypatch.setenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE", str(tmp_path / "token"))
    assert (await failure_of(reader(openapi))).kind == "unauthorized"
    monkeypatch.setenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE", str(tmp_path / "gone"))
    assert "no token can be read" in str(await failure_of(reader(openapi)))


async def test_the_sdk_prints_no_headers(
    openapi: OpenApi, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEBUG", "sdk")
    await reader(openapi).read(DESCRIBE_VSWITCHES, REGION, {})
    printed = "".join(capfd.readouterr())
    assert KEY_ID not in printed
    assert "Signature" not in printed


@pytest.mark.parametrize(
    "url", ["127.0.0.1:1", "ftp://x", "http://", "http://u:p@x:1", "http://x:1/path", "http://x?q"]
)
def test_an_endpoint_is_scheme_host_and_port(url: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        Endpoint.of(url)


def test_what_is_shown_for_the_shell_is_quoted() -> None:
    command = DESCRIBE_VSWITCHES.command(REGION, {"VSwitchId": "vsw-1; rm -rf /"})
    assert command == "aliyun vpc DescribeVSwitches --RegionId cn-hangzhou --VSwitchId 'vsw-1; rm -rf /'"
    path = DESCRIBE_CLUSTER_NODE_POOLS.command(REGION, {"ClusterId": "c1"})
    assert path == "aliyun cs GET /clusters/c1/nodepools --region cn-hangzhou"
