"""How the releases of Terway say the same thing: each wording with the releases that use it and where it is from.

Versions are those of https://github.com/AliyunContainerService/terway; a code of the cloud is passed on by all of them.
"""

import re
from typing import Literal

from bot.cluster.facts.wordings import Wording

Cause = Literal["vswitch_empty", "vswitch_missing", "eni_limit", "device_missing"]

WORDINGS: dict[Cause, tuple[Wording, ...]] = {
    "vswitch_empty": (
        Wording("InvalidVSwitchId.IpNotEnough", "1.0 and later", "error code of ECS"),
        Wording(
            "QuotaExceeded.PrivateIpAddress", "1.0 and later", "error code of ECS; pkg/eni/local.go takes it alike"
        ),
        Wording("has not enough IpAddress", "1.0 and later", "message of ECS to InvalidVSwitchId.IpNotEnough"),
        Wording("no ip left", "1.10 and later", "pkg/vswitch/vswitch.go"),
        Wording("ip is not enough", "1.10 on nodes, 1.17.1 on pods", "pkg/controller/multi-ip/node/pool.go"),
    ),
    # None of the zone can be used: all are empty, or none is configured there.
    "vswitch_missing": (
        Wording("no available vswitch", "1.1 and later", "pkg/vswitch/vswitch.go, pkg/controller/vswitch"),
        Wording("can not found available vSwitch", "1.1 and later", "pkg/controller/pod/pod_controller.go"),
    ),
    "eni_limit": (
        Wording("max ENI exceeded", "1.0 to 1.7", "daemon/eni-multi-ip.go"),
        Wording("EniPerInstanceLimitExceeded", "1.8 and later", "error code of ECS"),
    ),
    "device_missing": (
        Wording("cannot found mac address", "1.0", "pkg/link/interface.go"),
        Wording("can't found dev by mac", "1.1 and later", "pkg/link/interface_linux.go"),
    ),
}
# What no entry judges by, with what it means.
_MEANINGS: tuple[tuple[re.Pattern[str], str], ...] = (
    # 1.10 and later: pkg/eni/crdv2.go, where spec.eni of the object is empty
    (
        re.compile(r"nodes\.network\.alibabacloud\.com \S+ has not been initialized"),
        "Terway's control plane has not filled in the object of this node yet; on a new node wait a minute",
    ),
    # 1.14 and later on Lingjun nodes: ErrEfloPrivateIPQuotaExecuted of pkg/aliyun/client/errors/errors.go
    (re.compile(r"errCode: 1013\b"), "the private IP quota of this Lingjun node is used up: it takes no more pods"),
    # the scheduler, about what Terway's device plugin and controller offer
    (
        re.compile(r"Insufficient aliyun/(?:member-)?eni\b"),
        "no node has an ENI left for another pod that needs one of its own: see entry terway-pod-capacity",
    ),
)
POD_REASONS = (
    "AllocIPFailed",
    "FailedCreatePodSandBox",
    "CniPodCreateError",
    "PodCreateFailed",
    "CreateENIFailed",
    "AttachENIFailed",
)
NODE_REASONS = (
    "AllocIPFailed",
    "AllocResourceFailed",  # the daemon's errors of the cloud's API from 1.1 to 1.7
    "CreateENIFailed",
    "AttachENIFailed",
    "CniCreateENIError",
    "SyncOpenAPIFailed",
)
RECOVERED = ("CreateENISucceed", "AttachENISucceed")


def texts_of(cause: Cause) -> tuple[str, ...]:
    """What a message must contain one of, whatever the release."""
    return tuple(wording.text for wording in WORDINGS[cause])


def meaning_of(message: str) -> str:
    """What a message that no entry judges by means, in brackets behind a space; empty where its words tell it."""
    meant = next((told for wording, told in _MEANINGS if wording.search(message)), "")
    return f" ({meant})" if meant else ""
