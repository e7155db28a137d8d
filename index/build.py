"""Building the index: encode, learn, weigh by cross-validation, write; the same corpus gives the same index."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from index.artifact_cache import get_or_build
from index.calibration import fit_fusion
from index.corpus import Corpus
from index.cross_validation import score_held_out
from index.export import BuildEncoder
from index.identifiers import Identifiers
from index.index_files import Parts, flat_index, save
from index.lexical import Floats
from index.models import Model
from index.preprocess import Preprocessor
from index.training import TrainingData, fit_scorer, stack_vectors

Progress = Callable[[str, float], None]
CHUNK = 256
NOT_BUILDING = frozenset({"search.py"})
ENCODING_FILES = ("encoder.py", "export.py")


def no_progress(stage: str, done: float) -> None:
    """The progress callback of those who do not want to know."""


def encoder_folder(cache: Path, model: Model, builder: BuildEncoder, progress: Progress) -> Path:
    """The exported encoder of the model; built once for all entries."""

    def build(folder: Path) -> None:
        progress("exporting the encoder", 0.0)
        builder.export(folder)
        progress("exporting the encoder", 1.0)

    return get_or_build(cache, "encoder", encoder_key(model), build)


def index_folder(cache: Path, corpus: Corpus, model: Model, builder: BuildEncoder, progress: Progress) -> Path:
    """The built index of the corpus; built again when entries, examples, glossary, model or this code change."""
    key = index_key(corpus, model)
    return get_or_build(cache, "index", key, lambda folder: save(folder, build_parts(corpus, builder, progress)))


def encoder_key(model: Model) -> str:
    return _hash(model.fingerprint, *(_source(name) for name in ENCODING_FILES))


def index_key(corpus: Corpus, model: Model) -> str:
    return _hash(model.fingerprint, corpus.fingerprint, source_hash())


def build_parts(corpus: Corpus, builder: BuildEncoder, progress: Progress = no_progress) -> Parts:
    """Everything learned from the corpus."""
    identifiers = Identifiers.of(entry.identifiers for entry in corpus.entries)
    data = _training_data(corpus, Preprocessor(corpus.glossary, identifiers), builder, progress)
    progress("cross-validating", 0.0)
    fusion = fit_fusion(score_held_out(data, lambda done: progress("cross-validating", done)))
    progress("learning", 0.0)
    inside, outside = (np.arange(len(known), dtype=np.int32) for known in (data.symptoms, data.outside))
    parts = Parts(
        ids=corpus.ids,
        scorer=fit_scorer(data, inside, outside),
        fusion=fusion,
        identifiers=identifiers,
        glossary=corpus.glossary,
        vectors=flat_index(stack_vectors(data, inside, outside)),
    )
    progress("learning", 1.0)
    return parts


def _training_data(
    corpus: Corpus, preprocessor: Preprocessor, builder: BuildEncoder, progress: Progress
) -> TrainingData:
    """All texts encoded in one go, in chunks, so that progress shows."""
    groups = (corpus.symptoms.texts, corpus.sections.texts, corpus.outside)
    total = sum(map(len, groups))
    done = 0

    def encode(texts: list[str]) -> Floats:
        nonlocal done
        vectors = []
        for start in range(0, len(texts), CHUNK):
            progress("encoding symptoms", done / total)
            vectors.append(builder.encode(texts[start : start + CHUNK]))
            done += len(vectors[-1])
        return np.concatenate(vectors) if vectors else np.zeros((0, 1), dtype=np.float32)

    symptoms, sections, outside = (preprocessor.messages(group, encode) for group in groups)
    progress("encoding symptoms", 1.0)
    return TrainingData(corpus=corpus, symptoms=symptoms, sections=sections, outside=outside)


def source_hash() -> str:
    """A hash of the code that shapes the index: nobody has to remember to raise a number."""
    names = sorted(path.name for path in Path(__file__).parent.glob("*.py") if path.name not in NOT_BUILDING)
    return _hash(*(_source(name) for name in names))


def _source(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
