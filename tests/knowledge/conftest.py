"""A small vocabulary and entries written on the spot, so that these tests say what they are about."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.vocabulary import Parameter, ProbeDeclaration, Vocabulary

ENTRY = """\
---
id: broken-thing
title: The thing is broken
kind: fault
headings: [Enable hairpinning for Pods]
symptoms:
  - thing is broken
  - the thing does not answer
  - "thing: connection refused"
  - why is the thing down
  - thing stopped after the upgrade
  - no thing today
  - thing times out
  - 东西坏了
  - 为什么东西连不上
  - 升级之后东西不工作
identifiers: [ThingBroken]
applies:
  - network_plugin() == "terway"
confirmed_by:
  all:
    - pod_waiting(reason="ContainerCreating")
    - any:
        - pod_event(reason=["FailedCreatePodSandBox"], contains="no thing", within="30m")
        - node_taint(key="thing", absence="unknown")
facts: [network_plugin, terway.mode]
proved_on:
  confirmed: [thing-broken]
  ruled_out: [thing-fine]
---

## Cause

The thing broke on {{ node }}.

## Settle

1. Look at the thing.

## Steps

1. Look at the pod.
   ```sh
   kubectl -n {{ namespace }} get pod {{ pod }}
   ```
2. {when: terway_mode() == "exclusive" | exclusive ENI mode} Restart it.
   ```sh
   kubectl -n kube-system rollout restart daemonset terway-eni
   ```

## Verify

1. See that it runs.

## Caution

- The restart interrupts new pods.
"""


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """Five probes, four facts."""
    strings = Parameter(name="contains", type="strings")
    probes = (
        ProbeDeclaration(
            name="pod_waiting",
            nature="sign",
            summary="Pods that wait.",
            parameters=(
                Parameter(name="reason", type="string"),
                Parameter(name="min_age", type="duration"),
                Parameter(name="state", type="choice", choices=("waiting", "any")),
            ),
        ),
        ProbeDeclaration(
            name="pod_event",
            nature="sign",
            summary="Events about pods.",
            parameters=(
                Parameter(name="reason", type="strings", required=True),
                strings,
                Parameter(name="within", type="duration"),
                Parameter(name="at_least", type="integer"),
            ),
        ),
        ProbeDeclaration(
            name="node_taint",
            nature="sign",
            summary="Taints.",
            parameters=(Parameter(name="key", type="string", required=True), Parameter(name="here", type="boolean")),
        ),
        ProbeDeclaration(
            name="question_says",
            nature="condition",
            summary="The words.",
            parameters=(
                Parameter(name="about", type="string", required=True),
                Parameter(name="contains", type="wordings", required=True),
            ),
        ),
        ProbeDeclaration(
            name="terway_mode", nature="fact", summary="The ENI mode.", values=("shared", "exclusive", "mixed")
        ),
    )
    facts = {
        "network_plugin": "the plugin",
        "terway.mode": "the ENI mode",
        "terway.version": "the release",
        "kube_proxy.udp_timeout": "seconds",
    }
    return Vocabulary({probe.name: probe for probe in probes}, facts)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of entries."""
    path = tmp_path / "entries"
    path.mkdir()
    return path


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    """Writes the sample entry with replacements: ``write(("old", "new"), name="things/broken-thing.md")``."""

    def _write(*replacements: tuple[str, str], name: str = "things/broken-thing.md", text: str = ENTRY) -> Path:
        for old, new in replacements:
            assert old in text, f"the sample has no {old!r}"
            text = text.replace(old, new)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return _write
