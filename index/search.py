"""Matching a message against the entries: open the index (built where needed), then ask it.

Nothing here or below imports torch or scikit-learn unless something has to be built.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

import knowledge
from index.build import (
    ENCODER,
    EXTENDED,
    INDEX,
    SHIPPED,
    Places,
    Progress,
    encoder_folder,
    encoder_key,
    index_folder,
    index_key,
    no_progress,
    require_tools,
)
from index.corpus import build_corpus
from index.encoder import Encoder
from index.extras import LEARNING, is_installed
from index.index_files import Parts, load
from index.lexical import Integers
from index.models import resolve_model
from index.preprocess import Preprocessor
from index.scorer import chances_of_entries, with_top_chance
from index.tokenize import mask_resource_names
from knowledge.model import Entry

KNOWLEDGE = Path(knowledge.__file__).parent


@dataclass(frozen=True)
class Match:
    """How likely this entry is the one, given that the message is about one of them."""

    entry_id: str
    score: float


@dataclass(frozen=True)
class Matches:
    """All entries, best first; ``confidence`` is the chance that the message is about any of them.

    ``likeness``: of entries that have look-alikes how far the words mean them rather than those, from 0 to 1.
    """

    text: str
    in_scope: bool
    confidence: float
    matches: tuple[Match, ...]
    likeness: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Index:
    """The opened index. ``threshold`` is the confidence from which on a message is in scope; ``version`` tells indexes
    apart: the hash of what this one was made from.
    """

    parts: Parts
    encoder: Encoder
    version: str = ""

    @property
    def threshold(self) -> float:
        return self.parts.fusion.threshold

    def match(self, text: str) -> Matches:
        if not text.strip():
            return self._no_match(text)
        message = self._preprocessor.messages([mask_resource_names(text)], self.encoder.encode)[0]
        if not message.terms and not message.vector.any():  # nothing but signs and smileys
            return self._no_match(text)
        cosines = self.parts.vectors.similarities(message.vector, self._measured_exactly)
        features = self.parts.scorer.features(message, cosines)
        chances = self.parts.fusion.chances(features.topics)
        confidence = self.parts.fusion.confidence(with_top_chance(features.message, chances), features.own)
        entries = chances_of_entries(chances, self.parts.group_entries)
        order = np.argsort(-entries, kind="stable")
        matches = tuple(Match(self.parts.ids[row], round(float(entries[row]), 4)) for row in order)
        likeness = self.parts.look_alikes.likeness(message)
        return Matches(text, confidence >= self.threshold, round(confidence, 4), matches, likeness)

    def _no_match(self, text: str) -> Matches:
        return Matches(text, False, 0.0, tuple(Match(entry_id, 0.0) for entry_id in self.parts.ids))

    @cached_property
    def _measured_exactly(self) -> Integers:
        """Rows of the vectors that no approximation may touch: what votes, and what entries say of themselves."""
        rows = self.parts.scorer.rows
        return np.concatenate([rows.of_messages(self.parts.scorer.inside.rows), np.arange(*rows.ends)])

    @cached_property
    def _preprocessor(self) -> Preprocessor:
        return Preprocessor(self.parts.glossary, self.parts.identifiers)


def open_index(
    entries: Sequence[Entry],
    *,
    cache_dir: Path,
    model: str | None = None,
    progress: Progress | None = None,
    knowledge_dir: Path = KNOWLEDGE,
    shipped_dir: Path = SHIPPED,
    calibrate_anew: bool = False,
) -> Index:
    """The index of these entries: the one that netclinic ships, or from the cache, built first where it is not there.

    ``knowledge_dir`` holds glossary, out-of-scope examples and symptom groups; by default those that netclinic ships.
    ``calibrate_anew``: also built where its calibration was learned from entries that have changed a little since.

    Raises:
        ModelError, CacheError, ExtraMissing, GlossaryError, EntryErrors: it cannot be built; the message says the way
            out.
    """
    report, places = progress or no_progress, Places(cache_dir, shipped_dir)
    wanted = resolve_model(model)
    encoder = Encoder(encoder_folder(places, wanted, report))
    corpus = build_corpus(entries, knowledge_dir)
    folder = index_folder(places, corpus, wanted, encoder, report, calibrate_anew=calibrate_anew)
    return Index(load(folder), encoder, folder.name.rpartition("-")[2])


def open_built_index(
    entries: Callable[[], Sequence[Entry]],
    *,
    cache_dir: Path,
    model: str | None = None,
    knowledge_dir: Path = KNOWLEDGE,
    shipped_dir: Path = SHIPPED,
) -> Index | None:
    """As ``open_index``, but nothing is built: ``None`` where something would have to be.

    ``entries`` is called once the encoder is there.

    Raises:
        ModelError, GlossaryError, EntryErrors: as ``open_index``.
    """
    places, wanted = Places(cache_dir, shipped_dir), resolve_model(model)
    if (encoder := places.find(ENCODER, encoder_key(wanted))) is None:
        return None
    opened, corpus = Encoder(encoder), build_corpus(entries(), knowledge_dir)
    folder = _built_folder(places, index_key(corpus, wanted))
    return Index(load(folder), opened, folder.name.rpartition("-")[2]) if folder else None


def _built_folder(places: Places, key: str) -> Path | None:
    """The index of that key; where learning is not possible, the one whose entries were added without it."""
    return places.find(INDEX, key) or (None if is_installed(*LEARNING) else places.find(EXTENDED, key))


@dataclass(frozen=True)
class IndexState:
    """What ``open_index`` would find: the folder of the index, ``None`` where it would be built first.

    ``added``: entries that were added to the shipped ones without learning all of them anew; empty where all are
    learned.
    """

    folder: Path | None
    added: tuple[str, ...] = ()


def index_state(
    entries: Sequence[Entry],
    *,
    cache_dir: Path,
    model: str | None = None,
    knowledge_dir: Path = KNOWLEDGE,
    shipped_dir: Path = SHIPPED,
) -> IndexState:
    """Whether everything is ready, and how it was made.

    Raises:
        ExtraMissing: it is not, and what building it takes is not installed.
    """
    places, wanted = Places(cache_dir, shipped_dir), resolve_model(model)
    corpus = build_corpus(entries, knowledge_dir)
    require_tools(places, corpus, wanted)
    if places.find(ENCODER, encoder_key(wanted)) is None:
        return IndexState(None)
    folder = _built_folder(places, index_key(corpus, wanted))
    if is_installed(*LEARNING) or (folder and folder.name.startswith(f"{INDEX}-")):
        return IndexState(folder)
    known = frozenset(corpus.reference.ids)
    return IndexState(folder, tuple(id_ for id_ in corpus.ids if id_ not in known))
