"""From files to entries: the built-in folder and a team's own, read strictly, with all problems reported at once."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from knowledge.bounds import TooLargeError, read_bounded
from knowledge.diagnostics import FileDiagnostics
from knowledge.errors import EntryErrors, ExpressionError, Problem, suggestion
from knowledge.expressions import read_condition
from knowledge.frontmatter import front_matter, is_document, split
from knowledge.model import Condition, Entry, Group, Kind, Proof
from knowledge.sections import read_body
from knowledge.sentences import read_says
from knowledge.settling import read_asks
from knowledge.untrusted_yaml import OBJECT
from knowledge.vocabulary import Vocabulary

BUILTIN_FOLDER = Path(__file__).parent / "entries"
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VERDICTS = ("confirmed", "ruled_out", "suspected", "answered")


@dataclass(frozen=True)
class LoadedFile:
    """One file as it was read; ``entry`` is ``None`` where its problems left nothing to work with."""

    entry: Entry | None
    diagnostics: FileDiagnostics
    text: str


def load_entries(folders: Iterable[Path], vocabulary: Vocabulary | None) -> tuple[Entry, ...]:
    """Every entry of these folders, or :class:`EntryErrors` with all that is wrong in them.

    Without a vocabulary only the form of expressions is read, not whether their probes exist.
    """
    loaded, problems = read_folders(folders, vocabulary)
    if problems:
        raise EntryErrors(problems)
    return tuple(one.entry for one in loaded if one.entry is not None)


def read_folders(paths: Iterable[Path], vocabulary: Vocabulary | None) -> tuple[list[LoadedFile], list[Problem]]:
    """What could be read of these folders and files, and what could not; lint goes on from here."""
    loaded: list[LoadedFile] = []
    problems: list[Problem] = []
    for given in dict.fromkeys(paths):
        if not given.exists():
            problems.append(Problem(given, 0, "there is no such folder", "name a folder of entries (*.md)"))
        for path in entry_files(given):
            loaded.append(read_file(path, given, vocabulary))
            problems += loaded[-1].diagnostics.problems
    return loaded, problems + list(_find_duplicates(loaded))


def entry_files(given: Path) -> Iterator[Path]:
    """The files that are read as entries: the Markdown files below a folder, or the one file that is given by name.

    Documents (README.md) and hidden folders are left out: a mounted ConfigMap keeps copies in these.
    """
    if given.is_file():
        yield given
    for path in sorted(given.rglob("*.md")):
        hidden = any(part.startswith(".") for part in path.relative_to(given).parts)
        if not hidden and not is_document(path):
            yield path


def read_file(path: Path, folder: Path, vocabulary: Vocabulary | None) -> LoadedFile:
    """One file, its problems noted."""
    diagnostics = FileDiagnostics(path)
    try:
        text = read_bounded(path, OBJECT.characters).decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError, TooLargeError) as error:
        diagnostics.add(0, f"the file cannot be read ({error})", "make it a readable file in UTF-8")
        return LoadedFile(None, diagnostics, "")
    return LoadedFile(_parse_entry(text, section_of(path, folder), vocabulary, diagnostics), diagnostics, text)


def section_of(path: Path, folder: Path) -> str:
    """The folder that the file lies in; for a file at the top the name of the whole folder."""
    return path.parent.name or folder.name


def _find_duplicates(loaded: Iterable[LoadedFile]) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for one in loaded:
        if one.entry is None:
            continue
        path = first.setdefault(one.entry.id, one.diagnostics.path)
        if path != one.diagnostics.path:
            line, message = one.diagnostics.line(("id",)), f'the id "{one.entry.id}" is also that of {path}'
            yield Problem(one.diagnostics.path, line, message, "give one of them another id and file name")


def _parse_entry(text: str, section: str, vocabulary: Vocabulary | None, diagnostics: FileDiagnostics) -> Entry | None:
    front, body_text = split(text, diagnostics)
    if diagnostics.problems:
        return None
    keys = _FrontMatter(front_matter(front, diagnostics), vocabulary, diagnostics)
    kind = keys.kind()
    applies, confirmed_by = keys.applies(), keys.group("confirmed_by")
    with_cloud = keys.group("confirmed_with_cloud")
    asked = [applies, confirmed_by, with_cloud]
    body = read_body(body_text, kind, asked, vocabulary, diagnostics)
    for key in ("confirmed_by", "confirmed_with_cloud"):
        if kind is Kind.GUIDE and key in keys.data:
            diagnostics.add((key,), "a guide is answered, not confirmed", f"remove {key} or make it a fault")
    # All is read even where nothing can come of it, so that all its problems are reported.
    entry = Entry(
        id=keys.id(),
        title=keys.text("title"),
        title_zh=keys.text("title_zh"),
        kind=kind or Kind.FAULT,
        headings=keys.texts("headings"),
        symptoms=keys.texts("symptoms"),
        path=diagnostics.path,
        section=section,
        identifiers=keys.texts("identifiers"),
        applies=applies,
        confirmed_by=confirmed_by,
        confirmed_with_cloud=with_cloud,
        asks=read_asks(keys.data.get("asks"), confirmed_by, diagnostics),
        absence=keys.absence(),
        facts=keys.texts("facts"),
        says=read_says(keys.data.get("says"), asked, vocabulary, diagnostics),
        proved_on=keys.proof(),
        related=keys.texts("related"),
        **vars(body),
    )
    return entry if kind and entry.id else None


@dataclass(frozen=True)
class _FrontMatter:
    """The front matter's values in the types of the model."""

    data: dict[str, object]
    vocabulary: Vocabulary | None
    diagnostics: FileDiagnostics

    def text(self, key: str) -> str:
        value = self.data.get(key, "")
        if isinstance(value, str):
            return " ".join(value.split())
        if value is not None:
            self.diagnostics.add((key,), f'"{key}" is not text but {value!r}', "put it in quotes")
        return ""

    def texts(self, key: str) -> tuple[str, ...]:
        return self._texts(self.data.get(key), (key,))

    def _texts(self, value: object, place: tuple[str, ...]) -> tuple[str, ...]:
        if value is None:
            return ()
        if not isinstance(value, list):
            self.diagnostics.add(place, f'"{place[-1]}" is not a list', 'write one item a line, each after "- "')
            return ()
        for at, member in enumerate(value):
            if not isinstance(member, str) or not member.strip():
                message = f'"{place[-1]}" holds something that is not text: {member!r}'
                self.diagnostics.add((*place, at), message, 'put the whole line after "- " in quotes')
        return tuple(" ".join(member.split()) for member in value if isinstance(member, str))

    def id(self) -> str:
        name = self.text("id")
        if name and not _ID.fullmatch(name):
            self.diagnostics.add(
                ("id",), f'the id "{name}" does not fit', "use a-z, 0-9 and single dashes between them"
            )
        return name

    def kind(self) -> Kind | None:
        name = self.data.get("kind")
        if name in ("fault", "guide"):
            return Kind(name)
        if name:
            self.diagnostics.add(("kind",), f'the kind "{name}" is not known', "use fault or guide")
        return None

    def absence(self) -> Literal["ruled_out", "suspected"]:
        value = self.data.get("absence", "ruled_out")
        if value not in ("ruled_out", "suspected"):
            self.diagnostics.add(("absence",), f'absence is "{value}"', "use suspected or remove the line")
        return "suspected" if value == "suspected" else "ruled_out"

    def applies(self) -> Condition | None:
        value = self.data.get("applies")
        if value is None:
            return None
        if not isinstance(value, list) or not value:
            self.diagnostics.add(
                ("applies",), '"applies" is not a list', "write one expression a line, each after '- '"
            )
            return None
        read = [self._condition(member, ("applies", at)) for at, member in enumerate(value)]
        return Group("all", tuple(member for member in read if member is not None))

    def group(self, key: str) -> Condition | None:
        if key not in self.data:
            return None
        value = self.data[key]
        if not isinstance(value, dict):
            shape = 'write "all:", "any:" or "none:" below it, and the conditions as a list'
            self.diagnostics.add((key,), f'"{key}" is not a group', shape)
            return None
        return self._condition(value, (key,))

    def _condition(self, value: object, place: tuple[str | int, ...]) -> Condition | None:
        def report(error: ExpressionError) -> None:
            self.diagnostics.add(error.place, str(error))

        return read_condition(value, self.vocabulary, report, place)

    def proof(self) -> Proof:
        value = self.data.get("proved_on") or {}
        if not isinstance(value, dict):
            shape = "write proved_on: {confirmed: [...], ruled_out: [...]}"
            self.diagnostics.add(("proved_on",), '"proved_on" is not a mapping', shape)
            return Proof()
        for name in value:
            if name not in _VERDICTS:
                remedy = f"use {', '.join(_VERDICTS)}{suggestion(name, _VERDICTS)}"
                self.diagnostics.add(("proved_on", name), f'"{name}" is no verdict', remedy)
        return Proof(**{name: self._texts(value.get(name), ("proved_on", name)) for name in _VERDICTS})
