"""Text to vectors at question time, by onnxruntime alone.

Importing sentence-transformers takes seconds and hundreds of megabytes; the same weights, exported when the index was
built, answer in a fraction of one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from index.extras import require
from index.wordpiece import WordPiece

Vectors = npt.NDArray[np.float32]

MODEL_FILE, WEIGHTS_FILE = "encoder.onnx", "encoder.weights"  # weights apart: they are mapped into memory, not read
TOKENIZER_FILE = "tokenizer.json"
SETTINGS_FILE = "encoder.json"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
BATCH = 32
THREADS = 2


class Encoder:
    """The exported encoder of one folder: unit vectors, one row a text, zeros for an empty text.

    Raises:
        ExtraMissing: its tokenizer is of another kind than BERT's, and what reads all kinds is not installed.
    """

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        settings = orjson.loads((folder / SETTINGS_FILE).read_bytes())
        self.dimension: int = settings["dimension"]
        self._inputs: list[str] = settings["inputs"]
        self._pad: int = settings["pad_id"]
        self._ids = _tokenizer(folder / TOKENIZER_FILE, settings["max_tokens"])
        self._session: Any = onnxruntime.InferenceSession(
            str(folder / MODEL_FILE), _session_options(), providers=["CPUExecutionProvider"]
        )

    def encode(self, texts: list[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        order = sorted((i for i, text in enumerate(texts) if text.strip()), key=lambda i: len(texts[i]))
        for start in range(0, len(order), BATCH):  # by length, so that a batch holds little padding
            rows = order[start : start + BATCH]
            vectors[rows] = self._run([texts[i] for i in rows])
        return vectors

    def _run(self, texts: list[str]) -> Vectors:
        rows = [self._ids(text) for text in texts]
        length = max(map(len, rows))
        columns = {
            "input_ids": [row + [self._pad] * (length - len(row)) for row in rows],
            "attention_mask": [[1] * len(row) + [0] * (length - len(row)) for row in rows],
            "token_type_ids": [[0] * length] * len(rows),
        }
        feed = {name: np.array(columns[name], dtype=np.int64) for name in self._inputs}
        return np.asarray(self._session.run(None, feed)[0], dtype=np.float32)


def _tokenizer(path: Path, max_tokens: int) -> Callable[[str], list[int]]:
    """From a text to the ids of its tokens."""
    described = orjson.loads(path.read_bytes())
    if WordPiece.describes(described):
        word_piece = WordPiece(described)
        return lambda text: word_piece.ids(text, max_tokens)
    require("build", "The tokenizer of this embedding model", "tokenizers")
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return lambda text: list(tokenizer.encode(text).ids)


def _session_options() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads would burn a third more
    return options
