"""``python -m tests.changes [COMMIT]``: the test files that a change calls for, for ``make check``.

These are the changed test files themselves and, of each changed module, the tests that are named after it; where there
are none, those that import it, but for what goes through all layers (a bot in a workspace, processes, a browser): that
is left to ``make test``. A changed entry or recording calls for the proofs. Everything that differs from COMMIT counts
(by default: from where this branch left origin/main), committed or not.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENTRIES, PROOFS = re.compile(r"knowledge/(entries|recordings)/"), "tests/bot/diagnosis/test_proofs.py"
END_TO_END = re.compile(r"\b(open_scene|tests\.processes|tests\.browsers|playwright)\b")


def main(arguments: Sequence[str]) -> None:
    for path in called_for(set(_changed(*arguments))):
        print(path)


def called_for(changed: set[str]) -> list[str]:
    """The test files for these changed files, all relative to the checkout."""
    tests = {path.relative_to(ROOT).as_posix(): path for path in sorted((ROOT / "tests").rglob("test_*.py"))}
    found = changed & set(tests)
    if any(map(ENTRIES.match, changed)):
        found.add(PROOFS)
    sources = {path for path in changed - found if path.endswith(".py")}
    named = {path: _named_after(path) for path in sources if _named_after(path) in tests}
    importing = _that_import({_module(path) for path in sources - set(named)}, tests)
    return sorted({*found, *named.values(), *importing})


def _that_import(modules: set[str], tests: Mapping[str, Path]) -> Iterator[str]:
    """The unit tests that import one of the modules."""
    for path, file in tests.items():
        text = file.read_text(encoding="utf-8")
        if not END_TO_END.search(text) and not modules.isdisjoint(_imported(text)):
            yield path


def _named_after(path: str) -> str:
    """``tests/bot/store/test_cases.py`` for ``bot/store/cases.py``."""
    folder, _, name = path.rpartition("/")
    return f"tests/{folder}/test_{name}"


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
