"""Any model of sentence-transformers, and its export to ONNX; the reference for the pinned one, too."""

import contextlib
import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from index.encoder import INPUTS, MODEL_FILE, SETTINGS_FILE, TOKENIZER_FILE, Encoder, Vectors
from index.extras import require
from index.models import Model, ModelError, check_weights

TOLERANCE = 1e-4
SAMPLES = [
    "pods stuck in ContainerCreating",
    "failed to allocate for range 0: no IP addresses available in range set: 172.30.34.129-172.30.34.190",
    "How do I switch the cluster from one network plugin to the other, and what happens to the running pods? " * 8,
    "x",
]
_REFUSED = 3  # exit code: the sentence on standard output says why
_EXPORT = "import sys; from index.export import main; sys.exit(main(*sys.argv[1:]))"


def export_in_own_process(model: Model, folder: Path) -> None:
    """Exports the encoder in a process of its own, which takes torch and its memory with it when it ends.

    Raises:
        ExtraMissing: what this takes is not installed.
        ModelError: the model cannot be exported; the message says the way out.
    """
    require_export(model)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)}
    command = [sys.executable, "-c", _EXPORT, orjson.dumps(asdict(model)).decode(), str(folder)]
    ran = subprocess.run(  # noqa: S603
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True
    )
    if ran.returncode:
        reason = ran.stdout if ran.returncode == _REFUSED else _last_line(ran.stderr)
        raise ModelError(
            reason.strip() or f"The encoder of {model.name} could not be exported (ended with {ran.returncode})."
        )


def require_export(model: Model) -> None:
    """sentence-transformers and what its export takes are installed.

    Raises:
        ExtraMissing: they are not.
    """
    require("build", f"The embedding model {model.name}", "sentence_transformers", "torch", "onnx", "onnxscript")


def main(described: str, folder: str) -> int:
    """What runs in that process."""
    try:
        BuildEncoder(Model(**orjson.loads(described))).export(Path(folder))
    except ModelError as error:
        sys.stdout.write(str(error))
        return _REFUSED
    return 0


class BuildEncoder:
    """sentence-transformers over one model; loaded when first needed, since loading takes seconds."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._loaded: Any = None

    def encode(self, texts: list[str]) -> Vectors:
        kept = [i for i, text in enumerate(texts) if text.strip()]
        vectors = self._sentence_transformer().encode(
            [texts[i] for i in kept], batch_size=64, normalize_embeddings=True, show_progress_bar=False
        )
        out = np.zeros((len(texts), int(np.shape(vectors)[1]) if kept else 1), dtype=np.float32)
        out[kept] = vectors
        return out

    def export(self, folder: Path) -> None:
        """Writes the encoder's files into the folder and checks that they give the same vectors."""
        transformer = self._sentence_transformer()
        _write_tokenizer(transformer, folder)
        inputs = [name for name in INPUTS if name in transformer.tokenizer.model_input_names]
        dimension = _write_graph(transformer, inputs, folder / MODEL_FILE)
        settings = {
            "dimension": dimension,
            "inputs": inputs,
            "max_tokens": transformer.max_seq_length or 512,
            "pad_id": transformer.tokenizer.pad_token_id,
            "pad_token": transformer.tokenizer.pad_token,
        }
        (folder / SETTINGS_FILE).write_bytes(orjson.dumps(settings))
        self._verify(folder)

    def _verify(self, folder: Path) -> None:
        difference = float(np.abs(Encoder(folder).encode(SAMPLES) - self.encode(SAMPLES)).max())
        if not difference <= TOLERANCE:
            raise ModelError(
                f"The exported encoder of {self.model.name} differs from sentence-transformers by {difference:.1e} "
                f"(allowed {TOLERANCE:.0e}); choose another model in NETCLINIC_EMBEDDING_MODEL."
            )

    def _sentence_transformer(self) -> Any:
        if self._loaded is None:
            require_export(self.model)
            check_weights(self.model)
            self._loaded = _load(self.model)
        return self._loaded


def _load(model: Model) -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported: no traffic, ever
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    with _quiet():
        from sentence_transformers import SentenceTransformer

        try:
            return SentenceTransformer(model.source, device="cpu", local_files_only=True).eval()
        except (OSError, ValueError) as error:
            raise ModelError(
                f"The embedding model {model.name} cannot be loaded offline ({_first_line(error)}); "
                "put it into the local model cache, or name a folder in NETCLINIC_EMBEDDING_MODEL."
            ) from error


def _write_tokenizer(transformer: Any, folder: Path) -> None:
    backend = getattr(transformer.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError("This embedding model has no fast tokenizer; choose a model that ships a tokenizer.json.")
    backend.no_padding()
    backend.no_truncation()
    backend.save(str(folder / TOKENIZER_FILE))


def _write_graph(transformer: Any, inputs: list[str], path: Path) -> int:
    """One graph from token ids to the unit vector: all modules of the model, whatever they are, in one."""
    import torch

    class Graph(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, *columns: torch.Tensor) -> torch.Tensor:
            out = self.transformer(dict(zip(inputs, columns, strict=True)))["sentence_embedding"]
            return torch.nn.functional.normalize(out, dim=-1)

    tokens = transformer.tokenizer(SAMPLES[:2], padding=True, return_tensors="pt")
    columns = tuple(tokens[name] for name in inputs)
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length", max=transformer.max_seq_length or 512)}
    with _quiet(), torch.no_grad():
        torch.onnx.export(
            Graph().eval(),
            columns,
            str(path),
            input_names=inputs,
            output_names=["vector"],
            dynamic_shapes=(tuple(axes for _ in inputs),),
            dynamo=True,
            external_data=True,  # mapped into memory, not read
            verbose=False,
        )
        return int(Graph()(*columns).shape[1])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Libraries print loading bars and tracing warnings that mean nothing to an engineer waiting for an answer."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), Path(os.devnull).open("w") as sink, contextlib.redirect_stderr(sink):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def _last_line(output: str) -> str:
    return f"The encoder could not be exported: {(output.strip().splitlines() or ['no reason was given'])[-1][:200]}"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
