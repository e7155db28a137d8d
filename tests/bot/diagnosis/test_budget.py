"""A question costs at most what the budget allows, whatever it names: what tells most is read first.

On a cluster of many nodes, Services and pods, where lists end early and names are looked up one by one.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget, Request
from bot.cluster.transport import Transport
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import Clinic
from bot.recordings import Recording, serve
from knowledge.model import Entry
from tests.bench.building import build
from tests.bench.nodes import node_name
from tests.bench.shapes import Size

SIZE = Size(nodes=300, pods=1_500, services=600, events=1_200)
NAMED = (
    f"pods web-00001, web-00044 and shop/batch-00003 on nodes {node_name(6)}, {node_name(7)} and {node_name(201)} get "
    "connection refused from services web-0001, web-0002, web-0043 and web-0044 in namespaces team-01, team-02, "
    "team-03 and team-04, deployments web-0005 and web-0006, statefulset mongo-1.mongo.db, kube-proxy uses IPVS, "
    "coredns times out, the LoadBalancer has no address and the hpa of web-0007 hangs"
)
PATIENT = Budget(seconds=300, seconds_a_request=120)  # nothing here is about time
MEANT = ("ipvs-udp-timeout", "ipvs-scheduler-module-missing")
Entries = Mapping[str, Entry]
Meaning = Callable[[Mapping[str, float]], Any]


class Heard:
    """An observer that writes down what was asked for."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    async def before(self, request: Request) -> None:
        self.requests.append(request)

    async def after(self, request: Request, outcome: str, size: int, seconds: float) -> None:
        pass


@pytest.fixture(scope="module")
def large() -> Recording:
    return build(SIZE)


@pytest.fixture
def ask(large: Recording, entries: Entries, meaning: Meaning) -> Callable[..., Any]:
    async def asked(question: str, budget: Budget, heard: Heard) -> Answer:
        clinic = Clinic(entries, meaning(dict.fromkeys(MEANT, 0.9)), budget)
        async with serve(large) as server, connect_to(server.kubeconfig, "large") as link:
            answer = await clinic.ask(question, Cluster(Transport(link.client), "large", (heard,)))
            assert len(server.requests) <= answer.requests == len(heard.requests)
        assert answer.bytes <= budget.bytes
        return answer

    return asked


async def test_a_question_that_names_much_costs_no_more_than_any_other(ask: Callable[..., Any]) -> None:
    heard = Heard()
    answer = await ask(NAMED, PATIENT, heard)
    assert answer.requests == 40
    assert any("the budget of 40 requests was spent" in line for line in answer.unread)


async def test_what_is_named_and_what_fails_is_read_before_settings(ask: Callable[..., Any]) -> None:
    heard = Heard()
    await ask(NAMED, replace(PATIENT, requests=200, bytes=100_000_000), heard)
    read = [f"{request.path} {dict(request.query)}" for request in heard.requests]
    of_services = [at for at, text in enumerate(read) if "app=web-000" in text or "service-name=web-000" in text]
    of_settings = [at for at, text in enumerate(read) if "terway-config" in text or "in (kube-proxy" in text]
    assert of_services
    assert of_settings
    assert max(of_services) < min(of_settings)


async def test_what_the_budget_cut_is_unknown_with_that_reason(ask: Callable[..., Any]) -> None:
    answer = await ask(NAMED, PATIENT, Heard())
    assert answer.failing[0].object == "Pod shop/batch-00003"
    cut = [found for item in answer.diagnoses for found in item.judgement.findings if "budget of 40" in found.summary]
    assert cut
    assert all(found.outcome == "unknown" for found in cut)


async def test_an_ordinary_question_is_not_cut(ask: Callable[..., Any]) -> None:
    answer = await ask("pods stuck in ContainerCreating since 10 min", PATIENT, Heard())
    assert answer.requests < 40
    assert answer.unread == ()
    assert answer.diagnoses[0].entry.id == "terway-vswitch-out-of-ips"


async def test_no_read_is_made_twice(ask: Callable[..., Any]) -> None:
    heard = Heard()
    await ask(NAMED, replace(PATIENT, requests=200, bytes=100_000_000), heard)
    pages = [request for request in heard.requests if "continue" not in dict(request.query)]
    asked = [(request.path, request.query, request.accept) for request in pages]
    # a sample of the nodes, and the nodes: one is a part of the other
    assert len(set(asked)) == len(asked)
