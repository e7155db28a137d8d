"""Matching a message against the entries: open the index (built where needed), then ask it.

Nothing here or below imports torch or scikit-learn unless something has to be built.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

import knowledge
from index.artifact_cache import artifact_path, is_intact
from index.build import Progress, encoder_folder, encoder_key, index_folder, index_key, no_progress
from index.corpus import build_corpus
from index.encoder import Encoder
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
    """All entries, best first; ``confidence`` is the chance that the message is about any of them."""

    text: str
    in_scope: bool
    confidence: float
    matches: tuple[Match, ...]


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
        topic_features, message_features = self.parts.scorer.features(message, cosines)
        chances = self.parts.fusion.chances(topic_features)
        confidence = self.parts.fusion.confidence(with_top_chance(message_features, chances))
        entries = chances_of_entries(chances, self.parts.group_entries)
        order = np.argsort(-entries, kind="stable")
        matches = tuple(Match(self.parts.ids[row], round(float(entries[row]), 4)) for row in order)
        return Matches(text, confidence >= self.threshold, round(confidence, 4), matches)

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
    calibrate_anew: bool = False,
) -> Index:
    """The index of these entries from the cache, built first where it is missing, stale or damaged.

    ``knowledge_dir`` holds glossary, out-of-scope examples and symptom groups; by default those that netclinic ships.
    ``calibrate_anew``: also built where its calibration was learned from entries that have changed a little since.

    Raises:
        ModelError, CacheError, GlossaryError, EntryErrors: it cannot be built; the message says the way out.
    """
    report = progress or no_progress
    wanted = resolve_model(model)
    encoder = Encoder(encoder_folder(cache_dir, wanted, report))
    corpus = build_corpus(entries, knowledge_dir)
    folder = index_folder(cache_dir, corpus, wanted, encoder, report, calibrate_anew=calibrate_anew)
    return Index(load(folder), encoder, folder.name.rpartition("-")[2])


def is_built(
    entries: Sequence[Entry], *, cache_dir: Path, model: str | None = None, knowledge_dir: Path = KNOWLEDGE
) -> bool:
    """Whether ``open_index`` would find everything ready."""
    wanted = resolve_model(model)
    keys = (("encoder", encoder_key(wanted)), ("index", index_key(build_corpus(entries, knowledge_dir), wanted)))
    return all(is_intact(artifact_path(cache_dir, kind, key)) for kind, key in keys)
