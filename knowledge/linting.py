"""Everything that can be said about entries without a cluster: loading's problems, and what good entries need besides.

Each rule is a function from one entry to its problems; they all run, so that one run names all there is to mend.
"""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import TemplateError

from knowledge.command_rules import (
    calls_without_namespace,
    code_snippets,
    find_banned_fragment,
    find_destructive_command,
    find_destructive_instruction,
)
from knowledge.diagnostics import FileDiagnostics
from knowledge.errors import Place, Problem, suggestion
from knowledge.loading import BUILTIN_FOLDER, LoadedFile, read_folders
from knowledge.model import Call, Condition, Entry, Kind, Step, is_chinese
from knowledge.outcome_comparison import calls_in
from knowledge.settling import WORDS_PROBE
from knowledge.symptom_groups import GROUPS_NAME, check_symptom_groups
from knowledge.template_rules import TemplateRuleError
from knowledge.templates import OBJECTS, PLURALS, is_template, names_in
from knowledge.vocabulary import Vocabulary

HEADINGS_FILE = Path(__file__).parent / "headings.txt"
SYMPTOMS, CHINESE_SYMPTOMS = 10, 3
TO_FILL = "TODO"
CONFIRMING = ("confirmed_by", "confirmed_with_cloud")


@dataclass(frozen=True)
class _EntryContext:
    """One entry, with everything that a rule needs to check it."""

    entry: Entry
    diagnostics: FileDiagnostics
    text: str
    vocabulary: Vocabulary
    recordings: Mapping[str, Path]
    facts: Collection[str]
    ids: Collection[str]

    def problem(self, where: Place | int, message: str, remedy: str) -> Problem:
        line = where if isinstance(where, int) else self.diagnostics.line(where)
        return Problem(self.diagnostics.path, line, message, remedy)


def lint(
    paths: Iterable[Path],
    vocabulary: Vocabulary,
    recordings: Mapping[str, Path],
    facts: Collection[str] | None = None,
    *,
    in_use: Iterable[Path] = (),
    builtin: Path = BUILTIN_FOLDER,
) -> list[Problem]:
    """All problems of these folders and files, in the order of files and lines. Empty: all is well.

    ``recordings``: the folder of each by name. ``in_use``: folders whose entries may be referred to and must not be
    repeated; of their own problems only those below ``paths`` are given.
    """
    asked = [_absolute(path) for path in paths]
    folders = [_absolute(folder) for folder in in_use]
    loaded, problems = read_folders([*folders, *asked], vocabulary)
    known = vocabulary.facts if facts is None else facts
    ids = {one.entry.id for one in loaded if one.entry}
    problems = [problem for problem in (*problems, *_check_repeated_symptoms(loaded)) if _is_below(problem.file, asked)]
    for one in loaded:
        if one.entry and _is_below(one.diagnostics.path, asked):
            context = _EntryContext(one.entry, one.diagnostics, one.text, vocabulary, recordings, known, ids)
            problems += [problem for rule in RULES for problem in rule(context)]
    if _absolute(builtin) in asked:
        problems += _check_headings(loaded, _absolute(builtin))
        symptoms = {one.entry.id: one.entry.symptoms for one in loaded if one.entry}
        problems += check_symptom_groups(_absolute(builtin).parent / GROUPS_NAME, symptoms)
    return sorted(set(problems))


