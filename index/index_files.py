"""The index on disk: FAISS vectors, arrays, and the rest as JSON; what is written here is what is read here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.annotations import Annotation, from_stored
from index.artifact_cache import read_json, write_json
from index.glossary import Glossary
from index.identifiers import Identifiers
from index.lexical import Floats, Postings, Vocabulary
from index.look_alikes import LookAlikes
from index.look_alikes import from_stored as look_alikes_from_stored
from index.look_alikes import stored as stored_look_alikes
from index.scorer import Calibration, Fusion, Kernel, Linear, OwnTexts, Rows, Scorer
from index.vector_index import VectorIndex

VECTORS, ARRAYS, WORDS, CALIBRATION = "vectors.faiss", "arrays.npz", "words.json", "calibration.json"
ANNOTATIONS = "annotations.json"
TEXT_KEYS = "text_keys"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """All that an index consists of, but for the encoder.

    ``text_keys`` name the texts of the vectors, ``encoder`` what they were encoded with: for the index after this one.
    """

    ids: tuple[str, ...]
    group_entries: tuple[tuple[int, ...], ...]  # for each symptom group the rows of its entries
    scorer: Scorer
    calibration: Calibration
    look_alikes: LookAlikes
    identifiers: Identifiers
    glossary: Glossary
    vectors: VectorIndex
    text_keys: Any  # 16 bytes a row
    encoder: str

    @property
    def fusion(self) -> Fusion:
        return self.calibration.fusion


def save(folder: Path, parts: Parts) -> None:
    parts.vectors.write(folder / VECTORS)
    look_alikes, arrays = stored_look_alikes(parts.look_alikes)
    np.savez(folder / ARRAYS, allow_pickle=False, **_arrays(parts), **arrays)
    vocabulary = parts.scorer.vocabulary.rows
    calibration = parts.calibration
    words = {
        "ids": parts.ids,
        "group_entries": parts.group_entries,
        "encoder": parts.encoder,
        "vocabulary": sorted(vocabulary, key=vocabulary.__getitem__),
        "shipped_terms": parts.scorer.vocabulary.shipped,
        "outside": parts.scorer.rows.outside,
        "identifiers": parts.identifiers.owners,
        "glossary": parts.glossary.words,
        "inside": [parts.scorer.inside.bias, parts.scorer.inside.key],
        "look_alikes": look_alikes,
        "own_limit": [parts.scorer.own.slope, parts.scorer.own.bias],
    }
    write_json(folder / WORDS, words)
    fusion = calibration.fusion
    stored = {
        "key": calibration.key,
        "made_by": calibration.made_by,
        "texts": calibration.texts,
        "topic_weights": fusion.topic_weights.tolist(),
        "message_weights": fusion.message_weights.tolist(),
        "message_bias": fusion.message_bias,
        "threshold": fusion.threshold,
    }
    write_json(folder / CALIBRATION, stored)


def load(folder: Path) -> Parts:
    words = read_json(folder / WORDS)
    with np.load(folder / ARRAYS, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files if name != TEXT_KEYS}
    group_entries = tuple(map(tuple, words["group_entries"]))
    return Parts(
        ids=tuple(words["ids"]),
        group_entries=group_entries,
        scorer=_scorer(arrays, words),
        calibration=load_calibration(folder),
        look_alikes=look_alikes_from_stored(words["look_alikes"], arrays),
        identifiers=Identifiers(words["identifiers"], len(words["ids"]) + len(group_entries)),
        glossary=Glossary.of(words["glossary"]),
        vectors=VectorIndex.read(folder / VECTORS),
        text_keys=np.zeros((0, 16), dtype=np.uint8),  # a question has no use for them
        encoder=words["encoder"],
    )


def load_calibration(folder: Path) -> Calibration:
    stored = read_json(folder / CALIBRATION)
    fusion = Fusion(
        topic_weights=np.array(stored["topic_weights"], dtype=np.float32),
        message_weights=np.array(stored["message_weights"], dtype=np.float32),
        message_bias=stored["message_bias"],
        threshold=stored["threshold"],
    )
    return Calibration(key=stored["key"], made_by=stored["made_by"], texts=tuple(stored["texts"]), fusion=fusion)


def load_look_alikes(folder: Path) -> LookAlikes:
    """What was learned of look-alikes, without the rest.

    Raises:
        KeyError: an earlier version has written the index.
    """
    texts = read_json(folder / WORDS)["look_alikes"]
    with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
        return look_alikes_from_stored(texts, arrays)


def load_shipped_kernel(folder: Path, key: str) -> Kernel | None:
    """The kernel machine that was learned of exactly that, its rows among the shipped texts alone.

    Raises:
        KeyError: an earlier version has written the index.
    """
    bias, found = read_json(folder / WORDS)["inside"]
    if found != key:
        return None
    with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
        rows = arrays["voters"]
        before = np.searchsorted(arrays["own_rows"], rows)  # a team's own texts, which stand among the others
        return Kernel(rows=(rows - before).astype(np.int32), votes=arrays["votes"], bias=bias, key=found)


def save_annotations(folder: Path, made_by: str, stored: Mapping[str, Any]) -> None:
    """For the index after this one; ``made_by`` stands for the code and the glossary that they come from."""
    write_json(folder / ANNOTATIONS, {"made_by": made_by, "texts": stored})


def load_annotations(folder: Path, made_by: str) -> dict[str, Annotation]:
    """By the keys of their texts; none where other code or another glossary made them."""
    stored = read_json(folder / ANNOTATIONS)
    return from_stored(stored["texts"]) if stored["made_by"] == made_by else {}


def load_vectors(folder: Path) -> tuple[str, list[bytes], Floats]:
    """The key of the encoder, and by the keys of the texts their vectors."""
    with np.load(folder / ARRAYS, allow_pickle=False) as stored:
        keys = [bytes(key) for key in stored[TEXT_KEYS]]
    return read_json(folder / WORDS)["encoder"], keys, VectorIndex.read(folder / VECTORS).vectors


def _arrays(parts: Parts) -> dict[str, Any]:
    scorer = parts.scorer
    arrays: dict[str, Any] = {
        TEXT_KEYS: parts.text_keys,
        "symptom_rows": scorer.rows.symptoms,
        "section_rows": scorer.rows.sections,
        "rarity": scorer.vocabulary.rarity,
        "votes": scorer.inside.votes,
        "voters": scorer.inside.rows,
        "own_rows": scorer.own.rows,
    }
    topic = scorer.topic
    arrays |= {"topic_dense": topic.dense, "topic_basis": topic.basis}
    arrays |= {"topic_reduced": topic.reduced, "topic_bias": topic.bias}
    return arrays | _postings_arrays("words", scorer.words) | _postings_arrays("bm25", scorer.bm25)


def _postings_arrays(name: str, held: Postings) -> dict[str, Any]:
    counts = np.array([held.count], dtype=np.int64)
    return {
        f"{name}_starts": held.starts,
        f"{name}_texts": held.texts,
        f"{name}_weights": held.weights,
        f"{name}_count": counts,
    }


def _postings(arrays: dict[str, Any], name: str) -> Postings:
    starts, texts, weights, count = (arrays[f"{name}_{part}"] for part in ("starts", "texts", "weights", "count"))
    return Postings(starts, texts, weights, int(count[0]))


def _scorer(arrays: dict[str, Any], words: Any) -> Scorer:
    rows = {term: row for row, term in enumerate(words["vocabulary"])}
    bias, key = words["inside"]
    return Scorer(
        rows=Rows(
            symptoms=arrays["symptom_rows"],
            sections=arrays["section_rows"],
            outside=words["outside"],
            topics=len(words["ids"]) + len(words["group_entries"]),
            groups=len(words["group_entries"]),
        ),
        vocabulary=Vocabulary(rows, arrays["rarity"], words["shipped_terms"]),
        words=_postings(arrays, "words"),
        bm25=_postings(arrays, "bm25"),
        topic=Linear(
            dense=arrays["topic_dense"],
            basis=arrays["topic_basis"],
            reduced=arrays["topic_reduced"],
            bias=arrays["topic_bias"],
        ),
        inside=Kernel(rows=arrays["voters"], votes=arrays["votes"], bias=bias, key=key),
        own=OwnTexts(rows=arrays["own_rows"], slope=words["own_limit"][0], bias=words["own_limit"][1]),
    )
