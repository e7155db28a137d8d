"""Building the index: encode, learn, weigh by cross-validation, write.

What an earlier index holds is used again: vectors and annotations of texts that did not change, the kernel machine
of shipped entries that did not change, and the calibration while they are nearly those that it was learned from.
Everything else is learned anew from all texts.
"""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from index.annotations import TextAnnotations
from index.artifact_cache import artifact_path, get_or_build, is_intact
from index.calibration import fit_fusion
from index.classifiers import load_classifiers, one_thread
from index.corpus import Corpus
from index.cross_validation import score_held_out
from index.earlier import (
    TextVectors,
    find_annotations,
    find_calibration,
    find_kernel,
    find_look_alikes,
    text_key,
)
from index.encoder import Encoder
from index.export import export_in_own_process, require_export
from index.extending import extend_scorer
from index.extras import LEARNING, ExtraMissing, is_installed, require
from index.index_files import Parts, load, load_calibration, load_look_alikes, save, save_annotations
from index.lexical import Floats
from index.look_alikes import LookAlikes, as_json, learn_look_alikes, short_hash
from index.models import Model
from index.pinned_encoder import export_pinned, require_pinned_export
from index.preprocess import Preprocessor
from index.scorer import Calibration, Fusion, Kernel, Scorer
from index.training import TrainingData, fit_scorer
from index.vector_index import VectorIndex

Progress = Callable[[str, float], None]
CHUNK = 256
NOT_BUILDING = frozenset({"search.py"})
ENCODING_FILES = ("encoder.py", "export.py", "pinned_encoder.py", "wordpiece.py")
ENCODER, INDEX, EXTENDED = "encoder", "index", "extended"
SHIPPED = Path(__file__).parent / "shipped"
"""What the wheel brings: encoder and index over the shipped entries. A checkout has none and builds its own."""


def no_progress(stage: str, done: float) -> None:
    """The progress callback of those who do not want to know."""


@dataclass(frozen=True)
class Places:
    """Where built folders are: what came with the installation is used where it lies, all else is in the cache."""

    cache: Path
    shipped: Path = SHIPPED

    def find(self, kind: str, key: str) -> Path | None:
        """The folder of that key, if it is there and whole."""
        folders = (artifact_path(root, kind, key) for root in (self.shipped, self.cache))
        return next(filter(is_intact, folders), None)

    @property
    def roots(self) -> tuple[Path, Path]:
        return self.cache, self.shipped


def encoder_folder(places: Places, model: Model, progress: Progress = no_progress) -> Path:
    """The exported encoder of the model; built once for all entries.

    Raises:
        ExtraMissing: it has to be built, and what that takes is not installed.
    """

    def build(folder: Path) -> None:
        progress("exporting the encoder", 0.0)
        (export_pinned if model.is_pinned else export_in_own_process)(model, folder)
        progress("exporting the encoder", 1.0)

    key = encoder_key(model)
    if found := places.find(ENCODER, key):
        return found
    _require_export(model)
    return get_or_build(places.cache, ENCODER, key, build)


def _require_export(model: Model) -> None:
    (require_pinned_export if model.is_pinned else require_export)(model)


def index_folder(
    places: Places,
    corpus: Corpus,
    model: Model,
    encoder: Encoder,
    progress: Progress = no_progress,
    *,
    calibrate_anew: bool = False,
) -> Path:
    """The built index of the corpus; built again when entries, examples, glossary, model or this code change.

    Where learning is not possible, a team's own entries are added to the index of the shipped ones.
    ``calibrate_anew``: a calibration that was learned from nearly these shipped entries is not good enough.

    Raises:
        ExtraMissing: it has to be built, and what that takes is not installed.
    """
    key, wanted = index_key(corpus, model), calibration_key(corpus, model)

    def fits(folder: Path) -> bool:
        if not calibrate_anew:
            return True
        others = tuple(map(short_hash, corpus.others_than_look_alikes))
        return load_calibration(folder).key == wanted and load_look_alikes(folder).others == others

    def build(folder: Path) -> None:
        known = _known_texts(places, corpus, model, encoder)
        calibration = _calibration(places, corpus, model, known, progress, anew=calibrate_anew)
        look_alikes = _look_alikes(places, corpus, model, known, progress, anew=calibrate_anew)
        learned = find_kernel(places.roots, wanted)
        parts = build_parts(corpus, known, calibration, look_alikes, progress, learned)
        _save(folder, _with_kernel_key(parts, wanted), corpus, known)

    found = places.find(INDEX, key)
    if found and fits(found):
        return found
    if not is_installed(*LEARNING):
        return found or _extended_folder(places, corpus, model, encoder, progress)
    return get_or_build(places.cache, INDEX, key, build, fits)


