"""The wheel: what is in it, that it is the same each time, and that it answers at once, away from the sources."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bot.probes import vocabulary
from index.artifact_cache import artifact_path
from index.build import ENCODER, SHIPPED, encoder_key
from index.models import resolve_model
from index.search import index_state
from knowledge.loading import BUILTIN_FOLDER, load_entries
from tests.command_line import Netclinic
from tests.missing import EXTRAS, without

ROOT = Path(__file__).parents[1]
RUN = without(EXTRAS) + "from bot.cli import main; main()"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The sources as a clone has them, without a built index."""
    folder = tmp_path / "source"
    for name in ("bot", "index", "knowledge", "deploy"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def make_wheel(source: Path, out: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    return subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)


def only_wheel(folder: Path) -> Path:
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_without_a_built_index_the_wheel_says_that_it_holds_none(source: Path, tmp_path: Path) -> None:
    made = make_wheel(source, tmp_path / "dist")
    assert made.returncode == 0, made.stderr
    assert "make wheel" in made.stdout + made.stderr
    names = zipfile.ZipFile(only_wheel(tmp_path / "dist")).namelist()
    assert not [name for name in names if name.startswith("index/shipped")]
    assert {name.split("/")[0] for name in names if "-0.1.0." not in name} == {"bot", "index", "knowledge"}
    data = {name.partition("data/share/netclinic/")[2] for name in names if ".data/data/" in name}
    assert {"postgresql/roles.sql", "slack/manifest.yaml", "chart/Chart.yaml"} <= data
    assert {name.partition("/")[0] for name in data} == {"postgresql", "slack", "chart", "prometheus", "kubernetes"}


def test_of_two_built_indexes_none_is_taken(source: Path, tmp_path: Path) -> None:
    for name in ("encoder-1", "index-1", "index-2"):
        (source / "build" / "index" / name).mkdir(parents=True)
    made = make_wheel(source, tmp_path / "dist")
    assert made.returncode != 0
    assert "holds 2 folders index-*" in made.stderr + made.stdout


@pytest.mark.slow
def test_an_installation_of_the_wheel_answers_at_once(
    source: Path, tmp_path: Path, netclinic: Netclinic, data_dir: Path
) -> None:
    built = index_state(load_entries([BUILTIN_FOLDER], vocabulary()), cache_dir=data_dir / "index").folder
    assert built
    for folder in (built, artifact_path(built.parent, ENCODER, encoder_key(resolve_model()))):
        shutil.copytree(folder, source / "build" / "index" / folder.name)
    made = [make_wheel(source, tmp_path / name) for name in ("first", "second")]
    assert [each.returncode for each in made] == [0, 0], made[0].stderr
    first, second = only_wheel(tmp_path / "first"), only_wheel(tmp_path / "second")
    assert first.read_bytes() == second.read_bytes()

    place = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(place), str(first)]
    subprocess.run(install, check=True)
    shipped = place / SHIPPED.relative_to(ROOT)
    assert (shipped / f"encoder-{encoder_key(resolve_model())[:20]}" / "encoder.onnx").is_file()
    empty = {"NETCLINIC_DATA_DIR": str(tmp_path / "empty"), "PYTHONPATH": str(place)}
    ran = netclinic.python(RUN, "match", "terway: InvalidVSwitchId.IpNotEnough", "-o", "json", **empty)
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["matches"][0]["entry"] == "terway-vswitch-out-of-ips"
    assert not [*(tmp_path / "empty").rglob("index-*"), *(tmp_path / "empty").rglob("encoder-*")]
    assert str(shipped) in netclinic.python(RUN, "index", "status", **empty).out
