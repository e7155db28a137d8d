"""Facts about kube-proxy where its settings are options of a command, as ACK 1.16 has them."""

from typing import Any

import pytest

from bot.cluster.facts import read_fact


@pytest.fixture
def read_facts(session_on: Any) -> Any:
    async def facts(objects: list[Any], *names: str) -> Any:
        async with session_on(objects) as session:
            return [await read_fact(session, name) for name in names]

    return facts


@pytest.fixture
def read(read_facts: Any) -> Any:
    async def values(objects: list[Any], *names: str) -> Any:
        found = [fact.value for fact in await read_facts(objects, *names)]
        return found[0] if len(found) == 1 else found

    return values


def _proxy_by_options(make: Any, *words: str, container: str = "kube-proxy-worker", **status: int) -> list[Any]:
    """kube-proxy of ACK 1.16: its settings are options of the command, and the ConfigMap holds a kubeconfig alone."""
    daemon_set = make.daemon_set("kube-proxy-worker", image="acs/kube-proxy:v1.16.9", container=container)
    daemon_set["spec"]["template"]["spec"]["containers"][0]["command"] = list(words)
    daemon_set["status"] = {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, **status}
    return [daemon_set, make.config("kube-proxy-worker", {"kubeconfig.conf": "kind: Config"})]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["kube-proxy", "--proxy-mode=ipvs"], ["ipvs", 300, "rr", 32768]),
        (["kube-proxy", "--proxy-mode", "ipvs", "--ipvs-scheduler", "lc"], ["ipvs", 300, "lc", 32768]),
        (["sh", "-c", "kube-proxy --proxy-mode='ipvs' --ipvs-scheduler=wrr --v=2"], ["ipvs", 300, "wrr", 32768]),
        (
            ["kube-proxy", "--proxy-mode=ipvs", "--ipvs-udp-timeout=10s", "--conntrack-max-per-core=65536"],
            ["ipvs", 10, "rr", 65536],
        ),
        (["kube-proxy", "--proxy-mode=ipvs", "--conntrack-max-per-core", "65536"], ["ipvs", 300, "rr", None]),
        (["kube-proxy", "--proxy-mode=ipvs", "--ipvs-scheduler=sh"], ["ipvs", 300, "sh", 32768]),
        (["kube-proxy", "--proxy-mode=ipvs", "--ipvs-scheduler", "sh"], ["ipvs", 300, None, 32768]),
        (["kube-proxy", "--proxy-mode=iptables"], ["iptables", 300, "rr", 32768]),
        (["kube-proxy", "--proxy-mode-of-mine=ipvs"], [None] * 4),
        (["kube-proxy", "--proxy-mode=ipvs", "--config=/etc/kube-proxy.conf"], [None] * 4),
        (["kube-proxy", "--proxy-mode=ipvs", "--config-sync-period=15m"], ["ipvs", 300, "rr", 32768]),
        (["kube-proxy"], [None] * 4),
        ([], [None] * 4),
    ],
)
async def test_kube_proxy_that_is_set_by_options(make: Any, read: Any, words: list[str], expected: list[Any]) -> None:
    names = ("kube_proxy.mode", "kube_proxy.udp_timeout", "kube_proxy.scheduler", "kube_proxy.max_per_core")
    assert await read(_proxy_by_options(make, *words, container="proxy"), *names) == expected


async def test_options_are_told_with_the_object_that_sets_them(make: Any, read_facts: Any) -> None:
    objects = _proxy_by_options(make, "kube-proxy", "--proxy-mode=ipvs", "--cluster-cidr=172.20.0.0/16")
    found = await read_facts(objects, "kube_proxy.mode", "kube_proxy.cluster_cidr", "kube_proxy.configured_by")
    assert [fact.value for fact in found] == ["ipvs", "172.20.0.0/16", "options"]
    assert {fact.source for fact in found} == {"DaemonSet kube-system/kube-proxy-worker"}
    assert found[0].excerpt == "--proxy-mode: ipvs"
    assert all("get daemonset kube-proxy-worker" in fact.kubectl for fact in found)


async def test_a_configmap_without_config_conf_is_no_mistake_in_yaml(make: Any, read_facts: Any) -> None:
    mode, maps = await read_facts(_proxy_by_options(make, "kube-proxy"), "kube_proxy.mode", "kube_proxy.configmaps")
    assert mode.reason == (
        "ConfigMap kube-system/kube-proxy-worker has no key config.conf, "
        "and the command of DaemonSet kube-proxy-worker sets no --proxy-mode"
    )
    assert maps.value is None
    assert "config.conf" in maps.reason


async def test_the_file_wins_where_the_command_names_it(make: Any, read: Any) -> None:
    daemon_set, _ = _proxy_by_options(make, "kube-proxy", "--proxy-mode=iptables", "--config=/var/lib/config.conf")
    assert await read([daemon_set, make.proxy()[1]], "kube_proxy.mode", "kube_proxy.configured_by") == [
        "ipvs",
        "config.conf",
    ]
    daemon_set, _ = _proxy_by_options(make, "kube-proxy", "--proxy-mode=iptables")
    assert await read([daemon_set, make.proxy()[1]], "kube_proxy.mode") == "iptables"


async def test_of_several_containers_kube_proxy_is_found_by_its_name_or_image(make: Any, read: Any) -> None:
    objects = _proxy_by_options(make, "x", "--proxy-mode=ipvs", container="main")
    containers = objects[0]["spec"]["template"]["spec"]["containers"]
    containers.insert(0, {"name": "sidecar", "image": "acs/agent:1", "command": ["--proxy-mode=iptables"]})
    assert await read(objects, "kube_proxy.mode") == "ipvs"
    containers[0]["name"] = "kube-proxy"
    assert await read(objects, "kube_proxy.mode") == "iptables"


@pytest.mark.parametrize(("updated", "expected"), [(3, "yes"), (1, "pending")])
async def test_options_are_applied_where_all_pods_are_new(make: Any, read: Any, updated: int, expected: str) -> None:
    objects = _proxy_by_options(make, "kube-proxy", "--proxy-mode=ipvs", updatedNumberScheduled=updated)
    assert await read(objects, "kube_proxy.applied") == expected


async def test_the_name_of_kube_proxy_on_workers(make: Any, read: Any) -> None:
    upstream = make.daemon_set("kube-proxy", image="kube-proxy:v1.20.2", container="kube-proxy")
    conf = make.config("kube-proxy", {"config.conf": "mode: ipvs"})
    assert await read([upstream, conf], "kube_proxy.name", "kube_proxy.mode") == ["kube-proxy", "ipvs"]
    assert await read(make.proxy(), "kube_proxy.name") == "kube-proxy-worker"
    assert await read([conf], "kube_proxy.name") == "kube-proxy"
    assert await read([make.node()], "kube_proxy.name") is None