def _absolute(path: Path) -> Path:
    """One spelling for each path, so that no file counts twice; links stay, a mounted ConfigMap is made of them."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def _is_below(file: Path, paths: Iterable[Path]) -> bool:
    return any(file.is_relative_to(path) for path in paths)


def faq_headings() -> tuple[str, ...]:
    """The headings of the FAQ, each of which some built-in entry answers."""
    return tuple(HEADINGS_FILE.read_text(encoding="utf-8").split("\n")[:-1])


def _check_file_name(context: _EntryContext) -> Iterator[Problem]:
    entry_id, name = context.entry.id, context.diagnostics.path.stem
    if entry_id != name:
        yield context.problem(("id",), f'the id "{entry_id}" is not the file name', f"rename the file to {entry_id}.md")


def _check_chinese_title(context: _EntryContext) -> Iterator[Problem]:
    title = context.entry.title_zh
    if title and not is_chinese(title):
        remedy = "write the title in Chinese, or remove the line"
        yield context.problem(("title_zh",), f'there is no Chinese in title_zh, "{title}"', remedy)


def _check_symptom_count(context: _EntryContext) -> Iterator[Problem]:
    symptoms = context.entry.symptoms
    if len(symptoms) < SYMPTOMS:
        message = f"there are {len(symptoms)} symptoms"
        yield context.problem(("symptoms",), message, f"write at least {SYMPTOMS}, the way people type")
    chinese = sum(1 for symptom in symptoms if is_chinese(symptom))
    if chinese < CHINESE_SYMPTOMS:
        message = f"{chinese} symptoms are in Chinese"
        yield context.problem(("symptoms",), message, f"write at least {CHINESE_SYMPTOMS} in Chinese")


def _check_placeholders(context: _EntryContext) -> Iterator[Problem]:
    yield from _placeholders(context.diagnostics.path, context.text)


def _placeholders(path: Path, text: str) -> Iterator[Problem]:
    """What a person has still to write, each with what it is to say."""
    for number, line in enumerate(text.split("\n"), 1):
        if TO_FILL in line:
            wanted = line.partition(TO_FILL)[2].partition('"')[0].strip(" :.")
            yield Problem(path, number, "still to be filled in", wanted or f'replace "{TO_FILL}"')


def _check_proofs(context: _EntryContext) -> Iterator[Problem]:
    entry, proof = context.entry, context.entry.proved_on
    confirming = entry.confirmed_by or entry.confirmed_with_cloud
    if entry.kind is Kind.GUIDE:
        wanted = {"answered": proof.answered}
    elif confirming is None:
        wanted = {"suspected": proof.suspected}
    elif entry.absence == "suspected":
        wanted = {"confirmed": proof.confirmed, "ruled_out or suspected": proof.ruled_out + proof.suspected}
    elif can_be_confirmed(confirming):
        wanted = {"confirmed": proof.confirmed, "ruled_out": proof.ruled_out}
    else:
        wanted = {"suspected": proof.suspected, "ruled_out": proof.ruled_out}
    for verdict, recordings in wanted.items():
        if not recordings:
            message = f"no recording proves the verdict {verdict}"
            yield context.problem(("proved_on",), message, f"name one under proved_on as {verdict}: [...]")


def can_be_confirmed(condition: Condition) -> bool:
    """Not where something that only hints (``presence="unknown"``) is needed."""
    if isinstance(condition, Call):
        return ("presence", "unknown") not in condition.arguments
    if condition.quantifier == "none":
        return True
    join = all if condition.quantifier == "all" else any
    return join(can_be_confirmed(member) for member in condition.members)


def _check_words(context: _EntryContext) -> Iterator[Problem]:
    """A setting is no proof: it is there on clusters where nothing fails, and where something else does."""
    for key in CONFIRMING:
        condition = getattr(context.entry, key)
        if condition is None or _needs_sign_or_words(condition, context.vocabulary):
            continue
        message = "settings alone can confirm this, and nothing says what the words must carry besides"
        remedy = 'add question_says(about="...", contains=["..."]) with what tells it from its neighbours'
        yield context.problem((key,), message, remedy)


def _check_cloud(context: _EntryContext) -> Iterator[Problem]:
    """Where the cloud is not asked, an entry is judged by Kubernetes alone."""
    for key in ("applies", "confirmed_by"):
        for call in calls_in(getattr(context.entry, key)):
            declared = context.vocabulary.probes.get(call.probe)
            if declared is not None and declared.asks_cloud:
                message = f"{call.probe} asks the cloud, which is off unless somebody switched it on"
                remedy = "move the condition below confirmed_with_cloud, which is judged where the cloud is read"
                yield context.problem((key,), message, remedy)


def _check_asks(context: _EntryContext) -> Iterator[Problem]:
    """Silent words leave a setting suspected: somebody has to be able to settle it."""
    condition = context.entry.confirmed_by
    if condition is None or context.entry.asks is not None:
        return
    if any(call.probe == WORDS_PROBE for call in calls_in(condition)):
        message = "where the words are silent, nothing settles it"
        remedy = 'add asks: {text: "Does it ...?", yes: ruled_out, no: confirmed}'
        yield context.problem(("confirmed_by",), message, remedy)


def _needs_sign_or_words(condition: Condition, vocabulary: Vocabulary) -> bool:
    """Whether it takes a sign or the words of the question in every way in which it can be confirmed."""
    if isinstance(condition, Call):
        if ("presence", "unknown") in condition.arguments or condition.probe == WORDS_PROBE:
            return True
        declared = vocabulary.probes.get(condition.probe)
        return declared is not None and declared.nature in ("sign", "state")
    if condition.quantifier == "none":
        return False
    join = any if condition.quantifier == "all" else all
    return join(_needs_sign_or_words(member, vocabulary) for member in condition.members)


def _check_recordings(context: _EntryContext) -> Iterator[Problem]:
    proof = context.entry.proved_on
    for verdict in ("confirmed", "ruled_out", "suspected", "answered"):
        for at, name in enumerate(getattr(proof, verdict)):
            if name in context.recordings:
                for file in sorted(context.recordings[name].glob("*.yaml")):
                    yield from _placeholders(file, file.read_text(encoding="utf-8", errors="replace"))
            elif TO_FILL not in name:
                remedy = f"make recordings/{name}/recording.yaml or name another{suggestion(name, context.recordings)}"
                yield context.problem(("proved_on", verdict, at), f'there is no recording "{name}"', remedy)


def _check_facts(context: _EntryContext) -> Iterator[Problem]:
    for at, name in enumerate(context.entry.facts):
        if name not in context.facts:
            remedy = f"use a fact that exists{suggestion(name, context.facts)}"
            yield context.problem(("facts", at), f'there is no fact "{name}"', remedy)


def _check_related(context: _EntryContext) -> Iterator[Problem]:
    for at, name in enumerate(context.entry.related):
        if name not in context.ids:
            remedy = f"name the id of another entry{suggestion(name, context.ids)}"
            yield context.problem(("related", at), f'there is no entry "{name}"', remedy)


def _check_empty_lists(context: _EntryContext) -> Iterator[Problem]:
    for name in ("settle", "steps", "prevent", "verify", "caution"):
        section = (f"## {name.capitalize()}",)
        if section in context.diagnostics.lines and not getattr(context.entry, name):
            yield context.problem(section, f'"{section[0]}" has no items', "add one or remove the section")


def _check_settle(context: _EntryContext) -> Iterator[Problem]:
    entry = context.entry
    if entry.kind is Kind.FAULT and entry.confirmed_by is None and not entry.settle:
        message = "no cluster read can confirm this fault, and nothing says what would settle it"
        yield context.problem(1, message, 'add "## Settle" with what to look at, and how')


def _check_variants(context: _EntryContext) -> Iterator[Problem]:
    for place, step in _numbered_steps(context.entry):
        if step.when is None:
            continue
        if step.label is None:
            remedy = 'write it after the condition: {when: fact() == "value" | the variant in words}'
            yield context.problem(place, "a variant has no label for clusters where the fact is unknown", remedy)


def _check_templates(context: _EntryContext) -> Iterator[Problem]:
    for place, text in _texts(context.entry):
        if not is_template(text):
            continue
        try:
            names = names_in(text)
        except TemplateRuleError as error:
            yield context.problem(place, str(error), error.remedy)
            continue
        except TemplateError as error:
            yield context.problem(
                place, f"the template cannot be read ({error})", "mend the braces and what is in them"
            )
            continue
        known = {*context.facts, *OBJECTS, *PLURALS}
        for name in sorted(names - known):
            remedy = f"use a fact by its dotted name or one of {', '.join((*OBJECTS, *PLURALS))}"
            yield context.problem(place, f'the template uses "{name}"', remedy + suggestion(name, known))


def _check_cautions(context: _EntryContext) -> Iterator[Problem]:
    if not context.entry.caution and not any(step.caution for _, step in _numbered_steps(context.entry)):
        for place, command in _destructive_parts(context.entry):
            message = f'"{command}" can hurt, and the entry has no caution'
            remedy = 'add a paragraph "Caution: ..." to the item that says what it interrupts or loses'
            yield context.problem(place, message, remedy)


def _check_cautions_at_steps(context: _EntryContext) -> Iterator[Problem]:
    """A caution at another step is not read by whoever copies this one's command."""
    if any(step.caution for _, step in _numbered_steps(context.entry)):
        for place, step in _numbered_steps(context.entry):
            if not step.caution and step.command and (found := find_destructive_command(step.command)):
                remedy = 'add a paragraph "Caution: ..." to this very item'
                yield context.problem(place, f'"{found}" can hurt, and its step has no caution', remedy)


