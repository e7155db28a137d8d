"""The FAISS index over the vectors of all known texts: exact while they are few, approximate from ``EXACT_UP_TO`` on.

A large index holds its vectors twice: in 8-bit codes, sorted into cells, of which a search looks into a few; and whole,
to measure again the best of what the codes found.
"""

from pathlib import Path
from typing import Any

import numpy as np

from index.lexical import Floats, Integers

EXACT_UP_TO = 20_000
CELL = 100  # vectors in a cell, on average
PROBED = 64  # cells looked into
MEASURED_AGAIN = 8  # times as many as are wanted
TRAINED_ON = 64  # vectors for each cell
REACH = 1_000  # neighbours that are told apart in a large index


class VectorIndex:
    """Unit vectors by row."""

    def __init__(self, index: Any) -> None:
        self._index = index
        self.vectors = _stored_vectors(index)

    @classmethod
    def of(cls, vectors: Floats, exact_up_to: int = EXACT_UP_TO) -> "VectorIndex":
        import faiss

        vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        count, width = vectors.shape
        index = faiss.IndexFlatIP(width) if count <= exact_up_to else _cells(vectors)
        index.add(vectors)
        return cls(index)

    @classmethod
    def read(cls, path: Path) -> "VectorIndex":
        import faiss

        return cls(faiss.read_index(str(path)))

    def write(self, path: Path) -> None:
        import faiss

        faiss.write_index(self._index, str(path))

    def search(self, vector: Floats, count: int) -> tuple[Integers, Floats]:
        """The nearest rows, nearest first, and their cosines."""
        found, rows = self._index.search(vector[None, :], min(count, len(self.vectors)))
        seen = rows[0] >= 0
        return rows[0][seen], found[0][seen]

    def similarities(self, vector: Floats, exact: Integers) -> Floats:
        """The cosine with every row; in a large index, beyond the nearest and those asked for, at most that."""
        count = len(self.vectors)
        if isinstance(self._index, _flat()):
            rows, cosines = self.search(vector, count)
            found = np.zeros(count, dtype=np.float32)
        else:
            rows, cosines = self.search(vector, REACH)
            found = np.full(count, cosines.min(initial=1.0), dtype=np.float32)
            found[exact] = self.vectors[exact] @ vector
        found[rows] = cosines
        return found


def _cells(vectors: Floats) -> Any:
    """An inverted file of 8-bit codes, with the vectors themselves to measure again; the same for the same vectors."""
    import faiss

    count, width = vectors.shape
    cells = max(1, count // CELL)
    coarse = faiss.IndexFlatIP(width)
    codes = faiss.IndexIVFScalarQuantizer(
        coarse, width, cells, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    codes.nprobe = PROBED
    codes.cp.max_points_per_centroid = TRAINED_ON
    codes.train(vectors)
    index = faiss.IndexRefineFlat(codes)
    index.k_factor = MEASURED_AGAIN
    return index


class _Shared:
    """Memory of a FAISS index as numpy takes it: the array keeps this, and this keeps the index."""

    def __init__(self, index: Any, view: Any) -> None:
        self.index = index
        self.__array_interface__ = view.__array_interface__


def _stored_vectors(index: Any) -> Floats:
    """The vectors where FAISS keeps them, not a copy."""
    import faiss

    flat: Any = index if isinstance(index, _flat()) else faiss.downcast_index(index.refine_index)
    view = faiss.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d)
    return np.asarray(_Shared(index, view)).reshape(flat.ntotal, flat.d)


def _flat() -> Any:
    import faiss

    return faiss.IndexFlatIP
