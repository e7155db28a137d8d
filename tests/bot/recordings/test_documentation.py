"""docs/recordings.md is true: its recording loads and is what the page says, and every setting and pattern is read."""

import re
from pathlib import Path

import pytest

from bot.recordings import RecordingError, load, load_folder
from bot.recordings.access import Ask, is_allowed, parse_denial, show_denial
from bot.recordings.load import KNOWN_SETTINGS
from tests.checkouts import ROOT, code_blocks, section_of

PAGE = ROOT / "docs" / "recordings.md"


def first_column(section: str) -> list[list[str]]:
    """Of each table of the section, what stands in code at the start of its rows."""
    tables = re.findall(r"^\| .*?(?=^\n|\Z)", section_of("docs/recordings.md", section), re.DOTALL | re.MULTILINE)
    return [re.findall(r"^\| `([^`]+)` ", table.partition("\n")[2], re.MULTILINE) for table in tables]


def write(folder: Path, settings: str, **files: str) -> Path:
    folder.mkdir()
    (folder / "recording.yaml").write_text(settings, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_every_setting_is_documented_and_no_other() -> None:
    (settings,) = first_column("recording.yaml")
    assert set(settings) == set(KNOWN_SETTINGS)


def test_the_recording_on_the_page_is_what_the_page_says(tmp_path: Path) -> None:
    settings, objects, metrics = code_blocks(PAGE.read_text(encoding="utf-8"), "yaml")
    base, found = load("terway-healthy"), load_folder(write(tmp_path / "detached", settings, objects=objects))
    node = "cn-hangzhou.10.0.0.11"
    before, after = base.find("Node", node), found.find("Node", node)
    assert before is not None
    assert after is not None
    assert after["spec"]["unschedulable"] is True
    assert after["metadata"]["labels"].items() >= {"zone": "h"}.items()
    assert "kubernetes.io/os" in before["metadata"]["labels"]
    assert "kubernetes.io/os" not in after["metadata"]["labels"]
    assert after["status"] == before["status"]
    pod = found.find("Pod", "web-0", "shop")
    assert pod is not None
    assert pod["metadata"]["creationTimestamp"] == "2026-11-20T18:57:00Z"
    assert base.find("Pod", "terway-eniip-7k2vb", "kube-system")
    assert not found.find("Pod", "terway-eniip-7k2vb", "kube-system")
    assert not is_allowed(found.forbidden, Ask("get", "", "configmaps", "", "kube-system", "eni-config"))
    replies = load_folder(write(tmp_path / "metrics", f"base: terway-healthy\n{metrics}")).metrics or {}
    assert ('node_nf_conntrack_entries{instance=~"10\\\\.0\\\\.0\\\\.11:9100"}', True) in replies
    assert {reply.status for reply in replies.values()} == {200, 401}


def test_every_pattern_of_remove_takes_something_away(tmp_path: Path) -> None:
    removed, _ = first_column("remove and forbid")
    assert len(removed) == 3
    for number, pattern in enumerate(removed):
        loaded = load_folder(write(tmp_path / str(number), f"base: terway-healthy\nremove: ['{pattern}']\n"))
        assert len(list(loaded.objects())) < len(list(load("terway-healthy").objects())), pattern


def test_every_line_of_forbid_is_read_as_it_is_written() -> None:
    _, lines = first_column("remove and forbid")
    assert len(lines) == 6
    assert [show_denial(parse_denial(line)) for line in lines] == lines


@pytest.mark.parametrize(
    ("file", "way_out"),
    [
        ("logs/shop/web-0.log", "move it to logs/NAMESPACE/POD/CONTAINER.log"),
        ("logs/kube-system/terway/terway.txt", "move it to logs/NAMESPACE/POD/CONTAINER.log"),
        ("objects/pod.yaml", "move it beside recording.yaml"),
    ],
)
def test_a_file_in_the_wrong_place_is_not_passed_over(file: str, way_out: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "mine", "base: terway-healthy\n")
    (folder / file).parent.mkdir(parents=True)
    (folder / file).touch()
    with pytest.raises(RecordingError, match=re.escape(f"mine/{file} is not where")) as error:
        load_folder(folder)
    assert way_out in str(error.value)
