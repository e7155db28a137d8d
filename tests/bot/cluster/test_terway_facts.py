"""Facts about Terway: its modes, its data path as configured and as nodes report it, and what is switched on."""

from typing import Any

import pytest

from tests.bot.cluster.conftest import RUNS

LABEL = "k8s.aliyun.com/exclusive-mode-eni-type"


async def test_modes_of_terway(make: Any, read: Any) -> None:
    exclusive = make.node("x", labels={LABEL: "eniOnly"})
    eni, eniip = make.daemon_set("terway-eni"), make.daemon_set("terway-eniip")
    left_over, running = make.daemon_set("terway-eni"), make.daemon_set("terway-eniip", status=RUNS)
    for expected, objects in (
        ("shared", [eniip]),
        ("exclusive", [eni]),
        ("mixed", [eniip, exclusive]),
        ("mixed", [eniip, eni]),
        ("shared", [left_over, running]),
        ("exclusive", [make.daemon_set("terway", args=["-daemon-mode", "ENIOnly"])]),
        ("shared", [make.daemon_set("terway", args=["-daemon-mode", "ENIMultiIP"])]),
        ("shared", [eniip, make.node("y", labels={LABEL: "default"})]),
        (None, []),
    ):
        assert await read(objects, "terway.mode") == expected


@pytest.mark.parametrize("option", [["-daemon-mode", "VPC"], ["--daemon-mode", "vpc"], ["-daemon-mode=VPC"]])
async def test_pods_in_vpc_mode_have_no_addresses_of_enis(make: Any, read: Any, option: list[str]) -> None:
    """It is neither shared nor exclusive, whatever the DaemonSet is called."""
    for name in ("terway", "terway-eniip", "terway-eni"):
        assert await read([make.daemon_set(name, args=["terwayd", *option, "-v"])], "terway.mode") == "vpc"
    look_alikes = [
        make.daemon_set("terway-eniip", args=["-log-level", "vpc"]),
        make.daemon_set("terway-eniip", args=["-daemon-mode", "ENIMultiIP", "-vpc", "VPC"]),
        make.daemon_set("terway-eniip", args=["-daemon-mode", "VPCENI"]),
    ]
    assert [await read([each], "terway.mode") for each in look_alikes] == ["shared"] * 3


CONF = '{"type": "terway", "eniip_virtual_type": "%s"}'
CHAIN = '{"plugins": [%s]}'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"10-terway.conf": CONF % "IPVlan"}, "ipvlan"),
        ({"10-terway.conf": CONF % "Veth"}, "veth"),
        ({"10-terway.conf": CONF % ""}, "veth"),
        ({"10-terway.conf": CONF % "datapathv2", "10-terway.conflist": CHAIN % (CONF % "ipvlan")}, "ipvlan"),
        ({"10-terway.conf": CONF % "datapathv2", "10-terway.conflist": CHAIN % '{"type": "portmap"}'}, "datapathv2"),
        ({"10-terway.conf": CONF % "datapathv2", "10-terway.conflist": "{ # not JSON"}, "datapathv2"),
        ({"10-terway.conf": CONF % "datapathv2", "10-terway.conflist": CHAIN % '"odd"'}, "datapathv2"),
        (
            {"10-terway.conf": CONF % "datapathv2", "10-terway.conflist": '{"plugins": {"type": "terway"}}'},
            "datapathv2",
        ),
        ({"eniip_virtual_type": "ipvlan"}, "veth"),
    ],
)
async def test_the_data_path_as_configured(make: Any, read: Any, data: Any, expected: str) -> None:
    assert await read(make.terway(data=data), "terway.datapath") == expected


EBPF = '{"type": "terway", "network_policy_provider": "ebpf"%s}'


@pytest.mark.parametrize(
    ("release", "conf", "mode", "expected"),
    [
        ("v1.9.17", EBPF % "", "ENIMultiIP", None),
        ("v1.17.5", EBPF % ', "eniip_virtual_type": "Veth"', "ENIMultiIP", None),
        ("latest", EBPF % "", "ENIMultiIP", None),
        ("v1.9.10", EBPF % "", "ENIMultiIP", "veth"),
        ("v1.10.0", EBPF % "", "VPC", "veth"),
        ("v1.10.0", EBPF % ', "eniip_virtual_type": "datapathv2"', "ENIMultiIP", "datapathv2"),
        ("v1.10.0", '{"type": "terway", "network_policy_provider": "iptables"}', "ENIMultiIP", "veth"),
    ],
)
async def test_policies_in_ebpf_may_turn_veth_into_datapath_v2(
    make: Any, read: Any, release: str, conf: str, mode: str, expected: str | None
) -> None:
    """On nodes whose kernel fits, which no object tells in local IPAM mode."""
    runs = make.daemon_set("terway-eniip", image=f"acs/terway:{release}", args=["-daemon-mode", mode])
    objects = [runs, make.terway(data={"10-terway.conf": conf})[1]]
    assert await read(objects, "terway.datapath") == expected
    reported = [make.terway_crd(), make.terway_node(datapath={"type": "veth"})]
    assert await read([*objects, *reported], "terway.datapath") == "veth"
    assert await read(objects, "terway.policy_provider") == ("ebpf" if "ebpf" in conf else "iptables")


