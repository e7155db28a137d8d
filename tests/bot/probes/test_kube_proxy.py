"""Why kube-proxy does not use IPVS: in the words of its releases, with the modules or the reason that the log names."""

from typing import Any

import pytest

from bot.probes.kube_proxy import REFUSALS, missing_modules, refusal_reasons

NODES = ("a", "b")
LISTED = "IPVS proxier will not be used because the following required kernel modules are not loaded: [ip_vs_sh ip_vs]"
IPSET = "ipset version: 5.1 is less than min required version: 6.0"
DUMMY = 'E1120 proxier.go:634] "Could not create dummy VS" err="no such file or directory" scheduler="wlc"'


def proxies(make: Any, app: str = "kube-proxy-worker", container: str = "kube-proxy") -> list[Any]:
    running = {"name": container, "ready": True, "restartCount": 0, "state": {"running": {"startedAt": "now-2h"}}}
    return [
        make.pod(
            f"{app}-{node}",
            node,
            namespace="kube-system",
            phase="Running",
            labels={"k8s-app": app},
            status={"containerStatuses": [running]},
            spec={"hostNetwork": True, "containers": [{"name": container, "image": "x:1"}]},
        )
        for node in NODES
    ]


def logs(*lines: str, app: str = "kube-proxy-worker", container: str = "kube-proxy") -> dict[Any, str]:
    fine = 'now-2h I1 "Using ipvs Proxier"'
    text = "\n".join(f"now-2h {line}" for line in lines)
    return {("kube-system", f"{app}-a", container): text, ("kube-system", f"{app}-b", container): fine}


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([f"E1 can't determine whether to use ipvs proxy, error: {LISTED}"], {"module": ("ip_vs_sh", "ip_vs")}),
        ([f"E1 Can't use the IPVS proxier: {LISTED}"], {"module": ("ip_vs_sh", "ip_vs")}),
        (
            [DUMMY, 'E1 "command failed" err="can\'t use the IPVS proxier: no such file or directory"'],
            {"module": ("ip_vs_wlc",)},
        ),
        ([f'E1 "Error running ProxyServer" err="can\'t use the IPVS proxier: {IPSET}"'], {"reason": (IPSET,)}),
        (
            ["E1 can't determine whether to use ipvs proxy, error: error getting ipset version"],
            {"reason": ("error getting ipset version",)},
        ),
        (["E1 Can't use the IPVS proxier"], {}),
        # 1.22 to 1.25: the reason stands in err.
        ([f'E1 server_others.go:107] "Can\'t use the IPVS proxier" err="{IPSET}"'], {"reason": (IPSET,)}),
        ([f'E1 "Can\'t use the IPVS proxier" err="{IPSET}" node="a"'], {"reason": (IPSET,)}),
        (
            ['E1 "Can\'t use the IPVS proxier" err="exec: \\"ipset\\": executable file not found in $PATH"'],
            {"reason": ('exec: "ipset": executable file not found in $PATH',)},
        ),
        ([f'E1 "Can\'t use the IPVS proxier" err="{LISTED}"'], {"module": ("ip_vs_sh", "ip_vs")}),
    ],
)
async def test_the_words_of_the_releases(make: Any, find: Any, lines: list[str], named: dict[str, Any]) -> None:
    found = await find("ipvs_refused()", proxies(make), logs=logs(*lines))
    assert found.outcome == "present"
    assert found.objects == {"node": ("a",), "terway_pod": ("kube-proxy-worker-a",), **named}


@pytest.mark.parametrize(
    "lines",
    [
        ['I1 "Using ipvs Proxier"', "F1 open /proc/sys/net/netfilter/nf_conntrack_max: permission denied"],
        ["W1 Failed to load kernel module ip_vs_rr with modprobe.", "I1 Using ipvs Proxier."],
        ['I1 "Using iptables Proxier"'],
    ],
)
async def test_other_troubles_of_kube_proxy_are_none_of_ipvs(make: Any, find: Any, lines: list[str]) -> None:
    assert (await find("ipvs_refused()", proxies(make), logs=logs(*lines))).outcome == "absent"


@pytest.mark.parametrize("app", ["kube-proxy", "kube-proxy-worker", "kube-proxy-master"])
async def test_it_is_found_under_all_names(make: Any, find: Any, app: str) -> None:
    masters = [make.daemon_set("kube-proxy-master", image="kube-proxy:1", container="p")]
    found = await find(
        "ipvs_refused()", [*masters, *proxies(make, app)], logs=logs(f"can't use the IPVS proxier: {LISTED}", app=app)
    )
    assert found.outcome == "present"


async def test_unread_logs_are_unknown(make: Any, find: Any) -> None:
    assert (await find("ipvs_refused()", proxies(make), forbid=["pods/log"])).outcome == "unknown"
    assert (await find("ipvs_refused()", [make.node()])).outcome == "unknown"


def test_a_scheduler_is_no_module_unless_the_kernel_does_not_know_it() -> None:
    assert missing_modules([DUMMY]) == ("ip_vs_wlc",)
    assert missing_modules([DUMMY.replace("no such file or directory", "operation not permitted")]) == ()
    assert missing_modules(["required kernel modules are not loaded: []", "modules are not loaded: [$(reboot)]"]) == ()
    assert refusal_reasons(["can't use the IPVS proxier: a/b is missing."]) == ("a/b is missing",)


@pytest.mark.parametrize("text", [wording.text for wording in REFUSALS])
async def test_every_wording_is_known_in_the_log(make: Any, find: Any, text: str) -> None:
    assert (await find("ipvs_refused()", proxies(make), logs=logs(f"E1 {text.upper()}: x"))).outcome == "present"
    assert (await find("ipvs_refused()", proxies(make), logs=logs(f"E1 {text[:-5]}"))).outcome == "absent"
