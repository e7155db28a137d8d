"""Everything that can be said about entries without a cluster: loading's problems, and what good entries need besides.

Each rule is a function from one entry to its problems; they all run, so that one run names all there is to mend.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import TemplateError

from knowledge.checking import declaration_of
from knowledge.commands import code_in, forbidden, hurting, telling_to_hurt, without_namespace
from knowledge.errors import ExpressionError, Place, Problem, suggestion
from knowledge.loading import BUILTIN_FOLDER, Loaded, read_folders
from knowledge.model import Call, Condition, Entry, Kind, Step
from knowledge.reading import Reading
from knowledge.templates import OBJECTS, PLURALS, is_template, names_in
from knowledge.vocabulary import Vocabulary

HEADINGS_FILE = Path(__file__).parent / "headings.txt"
SYMPTOMS, CHINESE_SYMPTOMS = 10, 3
TO_FILL = "TODO"
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class _Subject:
    """One entry under the eyes of the rules, with what it may refer to."""

    entry: Entry
    reading: Reading
    text: str
    vocabulary: Vocabulary
    recordings: Collection[str]
    facts: Collection[str]
    ids: Collection[str]

    def problem(self, where: Place | int, message: str, remedy: str) -> Problem:
        line = where if isinstance(where, int) else self.reading.line(where)
        return Problem(self.reading.path, line, message, remedy)


def lint(
    folders: Iterable[Path],
    vocabulary: Vocabulary,
    recordings: Collection[str],
    facts: Collection[str] | None = None,
    *,
    builtin: Path = BUILTIN_FOLDER,
) -> list[Problem]:
    """All problems of these folders, in the order of files and lines. Empty: all is well."""
    folders = list(folders)
    loaded, problems = read_folders(folders, vocabulary)
    known = vocabulary.facts if facts is None else facts
    ids = {one.entry.id for one in loaded if one.entry}
    for one in loaded:
        if one.entry:
            subject = _Subject(one.entry, one.reading, one.text, vocabulary, recordings, known, ids)
            problems += [problem for rule in RULES for problem in rule(subject)]
    problems += _repeated_symptoms(loaded)
    if builtin in folders:
        problems += _headings(loaded, builtin)
    return sorted(set(problems))


def faq_headings() -> tuple[str, ...]:
    """The headings of the FAQ, each of which some built-in entry answers."""
    return tuple(HEADINGS_FILE.read_text(encoding="utf-8").split("\n")[:-1])


def _file_name(subject: _Subject) -> Iterator[Problem]:
    entry_id, name = subject.entry.id, subject.reading.path.stem
    if entry_id != name:
        yield subject.problem(("id",), f'the id "{entry_id}" is not the file name', f"rename the file to {entry_id}.md")


def _symptom_count(subject: _Subject) -> Iterator[Problem]:
    symptoms = subject.entry.symptoms
    if len(symptoms) < SYMPTOMS:
        message = f"there are {len(symptoms)} symptoms"
        yield subject.problem(("symptoms",), message, f"write at least {SYMPTOMS}, the way people type")
    chinese = sum(1 for symptom in symptoms if _CHINESE.search(symptom))
    if chinese < CHINESE_SYMPTOMS:
        message = f"{chinese} symptoms are in Chinese"
        yield subject.problem(("symptoms",), message, f"write at least {CHINESE_SYMPTOMS} in Chinese")


def _to_fill(subject: _Subject) -> Iterator[Problem]:
    for number, line in enumerate(subject.text.split("\n"), 1):
        if TO_FILL in line:
            yield subject.problem(number, "this place is still to be filled", f'replace what starts with "{TO_FILL}"')


def _proofs(subject: _Subject) -> Iterator[Problem]:
    entry, proof = subject.entry, subject.entry.proved_on
    if entry.kind is Kind.GUIDE:
        wanted = {"answered": proof.answered}
    elif entry.confirmed_by is None:
        wanted = {"suspected": proof.suspected}
    elif entry.absence == "suspected":
        wanted = {"confirmed": proof.confirmed, "ruled_out or suspected": proof.ruled_out + proof.suspected}
    else:
        wanted = {"confirmed": proof.confirmed, "ruled_out": proof.ruled_out}
    for verdict, recordings in wanted.items():
        if not recordings:
            message = f"no recording proves the verdict {verdict}"
            yield subject.problem(("proved_on",), message, f"name one under proved_on as {verdict}: [...]")


def _recordings(subject: _Subject) -> Iterator[Problem]:
    proof = subject.entry.proved_on
    for verdict in ("confirmed", "ruled_out", "suspected", "answered"):
        for at, name in enumerate(getattr(proof, verdict)):
            if name not in subject.recordings and TO_FILL not in name:
                remedy = f"make that recording or name another{suggestion(name, subject.recordings)}"
                yield subject.problem(("proved_on", verdict, at), f'there is no recording "{name}"', remedy)


def _facts(subject: _Subject) -> Iterator[Problem]:
    for at, name in enumerate(subject.entry.facts):
        if name not in subject.facts:
            remedy = f"use a fact that exists{suggestion(name, subject.facts)}"
            yield subject.problem(("facts", at), f'there is no fact "{name}"', remedy)


def _related(subject: _Subject) -> Iterator[Problem]:
    for at, name in enumerate(subject.entry.related):
        if name not in subject.ids:
            remedy = f"name the id of another entry{suggestion(name, subject.ids)}"
            yield subject.problem(("related", at), f'there is no entry "{name}"', remedy)


def _empty_lists(subject: _Subject) -> Iterator[Problem]:
    for name in ("settle", "steps", "verify", "caution"):
        section = (f"## {name.capitalize()}",)
        if section in subject.reading.lines and not getattr(subject.entry, name):
            yield subject.problem(section, f'"{section[0]}" has no items', "add one or remove the section")


def _settle(subject: _Subject) -> Iterator[Problem]:
    entry = subject.entry
    if entry.kind is Kind.FAULT and entry.confirmed_by is None and not entry.settle:
        message = "no cluster read can confirm this fault, and nothing says what would settle it"
        yield subject.problem(1, message, 'add "## Settle" with what to look at, and how')


def _variants(subject: _Subject) -> Iterator[Problem]:
    for place, step in _numbered(subject.entry):
        if step.when is None:
            continue
        if step.label is None:
            remedy = 'write it after the condition: {when: fact() == "value" | the variant in words}'
            yield subject.problem(place, "a variant has no label for clusters where the fact is unknown", remedy)
        for call in _calls(step.when):
            if not _is_fact(call, subject.vocabulary):
                yield subject.problem(place, f"`{call}` is no fact comparison", "choose variants by facts only")


def _is_fact(call: Call, vocabulary: Vocabulary) -> bool:
    try:
        return declaration_of(call.probe, vocabulary).nature == "fact"
    except ExpressionError:
        return False


def _calls(condition: Condition) -> Iterator[Call]:
    if isinstance(condition, Call):
        yield condition
    else:
        for member in condition.members:
            yield from _calls(member)


def _templates(subject: _Subject) -> Iterator[Problem]:
    for place, text in _texts(subject.entry):
        if not is_template(text):
            continue
        try:
            names = names_in(text)
        except TemplateError as error:
            yield subject.problem(
                place, f"the template cannot be read ({error})", "mend the braces and what is in them"
            )
            continue
        known = {*subject.facts, *OBJECTS, *PLURALS}
        for name in sorted(names - known):
            remedy = f"use a fact by its dotted name or one of {', '.join((*OBJECTS, *PLURALS))}"
            yield subject.problem(place, f'the template uses "{name}"', remedy + suggestion(name, known))


def _cautions(subject: _Subject) -> Iterator[Problem]:
    if not subject.entry.caution:
        for place, command in _hurting(subject.entry):
            message = f'"{command}" can hurt, and the entry has no caution'
            yield subject.problem(place, message, 'add "## Caution" that says what it interrupts or loses')


def _hurting(entry: Entry) -> Iterator[tuple[Place, str]]:
    for place, command in _commands(entry):
        if found := hurting(command):
            yield place, found
    for place, step in _numbered(entry):
        if found := telling_to_hurt(step.text):
            yield place, found


def _namespaces(subject: _Subject) -> Iterator[Problem]:
    for place, command in _commands(subject.entry):
        for call in without_namespace(command):
            yield subject.problem(place, f"`{call}` names no namespace", "add -n NAMESPACE, or -A for all")


def _never(subject: _Subject) -> Iterator[Problem]:
    for number, line in enumerate(subject.text.split("\n"), 1):
        if found := forbidden(line):
            message = f"`{found}` is from a clean-up script that removes the wrong files"
            yield subject.problem(number, message, "leave it out, even as a warning: somebody will paste it")


RULES: tuple[Callable[[_Subject], Iterator[Problem]], ...] = (
    _file_name, _symptom_count, _to_fill, _proofs, _recordings, _facts, _related, _empty_lists, _settle, _variants,
    _templates, _cautions, _namespaces, _never,
)  # fmt: skip


def _numbered(entry: Entry) -> Iterator[tuple[Place, Step]]:
    for name in ("settle", "steps", "verify"):
        for at, step in enumerate(getattr(entry, name)):
            yield (name, at), step


def _texts(entry: Entry) -> Iterator[tuple[Place, str]]:
    yield ("## Cause",), entry.cause
    for place, step in _numbered(entry):
        yield place, step.text
        yield place, step.command or ""
    for at, text in enumerate(entry.caution):
        yield ("caution", at), text


def _commands(entry: Entry) -> Iterator[tuple[Place, str]]:
    for place, step in _numbered(entry):
        yield place, step.command or ""
        for code in code_in(step.text):
            yield place, code
    for code in code_in(entry.cause):
        yield ("## Cause",), code


def _repeated_symptoms(loaded: Iterable[Loaded]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for one in loaded:
        for at, symptom in enumerate(one.entry.symptoms if one.entry else ()):
            line = one.reading.line(("symptoms", at))
            here = f"{one.reading.path}:{line}"
            there = first.setdefault(re.sub(r"\W+", " ", symptom.casefold()).strip(), here)
            if there != here:
                message = f'the symptom "{symptom}" also stands at {there}'
                yield Problem(one.reading.path, line, message, "keep it where it fits best")


def _headings(loaded: Iterable[Loaded], builtin: Path) -> Iterator[Problem]:
    headings, answered = faq_headings(), defaultdict[str, list[str]](list)
    for one in loaded:
        if one.entry is None or not one.reading.path.is_relative_to(builtin):
            continue
        for at, heading in enumerate(one.entry.headings):
            answered[heading].append(one.entry.id)
            if heading not in headings:
                remedy = f"copy it from {HEADINGS_FILE.name}{suggestion(heading, headings)}"
                yield Problem(one.reading.path, one.reading.line(("headings", at)), "no such FAQ heading", remedy)
    for number, heading in enumerate(headings, 1):
        if heading not in answered:
            yield Problem(HEADINGS_FILE, number, f'no entry answers "{heading}"', "write one, or add it to an entry")
