"""What the index is made from: texts of entries and symptom groups, out-of-scope examples, glossary, and their hash."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import orjson

from index.glossary import Glossary, load_glossary
from index.identifiers import Identifiers
from index.look_alikes import FOLDER, LookAlikeTexts, as_json, read_look_alikes, short_hash
from knowledge.model import Entry
from knowledge.symptom_groups import GROUPS_NAME, SymptomGroup, load_symptom_groups

OTHERS_EVERY, VAGUE_EVERY = 4, 2
_FENCE = re.compile(r"```.*?(```|\Z)", re.DOTALL)
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\{#[^{}]*#\}")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Texts with the row of the topic that each belongs to."""

    texts: tuple[str, ...]
    owners: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Everything that the index learns from; nothing else may have a say in it.

    What texts are told apart by are its *topics*: the entries, then the symptom groups.
    """

    entries: tuple[Entry, ...]
    outside: tuple[str, ...]
    glossary: Glossary
    written_groups: tuple[SymptomGroup, ...] = ()
    look_alikes: tuple[LookAlikeTexts, ...] = ()
    shipped: Path | None = None  # the folder of the entries that everybody has

    @cached_property
    def reference(self) -> "Corpus":
        """The shipped entries alone, which the calibration is learned from; all, where there are hardly any."""
        shipped = tuple(entry for entry in self.entries if self.shipped and entry.path.is_relative_to(self.shipped))
        return replace(self, entries=shipped) if len(shipped) > 1 else self

    @cached_property
    def is_reference(self) -> tuple[bool, ...]:
        """By topic whether the reference has it, too; groups are in both."""
        known = frozenset(self.reference.ids)
        return (*(entry.id in known for entry in self.entries), *(True for _ in self.groups))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return tuple(entry.id for entry in self.entries)

    @cached_property
    def groups(self) -> tuple[SymptomGroup, ...]:
        """The symptom groups, with those of their entries that are here; less than two are no group."""
        known = frozenset(self.ids)
        groups = [(group, tuple(filter(known.__contains__, group.entries))) for group in self.written_groups]
        return tuple(replace(group, entries=entries) for group, entries in groups if len(entries) > 1)

    @cached_property
    def group_entries(self) -> tuple[tuple[int, ...], ...]:
        """For each symptom group the rows of its entries, the likeliest first as they are written."""
        rows = {entry_id: row for row, entry_id in enumerate(self.ids)}
        return tuple(tuple(dict.fromkeys(rows[entry_id] for entry_id in group.entries)) for group in self.groups)

    @cached_property
    def names(self) -> tuple[frozenset[str], ...]:
        """By topic what it is called: title and headings of an entry, the name of a group."""
        entries = (frozenset((entry.title, *entry.headings)) for entry in self.entries)
        return (*entries, *(frozenset((group.name,)) for group in self.groups))

    @cached_property
    def identifiers(self) -> Identifiers:
        """Of the entries; no error string stands for a group."""
        return Identifiers.of([*(entry.identifiers for entry in self.entries), *(() for _ in self.groups)])

    @cached_property
    def symptoms(self) -> Texts:
        """What people type; the titles and headings are typed, too."""
        entries = [(*entry.symptoms, entry.title, *entry.headings) for entry in self.entries]
        return _texts_by_owner([*entries, *((*group.wordings, group.name) for group in self.groups)])

    @cached_property
    def others_than_look_alikes(self) -> tuple[str, ...]:
        """A share of what is about anything else: out-of-scope examples, symptoms of other entries, vague wordings."""
        ids = frozenset(one.entry_id for one in self.look_alikes)
        symptoms = [text for entry in self.reference.entries if entry.id not in ids for text in entry.symptoms]
        # By their hashes: one symptom more or less shifts none of the others.
        chosen = [text for text in symptoms if int(short_hash(text), 16) % OTHERS_EVERY == 0]
        vague = [text for group in self.groups for text in group.wordings]
        return (*self.outside[::OTHERS_EVERY], *chosen, *vague[::VAGUE_EVERY])

    @cached_property
    def sections(self) -> Texts:
        """What the entry says of itself: title, headings, the sentences of its cause; of a group its name."""
        entries = [(entry.title, *entry.headings, *sentences(entry.cause)) for entry in self.entries]
        return _texts_by_owner([*entries, *((group.name,) for group in self.groups)])

    @property
    def all_texts(self) -> tuple[str, ...]:
        return (*self.symptoms.texts, *self.sections.texts, *self.outside)

    @cached_property
    def text_hashes(self) -> tuple[str, ...]:
        """One short hash for each text and its topic."""
        topics = (*self.ids, *(group.name for group in self.groups))
        kinds = (self.symptoms, self.sections)
        owned = [(row, text) for kind in kinds for row, text in zip(kind.owners, kind.texts, strict=True)]
        pairs = [(topics[row], text) for row, text in owned] + [("", text) for text in self.outside]
        return tuple(short_hash(*pair) for pair in pairs)

    @cached_property
    def fingerprint(self) -> str:
        content = orjson.dumps(
            {
                "entries": [[e.id, e.title, e.headings, e.symptoms, e.identifiers, e.cause] for e in self.entries],
                "outside": self.outside,
                "glossary": self.glossary.words,
                "groups": [[group.name, group.entries, group.wordings] for group in self.groups],
            },
            option=orjson.OPT_SORT_KEYS,
        )
        return hashlib.sha256(content + as_json(self.look_alikes)).hexdigest()


def build_corpus(entries: Sequence[Entry], knowledge: Path) -> Corpus:
    """The corpus of these entries, with the examples, the glossary and the symptom groups of the knowledge folder."""
    return Corpus(
        entries=tuple(sorted(entries, key=lambda entry: entry.id)),
        outside=tuple(_messages(knowledge / "out_of_scope")),
        glossary=load_glossary(knowledge / "glossary.tsv"),
        written_groups=load_symptom_groups(knowledge / GROUPS_NAME),
        look_alikes=read_look_alikes(knowledge / FOLDER, [entry.id for entry in entries]),
        shipped=knowledge / "entries",
    )


def sentences(markdown: str) -> list[str]:
    """The prose of a section, sentence by sentence, without code, templates and list marks."""
    prose = _TEMPLATE.sub(" ", _FENCE.sub("\n", markdown))
    pieces = (piece.strip(" -*|#>\t`") for piece in _SENTENCE_END.split(prose))
    return [" ".join(piece.replace("`", "").split()) for piece in pieces if len(piece) >= 12]


def _texts_by_owner(groups: Sequence[Sequence[str]]) -> Texts:
    """Each text once for its topic, in order."""
    pairs = [(text, row) for row, group in enumerate(groups) for text in dict.fromkeys(group) if text.strip()]
    return Texts(texts=tuple(text for text, _ in pairs), owners=tuple(row for _, row in pairs))


def _messages(folder: Path) -> list[str]:
    lines = [
        line.strip()
        for path in sorted(folder.glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    return list(dict.fromkeys(line for line in lines if line))