async def test_a_command_takes_one_name(make: Any, read: Any) -> None:
    eniip, eni = make.daemon_set("terway-eniip"), make.daemon_set("terway-eni")
    assert await read([eni], "terway.daemonset") == "terway-eni"
    assert await read([eniip, eni], "terway.daemonset") is None
    assert await read([], "terway.daemonset") is None


async def test_what_nodes_report_wins_over_what_is_configured(make: Any, read: Any) -> None:
    configured = make.terway(data={"10-terway.conf": CONF % "ipvlan"})
    reported = [make.terway_crd(), make.terway_node(datapath={"type": "datapathv2"})]
    assert await read([*configured, *reported], "terway.datapath") == "datapathv2"
    assert await read([*configured, make.terway_crd(), make.terway_node()], "terway.datapath") == "ipvlan"
    assert (
        await read([*configured, *reported], "terway.datapath", forbid=["network.alibabacloud.com/nodes"]) == "ipvlan"
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("false", "on"), ("0", "on"), ("", "on"), ("False", "off"), ("true", "off"), ("no", "off"), (None, "on")],
)
async def test_the_network_policy_switch(make: Any, read: Any, raw: str | None, expected: str) -> None:
    daemon_set, config = make.terway()
    config["data"].pop("disable_network_policy")
    config["data"] |= {} if raw is None else {"disable_network_policy": raw}
    assert await read([daemon_set, config], "terway.network_policy") == expected


@pytest.mark.parametrize(
    ("data", "conf", "expected"),
    [
        ({"in_cluster_loadbalance": "true"}, {}, "on"),
        ({"in_cluster_loadbalance": "True"}, {}, "off"),
        ({}, {"in_cluster_loadbalance": "true"}, "off"),
        ({}, {}, "off"),
    ],
)
async def test_in_cluster_load_balancing_is_read_in_one_place_only(
    make: Any, read: Any, data: Any, conf: Any, expected: str
) -> None:
    assert await read(make.terway(data=data, conf=conf), "terway.in_cluster_lb") == expected


async def test_port_mapping(make: Any, read: Any) -> None:
    replaced = make.node(labels={"k8s.aliyun.com/no-kube-proxy": "true"})
    policy = make.daemon_set("terway-eniip", container="policy", args=["--enable-host-port=true"])
    no_policy = make.daemon_set("terway-eniip", container="policy", args=["--enable-host-port=false"])
    plain = make.terway()

    def terway_of(release: str) -> Any:
        return make.daemon_set("terway-eniip", image=f"acs/terway:{release}")

    for expected, objects in (
        ("off", plain),
        ("on", make.terway(data={"10-terway.conflist": CHAIN % '"odd", {"type": "portmap"}'})),
        ("on", [policy, plain[1]]),
        ("off", [no_policy, plain[1]]),
        ("on", [terway_of("v1.14.5"), plain[1], replaced]),
        ("off", [terway_of("v1.14.0"), plain[1], replaced]),
        (None, [terway_of("v1.14.1"), plain[1], replaced]),
        (None, [terway_of("latest"), plain[1], replaced]),
        (
            "on",
            [
                terway_of("v1.14.0"),
                make.terway(data={"10-terway.conflist": CHAIN % '{"type": "portmap"}'})[1],
                replaced,
            ],
        ),
        ("on", make.terway(data={"10-terway.conf": '{"type": "terway", "cilium_args": "--enable-host-port=true"}'})),
        (None, [plain[0]]),
    ):
        assert await read(objects, "terway.portmap") == expected


async def test_odd_values_of_eni_conf_are_unknown_and_never_fatal(make: Any, read: Any) -> None:
    names = ("terway.vswitches", "terway.security_groups", "terway.ipam", "terway.ip_stack", "terway.eip_pool")
    assert await read(make.terway(data={"eni_conf": "{ # not JSON"}), *names) == [None, None, "local", "ipv4", "off"]
    odd = {
        "vswitches": ["vsw-1"],
        "security_group": None,
        "security_groups": "sg-9",
        "ipam_type": 7,
        "enable_eip_pool": True,
    }
    assert await read(make.terway(conf=odd), *names) == [None, "sg-9", "local", "ipv4", "on"]
    assert await read([make.daemon_set("terway-eniip")], *names) == [None, None, None, None, None]
