"""Whom CoreDNS asks is read from the Corefile; only for a domain outside the cluster that the words say fails."""

from typing import Any

import pytest

from bot.probes.corefile import domain_causes, whom_it_asks

COREFILE = """
.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods verified
       fallthrough in-addr.arpa ip6.arpa
    }
    forward . /etc/resolv.conf {
       prefer_udp
    }
    cache 30
}
dns://corp.example.com:53, lab.example.com. {
    forward . 10.0.0.53 10.0.0.54
}
"""


def test_each_zone_has_its_servers() -> None:
    assert whom_it_asks(COREFILE) == {
        ".": "/etc/resolv.conf",
        "corp.example.com": "10.0.0.53 10.0.0.54",
        "lab.example.com": "10.0.0.53 10.0.0.54",
    }


@pytest.mark.parametrize("text", ["", "}", "{{{", "forward . 1.1.1.1", ".:53 {\n errors\n}"])
def test_what_is_no_corefile_names_nobody(text: str) -> None:
    assert whom_it_asks(text) == {}


async def told(make: Any, session_on: Any, question: str) -> list[str]:
    config = make.config("coredns", {"Corefile": COREFILE})
    async with session_on([config], question=question) as session:
        return [cause.message for cause in (await domain_causes(session)).items]


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("git.corp.example.com cannot be resolved", "has a block for corp.example.com: it asks 10.0.0.53 10.0.0.54"),
        ("pod 里解析 gitlab.intra 失败", "has no block for gitlab.intra: CoreDNS asks the servers in /etc/resolv.conf"),
        ("curl https://api.partner.example.org/v1 fails, unknown host", "has no block for api.partner.example.org"),
    ],
)
async def test_a_domain_that_fails_is_told_who_is_asked(make: Any, session_on: Any, question: str, says: str) -> None:
    (message,) = await told(make, session_on, question)
    assert says in message


@pytest.mark.parametrize(
    "question",
    [
        "cart.shop cannot be resolved",
        "cart.shop.svc.cluster.local cannot be resolved",
        "web.cluster.local cannot be resolved",
        "dns fails, see resolv.conf and values.yaml",
        "dns fails, the taint is node.kubernetes.io/unreachable",
        "how is git.corp.example.com resolved",
        "lookups of 10.0.0.1 fail since v1.2.3",
    ],
)
async def test_other_words_get_nothing(make: Any, session_on: Any, question: str) -> None:
    assert await told(make, session_on, question) == []
