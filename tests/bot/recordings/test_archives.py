"""What ``netclinic record`` writes holds what is read and nothing else, whatever people put into their objects."""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.recordings import LogKey, load, load_folder, save
from tests.bot.cluster.secret_shapes import SHAPES, Shape

Run = Callable[..., Any]
Object = dict[str, Any]
PLAIN = "nothing-tells-that-this-is-one"  # a secret without a name or a look of its own
NODE = "cn-hangzhou.10.0.0.11"
TERWAY = LogKey("kube-system", "terway-eniip-7k2vb", "terway")


def pod_with(number: int, shape: Shape) -> Object:
    """A waiting pod that holds a secret wherever a pod can hold one."""
    key, value = (shape.key, shape.secret) if shape.key else ("SETTING", shape.text)
    words = ["run", *shape.text.split(" "), PLAIN]
    header = {"httpHeaders": [{"name": "X-Check", "value": shape.secret}, {"name": "X-Plain", "value": PLAIN}]}
    container = {
        "name": "main",
        "image": "shop/web:1",
        "env": [{"name": key, "value": value}, {"name": "PLAIN", "value": PLAIN}],
        "command": words,
        "args": words,
        "livenessProbe": {"httpGet": {"path": f"/?note={PLAIN}", "port": 80, **header}, "exec": {"command": words}},
        "lifecycle": {"postStart": {"exec": {"command": words}}, "preStop": {"httpGet": header}},
        "workingDir": f"/{PLAIN}",
    }
    spec = {"containers": [container], "initContainers": [{**container, "name": "first"}], "nodeName": NODE}
    waits = {"type": "Ready", "status": "False", "message": f"says {shape.text}"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"planted-{number}", "namespace": "shop", **notes(shape)},
        "spec": {**spec, "hostAliases": [{"ip": "10.0.0.1", "hostnames": [PLAIN]}]},
        "status": {"phase": "Pending", "conditions": [waits]},
    }


def notes(shape: Shape) -> Object:
    copy = json.dumps({"note": shape.text, "plain": PLAIN})
    changed = {"f:data": {f"f:{shape.secret}": {}}}
    edit = {"manager": "kubectl", "operation": PLAIN, "time": "2026-11-20T19:00:00Z", "fieldsV1": changed}
    return {
        "annotations": {"note": shape.text, "kubectl.kubernetes.io/last-applied-configuration": copy, "p": PLAIN},
        "labels": {"app": "planted", "note": PLAIN},
        "managedFields": [edit],
    }


def event_with(number: int, shape: Shape) -> Object:
    about = {"kind": "Pod", "namespace": "shop", "name": f"planted-{number}"}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"planted-{number}.1", "namespace": "shop", **notes(shape)},
        "involvedObject": about,
        "reason": "FailedCreatePodSandBox",
        "message": f"failed: {shape.text}",
        "type": "Warning",
        "lastTimestamp": "2026-11-20T19:01:00Z",
    }


def with_more(item: Object) -> Object:
    """The object, with every shape where nothing reads: in other keys, and in read keys beside what is read."""
    shape = SHAPES[0]
    item = {**item, "metadata": {**item["metadata"], **notes(shape)}} if item["kind"] != "Pod" else item
    if item["metadata"].get("labels") == notes(shape)["labels"]:
        item["metadata"]["labels"] = {}
    if item["kind"] != "ConfigMap":
        return item
    data = dict(item["data"])
    extra = {f"extra {each.name}": each.text for each in SHAPES} | {"plain": PLAIN}
    if "eni_conf" in data:
        data["eni_conf"] = json.dumps(json.loads(data["eni_conf"]) | extra)
    if "config.conf" in data:
        data["config.conf"] = yaml.safe_dump(yaml.safe_load(data["config.conf"]) | {"clientConnection": extra})
    if "Corefile" in data:
        lines = [each.text.replace("\n", " ") for each in SHAPES]
        data["Corefile"] += "\n".join(["", *lines, f"etcd {{ credentials ops {PLAIN} }}"])
    return {**item, "data": data | {f"note-{number}": each.text for number, each in enumerate(SHAPES)}}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, netclinic: Run) -> str:
    """All that ``record`` writes of such a cluster, as one text."""
    folder = tmp_path_factory.mktemp("planted")
    before = load("terway-out-of-ips")
    planted = [make(number, shape) for number, shape in enumerate(SHAPES) for make in (pod_with, event_with)]
    lines = [f"2026-11-20T19:01:30Z level=error msg={each.text!r}".replace("\n", "\\n") for each in SHAPES]
    logs = {key: content.decode() for key, content in before.logs.items()}
    logs[TERWAY] = logs[TERWAY] + "\n".join([*lines, ""])
    objects = [*map(with_more, before.objects()), *planted]
    save(folder / "cluster", objects, recorded=before.recorded, logs=logs)
    out = folder / "saved.tar.gz"
    ran = netclinic("record", "--recording", str(folder / "cluster"), "--out", str(out), NETCLINIC_DEADLINE="60")
    assert ran.code == 0, ran.err
    return "\n".join(_texts(out))