def _destructive_parts(entry: Entry) -> Iterator[tuple[Place, str]]:
    for place, command in _commands(entry):
        if found := find_destructive_command(command):
            yield place, found
    for place, step in _numbered_steps(entry):
        if found := find_destructive_instruction(step.text):
            yield place, found


def _check_namespaces(context: _EntryContext) -> Iterator[Problem]:
    for place, command in _commands(context.entry):
        for call in calls_without_namespace(command):
            yield context.problem(place, f"`{call}` names no namespace", "add -n NAMESPACE, or -A for all")


def _check_banned_fragments(context: _EntryContext) -> Iterator[Problem]:
    for number, line in enumerate(context.text.split("\n"), 1):
        if found := find_banned_fragment(line):
            message = f"`{found}` is from a clean-up script that removes the wrong files"
            yield context.problem(number, message, "leave it out, even as a warning: somebody will paste it")


RULES: tuple[Callable[[_EntryContext], Iterator[Problem]], ...] = (
    _check_file_name,
    _check_chinese_title,
    _check_symptom_count,
    _check_placeholders,
    _check_proofs,
    _check_words,
    _check_cloud,
    _check_asks,
    _check_recordings,
    _check_facts,
    _check_related,
    _check_empty_lists,
    _check_settle,
    _check_variants,
    _check_templates,
    _check_cautions,
    _check_cautions_at_steps,
    _check_namespaces,
    _check_banned_fragments,
)


