"""``python -m tests.changes [COMMIT]``: the test files that a change calls for, for ``make check``.

These are the changed test files themselves, those that import a changed module, and the proofs where an entry or a
recording changed, but for what goes through all layers (a bot in a workspace, processes, a browser): that is left to
``make test``. Everything that differs from COMMIT counts (by default: from where this branch left origin/main),
committed or not.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENTRIES, PROOFS = re.compile(r"knowledge/(entries|recordings)/"), "tests/bot/diagnosis/test_proofs.py"
END_TO_END = re.compile(r"\b(open_scene|tests\.processes|tests\.browsers|playwright)\b")


def main(arguments: Sequence[str]) -> None:
    for path in called_for(set(_changed(*arguments))):
        print(path)


def called_for(changed: set[str]) -> list[str]:
    """The test files for these changed files, all relative to the checkout."""
    names = {_module(path) for path in changed if path.endswith(".py")}
    called = changed | ({PROOFS} if any(map(ENTRIES.match, changed)) else set())
    return [path for path, source in _tests() if path in called or _is_unit_test_of(names, source)]


def _tests() -> Iterator[tuple[str, str]]:
    """Each test file and what it holds."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def _is_unit_test_of(modules: set[str], source: str) -> bool:
    return not END_TO_END.search(source) and not modules.isdisjoint(_imported(source))


def _changed(commit: str = "") -> Iterator[str]:
    """Paths that differ from the commit, those of new files too."""
    base = commit or _git("merge-base", "HEAD", "origin/main").strip() or "HEAD"
    yield from _git("diff", "--name-only", "-z", base).split("\0")
    yield from _git("ls-files", "--others", "--exclude-standard", "-z").split("\0")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imported(source: str) -> Iterator[str]:
    """The modules that a file imports, also as names of their package."""
    for match in re.finditer(r"^\s*(?:from ([\w.]+) import (\(.*?\)|[^\n(]*)|import ([\w.]+))", source, re.M | re.S):
        package, names, module = match.groups()
        yield package or module
        yield from (f"{package}.{name}" for name in re.findall(r"\w+", names or ""))


if __name__ == "__main__":
    main(sys.argv[1:])
