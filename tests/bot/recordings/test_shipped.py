"""The base recordings hang together, and nothing is wrong in them: every other recording and test builds on that."""

import ipaddress
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from bot.recordings import Recording, load

TERWAY = ["terway-healthy", "terway-dedicated", "terway-dual-stack", "terway-ipvlan", "terway-exclusive-eni"]
BASES = [*TERWAY, "flannel-healthy", "flannel-dedicated"]


@pytest.fixture(params=BASES)
def store(request: pytest.FixtureRequest) -> Recording:
    return load(request.param)


def of(store: Recording, kind: str, group: str = "") -> Iterator[dict[str, Any]]:
    return (i for i in store.objects() if i["kind"] == kind and i["apiVersion"].rpartition("/")[0] == group)


def own_pods(store: Recording) -> list[dict[str, Any]]:
    return [pod for pod in of(store, "Pod") if not pod["spec"].get("hostNetwork")]


def config(store: Recording, name: str, key: str) -> Any:
    found = store.find("ConfigMap", name, "kube-system")
    assert found is not None
    return yaml.safe_load(found["data"][key])


def test_nothing_is_failing(store: Recording) -> None:
    for pod in of(store, "Pod"):
        assert pod["status"]["phase"] == "Running"
        assert all(each["ready"] and "running" in each["state"] for each in pod["status"]["containerStatuses"])
        assert {each["name"] for each in pod["status"]["containerStatuses"]} == {
            c["name"] for c in pod["spec"]["containers"]
        }
    for node in of(store, "Node"):
        states = {each["type"]: each["status"] for each in node["status"]["conditions"]}
        assert states["Ready"] == "True"
        assert states.get("NetworkUnavailable", "False") == "False"
    assert {event["type"] for event in of(store, "Event")} == {"Normal"}


def test_every_pod_is_on_a_node_and_has_an_address_of_its_own(store: Recording) -> None:
    nodes = {node["metadata"]["name"] for node in of(store, "Node")}
    addresses = [each["ip"] for pod in own_pods(store) for each in pod["status"]["podIPs"]]
    assert {pod["spec"]["nodeName"] for pod in of(store, "Pod")} == nodes
    assert len(addresses) == len(set(addresses))


def test_daemon_sets_count_their_pods(store: Recording) -> None:
    for kind, ready in (("DaemonSet", "numberReady"), ("ReplicaSet", "readyReplicas")):
        for owner in of(store, kind, "apps"):
            name, uid = owner["metadata"]["name"], owner["metadata"]["uid"]
            owned = [
                pod
                for pod in of(store, "Pod")
                for each in pod["metadata"].get("ownerReferences", ())
                if each["uid"] == uid
            ]
            assert len(owned) == owner["status"][ready], name


def test_logs_belong_to_containers(store: Recording) -> None:
    for key in store.logs:
        pod = store.find("Pod", key.pod, key.namespace)
        assert pod, key
        assert key.container in {each["name"] for each in pod["spec"]["containers"]}


def test_endpoints_are_the_addresses_of_pods(store: Recording) -> None:
    held = {(p["metadata"]["name"], each["ip"]) for p in own_pods(store) for each in p["status"]["podIPs"]}
    for piece in of(store, "EndpointSlice", "discovery.k8s.io"):
        named = [
            (each["targetRef"]["name"], each["addresses"][0]) for each in piece["endpoints"] if "targetRef" in each
        ]
        assert held.issuperset(named)
        assert named or piece["metadata"]["name"] == "kubernetes"


def test_no_risky_setting(store: Recording) -> None:
    for name in {item["metadata"]["name"] for item in of(store, "ConfigMap")} & {
        "kube-proxy-worker",
        "kube-proxy-master",
    }:
        proxy = config(store, name, "config.conf")
        assert (proxy["mode"], proxy["ipvs"]) == ("ipvs", {"scheduler": "lc", "syncPeriod": "30s", "udpTimeout": "10s"})
    assert not list(of(store, "NetworkPolicy", "networking.k8s.io"))


