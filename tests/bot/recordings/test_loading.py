"""Recordings from disk: laying one over its base, ``now``, and one clear sentence for what is damaged."""

import tarfile
from pathlib import Path
from typing import Any

import pytest

from bot.recordings import LogKey, Recording, RecordingError, load, load_folder, shipped_names, shipped_recordings
from bot.recordings.manifests import merge, read_objects

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web, tier: front}}
spec: {nodeName: node-1, containers: [{name: web}]}
status: {phase: Running, startTime: now-2h}
"""
NODES = """
apiVersion: v1
kind: Node
metadata: {name: node-1}
---
apiVersion: network.alibabacloud.com/v1beta1
kind: Node
metadata: {name: node-1}
"""


def write(folder: Path, name: str, /, **files: str) -> Path:
    """A recording ``name`` in ``folder``; keyword ``recording`` is its settings, the others are object files."""
    home = folder / name
    home.mkdir()
    for file, content in files.items():
        (home / f"{file}.yaml").write_text(content)
    return home


def write_log(recording: Path, place: str, content: str) -> None:
    log = recording / "logs" / place
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(content)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    settings = "description: The base.\nrecorded: 2026-11-20T19:02:00Z\nversion: v1.30.1-aliyun.1\nforbid: [secrets]\n"
    home = write(tmp_path, "base", recording=settings, pods=POD, nodes=NODES)
    write_log(home, "shop/web/web.log", "now-3m from the base\n")
    return home


def found(store: Recording, kind: str, name: str, namespace: str = "", group: str = "") -> dict[str, Any]:
    item = store.find(kind, name, namespace, group)
    assert item is not None
    return item


def test_moments_are_counted_back_from_the_recorded_clock(base: Path) -> None:
    store = load_folder(base)
    assert found(store, "Pod", "web", "shop")["status"]["startTime"] == "2026-11-20T17:02:00Z"
    assert store.logs[LogKey("shop", "web", "web")] == b"2026-11-20T18:59:00Z from the base\n"


@pytest.mark.parametrize(
    ("token", "moment"),
    [
        ("now", "2026-11-20T19:02:00Z"),
        ("now-90s", "2026-11-20T19:00:30Z"),
        ("now-1d2h", "2026-11-19T17:02:00Z"),
        ("now+8m", "2026-11-20T19:10:00Z"),
        ("nowhere", "nowhere"),
        ("now-", "now-"),
        ("know-3m", "know-3m"),
    ],
)
def test_only_a_whole_now_token_is_a_moment(tmp_path: Path, token: str, moment: str) -> None:
    home = write(tmp_path, "one", recording="description: One.", objects=POD.replace("now-2h", f'"{token}"'))
    assert found(load_folder(home), "Pod", "web", "shop")["status"]["startTime"] == moment


def test_a_recording_is_laid_over_its_base(base: Path, tmp_path: Path) -> None:
    patch = (
        POD.replace("Running", "Pending").replace("tier: front", "tier: null").replace("[{name: web}]", "[{name: app}]")
    )
    home = write(tmp_path, "ill", recording="description: Ill.\nbase: base\nforbid: [pods/log]", objects=patch)
    store = load_folder(home)
    pod = found(store, "Pod", "web", "shop")
    assert pod["status"]["phase"] == "Pending"
    assert pod["metadata"]["labels"] == {"app": "web"}
    assert pod["spec"]["containers"] == [{"name": "app"}]
    assert (store.name, store.description, store.version) == ("ill", "Ill.", "v1.30.1-aliyun.1")
    assert {denial.resource for denial in store.forbidden} == {"secrets", "pods"}
    assert found(store, "Node", "node-1")


def test_the_order_of_files_in_the_base_does_not_matter_to_what_lies_over_it(base: Path, tmp_path: Path) -> None:
    middle = write(tmp_path, "middle", recording="base: base", objects=POD.replace("now-2h", "now-1h"))
    write(tmp_path, "top", recording="base: middle\nrecorded: 2026-11-20T20:00:00Z")
    write_log(middle, "shop/web/web.log", "now-1m from the middle\n")
    store = load_folder(tmp_path / "top")
    assert found(store, "Pod", "web", "shop")["status"]["startTime"] == "2026-11-20T19:00:00Z"
    assert store.logs[LogKey("shop", "web", "web")] == b"2026-11-20T19:59:00Z from the middle\n"


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("Pod/shop/web", {"Node", "Node.network.alibabacloud.com"}),
        ("Pod/shop/*", {"Node", "Node.network.alibabacloud.com"}),
        ("Node/node-1", {"Pod", "Node.network.alibabacloud.com"}),
        ("Node.network.alibabacloud.com/*", {"Pod", "Node"}),
    ],
)
def test_what_is_removed_is_gone_with_its_logs(base: Path, tmp_path: Path, pattern: str, left: set[str]) -> None:
    store = load_folder(write(tmp_path, "less", recording=f"base: base\nremove: ['{pattern}']"))
    groups = {item["apiVersion"].rpartition("/")[0] for item in store.objects()}
    kinds = {item["kind"] + "." + item["apiVersion"].rpartition("/")[0] for item in store.objects()}
    assert {kind.rstrip(".") for kind in kinds} == left
    assert bool(store.logs) is ("Pod" in left)
    assert groups


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("2026-11-20T19:02:00Z", "2026-11-20T19:02:00Z"),
        ("10:20:30:40:50:10", "10:20:30:40:50:10"),
        ("on", "on"),
        ("No", "No"),
        ("true", True),
        ("null", None),
        ("-7", -7),
        ("1.5", 1.5),
        ("1.30.1", "1.30.1"),
        ("'1'", "1"),
        ("1_000", "1_000"),
    ],
)
def test_scalars_are_read_as_kubernetes_reads_them(scalar: str, value: object) -> None:
    document = f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{x: {scalar}}}}}"
    [item] = read_objects(document.encode(), "a.yaml")
    assert item["data"]["x"] == value
    assert type(item["data"]["x"]) is type(value)


def test_merging_follows_rfc_7396() -> None:
    assert merge({"a": "b", "c": {"d": "e", "f": "g"}}, {"a": "z", "c": {"f": None}}) == {"a": "z", "c": {"d": "e"}}
    assert merge({"a": [{"b": "c"}]}, {"a": [1]}) == {"a": [1]}
    assert merge(["a", "b"], {"a": "b", "c": None}) == {"a": "b"}
    assert merge({"e": None}, {"a": 1}) == {"e": None, "a": 1}


@pytest.mark.parametrize("folder_inside", [True, False])
def test_an_archive_is_read_like_its_folder(base: Path, tmp_path: Path, folder_inside: bool) -> None:
    packed = tmp_path / "packed.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(base, arcname="anything" if folder_inside else ".")
    store, folder = load(packed), load_folder(base)
    assert list(store.objects()) == list(folder.objects())
    assert store.logs == folder.logs
    assert store.name == "packed"


def test_an_archive_never_writes_to_the_disk(base: Path, tmp_path: Path) -> None:
    packed = tmp_path / "sly.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(base, arcname="sly")
        archive.add(base / "pods.yaml", arcname="../../escaped.yaml")
    before = sorted(tmp_path.rglob("*"))
    assert load(packed).find("Pod", "web", "shop")
    assert sorted(tmp_path.rglob("*")) == before


def test_references_are_completed_with_the_uid_of_what_they_name(tmp_path: Path) -> None:
    event = """
