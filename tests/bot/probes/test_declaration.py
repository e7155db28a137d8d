"""A probe or fact is declared by its file being there; a slip in it is named with file, line and what to mend."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bot.probes
from bot.cluster.facts.registry import declared_facts
from bot.probes.registry import manuals
from knowledge.declarations import DeclarationError, import_declarations

PROBE = '''\
"""Probes of the test."""

from datetime import timedelta
from typing import Literal

from bot.cluster.facts.registry import Permission, fact, known
from bot.cluster.resources import NODES
from bot.probes.registry import Strings, absent, probe


@probe(nature="sign", reads=(Permission("list", NODES),))
async def node_in_the_sea(
    session, *, depth: int, names: Strings = (), within: timedelta | None = None, on: Literal["land", "sea"] = "sea"
):
    """Nodes in the sea.

    Nobody has seen one.

    Args:
        depth: metres below
            the surface
        names: only these
        within: seen at most so long ago
        on: where
    """
    return absent("no node is in the sea")


@fact("sea.depth", "metres to the ground")
async def sea_depth(session):
    return known(3, "", "")
'''


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Imports the module above, with replacements, from a package of its own; gives the file."""
    package = f"declared_{tmp_path.name}"
    folder = tmp_path / package
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))

    def _declare(*replacements: tuple[str, str], name: str = "sea", text: str = PROBE) -> Path:
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = folder / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        import_declarations(package, [str(folder)])
        return path

    yield _declare
    for each in [name for name in sys.modules if name.startswith(package)]:
        del sys.modules[each]
    manuals_of_the_test = [name for name in manuals() if name.startswith("node_in_the_")]
    for each in manuals_of_the_test:
        bot.probes.registry._PROBES.pop(each)
    bot.cluster.facts.registry._DECLARED.pop("sea.depth", None)


def test_a_file_is_all_that_a_probe_and_a_fact_take(declare: Any) -> None:
    declare()
    declared = manuals()["node_in_the_sea"].declaration
    assert [(each.name, each.type, each.required, each.choices, each.doc) for each in declared.parameters] == [
        ("depth", "integer", True, (), "metres below the surface"),
        ("names", "strings", False, (), "only these"),
        ("within", "duration", False, (), "seen at most so long ago"),
        ("on", "choice", False, ("land", "sea"), "where"),
    ]
    assert declared.summary == "Nodes in the sea."
    assert declared_facts()["sea.depth"] == "metres to the ground"


def test_every_file_of_the_package_is_imported() -> None:
    files = {path.stem for path in Path(bot.probes.__path__[0]).glob("*.py")} - {"__init__"}
    assert {f"bot.probes.{name}" for name in files} <= set(sys.modules)


SLIPS = [
    (("async def node", "def node"), "node_in_the_sea: write `async def`"),
    (('"sign"', '"omen"'), "nature is 'omen': use sign or condition or state"),
    (('"sign",', '"sign", cost="huge",'), "cost is 'huge': use narrow or wide"),
    (('(Permission("list", NODES),)', '("nodes",)'), "reads is a tuple of what it reads, like (Permission("),
    (('(Permission("list", NODES),)', "()"), "reads is a tuple of what it reads"),
    (("session, *, depth", "*, depth"), "its first parameter is the session"),
    (("session, *, depth: int, names", "session, depth: int, *, names"), 'depth is not keyword-only: put "*" after'),
    (("depth: int,", "depth,"), "parameter depth has no type: use str, Strings,"),
    (("depth: int,", "depth: float,"), "parameter depth has a type that no entry can write: use str, Strings,"),
    (("depth: int,", "absence: int,"), "parameter absence is one that every probe takes"),
    (("        names: only these\n", ""), 'names is not explained: add a line "    names: ..." below "Args:"'),
    (("        names: only", "        nemas: only"), "names is not explained"),
    (("        on: where\n", "        on: where\n        to: x\n"), "explains to, which is no parameter"),
    (("node_in_the_sea", "pod_waiting"), "that name is taken by "),
    (("node_in_the_sea", "terway_mode"), "that name is taken by the facts"),
    (('"sea.depth"', '"sea depth"'), "fact sea depth: the name does not fit"),
    (('"metres to the ground"', '""'), "it has no meaning"),
    (("async def sea_depth", "def sea_depth"), "fact sea.depth: write `async def`"),
    (('"metres to the ground"', '"metres", reads=("nodes",)'), "fact sea.depth: reads is a tuple"),
    (('"sea.depth"', '"terway.mode"'), "fact terway.mode: that name is taken by "),
]


@pytest.mark.parametrize(("replacement", "complaint"), SLIPS)
def test_a_slip_is_named_with_file_line_and_what_to_mend(
    replacement: tuple[str, str], complaint: str, declare: Any
) -> None:
    with pytest.raises(DeclarationError, match=re.escape(complaint)) as error:
        declare(replacement)
    assert re.match(r"/\S+/sea\.py:\d+: (probe|fact) ", str(error.value))


def test_a_docstring_that_is_missing_is_named(declare: Any) -> None:
    docstring = PROBE[PROBE.index('    """Nodes in') : PROBE.index("    return absent")]
    with pytest.raises(DeclarationError, match="it has no docstring: the first line is the summary"):
        declare((docstring, ""))


@pytest.mark.parametrize(
    ("line", "why"), [("import nowhere", "No module named 'nowhere'"), ("def :", "invalid syntax")]
)
def test_a_file_that_cannot_be_imported_is_named(line: str, why: str, declare: Any) -> None:
    with pytest.raises(DeclarationError, match=rf"\.sea cannot be imported \(\w+Error: {why}.*: mend it\."):
        declare(text=line)
