"""Copies of the packages, for tests of what people change: entries, recordings and probes."""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]


def install(folder: Path) -> Path:
    """The packages in a folder, as pip would have put them there; run with ``PYTHONPATH`` set to it."""
    for package in ("knowledge", "bot"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "index").symlink_to(ROOT / "index")
    return folder


def clone(folder: Path) -> Path:
    """The same with what tells a clone of the repository from an installation."""
    shutil.copy(ROOT / "pyproject.toml", install(folder))
    return folder


def section_of(document: str, title: str) -> str:
    """One ``##`` section of a document in the root."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, f"{document} has no section {title}"
    return found[1]


def code_blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