@pytest.mark.parametrize("name", TERWAY)
def test_terway_settings_parse(name: str) -> None:
    store = load(name)
    eni = json.loads(store.find("ConfigMap", "eni-config", "kube-system")["data"]["eni_conf"])  # type: ignore[index]
    assert set(eni["vswitches"]) == {
        node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in of(store, "Node")
    }
    # The secret is there to prove that it never gets out.
    assert eni["access_secret"] == "EXAMPLE-SECRET-THAT-MUST-NEVER-BE-SHOWN"


@pytest.mark.parametrize("name", ["terway-healthy", "terway-dedicated", "terway-dual-stack"])
def test_terways_own_objects_agree_with_the_pods(name: str) -> None:
    store = load(name)
    booked = {}
    for node in of(store, "Node", "network.alibabacloud.com"):
        cards = node["status"]["networkInterfaces"]
        assert len(cards) < sum(each["count"] for each in node["spec"]["flavor"])
        for card in cards.values():
            assert card["vSwitchID"] in node["spec"]["eni"]["vSwitchOptions"]
            for family in ("ipv4", "ipv6"):
                for address, booking in card.get(family, {}).items():
                    assert ipaddress.ip_address(address) in ipaddress.ip_network(card[f"{family}CIDR"])
                    if "podID" in booking:
                        booked[address] = (booking["podID"], node["metadata"]["name"])
    expected = {
        each["ip"]: (f"{pod['metadata']['namespace']}/{pod['metadata']['name']}", pod["spec"]["nodeName"])
        for pod in own_pods(store)
        for each in pod["status"]["podIPs"]
    }
    assert booked == expected


@pytest.mark.parametrize("name", ["flannel-healthy", "flannel-dedicated"])
def test_flannel_pods_have_addresses_of_their_node(name: str) -> None:
    store = load(name)
    ranges = {node["metadata"]["name"]: ipaddress.ip_network(node["spec"]["podCIDR"]) for node in of(store, "Node")}
    whole = ipaddress.ip_network(config(store, "kube-flannel-cfg", "net-conf.json")["Network"])
    assert all(each.subnet_of(whole) for each in ranges.values())  # type: ignore[arg-type]
    for pod in own_pods(store):
        assert ipaddress.ip_address(pod["status"]["podIP"]) in ranges[pod["spec"]["nodeName"]]
    [flannel, _] = config(store, "kube-flannel-cfg", "cni-conf.json")["plugins"]
    assert flannel["delegate"]["hairpinMode"] is True


def test_dual_stack_has_both_families_everywhere() -> None:
    store = load("terway-dual-stack")
    for pod in of(store, "Pod"):
        assert [ipaddress.ip_address(each["ip"]).version for each in pod["status"]["podIPs"]] == [4, 6]
    for service in of(store, "Service"):
        families = [ipaddress.ip_address(each).version for each in service["spec"]["clusterIPs"]]
        assert families == ([4] if service["metadata"]["name"] == "kubernetes" else [4, 6])
    kinds = [piece["addressType"] for piece in of(store, "EndpointSlice", "discovery.k8s.io")]
    assert (kinds.count("IPv4"), kinds.count("IPv6")) == (4, 3)


def test_what_sets_the_bases_apart() -> None:
    names = {base: {item["metadata"]["name"] for item in load(base).objects()} for base in BASES}
    for base in BASES:
        assert ("kube-proxy-master" in names[base]) is base.endswith("dedicated")
        assert ("cloud-config" in names[base]) is base.endswith("dedicated")
        assert ("terway-eni" in names[base]) is (base == "terway-exclusive-eni")
    ipvlan, exclusive = load("terway-ipvlan"), load("terway-exclusive-eni")
    assert config(ipvlan, "eni-config", "10-terway.conf")["eniip_virtual_type"] == "IPVlan"
    assert config(ipvlan, "eni-config", "in_cluster_loadbalance") is True
    for node in of(exclusive, "Node"):
        here = [pod for pod in own_pods(exclusive) if pod["spec"]["nodeName"] == node["metadata"]["name"]]
        assert int(node["status"]["allocatable"]["aliyun/eni"]) > len(here)
    assert exclusive.version.startswith("v1.28.")
