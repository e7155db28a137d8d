"""What steps leave to fill in: as little as possible, and what is left is explained."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.transport import Transport
from bot.diagnosis.answer import Diagnosis
from bot.diagnosis.clinic import Clinic
from bot.recordings import load, serve
from knowledge.model import Entry
from knowledge.placeholders import explained
from knowledge.rendering import render

HAIRPIN = "flannel-hairpin-off"
UPPER = re.compile(
    r"(?<![\w$/.|-])[A-Z][A-Z0-9]{2,}(?:_[A-Z0-9]+)*(?![\w|-]|:[^A-Z])|(?<=//)[A-Z][A-Z_]+(?![\w.|-])|(?<=daemonset/)[A-Z_]+"
)
NO_PLACEHOLDERS = {"APP", "CNI", "FAIL", "UDP"}  # other upper-case words of the shipped commands


def test_whatever_a_shipped_command_leaves_to_fill_in_is_explained(entries: Mapping[str, Entry]) -> None:
    """With nothing known, each value is an upper-case word."""
    for entry in entries.values():
        parts = (entry.settle, entry.steps, entry.prevent, entry.verify)
        told = ""
        for shown in (shown for part in explained(render(part, {}, {}) for part in parts) for shown in part):
            told += shown.text
            for word in set(UPPER.findall(shown.command or "")) - NO_PLACEHOLDERS:
                assert word in told, f"{entry.id}: {word} in {shown.command}"


async def asked(entries: Mapping[str, Entry], meaning: Any, question: str, recording: str = HAIRPIN) -> Diagnosis:
    clinic = Clinic({HAIRPIN: entries[HAIRPIN]}, meaning({HAIRPIN: 0.95}), Budget(seconds=30))
    async with serve(load(recording)) as server, connect_to(server.kubeconfig, recording) as link:
        (found,) = (await clinic.ask(question, Cluster(Transport(link.client), recording))).diagnoses
    return found


def commands(found: Diagnosis) -> str:
    return "\n".join(step.command or "" for part in (found.settle, found.steps, found.verify) for step in part)


def test_a_step_names_the_daemon_set_that_is_there(entries: Mapping[str, Entry]) -> None:
    """And where nothing tells which one, how to find it, for `kubectl exec` and `rollout` as well."""
    for entry in entries.values():
        for part in (entry.settle, entry.steps, entry.prevent, entry.verify):
            for name in ("terway-eni", "terway"):
                shown = render(part, {"terway.daemonset": name, "terway.daemonsets": name}, {})
                told = " ".join(step.command or "" for step in shown)
                assert set(re.findall(r"daemonsets?[/ ](terway[\w-]*)", told)) <= {name}, entry.id
                assert not re.search(r"app=(?!TERWAY)terway-eniip", told), entry.id
    (step,) = render(entries["terway-ipvs-bypass"].steps[1:2], {}, {})
    ((shown,),) = explained([[step]])
    assert "in place of TERWAY_DAEMONSET" in shown.text


async def test_steps_are_about_the_pod_and_the_service_that_were_asked_about(
    entries: Mapping[str, Entry], meaning: Any
) -> None:
    question = "pod shop/web-7d9c6b8f54-4hpxk cannot reach itself through its own Service web"
    found = await asked(entries, meaning, question)
    told = commands(found)
    assert "-n shop rollout restart deployment web" in told
    assert "http://web:PORT/" in told
    assert "ownerReferences" not in told
    for word in ("NAMESPACE", "SERVICE", "POD", "DEPLOYMENT"):
        assert not re.search(rf"(?<![A-Z_]){word}(?![A-Z_:.])", told), word


@pytest.mark.parametrize(
    "question", ["a pod cannot reach itself through its own service", "pod nope-0 cannot reach itself"]
)
async def test_what_nobody_named_or_is_not_there_is_left_to_fill_in(
    entries: Mapping[str, Entry], meaning: Any, question: str
) -> None:
    found = await asked(entries, meaning, question)
    assert "kubectl -n NAMESPACE rollout restart deployment DEPLOYMENT" in commands(found)
    assert "ownerReferences" in commands(found)


UPGRADES = re.compile(r"\b(?:upgrade|update) Terway\b|\bstart the upgrade\b", re.IGNORECASE)


def test_whatever_upgrades_terway_warns_of_the_kernel_and_the_data_path(entries: Mapping[str, Entry]) -> None:
    steps = [step for entry in entries.values() for step in (*entry.settle, *entry.steps, *entry.prevent)]
    upgrades = [step for step in steps if UPGRADES.search(step.text)]
    assert len(upgrades) >= 4
    assert [step.text for step in upgrades if "older than 5.10" not in step.caution] == []