def require_tools(places: Places, corpus: Corpus, model: Model) -> None:
    """What is not ready can be built.

    Raises:
        ExtraMissing: what that takes is not installed; the message says the way out.
    """
    if places.find(ENCODER, encoder_key(model)) is None:
        _require_export(model)
    if not (places.find(INDEX, index_key(corpus, model)) or _base_folder(places, corpus, model)):
        require("build", "Building the index", *LEARNING)


def _base_folder(places: Places, corpus: Corpus, model: Model) -> Path | None:
    """The index of the shipped entries that those of a team can be added to."""
    return places.find(INDEX, index_key(corpus.reference, model)) if corpus.reference is not corpus else None


def _extended_folder(places: Places, corpus: Corpus, model: Model, encoder: Encoder, progress: Progress) -> Path:
    base = _base_folder(places, corpus, model)
    if base is None:
        raise ExtraMissing("build", "Building the index", LEARNING)

    def build(folder: Path) -> None:
        known = _known_texts(places, corpus, model, encoder)
        data = _training_data(corpus, known, progress)
        progress("adding your entries", 0.0)
        shipped = load(base)
        scorer = extend_scorer(shipped.scorer, corpus.reference, data)
        _save(folder, _parts(data, known, scorer, shipped.calibration, shipped.look_alikes), corpus, known)
        progress("adding your entries", 1.0)

    return get_or_build(places.cache, EXTENDED, index_key(corpus, model), build)


def encoder_key(model: Model) -> str:
    return _hash(model.fingerprint, *(_source(name) for name in ENCODING_FILES))


def index_key(corpus: Corpus, model: Model) -> str:
    return _hash(model.fingerprint, corpus.fingerprint, source_hash())


def calibration_key(corpus: Corpus, model: Model) -> str:
    return _hash(model.fingerprint, corpus.reference.fingerprint, source_hash())


@dataclass(frozen=True)
class KnownTexts:
    """Vectors and annotations of texts; what earlier indexes hold is used again."""

    vectors: TextVectors
    annotations: TextAnnotations


def _known_texts(places: Places, corpus: Corpus, model: Model, encoder: Encoder) -> KnownTexts:
    return KnownTexts(
        TextVectors.of_earlier(places.roots, encoder, encoder_key(model)),
        TextAnnotations(corpus.glossary, find_annotations(places.roots, annotated_by(corpus))),
    )


def annotated_by(corpus: Corpus) -> str:
    """What annotations come from: the code and the glossary."""
    return _hash(source_hash(), *(f"{chinese}\t{english}" for chinese, english in corpus.glossary.words.items()))


def _save(folder: Path, parts: Parts, corpus: Corpus, known: KnownTexts) -> None:
    save(folder, parts)
    save_annotations(folder, annotated_by(corpus), known.annotations.stored(corpus.all_texts))


def build_parts(
    corpus: Corpus,
    known: KnownTexts,
    calibration: Calibration,
    look_alikes: LookAlikes,
    progress: Progress = no_progress,
    learned: Kernel | None = None,
) -> Parts:
    """Everything learned from the corpus, with a calibration that was learned before.

    ``learned``: the kernel machine of the index over the shipped entries alone, which is the same for all teams.
    """
    with ThreadPoolExecutor(1) as pool:  # what learns takes as long to load as a third of the texts to read
        pool.submit(load_classifiers)
        data = _training_data(corpus, known, progress)
    progress("learning", 0.0)
    inside, outside = (np.arange(len(texts), dtype=np.int32) for texts in (data.symptoms, data.outside))
    with one_thread():
        scorer = fit_scorer(data, inside, outside, learned)
    progress("learning", 1.0)
    return _parts(data, known, scorer, calibration, look_alikes)


