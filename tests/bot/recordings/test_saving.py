"""Saving is the inverse of loading, and leaves nothing half written."""

import string
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.recordings import LogKey, RecordingError, load, save, shipped_names
from bot.recordings.access import show_denial
from bot.recordings.times import parse_time

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | TEXT
    | st.sampled_from(["now", "now-3m", "2026-11-20T19:02:00Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)


def config_map(data: Any) -> dict[str, Any]:
    metadata = {"name": "a", "namespace": "shop", "uid": "1", "resourceVersion": "5", "creationTimestamp": None}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


# Each in one of the two ways; in both in the slow tier.
WAYS = [
    pytest.param(name, suffix, marks=[pytest.mark.slow] if (number + is_packed) % 2 else [])
    for number, name in enumerate(shipped_names())
    for is_packed, suffix in enumerate(("", ".tar.gz"))
]


@pytest.mark.parametrize(("name", "suffix"), WAYS)
def test_every_shipped_recording_survives_saving(tmp_path: Path, name: str, suffix: str) -> None:
    before = load(name)
    logs = {key: content.decode() for key, content in before.logs.items()}
    written = save(
        tmp_path / f"{name}{suffix}",
        before.objects(),
        recorded=before.recorded,
        logs=logs,
        forbidden=[show_denial(denial) for denial in before.forbidden],
        description=before.description,
        version=before.version,
    )
    after = load(written)
    assert sorted(map(str, after.objects())) == sorted(map(str, before.objects()))
    assert (after.name, after.description, after.version) == (name, before.description, before.version)
    assert (after.recorded, after.logs, set(after.forbidden)) == (before.recorded, before.logs, set(before.forbidden))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=JSON, text=TEXT)
def test_any_value_and_any_log_comes_back(tmp_path_factory: pytest.TempPathFactory, data: Any, text: str) -> None:
    folder = tmp_path_factory.mktemp("saved")
    line = text.replace("\n", " ")
    logs = {LogKey("shop", "web", "app"): f"2026-11-22T11:59:00Z {line}\n"}
    store = load(save(folder / "any.tar.gz", [config_map(data)], recorded=NOON, logs=logs))
    assert list(store.objects()) == [config_map(data)]
    assert store.logs[LogKey("shop", "web", "app")].decode() == f"2026-11-22T11:59:00Z {line}\n"


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.sampled_from(string.printable)))
def test_a_cut_log_is_stamped_until_it_can_be_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("saved")
    store = load(save(folder / "cut", [], recorded=NOON, logs={LogKey("shop", "web", "app"): text}))
    for content in store.logs.values():
        assert all(parse_time(line.split(b" ")[0].decode()) for line in content.removesuffix(b"\n").split(b"\n"))


def test_the_same_recording_packs_to_the_same_bytes(tmp_path: Path) -> None:
    first = save(tmp_path / "one" / "a.tar.gz", [config_map({})], recorded=NOON)
    second = save(tmp_path / "two" / "a.tar.gz", [config_map({})], recorded=NOON)
    assert first.read_bytes() == second.read_bytes()
    # Bytes 4 to 8 of a gzip file are the moment of packing.
    assert first.read_bytes()[4:8] == bytes(4)


@pytest.mark.parametrize("name", ["mine", "mine.tar.gz"])
def test_only_the_recording_is_left_beside_it(tmp_path: Path, name: str) -> None:
    save(tmp_path / name, [config_map({})], recorded=NOON)
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["mine", "mine.tar.gz"])
def test_what_exists_is_not_overwritten(tmp_path: Path, name: str) -> None:
    save(tmp_path / name, [config_map({"kept": "yes"})], recorded=NOON)
    with pytest.raises(RecordingError, match="exists already; choose another name"):
        save(tmp_path / name, [], recorded=NOON)
    assert [item["data"] for item in load(tmp_path / name).objects()] == [{"kept": "yes"}]


@pytest.mark.parametrize("part", ["../../etc", "a/b", "", "Ünsafe", ".."])
def test_a_hostile_name_never_becomes_a_path(tmp_path: Path, part: str) -> None:
    for key in (LogKey(part, "web", "app"), LogKey("shop", part, "app"), LogKey("shop", "web", part)):
        with pytest.raises(RecordingError, match="is no name of a pod or container"):
            save(tmp_path / "sly", [], recorded=NOON, logs={key: "2026-11-22T11:59:00Z x\n"})
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(RecordingError, match="cannot be written"):
        save(tmp_path / "taken" / "mine", [config_map({})], recorded=NOON)
    with pytest.raises(RecordingError, match="cannot be written to"):
        save(tmp_path / ("x" * 250), [config_map({})], recorded=NOON)
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


def test_a_forbid_line_that_cannot_be_read_back_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="names no resource"):
        save(tmp_path / "mine", [], recorded=NOON, forbidden=[":kube-system"])
