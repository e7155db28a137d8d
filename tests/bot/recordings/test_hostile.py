"""Recordings that somebody else wrote: whatever they hold, one clear sentence, in little time and memory."""

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.recordings import RecordingError, load_folder
from bot.recordings.catalog import shipped_recordings

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop%s}\nstatus: {phase: Running}\n"
RECORDED = "recorded: 2026-11-20T19:02:00Z\n"


def write(folder: Path, settings: str, objects: str = "", json: str = "") -> Path:
    home = folder / "odd"
    home.mkdir()
    (home / "recording.yaml").write_text(settings)
    (home / "objects.yaml").write_text(objects)
    if json:
        (home / "more.json").write_text(json)
    return home


def refused(path: Path) -> str:
    with pytest.raises(RecordingError) as error:
        load_folder(path)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 400
    return str(error.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("recorded: 9999-12-31T23:59:59Z", "recorded is no RFC 3339 moment: '9999-12-31T23:59:59Z' is not between"),
        ("recorded: 9999-12-31T23:59:59-14:00", "recorded is no RFC 3339 moment"),
        ("recorded: 0001-01-01T00:00:00+14:00", "recorded is no RFC 3339 moment"),
        ("recorded: 99999999999999999999", "recorded is no RFC 3339 moment"),
        ("recorded: [now]", "recorded is no text"),
        ("forbid: 5", "forbid is no list of lines: write it as [one, another]"),
        ("forbid: pods", "forbid is no list of lines"),
        ("forbid: {pods: x}", "forbid is no list of lines"),
        ("forbid: [5]", "forbid is no list of lines"),
        ("remove: 5", "remove is no list of lines"),
        ("cut: true", "cut is no list of lines"),
        ("tokens: maybe", "tokens is neither true nor false"),
        ("description: {a: b}", "description is no text"),
        ("base: [a]", "base is no text"),
        ("base: ..", "based on '..'"),
        ("a: [", "recording.yaml cannot be read"),
        ("- a", "has to hold one mapping"),
    ],
)
def test_odd_settings_are_named(tmp_path: Path, settings: str, sentence: str) -> None:
    assert sentence in refused(write(tmp_path, settings, POD % ""))


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        (", labels: 5", "whose metadata.labels is no mapping"),
        (", labels: [a]", "whose metadata.labels is no mapping"),
        (", labels: {app: 5}", "whose metadata.labels.app is no text: write it in quotes"),
        (", labels: {app: {a: b}}", "whose metadata.labels.app is no text"),
        (", annotations: text", "whose metadata.annotations is no mapping"),
        (", uid: 5", "whose metadata.uid is no text"),
        (", resourceVersion: 5", "whose metadata.resourceVersion is no text"),
        (", creationTimestamp: {a: b}", "whose metadata.creationTimestamp is no text"),
        (", creationTimestamp: now-999999999w", "is further away than a hundred years"),
    ],
)
def test_odd_metadata_is_named(tmp_path: Path, metadata: str, sentence: str) -> None:
    assert sentence in refused(write(tmp_path, RECORDED, POD % metadata))


@pytest.mark.parametrize(
    "objects",
    [
        "apiVersion: 5\nkind: Pod\nmetadata: {name: a}",
        "kind: PodList\napiVersion: v1\nitems: 5",
        "kind: Pod\napiVersion: v1\nmetadata: {name: [a]}",
        "kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1\nmetadata: {name: a}\nspec: 5",
        "kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1\nmetadata: {name: a}\n"
        "spec: {names: {plural: [a], kind: {a: b}}, versions: [x]}",
        "just text",
        "a: &a [*a]",
        "a: " + "[" * 5_000,
        "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 7)),
        "- &a {kind: Pod, apiVersion: v1, metadata: {name: a}, spec: {"
        + ", ".join(f"k{n}: v" for n in range(5_000))
        + "}}\n"
        + "- *a\n" * 200,
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_odd_objects_are_one_sentence(tmp_path: Path, objects: str) -> None:
    assert "odd" in refused(write(tmp_path, RECORDED, objects))


def test_deep_json_is_one_sentence(tmp_path: Path) -> None:
    deep = '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"},"spec":' + '{"a":' * 500 + "1" + "}" * 501
    assert "nested deeper than any object is" in refused(write(tmp_path, RECORDED, json=deep))


def sparse_folder(folder: Path) -> Path:
    home = write(folder, RECORDED, POD % "")
    for name in ("logs/a/b/c.log", "more.json"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        with (home / name).open("wb") as file:
            file.truncate(2 * 1024**3)  # takes no room on the disk
    return home


def bomb(folder: Path, fill: Callable[[tarfile.TarFile], None]) -> Path:
    path = folder / "odd.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        fill(archive)
    return path


def large_member(archive: tarfile.TarFile) -> None:
    member = tarfile.TarInfo("odd/more.json")
    member.size = 300_000_000
    archive.addfile(member, io.BytesIO(bytes(300_000_000)))


def many_members(archive: tarfile.TarFile) -> None:
    for number in range(20_002):
        archive.addfile(tarfile.TarInfo(f"odd/{number}.txt"))


def long_header(archive: tarfile.TarFile) -> None:
    """A header whose own text is what is large: nothing says so before it is read."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 300_000_000
    archive.addfile(header, io.BytesIO(bytes(300_000_000)))


@pytest.mark.parametrize("fill", [large_member, many_members, long_header])
def test_an_archive_that_unpacks_to_more_than_is_held_is_not_read(
    tmp_path: Path, fill: Callable[[tarfile.TarFile], None]
) -> None:
    assert "holds more than 256 MB or 20,000 files and is not read" in refused(bomb(tmp_path, fill))


def test_files_that_are_larger_than_is_held_are_not_read(tmp_path: Path) -> None:
    assert "holds more than 256 MB" in refused(sparse_folder(tmp_path))


@pytest.mark.parametrize(
    "content", [b"", b"text", b"\x1f\x8b", b"\x1f\x8b" + bytes(50), gzip.compress(b"no archive", mtime=0)], ids=str
)
def test_what_is_no_archive_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.tar.gz"
    path.write_bytes(content)
    assert "odd.tar.gz" in refused(path)


def test_the_shipped_recordings_can_still_be_listed() -> None:
    assert len(shipped_recordings()) > 100