def _with_kernel_key(parts: Parts, key: str) -> Parts:
    """Says what the kernel machine was learned from, for the index after this one."""
    scorer = parts.scorer
    return replace(parts, scorer=replace(scorer, inside=replace(scorer.inside, key=key)))


def _parts(
    data: TrainingData, known: KnownTexts, scorer: Scorer, calibration: Calibration, look_alikes: LookAlikes
) -> Parts:
    corpus = data.corpus
    return Parts(
        ids=corpus.ids,
        scorer=scorer,
        calibration=calibration,
        look_alikes=look_alikes,
        identifiers=corpus.identifiers,
        group_entries=corpus.group_entries,
        glossary=corpus.glossary,
        vectors=VectorIndex.of(np.stack([message.vector for message in data.in_order])),
        text_keys=np.array([list(text_key(message.english)) for message in data.in_order], dtype=np.uint8),
        encoder=known.vectors.encoder_key,
    )


def _calibration(
    places: Places, corpus: Corpus, model: Model, known: KnownTexts, progress: Progress, *, anew: bool
) -> Calibration:
    """Learned from the shipped entries and the out-of-scope examples, or taken from an earlier index.

    The entries of a team have no say in it: they come and go, and would have to be cross-validated each time.
    """
    key, made_by = calibration_key(corpus, model), _hash(model.fingerprint, source_hash())
    texts = corpus.reference.text_hashes
    found = find_calibration(places.roots, key, made_by, texts, exact=anew)
    return found or Calibration(
        key=key, made_by=made_by, texts=texts, fusion=calibrate(corpus.reference, known, progress)
    )


def _look_alikes(
    places: Places, corpus: Corpus, model: Model, known: KnownTexts, progress: Progress, *, anew: bool
) -> LookAlikes:
    """Learned of the shipped entries alone, or taken from an earlier index."""
    others = corpus.others_than_look_alikes
    key, hashes = look_alikes_key(corpus, model), tuple(map(short_hash, others))
    if found := find_look_alikes(places.roots, key, hashes, exact=anew):
        return found
    progress("learning look-alikes", 0.0)
    preprocessor = Preprocessor(corpus.glossary, corpus.identifiers, known.annotations)
    with one_thread():
        return learn_look_alikes(
            key, corpus.look_alikes, others, lambda texts: preprocessor.messages(texts, known.vectors.encode)
        )


def look_alikes_key(corpus: Corpus, model: Model) -> str:
    return _hash(model.fingerprint, annotated_by(corpus), as_json(corpus.look_alikes).decode())


def calibrate(corpus: Corpus, known: KnownTexts, progress: Progress = no_progress) -> Fusion:
    """How the sides are weighed and what counts as in scope, by cross-validation over the corpus."""
    data = _training_data(corpus, known, progress)
    progress("cross-validating", 0.0)
    with one_thread():
        return fit_fusion(score_held_out(data, lambda done: progress("cross-validating", done)))


def _training_data(corpus: Corpus, known: KnownTexts, progress: Progress) -> TrainingData:
    """All texts with their vectors, encoded in chunks, so that progress shows."""
    preprocessor = Preprocessor(corpus.glossary, corpus.identifiers, known.annotations)
    groups = (corpus.symptoms.texts, corpus.sections.texts, corpus.outside)
    total = sum(map(len, groups))
    done = 0

    def encode(texts: list[str]) -> Floats:
        nonlocal done
        chunks = []
        for start in range(0, len(texts), CHUNK):
            progress("encoding symptoms", done / total)
            chunks.append(known.vectors.encode(texts[start : start + CHUNK]))
            done += len(chunks[-1])
        return np.concatenate(chunks) if chunks else np.zeros((0, known.vectors.dimension), dtype=np.float32)

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
