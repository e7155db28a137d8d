"""The import contracts catch what they forbid: each violation, planted in a copy of the sources, is named.

A library that belongs to one place is planted in every package but its own, so that a new package is watched too.
"""

import itertools
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("bot", "index", "knowledge")
HOMES = {  # the packages that may import it; below "bot.audit" and "bot.handoff" single modules may know SQL
    "kubernetes": ("bot.cluster",),
    "alibabacloud_tea_openapi": ("bot.cloud",),
    "alibabacloud_credentials": ("bot.cloud",),
    "dbos": ("bot.slack.queue",),
    "opentelemetry": ("bot.tracing",),
    "slack_sdk": ("bot.slack",),
    "slack_bolt": ("bot.slack",),
    "sqlalchemy": ("bot.store",),
    "faiss": ("index",),
    "onnxruntime": ("index",),
    "sentence_transformers": ("index",),
}
UPWARD = {
    "knowledge.model": "index.search",
    "index.search": "bot.text",
    "bot.text": "bot.settings",
    "bot.cloud.reader": "bot.cluster.reader",
    "bot.cluster.reader": "bot.probes.registry",
    "bot.probes.pods": "bot.diagnosis.judge",
    "bot.diagnosis.judge": "bot.store.schema",
    "bot.audit.records": "bot.handoff.records",
    "bot.store.cases": "bot.audit.log",
    "bot.handoff.records": "bot.slack.parsing",
    "bot.slack.blocks.elements": "bot.slack.handlers.context",
    "bot.slack.api.poster": "bot.slack.queue.queue",
    "bot.slack.queue.queue": "bot.slack.handlers.question",
    "bot.slack.handlers.question": "bot.slack.events.messages",
    "bot.slack.parsing": "bot.terminal.ask",
}


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the packages and of their contracts."""
    for part in PARTS:
        shutil.copytree(
            ROOT / part,
            tmp_path / part,
            ignore=lambda folder, names: [
                name
                for name in names
                if name == "__pycache__" or not (name.endswith(".py") or (Path(folder) / name).is_dir())
            ],
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> tuple[int, str]:
    """Exit code and output of the contracts, with nothing importable but that folder's packages."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def module_of(file: Path, folder: Path) -> str:
    return ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")


def packages(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every package with one module of it; its ``__init__`` where it has no other."""
    for init in sorted(folder.glob("*/**/__init__.py")):
        modules = sorted(file for file in init.parent.glob("*.py") if file != init and not file.name[0].isdigit())
        yield module_of(init, folder), (modules or [init])[0]


def plant(file: Path, statement: str) -> None:
    """Inside a function, as late imports stand."""
    with file.open("a", encoding="utf-8") as source:
        source.write(f"\n\ndef planted() -> None:\n    {statement}\n")


def test_as_it_stands_every_contract_is_kept(sources: Path) -> None:
    code, told = lint(sources)
    assert code == 0, told


def test_a_library_outside_its_home_is_caught_in_every_package(sources: Path) -> None:
    """All of them at once: each is named for itself."""
    contracts = (ROOT / "pyproject.toml").read_text()
    planted = []
    for (package, file), library in itertools.product(packages(sources), HOMES):
        module = module_of(file, sources)
        at_home = any(f"{module}.".startswith(f"{home}.") for home in HOMES[library])
        is_named = library == "sqlalchemy" and f'"{module} -> sqlalchemy"' in contracts
        if at_home or is_named or package.endswith("migrations.versions"):
            continue
        plant(file, f"import {library}")
        planted.append((module, library))
    code, told = lint(sources)
    assert code != 0
    missed = [(module, name) for module, name in planted if not re.search(rf"- +{re.escape(module)} -> {name}\b", told)]
    assert min(Counter(library for _, library in planted).values()) > 10
    assert not missed, told


def test_an_import_against_the_direction_is_caught(sources: Path) -> None:
    for module, above in UPWARD.items():
        plant(sources / f"{module.replace('.', '/')}.py", f"import {above}")
    code, told = lint(sources)
    assert code != 0
    assert [pair for pair in UPWARD.items() if " -> ".join(pair) not in told] == []


def test_a_package_that_no_contract_names_is_caught(sources: Path) -> None:
    (sources / "bot" / "elsewhere.py").write_text('"""New."""\n')
    code, told = lint(sources)
    assert code != 0
    assert "bot.elsewhere" in told
