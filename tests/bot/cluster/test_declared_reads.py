"""Whatever is read of labels, annotations, ConfigMaps and commands is declared, so that recordings hold it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bot.cluster
from bot.cluster import resources
from bot.cluster.declared_reads import (
    Annotation,
    ConfigKey,
    DeclaredReads,
    annotation_of,
    command_words,
    config_text,
    declared_reads,
    label_of,
)
from bot.cluster.object_shape import shape_of
from bot.cluster.recorded_fields import recorded_object, selected_labels
from bot.cluster.resources import Resource
from bot.probes import reads_of, vocabulary
from bot.probes.pods import APP
from knowledge.loading import BUILTIN_FOLDER, load_entries

# Whatever reads objects of a cluster does so through a session.
READERS = [
    path
    for path in Path(bot.cluster.__path__[0]).parent.rglob("*.py")
    if "bot.cluster.session import" in path.read_text() and path.parent.name in ("cluster", "facts", "probes")
]
FIELDS = {"labels", "annotations", "data", "binaryData", "command", "args", "env", "envFrom"}
KINDS = [value for value in vars(resources).values() if isinstance(value, Resource)]


def undeclared(source: str) -> Iterator[str]:
    """Where code reads one of these fields past ``declared_reads``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in FIELDS:
            yield f'line {node.lineno}: "{node.value}"'
        if isinstance(node, ast.Name) and node.id == "labels_of":
            yield f"line {node.lineno}: labels_of"


@pytest.mark.parametrize("path", READERS, ids=lambda path: path.stem)
def test_labels_annotations_and_data_are_read_by_declared_names(path: Path) -> None:
    found = list(undeclared(path.read_text()))
    advice = "declare the name by label, annotation, config_key or command_word of bot.cluster.declared_reads"
    assert not found, f"{path.name} {', '.join(found)}: {advice}, and read it by label_of, annotation_of, ..."


@pytest.mark.parametrize(
    "code",
    [
        'get_path(pod, "metadata", "annotations", "shop/owner")',
        '(pod["metadata"].get("annotations") or {}).get("shop/owner")',
        'labels_of(pod).get("app")',
        'config["data"]["a"]',
        'container.get("args")',
        'get_path(container, "env")',
    ],
)
def test_a_new_reading_past_the_declarations_is_seen(code: str) -> None:
    assert list(undeclared(f"async def new_probe(session):\n    return {code}\n"))


def test_the_readers_are_found() -> None:
    names = {path.stem for path in READERS}
    assert names >= {"pods", "services", "terway", "config", "nodes", "eni_config", "kube_proxy", "pending_pods"}


def test_what_is_no_such_reading_is_left_alone() -> None:
    code = 'session.reader.select(PODS, labels="app=web")\nlabel_of(pod, APP)\nget_path(pod, "spec", "nodeName")\n'
    assert not list(undeclared(code))


def test_what_entries_name_comes_on_top() -> None:
    reads = reads_of(load_entries([BUILTIN_FOLDER], vocabulary()))
    own = declared_reads()
    assert own.labels == reads.labels >= {"app", "k8s-app", "terway-config", "kubernetes.io/service-name"}
    assert own.annotations < reads.annotations
    assert "k8s.aliyun.com/pod-with-eip" in reads.annotations
    named = [each for each in reads.config_keys if each not in own.config_keys]
    assert ConfigKey("eni-config", "eni_conf", ("max_eni",)) in named


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.kind}.{kind.group}")
def test_every_kind_that_is_read_has_its_fields_declared(kind: Resource) -> None:
    assert shape_of(kind.group, kind.kind).keys() > {"metadata"}


def test_a_recording_keeps_the_labels_by_which_anything_is_selected() -> None:
    assert selected_labels({"kind": "Service", "spec": {"selector": {"tier": "front"}}}) == {"tier"}
    peers = [{"podSelector": {"matchLabels": {"role": "api"}}}]
    policy = {
        "kind": "NetworkPolicy",
        "spec": {"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"from": peers}]},
    }
    assert selected_labels(policy) == {"app", "role"}


def test_the_readers() -> None:
    named = {"metadata": {"labels": {"app": "web"}, "annotations": {"shop/owner": "net"}}, "data": {"a": "b"}}
    assert annotation_of(named, Annotation("shop/owner")) == "net"
    assert annotation_of({"metadata": {}}, Annotation("shop/owner")) is None
    assert config_text(named, ConfigKey("any", "a")) == "b"
    assert config_text(None, ConfigKey("any", "a")) is None
    assert label_of({}, APP) is None
    assert label_of(named, APP) == "web"


def test_of_a_command_only_declared_words_are_seen() -> None:
    container = {"command": ["/usr/bin/terwayd", "-daemon-mode", "ENIMultiIP"], "args": ["--token", "x", "sh -c a"]}
    assert command_words(container) == ["…", "-daemon-mode", "ENIMultiIP", "…", "…", "…"]
    assert command_words({"args": ["sh", "--enable-host-port=false --key x"]}) == ["…", "--enable-host-port=false"]


def recorded(data: dict[str, str], *keys: ConfigKey) -> dict[str, str]:
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop"}, "data": data}
    kept: dict[str, Any] = recorded_object("", config, DeclaredReads(config_keys=keys), ())
    return dict(kept["data"])


@pytest.mark.parametrize(
    ("text", "paths", "kept"),
    [
        ('{"a": 1, "b": 2}', ("a",), '{"a":1}'),
        ("a: 1\nb: 2\n# c\n", ("a",), "a: 1\n"),
        ('{"b": 2}', ("a",), '{"(left out)":null}'),
        ("{}", ("a",), "{}"),
        ("", ("a",), ""),
        ("not: [closed", ("a",), "{"),
        ("[1, 2]", ("a",), "{"),
        ("# nothing", ("a",), "#"),
        ('{"a": {"b": 1, "c": 2}, "d": 3}', ("a.b",), '{"a":{"b":1}}'),
        ('{"a": [{"b": 1, "c": 2}, {"c": 3}]}', ("a.b",), '{"a":[{"b":1},{"(left out)":null}]}'),
        ('{"a": "text"}', ("a.b",), '{"a":"text"}'),
        ('{"a": null}', ("a.b",), '{"a":null}'),
        ("whatever", (), "whatever"),
    ],
)
def test_of_a_configuration_only_declared_paths_are_kept(text: str, paths: tuple[str, ...], kept: str) -> None:
    assert recorded({"key": text, "other": "x"}, ConfigKey("a", "key", paths)) == {"key": kept}


def test_of_another_text_only_declared_lines_are_kept() -> None:
    corefile = ".:53 {\n  errors\n  kubernetes cluster.local in-addr.arpa {\n  }\n  etcd { credentials a b }\n}\n"
    declared = [each for each in declared_reads().config_keys if each.key == "Corefile"]
    assert recorded({"Corefile": corefile}, *(ConfigKey("a", each.key, lines=each.lines) for each in declared)) == {
        "Corefile": "  kubernetes cluster.local\n.:53 {\n  kubernetes cluster.local in-addr.arpa {\n  }\n}"
    }


def test_a_config_map_of_another_name_is_not_kept() -> None:
    assert recorded({"key": "x"}, ConfigKey("b", "key")) == {}
    assert recorded({"key": "x"}, ConfigKey("*", "key")) == {"key": "x"}
