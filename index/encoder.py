"""Text to vectors at question time, by onnxruntime and tokenizers alone.

Importing sentence-transformers takes seconds and hundreds of megabytes; the same weights, exported when the index was
built, answer in a fraction of one.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

Vectors = npt.NDArray[np.float32]

MODEL_FILE, WEIGHTS_FILE = "encoder.onnx", "encoder.weights"  # weights apart: they are mapped into memory, not read
TOKENIZER_FILE = "tokenizer.json"
SETTINGS_FILE = "encoder.json"
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
BATCH = 32
THREADS = 2


class Encoder:
    """The exported encoder of one folder: unit vectors, one row a text, zeros for an empty text."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        settings = orjson.loads((folder / SETTINGS_FILE).read_bytes())
        self.dimension: int = settings["dimension"]
        self._inputs: list[str] = settings["inputs"]
        self._tokenizer: Any = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        self._tokenizer.enable_truncation(settings["max_tokens"])
        self._tokenizer.enable_padding(pad_id=settings["pad_id"], pad_token=settings["pad_token"])
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
        encodings = self._tokenizer.encode_batch(texts)
        columns = {
            "input_ids": [encoding.ids for encoding in encodings],
            "attention_mask": [encoding.attention_mask for encoding in encodings],
            "token_type_ids": [encoding.type_ids for encoding in encodings],
        }
        feed = {name: np.array(columns[name], dtype=np.int64) for name in self._inputs}
        return np.asarray(self._session.run(None, feed)[0], dtype=np.float32)


def _session_options() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # waiting threads would burn a third more
    return options