def _texts(path: Path) -> Iterator[str]:
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes()), mode="r:gz") as packed:
        for member in packed:
            content = packed.extractfile(member)
            assert content is not None
            yield content.read().decode()


def test_what_is_planted_was_read(archive: str) -> None:
    for name in ("planted-0", "planted-100", "eni-config", "kube-proxy-worker", "coredns", "vswitches", "msg="):
        assert name in archive


def test_no_planted_secret_is_in_an_archive(archive: str) -> None:
    missed = [shape.name for shape in SHAPES if shape.secret in archive]
    assert not missed, f"{len(SHAPES) - len(missed)} of {len(SHAPES)} are left out"


def test_what_nothing_reads_is_left_out_even_where_nothing_tells_that_it_is_a_secret(archive: str) -> None:
    assert PLAIN not in archive
    for field in ("livenessProbe", "lifecycle", "env", "hostAliases", "workingDir", "operation", "last-applied"):
        assert f'"{field}' not in archive


def test_what_entries_name_is_kept_and_nothing_beside_it(tmp_path: Path, netclinic: Run) -> None:
    """An annotation of a pod, and a path of a ConfigMap, that a team's own entry asks for."""
    made = netclinic("knowledge", "new", "own-entry", "--section", "terway", "--dir", str(tmp_path / "entries"))
    assert made.code == 0, made.err
    (entry,) = (tmp_path / "entries").rglob("own-entry.md")
    asked = (
        "confirmed_by:\n  all:\n"
        '    - config_value(configmap="own", key="a.yaml", path="servers[name=x].port", equals="80")\n'
        '    - pod_annotation(key="shop/owner")\n'
    )
    head, _, rest = entry.read_text().partition("confirmed_by:\n")
    kept = rest[rest.index("\nproved_on:") + 1 :] if "\nproved_on:" in rest else rest[rest.index("\n---") + 1 :]
    entry.write_text(head + asked + kept)
    data = {"a.yaml": "servers: [{name: x, port: 80, note: plain}]\nother: plain\n", "b": "plain"}
    metadata = {"name": "own", "namespace": "kube-system"}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    before = load("terway-healthy")
    objects = [*before.objects(), config]
    for item in objects:
        if item["kind"] == "Pod":
            item["metadata"]["annotations"] = {"shop/owner": "net", "shop/note": "plain"}
    save(tmp_path / "cluster", objects, recorded=before.recorded)
    here = {"NETCLINIC_KNOWLEDGE_DIR": str(tmp_path / "entries")}
    ran = netclinic("record", "--recording", str(tmp_path / "cluster"), "--out", str(tmp_path / "saved"), **here)
    assert ran.code == 0, ran.err
    after = load_folder(tmp_path / "saved")
    found = after.find("ConfigMap", "own", "kube-system")
    assert found is not None
    assert {key: yaml.safe_load(text) for key, text in found["data"].items()} == {
        "a.yaml": {"servers": [{"name": "x", "port": 80}]}
    }
    pods = [item for item in after.objects() if item["kind"] == "Pod"]
    assert {str(pod["metadata"]["annotations"]) for pod in pods} == {"{'shop/owner': 'net'}"}
