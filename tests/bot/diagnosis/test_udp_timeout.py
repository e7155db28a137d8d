"""The IPVS UDP timeout is a setting: it explains lookups that fail since healthy DNS servers were replaced, no more."""

from typing import Any

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.recordings import load, serve

ENTRY = "ipvs-udp-timeout"
REPLACED = "kube-proxy-udp-timeout"


@pytest.fixture
def told(entries: Any, meaning: Any) -> Any:
    """The judgement of plain words about this entry, on a recording."""

    async def judged(question: str, recording: str = REPLACED) -> Any:
        clinic = Clinic(entries, meaning({ENTRY: 0.95}))
        async with serve(load(recording)) as server, connect_to(server.kubeconfig, recording) as link:
            answer = await clinic.ask(question, Cluster(Transport(link.client), recording))
        return next(item.judgement for item in answer.diagnoses if item.entry.id == ENTRY)

    return judged


@pytest.mark.parametrize(
    "question",
    [
        "since coredns was restarted some lookups time out, for about five minutes now",
        "DNS fails now and then after the CoreDNS upgrade",
        "apps get UnknownHostException since the node with coredns rebooted",
        "name resolution is flaky for some minutes, we drained a node with coredns",
        "重启 coredns 之后 DNS 解析一直超时，已经好几分钟了",
        "CoreDNS 升级以后域名偶尔解析不了",
    ],
)
async def test_lookups_that_fail_since_dns_servers_were_replaced(told: Any, question: str) -> None:
    assert (await told(question)).verdict == "confirmed"


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("our syslog service loses packets since its pods were replaced", "name resolution"),
        ("syslog 服务的 UDP 包丢了好几分钟", "name resolution"),
        ("random 5 s DNS timeouts for weeks", '"for weeks" do not fit'),
        ("every lookup of an outside name fails", "replaced"),
        ("dns has timed out since yesterday", '"since yesterday" do not fit'),
        ("DNS 解析偶尔超时，已经好几天了", "replaced"),
    ],
)
async def test_words_about_something_else_leave_it_open(told: Any, question: str, why: str) -> None:
    judgement = await told(question)
    assert judgement.verdict == "suspected"
    assert why in judgement.reason


@pytest.mark.parametrize(
    ("recording", "verdict", "why"),
    [
        ("kube-proxy-udp-coredns-crashes", "ruled_out", "No CoreDNS pod is ready"),
        ("kube-proxy-udp-one-coredns-crashes", "suspected", "CrashLoopBackOff"),
        ("kube-proxy-udp-upstream-silent", "suspected", "i/o timeout"),
    ],
)
async def test_dns_servers_that_cannot_answer_explain_it(told: Any, recording: str, verdict: str, why: str) -> None:
    judgement = await told("重启 coredns 之后 DNS 解析一直超时，已经好几分钟了", recording)
    assert (judgement.verdict, why in judgement.reason) == (verdict, True)
