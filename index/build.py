"""Building the index: encode, learn, weigh by cross-validation, write.

What an earlier index holds is used again: the vectors of texts that did not change, and the calibration while the
shipped entries are nearly those that it was learned from. Everything else is learned anew from all texts.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from index.artifact_cache import get_or_build
from index.calibration import fit_fusion
from index.classifiers import one_thread
from index.corpus import Corpus
from index.cross_validation import score_held_out
from index.earlier import TextVectors, find_calibration, text_key
from index.encoder import Encoder
from index.export import export_in_own_process
from index.index_files import Parts, load_calibration, save
from index.lexical import Floats
from index.models import Model
from index.preprocess import Preprocessor
from index.scorer import Calibration, Fusion
from index.training import TrainingData, fit_scorer, stack_vectors
from index.vector_index import VectorIndex

Progress = Callable[[str, float], None]
CHUNK = 256
NOT_BUILDING = frozenset({"search.py"})
ENCODING_FILES = ("encoder.py", "export.py")


def no_progress(stage: str, done: float) -> None:
    """The progress callback of those who do not want to know."""


def encoder_folder(cache: Path, model: Model, progress: Progress = no_progress) -> Path:
    """The exported encoder of the model; built once for all entries."""

    def build(folder: Path) -> None:
        progress("exporting the encoder", 0.0)
        export_in_own_process(model, folder)
        progress("exporting the encoder", 1.0)

    return get_or_build(cache, "encoder", encoder_key(model), build)


def index_folder(
    cache: Path,
    corpus: Corpus,
    model: Model,
    encoder: Encoder,
    progress: Progress = no_progress,
    *,
    calibrate_anew: bool = False,
) -> Path:
    """The built index of the corpus; built again when entries, examples, glossary, model or this code change.

    ``calibrate_anew``: a calibration that was learned from nearly these shipped entries is not good enough.
    """

    def build(folder: Path) -> None:
        vectors = TextVectors.of_earlier(cache, encoder, encoder_key(model))
        calibration = _calibration(cache, corpus, model, vectors, progress, anew=calibrate_anew)
        save(folder, build_parts(corpus, vectors, calibration, progress))

    wanted = calibration_key(corpus, model)
    return get_or_build(
        cache,
        "index",
        index_key(corpus, model),
        build,
        fits=lambda folder: not calibrate_anew or load_calibration(folder).key == wanted,
    )


def encoder_key(model: Model) -> str:
    return _hash(model.fingerprint, *(_source(name) for name in ENCODING_FILES))


def index_key(corpus: Corpus, model: Model) -> str:
    return _hash(model.fingerprint, corpus.fingerprint, source_hash())


def calibration_key(corpus: Corpus, model: Model) -> str:
    return _hash(model.fingerprint, corpus.reference.fingerprint, source_hash())


def build_parts(
    corpus: Corpus, vectors: TextVectors, calibration: Calibration, progress: Progress = no_progress
) -> Parts:
    """Everything learned from the corpus, with a calibration that was learned before."""
    data = _training_data(corpus, vectors, progress)
    progress("learning", 0.0)
    inside, outside = (np.arange(len(known), dtype=np.int32) for known in (data.symptoms, data.outside))
    with one_thread():
        scorer = fit_scorer(data, inside, outside)
    parts = Parts(
        ids=corpus.ids,
        scorer=scorer,
        calibration=calibration,
        identifiers=corpus.identifiers,
        group_entries=corpus.group_entries,
        glossary=corpus.glossary,
        vectors=VectorIndex.of(stack_vectors(data, inside, outside)),
        text_keys=np.array([list(text_key(message.english)) for message in data.in_order], dtype=np.uint8),
        encoder=vectors.encoder_key,
    )
    progress("learning", 1.0)
    return parts


def _calibration(
    cache: Path, corpus: Corpus, model: Model, vectors: TextVectors, progress: Progress, *, anew: bool
) -> Calibration:
    """Learned from the shipped entries and the out-of-scope examples, or taken from an earlier index.

    The entries of a team have no say in it: they come and go, and would have to be cross-validated each time.
    """
    key, made_by = calibration_key(corpus, model), _hash(model.fingerprint, source_hash())
    texts = corpus.reference.text_hashes
    known = find_calibration(cache, key, made_by, texts, exact=anew)
    return known or Calibration(
        key=key, made_by=made_by, texts=texts, fusion=calibrate(corpus.reference, vectors, progress)
    )


def calibrate(corpus: Corpus, vectors: TextVectors, progress: Progress = no_progress) -> Fusion:
    """How the sides are weighed and what counts as in scope, by cross-validation over the corpus."""
    data = _training_data(corpus, vectors, progress)
    progress("cross-validating", 0.0)
    with one_thread():
        return fit_fusion(score_held_out(data, lambda done: progress("cross-validating", done)))


def _training_data(corpus: Corpus, vectors: TextVectors, progress: Progress) -> TrainingData:
    """All texts with their vectors, encoded in chunks, so that progress shows."""
    preprocessor = Preprocessor(corpus.glossary, corpus.identifiers)
    groups = (corpus.symptoms.texts, corpus.sections.texts, corpus.outside)
    total = sum(map(len, groups))
    done = 0

    def encode(texts: list[str]) -> Floats:
        nonlocal done
        chunks = []
        for start in range(0, len(texts), CHUNK):
            progress("encoding symptoms", done / total)
            chunks.append(vectors.encode(texts[start : start + CHUNK]))
            done += len(chunks[-1])
        return np.concatenate(chunks) if chunks else np.zeros((0, vectors.dimension), dtype=np.float32)

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