apiVersion: events.k8s.io/v1
kind: Event
metadata: {name: web.1, namespace: shop}
regarding: {kind: Pod, apiVersion: v1, namespace: shop, name: web}
reason: Killing
note: Stopping container
"""
    store = load_folder(write(tmp_path, "one", recording="description: One.", objects=POD, events=event))
    pod, kept = found(store, "Pod", "web", "shop"), found(store, "Event", "web.1", "shop")
    assert kept["involvedObject"]["uid"] == pod["metadata"]["uid"]
    assert kept["message"] == "Stopping container"
    assert all(item["metadata"][key] for item in store.objects() for key in ("uid", "resourceVersion"))


def test_an_object_without_namespace_is_in_the_default_one() -> None:
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "involvedObject": {"namespace": "shop"}}
    bare = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}
    store = Recording.of([event, bare, node], name="bare")
    assert store.find("Event", "e", "shop")
    assert store.find("ConfigMap", "c", "default")
    assert store.find("Node", "n")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"recording": "base: nowhere"}, "is based on 'nowhere'"),
        ({"recording": "base: broken"}, "is based on itself: broken -> broken"),
        ({"recording": "colour: red"}, "unknown setting 'colour'"),
        ({"recording": "[1, 2]"}, "has to hold one mapping"),
        ({"recording": "recorded: yesterday"}, "recorded is no RFC 3339 moment"),
        ({"recording": "forbid: ['']"}, "forbid: '' names no resource"),
        (
            {"recording": "description: x", "objects": "a: 1\nb: [1"},
            "broken/objects.yaml cannot be read (did not find ",
        ),
        ({"recording": "description: x", "objects": "a: 1\nb: [1"}, "in line 3): mend it as docs/recordings.md shows."),
        ({"recording": "description: x", "objects": "kind: Pod"}, "without apiVersion, kind and metadata.name"),
        ({"recording": "description: x", "objects": "- 7"}, "without apiVersion, kind and metadata.name"),
        ({"recording": "description: x", "objects": f"{POD}---{POD}"}, "holds Pod shop/web twice"),
        ({"recording": "base: base\nremove: [Pod/shop/nothing]"}, "removes Pod/shop/nothing"),
        ({"objects": POD}, "holds no recording.yaml"),
    ],
)
def test_damage_is_told_in_one_sentence(base: Path, tmp_path: Path, files: dict[str, str], said: str) -> None:
    home = write(tmp_path, "broken", **files)
    with pytest.raises(RecordingError) as caught:
        load_folder(home)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_log_line_without_a_moment_is_named(base: Path) -> None:
    write_log(base, "shop/web/web.log", "now-3m fine\nno moment here\n")
    with pytest.raises(RecordingError, match=r"logs/shop/web/web\.log line 2 does not start with a moment"):
        load_folder(base)


def test_a_cut_archive_is_damage(base: Path, tmp_path: Path) -> None:
    packed = tmp_path / "cut.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(base, arcname="cut")
    packed.write_bytes(packed.read_bytes()[:200])
    with pytest.raises(RecordingError, match="cannot be read"):
        load(packed)


def test_an_unknown_name_is_answered_with_those_near_it() -> None:
    with pytest.raises(RecordingError, match=r"No recording 'terway-helthy'.*did you mean.*terway-healthy"):
        load("terway-helthy")
    with pytest.raises(RecordingError, match="lists the shipped ones"):
        load("zzzzzz")


def test_every_shipped_recording_has_a_name_and_a_description() -> None:
    listed = shipped_recordings()
    assert {"terway-healthy", "flannel-healthy"} <= {each.name for each in listed}
    assert [each.name for each in listed] == shipped_names()
    assert [each.name for each in listed if not each.description.endswith(".")] == []
