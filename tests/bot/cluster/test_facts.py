"""Facts on healthy clusters, on odd ones, and where they may not be read."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cluster.connection import connect_to
from bot.cluster.facts import Fact, core_facts, declared_facts, read_fact
from bot.cluster.facts.kube_proxy import duration_seconds
from bot.cluster.reader import Reader
from bot.cluster.session import ClusterSession
from bot.cluster.transport import Transport
from bot.recordings import load, serve
from tests.bot.cluster.conftest import RUNS


async def shipped(recording: str, *names: str) -> dict[str, Fact]:
    async with (
        serve(load(recording)) as server,
        connect_to(server.kubeconfig, recording) as link,
        Reader(Transport(link.client)) as reader,
        ClusterSession(reader) as session,
    ):
        return {name: await read_fact(session, name) for name in names or declared_facts()}


@pytest.mark.parametrize(
    ("recording", "expected"),
    [
        (
            "terway-healthy",
            {
                "network_plugin": "terway",
                "cluster.kind": "managed",
                "cluster.ip_families": "ipv4",
                "terway.mode": "shared",
                "terway.datapath": "datapathv2",
                "terway.ipam": "crd",
                "cluster.foreign_cni": "none",
                "kubernetes.version": "1.32.1-aliyun.1",
                "terway.vswitches": "cn-hangzhou-h: vsw-bp1aaa; cn-hangzhou-i: vsw-bp1bbb",
                "kube_proxy.mode": "ipvs",
                "kube_proxy.udp_timeout": 10,
                "kube_proxy.scheduler": "lc",
                "cluster.domain": "cluster.local",
                "pods.waiting": "none",
            },
        ),
        ("terway-dedicated", {"network_plugin": "terway", "cluster.kind": "dedicated"}),
        ("terway-dual-stack", {"cluster.ip_families": "dual", "terway.ip_stack": "dual"}),
        ("terway-ipvlan", {"terway.datapath": "ipvlan", "terway.in_cluster_lb": "on"}),
        ("terway-exclusive-eni", {"terway.mode": "exclusive", "terway.datapath": "exclusive-eni"}),
        (
            "flannel-healthy",
            {
                "network_plugin": "flannel",
                "flannel.version": "v0.15.1.22-20a397e6-aliyun",
                "flannel.hairpin": "on",
                "flannel.cni_version": "0.3.1",
                "flannel.data_dir": "tmpfs",
                "kube_proxy.mode": "ipvs",
                "cluster.pod_cidr": "172.30.0.0/16",
            },
        ),
    ],
)
async def test_facts_of_the_healthy_clusters(recording: str, expected: dict[str, Any]) -> None:
    found = await shipped(recording, *expected)
    assert {name: fact.value for name, fact in found.items()} == expected
    for fact in found.values():
        assert fact.source
        assert fact.kubectl.startswith("kubectl ")


NEW, OLD = "docker.io/flannel/flannel:v0.25.1", "quay.io/coreos/flannel:v0.11.0-amd64"


@pytest.mark.parametrize(
    ("name", "namespace", "image", "distribution"),
    [
        ("kube-flannel-ds", "kube-system", "registry/acs/flannel:v0.15.1.22-20a397e6-aliyun", "ack"),
        ("kube-flannel-ds", "kube-system", "mirror.example.com/flannel:v0.15.1.22-20a397e6-aliyun", "ack"),
        ("kube-flannel-ds", "kube-flannel", NEW, "upstream"),
        ("kube-flannel", "kube-system", "rancher/mirrored-flannelcni-flannel:v0.19.2", "upstream"),
        ("kube-flannel-ds-amd64", "kube-system", OLD, "upstream"),
        ("kube-flannel-ds-arm64", "kube-flannel", "ghcr.io/flannel-io/flannel:v0.27.0", "upstream"),
        ("kube-flannel-ds", "kube-system", "mirror.example.com/net/our-flannel:7", None),
        ("flannel", "kube-system", OLD, "upstream"),
        ("kube-flannel-ds-mips64le", "kube-flannel", "rancher/mirrored-flannel-flannel:v0.26.1", "upstream"),
    ],
)
@pytest.mark.parametrize("closed", [(), ("daemonsets",)])
async def test_a_flannel_cluster_by_all_the_names_of_its_objects(
    make: Any, read: Any, name: str, namespace: str, image: str, distribution: str | None, closed: tuple[str, ...]
) -> None:
    daemon_set = make.daemon_set(name, namespace=namespace, image=image, container="kube-flannel")
    config = make.config("kube-flannel-cfg", make.flannel()[1]["data"], namespace=namespace)
    objects = [daemon_set, config, make.daemon_set("kube-proxy")]
    facts = (
        *("network_plugin", "flannel.namespace", "flannel.daemonset", "flannel.hairpin"),
        *("cluster.pod_cidr", "flannel.backend"),
    )
    expected = ["flannel", namespace, None if closed else name, "on", "10.7.0.0/16", "vpc"]
    assert await read(objects, *facts, forbid=list(closed)) == expected
    if not closed:
        tag = image.rpartition(":")[2]
        assert await read(objects, "flannel.distribution", "flannel.version") == [distribution, tag]


async def test_what_only_looks_like_flannel_is_none(make: Any, read: Any) -> None:
    for other in (
        make.daemon_set("kube-flannel-exporter"),
        make.daemon_set("kube-flannel-ds", namespace="shop"),
        make.daemon_set("my-kube-flannel-ds"),
        make.daemon_set("kube-flannel-ds-amd64-debug"),
        make.daemon_set("canal"),
        make.daemon_set("canal", image=OLD, labels={"app": "flannel"}),
        make.daemon_set("net", image="docker.io/flannel/flannel-cni-plugin:v1.5.1"),
        make.daemon_set("exporter", namespace="shop", labels={"app": "flannel"}),
    ):
        assert await read([other], "network_plugin", "flannel.namespace", "flannel.daemonset") == ["other", None, None]


async def test_a_flannel_of_another_name_is_known_by_its_label(make: Any, read: Any) -> None:
    flannel = make.daemon_set("net", image="mirror.example.com/net:7", labels={"app": "flannel"})
    assert await read([flannel], "network_plugin", "flannel.daemonset") == ["flannel", "net"]
    elsewhere = make.daemon_set("kube-flannel-ds", namespace="net", image="x:7", labels={"app": "flannel"})
    assert await read([elsewhere], "network_plugin", "flannel.namespace") == ["flannel", "net"]


@pytest.mark.parametrize("name", ["kube-flannel-ds", "net"])
async def test_a_flannel_in_a_namespace_of_its_own_is_known_by_its_image(make: Any, read: Any, name: str) -> None:
    objects = [
        make.daemon_set(name, namespace="flannel-system", image=NEW, container="main"),
        make.config("kube-flannel-cfg", make.flannel()[1]["data"], namespace="flannel-system"),
    ]
    facts = ("network_plugin", "flannel.namespace", "flannel.daemonset", "flannel.version", "flannel.hairpin")
    assert await read(objects, *facts) == ["flannel", "flannel-system", name, "v0.25.1", "on"]


async def test_of_two_flannels_the_one_that_runs_counts(make: Any, read: Any) -> None:
    """Whoever moves from the old manifest to the new one often leaves the old objects behind."""
    left_over = make.daemon_set("kube-flannel-ds-amd64", image=OLD, container="kube-flannel")
    runs = make.daemon_set(
        "kube-flannel-ds", namespace="kube-flannel", image=NEW, container="kube-flannel", status=RUNS
    )
    old = make.config("kube-flannel-cfg", {"cni-conf.json": json.dumps({"type": "flannel", "delegate": {}})})
    new = make.config("kube-flannel-cfg", make.flannel()[1]["data"], namespace="kube-flannel")
    assert await read([left_over, runs, old, new], "flannel.version", "flannel.hairpin") == ["v0.25.1", "on"]


async def test_where_only_kube_system_may_be_listed_flannels_namespace_is_not_taken_for_empty(
    make: Any, read: Any
) -> None:
    elsewhere = make.daemon_set("kube-flannel-ds", namespace="kube-flannel", image=NEW)
    config = make.config("kube-flannel-cfg", make.flannel()[1]["data"], namespace="kube-flannel")
    closed = ["daemonsets:kube-flannel"]
    assert await read([elsewhere, config], "network_plugin", forbid=closed) == "flannel"
    assert await read([elsewhere], "network_plugin", forbid=closed) is None
    assert await read([elsewhere, *make.terway()], "network_plugin", forbid=closed) == "terway"


@pytest.mark.parametrize("recording", ["terway-healthy", "flannel-healthy"])
async def test_every_fact_has_a_value_or_a_reason(recording: str) -> None:
    for name, fact in (await shipped(recording)).items():
        assert (fact.value is None) == bool(fact.reason), name


async def test_an_empty_cluster_and_a_closed_one_give_reasons(session_on: Any) -> None:
    for how in ({}, {"forbid": ["*"]}):
        async with session_on([], **how) as session:
            for name in declared_facts():
                fact = await read_fact(session, name)
                assert (fact.value is None) == bool(fact.reason), name
                if how and name != "kubernetes.version":
                    assert fact.value is None, name


async def test_core_facts_cost_few_reads(make: Any, session_on: Any) -> None:
    async with session_on([*make.terway(), *make.proxy(), make.node()]) as session:
        for name in core_facts():
            await read_fact(session, name)
        assert session.reader.spent.requests <= 16


async def test_a_plugin_that_is_left_over_does_not_count(make: Any, read: Any) -> None:
    flannel_pod = make.running("f", "10.0.0.1", namespace="kube-system", labels={"app": "flannel"})
    terway_pod = make.running("t", "10.0.0.1", namespace="kube-system", labels={"app": "terway-eniip"})
    for expected, objects in (
        ("terway", [*make.terway(status=RUNS), *make.flannel()]),
        ("flannel", [*make.terway(), *make.flannel(status=RUNS)]),
        ("flannel", [*make.terway(), *make.flannel(), flannel_pod]),
        ("terway", [*make.terway(), *make.flannel(), terway_pod]),
        ("terway", [*make.terway(), *make.flannel()]),
        ("flannel", make.flannel()),
        ("other", [make.daemon_set("calico-node")]),
        ("other", []),
    ):
        assert await read(objects, "network_plugin") == expected


async def test_without_the_right_to_see_daemonsets_configmaps_tell(make: Any, read: Any) -> None:
    assert await read(make.flannel(), "network_plugin", forbid=["daemonsets"]) == "flannel"
    assert await read([], "network_plugin", forbid=["daemonsets"]) is None


async def test_address_families(make: Any, read: Any) -> None:
    six = {"addresses": [{"type": "InternalIP", "address": "fd00::1"}]}
    dns = make.service("kube-dns", ["172.16.0.10", "fd01::a"], namespace="kube-system")
    for expected, objects in (
        ("ipv4", [*make.terway(), make.node(status=six)]),
        ("dual", [*make.terway(conf={"ip_stack": "dual"}), make.node()]),
        ("dual", [*make.terway(), make.config("ack-cluster-profile", {"ipStack": "ipv4,ipv6"})]),
        ("ipv4", [*make.terway(), make.config("ack-cluster-profile", {"ipStack": "ipv4"})]),
        ("dual", [*make.terway(), dns]),
        ("dual", [*make.flannel(), make.node(spec={"podCIDRs": ["10.0.0.0/24", "fd02::/64"]})]),
        (None, []),
    ):
        assert await read(objects, "cluster.ip_families") == expected


@pytest.mark.parametrize(
    ("corefile", "expected"),
    [
        (".:53 {\n    kubernetes cluster.local in-addr.arpa ip6.arpa {\n  }\n}", "cluster.local"),
        (".:53 {\n  # kubernetes x.local\n\tkubernetes acme.corp. in-addr.arpa\n}", "acme.corp"),
        ("cluster.local:53 {\n  kubernetes {\n    pods verified\n  }\n}", None),
        (".:53 {\n  kubernetes\n  forward . /etc/resolv.conf\n}", None),
        ("", None),
    ],
)
async def test_the_cluster_domain(make: Any, read: Any, corefile: str, expected: str | None) -> None:
    assert await read([make.config("coredns", {"Corefile": corefile})], "cluster.domain") == expected


@pytest.mark.parametrize(
    ("conf", "mode", "udp", "scheduler"),
    [
        ("mode: ipvs\nipvs: {udpTimeout: 10s, scheduler: lc}", "ipvs", 10, "lc"),
        ("mode: ipvs\nipvs: {udpTimeout: 0s}", "ipvs", 300, "rr"),
        ("mode: ipvs\nipvs:", "ipvs", 300, "rr"),
        ("mode: ipvs\nipvs: {udpTimeout: 10}", "ipvs", None, "rr"),
        ("mode: ''", "iptables", 300, "rr"),
        ("clusterCIDR: 10.0.0.0/8", "iptables", 300, "rr"),
        ("mode: [broken", None, None, None),
        ("", None, None, None),
        ("- a\n- b", None, None, None),
    ],
)
async def test_kube_proxy_settings(make: Any, read: Any, conf: str, mode: Any, udp: Any, scheduler: Any) -> None:
    assert await read(make.proxy(conf), "kube_proxy.mode", "kube_proxy.udp_timeout", "kube_proxy.scheduler") == [
        mode,
        udp,
        scheduler,
    ]


async def test_kube_proxy_that_is_replaced_or_merely_unseen(make: Any, read: Any) -> None:
    labelled = make.node(labels={"k8s.aliyun.com/no-kube-proxy": "true"})
    daemon_set, config = make.proxy()
    assert await read([config, labelled], "kube_proxy.mode") == "replaced"
    assert await read([daemon_set, config, labelled], "kube_proxy.mode") == "ipvs"
    assert await read([make.node()], "kube_proxy.mode") is None
    assert await read([daemon_set, config], "kube_proxy.mode", forbid=["configmaps"]) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 10),
        ("1m30s", 90),
        ("1.5h", 5400),
        ("500ms", 0),
        ("0", 0),
        ("0s", 0),
        ("10", None),
        ("ten", None),
        ("10s!", None),
    ],
)
def test_durations(text: str, seconds: int | None) -> None:
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize(
    ("conf", "hairpin", "version"),
    [
        ({"cniVersion": "0.3.1", "type": "flannel", "delegate": {"hairpinMode": True}}, "on", "0.3.1"),
        ({"type": "flannel", "hairpinMode": True}, "off", "missing"),
        ({"plugins": [{"type": "flannel", "delegate": {}}]}, "off", "missing"),
        ({"plugins": [{"type": "flannel", "delegate": {"hairpinMode": "true"}}]}, None, "missing"),
        ({"plugins": [{"type": "flannel", "delegate": ["odd"]}]}, None, "missing"),
        ({"plugins": "odd"}, None, "missing"),
        ({"plugins": {"type": "flannel"}}, None, "missing"),
        ([1], None, None),
    ],
)
async def test_flannel_settings(make: Any, read: Any, conf: Any, hairpin: Any, version: Any) -> None:
    config = make.config("kube-flannel-cfg", {"cni-conf.json": json.dumps(conf)})
    assert await read([make.flannel()[0], config], "flannel.hairpin", "flannel.cni_version") == [hairpin, version]
    assert (
        await read(
            [make.flannel()[0], make.config("kube-flannel-cfg", {"cni-conf.json": "{}} # no"})], "flannel.hairpin"
        )
        is None
    )


odd = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "terway", "vsw-1", "10s", "ipvs"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["plugins", "type", "vswitches", "ipvs", "mode", "delegate", "conditions", "ipv4", "conntrack", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(conf=odd, proxy=odd, status=odd)
async def test_no_shape_of_configuration_costs_the_answer(
    make: Any, session_on: Any, conf: Any, proxy: Any, status: Any
) -> None:
    keys = {"eni_conf": json.dumps(conf), "10-terway.conf": json.dumps(proxy), "10-terway.conflist": json.dumps(conf)}
    config = make.config("eni-config", keys)
    objects = [
        make.daemon_set("terway-eniip"),
        config,
        *make.proxy(json.dumps(proxy)),
        make.node(),
        make.terway_crd(),
        {**make.terway_node(), "spec": {"x": status, "flavor": status}, "status": {"networkInterfaces": status}},
    ]
    async with session_on(objects) as session:
        for name in declared_facts():
            fact = await read_fact(session, name)
            assert (fact.value is None) == bool(fact.reason), name


@pytest.mark.parametrize("version", ["v0.0.0-master+$Format:%H$", "unknown", ""])
async def test_where_the_server_hides_its_version_the_kubelets_tell_it(make: Any, read: Any, version: str) -> None:
    def nodes(*kubelets: str) -> list[Any]:
        return [make.node(f"n{at}", status={"nodeInfo": {"kubeletVersion": each}}) for at, each in enumerate(kubelets)]

    async def told(*kubelets: str) -> Any:
        return await read(nodes(*kubelets), "kubernetes.version", version=version)

    assert await told("v1.20.11-aliyun.1", "v1.20.4-aliyun.1") == "1.20.11-aliyun.1"
    assert await told("v1.20.11-aliyun.1", "v1.22.3-aliyun.1") is None, "they do not agree"
    assert await told("v0.0.0-master+$Format:%H$") is None
    assert await told() is None


@pytest.mark.parametrize(
    ("spec", "labels", "region"),
    [
        ({"providerID": "cn-hangzhou.i-bp1worker11"}, {}, "cn-hangzhou"),
        ({"providerID": "alicloud://ap-southeast-1.i-t4n0"}, {}, "ap-southeast-1"),
        ({"providerID": "cn-wulanchabu.e01-cn-0ju"}, {}, "cn-wulanchabu"),
        ({}, {"topology.kubernetes.io/region": "eu-central-1"}, "eu-central-1"),
        ({}, {"failure-domain.beta.kubernetes.io/region": "cn-beijing"}, "cn-beijing"),
        ({"providerID": "aws:///eu-west-1a/i-0abc"}, {}, None),
        ({"providerID": "kind://docker/kind/kind-worker"}, {}, None),
        ({}, {}, None),
    ],
)
async def test_the_region_is_that_of_the_nodes(
    make: Any, read: Any, spec: dict[str, str], labels: dict[str, str], region: str | None
) -> None:
    assert await read([make.node(spec=spec, labels=labels)], "cluster.region") == region
