"""What earlier indexes hold that a new one can use again: vectors and annotations of texts, and what was learned.

They are looked for in the folders of indexes: the cache, and what came with the installation.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from index.annotations import Annotation
from index.artifact_cache import is_intact
from index.encoder import Encoder
from index.index_files import (
    CALIBRATION,
    load_annotations,
    load_calibration,
    load_look_alikes,
    load_shipped_kernel,
    load_vectors,
)
from index.lexical import Floats
from index.look_alikes import LookAlikes
from index.scorer import Calibration, Kernel

ALLOWED_CHANGE = 0.1  # share of shipped texts that may differ from those that a calibration was learned from


class TextVectors:
    """Encodes texts, but for those that an earlier index of the same encoder holds."""

    def __init__(self, encoder: Encoder, encoder_key: str) -> None:
        self.encoder_key = encoder_key
        self.dimension = encoder.dimension
        self.encoded = 0  # texts that no earlier index held
        self._encoder = encoder
        self._known: dict[bytes, Floats] = {}

    @classmethod
    def of_earlier(cls, roots: Sequence[Path], encoder: Encoder, encoder_key: str) -> "TextVectors":
        texts = cls(encoder, encoder_key)
        for folder in _intact_indexes(roots):
            of_encoder, keys, vectors = load_vectors(folder)
            if of_encoder == encoder_key:
                texts._known |= dict(zip(keys, vectors, strict=True))
        return texts

    def encode(self, texts: list[str]) -> Floats:
        """One row a text."""
        keys = [text_key(text) for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        self._known |= dict(zip(new, self._encoder.encode(list(new.values())), strict=True))
        self.encoded += len(new)
        return np.array([self._known[key] for key in keys], dtype=np.float32).reshape(len(keys), self.dimension)


def text_key(text: str) -> bytes:
    """16 bytes that stand for a text as the encoder gets it."""
    return hashlib.sha256(text.encode()).digest()[:16]


def find_annotations(roots: Sequence[Path], made_by: str) -> dict[str, Annotation]:
    """By the keys of their texts, from the newest earlier index that the same code and glossary made."""
    for folder in _intact_indexes(roots):
        with contextlib.suppress(FileNotFoundError):  # versions before had none
            if found := load_annotations(folder, made_by):
                return found
    return {}


def find_kernel(roots: Sequence[Path], key: str) -> Kernel | None:
    """The kernel machine of the shipped entries, if any earlier index has it, with a team's entries or without."""
    for folder in _intact_indexes(roots):
        with contextlib.suppress(KeyError):  # versions before did not say what it came from
            if found := load_shipped_kernel(folder, key):
                return found
    return None


def find_calibration(
    roots: Sequence[Path], key: str, made_by: str, texts: tuple[str, ...], *, exact: bool
) -> Calibration | None:
    """The calibration of that key from an earlier index; unless ``exact``, one from nearly the same texts will do."""
    known = [one for one in _calibrations(roots) if one.made_by == made_by]
    same = [one for one in known if one.key == key]
    if exact or same:
        return next(iter(same), None)
    nearest = min(known, key=lambda one: _difference(one.texts, texts), default=None)
    return nearest if nearest and _difference(nearest.texts, texts) <= ALLOWED_CHANGE else None


def find_look_alikes(roots: Sequence[Path], key: str, others: tuple[str, ...], *, exact: bool) -> LookAlikes | None:
    """What an earlier index has learned of the very same look-alikes.

    ``others``: hashes of what they were to be told from; unless ``exact``, nearly the same will do.
    """
    known = [one for one in _look_alikes(roots) if one.key == key]
    nearest = min(known, key=lambda one: _difference(one.others, others), default=None)
    return nearest if nearest and _difference(nearest.others, others) <= (0.0 if exact else ALLOWED_CHANGE) else None


def _look_alikes(roots: Sequence[Path]) -> Iterator[LookAlikes]:
    for folder in _intact_indexes(roots):
        with contextlib.suppress(KeyError):  # versions before had none
            yield load_look_alikes(folder)


def _difference(some: tuple[str, ...], others: tuple[str, ...]) -> float:
    """The share of all texts that only one side has."""
    return len(set(some) ^ set(others)) / max(len(set(some) | set(others)), 1)


def _calibrations(roots: Sequence[Path]) -> Iterator[Calibration]:
    """Those of the earlier indexes, without those of versions that weighed something else."""
    for folder in _intact_indexes(roots):
        with contextlib.suppress(KeyError):
            yield load_calibration(folder)


def _intact_indexes(roots: Sequence[Path]) -> Iterator[Path]:
    """Newest first, without those of versions that stored other files."""
    folders = [path for root in roots for path in root.glob("index-*") if (path / CALIBRATION).is_file()]
    yield from filter(is_intact, sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True))
