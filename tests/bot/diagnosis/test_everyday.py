"""Ordinary incidents on clusters with every risky setting on: nothing is confirmed, and the cause is named.

The words are taken to describe every entry that rests on a setting, which is the harder test.
"""

import io
from typing import Any

import pytest
from rich.console import Console

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.transport import Transport
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.report import make_report
from bot.recordings import Recording, serve
from bot.terminal.pages import show_report
from tests.everyday.by_kind import ALIKE_BY_KIND, BY_KIND
from tests.everyday.clusters import cluster
from tests.everyday.incident import Incident
from tests.everyday.incidents import INCIDENTS
from tests.everyday.look_alikes import HEALTHY, OTHER_OBJECT, TRUE
from tests.everyday.told import TOLD

BY_A_SETTING = ("flannel-hairpin-off", "ipvs-udp-timeout", "terway-hostport-unmapped", "terway-ipvlan-in-cluster-lb")
ASKED = [(each, question) for each in INCIDENTS for question in each.questions]
UNNAMED = [(each, question) for each in (*TOLD, *BY_KIND) for question in each.questions]
ALIKE = [(each, question) for each in (*HEALTHY, *ALIKE_BY_KIND) for question in each.questions]
SO = [(each, question) for each in TRUE for question in each.questions]
OTHERS = [(each, question) for each in OTHER_OBJECT for question in each.questions]


@pytest.fixture
def ask(entries: Any, meaning: Any) -> Any:
    """The answer to words that are taken to describe these entries."""

    async def asked(question: str, recording: Recording, *ids: str) -> Answer:
        clinic = Clinic(entries, meaning(dict.fromkeys(ids or BY_A_SETTING, 0.95)))
        async with serve(recording) as server, connect_to(server.kubeconfig, recording.name) as link:
            return await clinic.ask(question, Cluster(Transport(link.client), recording.name))

    return asked


def made(incident: Incident) -> Recording:
    return cluster(incident.base, incident.objects, remove=incident.remove, logs=incident.logs)


def _id(case: Any) -> str:
    return case.name.replace(" ", "-") if isinstance(case, Incident) else ""


@pytest.mark.parametrize(("incident", "question"), ASKED, ids=_id)
async def test_an_everyday_cause_is_named_and_no_setting_confirmed(ask: Any, incident: Incident, question: str) -> None:
    answer = await ask(question, made(incident))
    assert [(item.entry.id, item.judgement.reason) for item in answer.diagnoses if item.verdict == "confirmed"] == []
    told = [item.message for item in answer.failing]
    found = any(all(words in message for words in incident.named) for message in told)
    assert found or not incident.named, told
    open_ones = [item for item in answer.diagnoses if item.verdict == "suspected" and item.entry.id in BY_A_SETTING]
    assert all("which explains the same" in item.judgement.reason for item in open_ones)


@pytest.mark.parametrize(("incident", "question"), UNNAMED, ids=_id)
async def test_what_fails_is_told_though_nobody_named_it(ask: Any, incident: Incident, question: str) -> None:
    answer = await ask(question, made(incident))
    told = [item.message for item in answer.failing]
    assert any(all(words in message for words in incident.named) for message in told), told
    assert [item.entry.id for item in answer.diagnoses if item.verdict == "confirmed"] == []


async def test_what_is_named_stands_in_json_and_on_the_page(ask: Any) -> None:
    incident = INCIDENTS[0]
    answer = await ask(incident.questions[0], made(incident))
    told = answer.to_json()["failing"][0]
    assert told["object"] == "Service mall/basket"
    assert told["check"] == "kubectl -n mall get pods --show-labels"
    console = Console(width=200, record=True, file=io.StringIO())
    show_report(console, make_report(answer))
    page = console.export_text()
    assert "Failing here" in page
    assert "Service mall/basket, now" in page
    assert all(words in page for words in incident.named)


async def test_what_cannot_be_looked_at_confirms_nothing(ask: Any) -> None:
    """The Service may be in order: who cannot read its pods cannot tell."""
    incident = TRUE[0]
    hidden = cluster(incident.base, incident.objects, forbid=["pods:mall/*"])
    answer = await ask(incident.questions[0], hidden, incident.entry)
    assert str(answer.diagnoses[0].verdict) == "suspected"
    assert "may explain the same" in answer.diagnoses[0].judgement.reason


@pytest.mark.parametrize(("incident", "question"), ALIKE, ids=_id)
async def test_a_healthy_look_alike_invents_no_cause(ask: Any, incident: Incident, question: str) -> None:
    answer = await ask(question, made(incident))
    assert [item.message for item in answer.failing] == []


@pytest.mark.parametrize(("incident", "question"), SO, ids=_id)
async def test_a_true_fault_of_a_named_object_stays_confirmed(ask: Any, incident: Incident, question: str) -> None:
    answer = await ask(question, made(incident), incident.entry)
    first = answer.diagnoses[0]
    assert (first.entry.id, str(first.verdict)) == (incident.entry, "confirmed"), first.judgement.reason


@pytest.mark.parametrize(("incident", "question"), OTHERS, ids=_id)
async def test_a_setting_of_another_object_confirms_nothing(ask: Any, incident: Incident, question: str) -> None:
    answer = await ask(question, made(incident), incident.entry)
    verdicts = {item.entry.id: str(item.verdict) for item in answer.diagnoses}
    assert verdicts[incident.entry] in ("suspected", "ruled_out")