def _numbered_steps(entry: Entry) -> Iterator[tuple[Place, Step]]:
    for name in ("settle", "steps", "prevent", "verify"):
        for at, step in enumerate(getattr(entry, name)):
            yield (name, at), step


def _texts(entry: Entry) -> Iterator[tuple[Place, str]]:
    yield ("## Cause",), entry.cause
    for place, step in _numbered_steps(entry):
        yield place, step.text
        yield place, step.command or ""
        yield place, step.caution
    for at, text in enumerate(entry.caution):
        yield ("caution", at), text
    for verdict, sentences in vars(entry.says).items():
        for at, sentence in enumerate(sentences):
            yield ("says", verdict, at), sentence.text


def _commands(entry: Entry) -> Iterator[tuple[Place, str]]:
    for place, step in _numbered_steps(entry):
        yield place, step.command or ""
        for code in code_snippets(step.text):
            yield place, code
    for code in code_snippets(entry.cause):
        yield ("## Cause",), code


def _check_repeated_symptoms(loaded: Iterable[LoadedFile]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for one in loaded:
        for at, symptom in enumerate(one.entry.symptoms if one.entry else ()):
            if TO_FILL in symptom:
                continue
            line = one.diagnostics.line(("symptoms", at))
            here = f"{one.diagnostics.path}:{line}"
            there = first.setdefault(re.sub(r"\W+", " ", symptom.casefold()).strip(), here)
            if there != here:
                message = f'the symptom "{symptom}" also stands at {there}'
                yield Problem(one.diagnostics.path, line, message, "keep it where it fits best")


def _check_headings(loaded: Iterable[LoadedFile], builtin: Path) -> Iterator[Problem]:
    headings, answered = faq_headings(), defaultdict[str, list[str]](list)
    for one in loaded:
        if one.entry is None or not one.diagnostics.path.is_relative_to(builtin):
            continue
        for at, heading in enumerate(one.entry.headings):
            answered[heading].append(one.entry.id)
            if heading not in headings:
                remedy = f"copy it from {HEADINGS_FILE.name}{suggestion(heading, headings)}"
                yield Problem(
                    one.diagnostics.path, one.diagnostics.line(("headings", at)), "no such FAQ heading", remedy
                )
    for number, heading in enumerate(headings, 1):
        if heading not in answered:
            yield Problem(HEADINGS_FILE, number, f'no entry answers "{heading}"', "write one, or add it to an entry")
