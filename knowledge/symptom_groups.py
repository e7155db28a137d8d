"""Symptom groups: vague words behind which several entries could stand, with these entries and how people say it.

``symptom_groups.yaml`` holds them by name. What is wrong with their form is an error wherever they are loaded; lint
also looks at what they name, at repeated wordings and at languages.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from knowledge.bounds import TooLargeError, read_bounded
from knowledge.diagnostics import FileDiagnostics
from knowledge.errors import EntryErrors, Place, Problem, suggestion
from knowledge.frontmatter import load_yaml
from knowledge.untrusted_yaml import OBJECT

GROUPS_NAME = "symptom_groups.yaml"
GROUPS_FILE = Path(__file__).parent / GROUPS_NAME
MEMBERS, WORDINGS, WORDINGS_IN_A_LANGUAGE = 2, 5, 2
_KEYS = ("entries", "wordings")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class SymptomGroup:
    """``entries``: ids of those that could stand behind it; ``wordings``: what people type, naming no cause."""

    name: str
    entries: tuple[str, ...]
    wordings: tuple[str, ...]


def load_symptom_groups(path: Path) -> tuple[SymptomGroup, ...]:
    """The groups of the file; none where there is no such file.

    Raises:
        EntryErrors: something of their form is wrong; it names all of it.
    """
    if not path.is_file():
        return ()
    groups, diagnostics = read_symptom_groups(path)
    if diagnostics.problems:
        raise EntryErrors(diagnostics.problems)
    return groups


def read_symptom_groups(path: Path) -> tuple[tuple[SymptomGroup, ...], FileDiagnostics]:
    """What could be read, its problems noted."""
    diagnostics = FileDiagnostics(path)
    try:
        text = read_bounded(path, OBJECT.characters).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, TooLargeError) as error:
        diagnostics.add(0, f"the file cannot be read ({error})", "make it a readable file in UTF-8")
        return (), diagnostics
    data = load_yaml(text, diagnostics, what="the file", first_line=1) or {}
    read = (_read_group(name, kept, diagnostics) for name, kept in data.items())
    return tuple(group for group in read if group is not None), diagnostics


def _read_group(name: str, kept: object, diagnostics: FileDiagnostics) -> SymptomGroup | None:
    if not isinstance(kept, Mapping):
        diagnostics.add((name,), f'the group "{name}" has no parts', 'write "entries:" and "wordings:" below it')
        return None
    for key in kept:
        if key not in _KEYS:
            remedy = f"use {' and '.join(_KEYS)}{suggestion(str(key), _KEYS)}"
            diagnostics.add((name, str(key)), f'the key "{key}" is not known', remedy)
    entries, wordings = (_read_texts(kept.get(key), (name, key), diagnostics) for key in _KEYS)
    return SymptomGroup(name, entries, wordings)


def _read_texts(kept: object, place: Place, diagnostics: FileDiagnostics) -> tuple[str, ...]:
    if not isinstance(kept, list) or not all(isinstance(text, str) and text.strip() for text in kept):
        remedy = "write a list of texts, in quotes where one holds a colon"
        diagnostics.add(place, f'"{place[-1]}" of the group "{place[0]}" is no list of texts', remedy)
        return ()
    return tuple(kept)


def check_symptom_groups(path: Path, symptoms: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    """All that is wrong with the groups; ``symptoms``: those of each entry, by its id."""
    groups, diagnostics = read_symptom_groups(path) if path.is_file() else ((), FileDiagnostics(path))
    for group in groups:
        _check_entries(group, symptoms, diagnostics)
        _check_wordings(group, diagnostics)
    _check_repeated(groups, symptoms, diagnostics)
    yield from diagnostics.problems


def _check_entries(group: SymptomGroup, ids: Collection[str], diagnostics: FileDiagnostics) -> None:
    place = (group.name, "entries")
    for at, id_ in enumerate(group.entries):
        if id_ not in ids:
            remedy = f"name an entry by its id{suggestion(id_, ids)}"
            diagnostics.add((*place, at), f'there is no entry "{id_}"', remedy)
    for id_ in _repeated(group.entries):
        diagnostics.add(place, f'the entry "{id_}" stands twice', "name it once")
    if len(set(group.entries)) < MEMBERS:
        remedy = f"name {MEMBERS} or more, or make its wordings symptoms of the entry"
        diagnostics.add(place, f'the group "{group.name}" has too few entries', remedy)


def _check_wordings(group: SymptomGroup, diagnostics: FileDiagnostics) -> None:
    place = (group.name, "wordings")
    chinese = sum(1 for wording in group.wordings if _CHINESE.search(wording))
    if len(group.wordings) < WORDINGS:
        diagnostics.add(place, f"there are {len(group.wordings)} wordings", f"write at least {WORDINGS}")
    for language, count in (("Chinese", chinese), ("English", len(group.wordings) - chinese)):
        if count < WORDINGS_IN_A_LANGUAGE:
            remedy = f"write at least {WORDINGS_IN_A_LANGUAGE}"
            diagnostics.add(place, f"{count} wordings are in {language}", remedy)


def _check_repeated(
    groups: Iterable[SymptomGroup], symptoms: Mapping[str, Collection[str]], diagnostics: FileDiagnostics
) -> None:
    """A wording that stands elsewhere, too, would be learned as both."""
    first = {_plain(text): f"a symptom of {id_}" for id_, texts in symptoms.items() for text in texts}
    for group in groups:
        for at, wording in enumerate(group.wordings):
            there = first.setdefault(_plain(wording), f'wording {at + 1} of "{group.name}"')
            if there != f'wording {at + 1} of "{group.name}"':
                message = f'the wording "{wording}" is also {there}'
                diagnostics.add((group.name, "wordings", at), message, "keep it where it fits best")


def _repeated(texts: Iterable[str]) -> list[str]:
    return [text for text, count in Counter(texts).items() if count > 1]


def _plain(text: str) -> str:
    """The same for texts that differ in case and punctuation only."""
    return re.sub(r"\W+", " ", text.casefold()).strip()
