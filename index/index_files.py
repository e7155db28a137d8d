"""The index on disk: FAISS vectors, arrays, and the rest as JSON; what is written here is what is read here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.artifact_cache import read_json, write_json
from index.glossary import Glossary
from index.identifiers import Identifiers
from index.lexical import Floats, Postings, Vocabulary
from index.scorer import Fusion, Kernel, Linear, Rows, Scorer

VECTORS, ARRAYS, WORDS = "vectors.faiss", "arrays.npz", "words.json"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """All that an index consists of, but for the encoder."""

    ids: tuple[str, ...]
    scorer: Scorer
    fusion: Fusion
    identifiers: Identifiers
    glossary: Glossary
    vectors: Any


def save(folder: Path, parts: Parts) -> None:
    import faiss

    faiss.write_index(parts.vectors, str(folder / VECTORS))
    np.savez(folder / ARRAYS, allow_pickle=False, **_arrays(parts.scorer, parts.fusion))
    vocabulary = sorted(parts.scorer.vocabulary.rows, key=parts.scorer.vocabulary.rows.__getitem__)
    words = {
        "ids": parts.ids,
        "vocabulary": vocabulary,
        "outside": parts.scorer.rows.outside,
        "identifiers": parts.identifiers.owners,
        "glossary": parts.glossary.words,
        "inside_bias": parts.scorer.inside.bias,
        "message_bias": parts.fusion.message_bias,
        "threshold": parts.fusion.threshold,
    }
    write_json(folder / WORDS, words)


def load(folder: Path) -> Parts:
    import faiss

    words = read_json(folder / WORDS)
    with np.load(folder / ARRAYS, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return Parts(
        ids=tuple(words["ids"]),
        scorer=_scorer(arrays, words),
        fusion=Fusion(
            entry_weights=arrays["entry_weights"],
            message_weights=arrays["message_weights"],
            message_bias=words["message_bias"],
            threshold=words["threshold"],
        ),
        identifiers=Identifiers(words["identifiers"], len(words["ids"])),
        glossary=Glossary.of(words["glossary"]),
        vectors=faiss.read_index(str(folder / VECTORS)),
    )


def flat_index(vectors: Floats) -> Any:
    """An exact inner-product index: a few thousand vectors need no approximation."""
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return index


def similarities(index: Any, vector: Floats) -> Floats:
    """The cosine with every vector of the index, in the index's order."""
    found, rows = index.search(vector[None, :], index.ntotal)
    ordered = np.zeros(index.ntotal, dtype=np.float32)
    ordered[rows[0]] = found[0]
    return ordered


def _arrays(scorer: Scorer, fusion: Fusion) -> dict[str, Any]:
    arrays: dict[str, Any] = {
        "symptom_rows": scorer.rows.symptoms,
        "section_rows": scorer.rows.sections,
        "rarity": scorer.vocabulary.rarity,
        "bm25": scorer.bm25,
        "entry_weights": fusion.entry_weights,
        "message_weights": fusion.message_weights,
    }
    words, topic = scorer.words, scorer.topic
    arrays |= {"word_starts": words.starts, "word_texts": words.texts, "word_weights": words.weights}
    arrays |= {"topic_dense": topic.dense, "topic_sparse": topic.sparse, "topic_bias": topic.bias}
    return arrays | {"votes": scorer.inside.votes}


def _scorer(arrays: dict[str, Any], words: Any) -> Scorer:
    rows = {term: row for row, term in enumerate(words["vocabulary"])}
    return Scorer(
        rows=Rows(
            symptoms=arrays["symptom_rows"],
            sections=arrays["section_rows"],
            outside=words["outside"],
            entries=len(words["ids"]),
        ),
        vocabulary=Vocabulary(rows, arrays["rarity"]),
        words=Postings(arrays["word_starts"], arrays["word_texts"], arrays["word_weights"], len(arrays["votes"])),
        bm25=arrays["bm25"],
        topic=Linear(dense=arrays["topic_dense"], sparse=arrays["topic_sparse"], bias=arrays["topic_bias"]),
        inside=Kernel(votes=arrays["votes"], bias=words["inside_bias"]),
    )
