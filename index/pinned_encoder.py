"""The pinned model's encoder, written as an ONNX graph from its weights: without torch and transformers.

The model is BERT (Devlin et al. 2018, https://arxiv.org/abs/1810.04805) with the mean of the tokens' vectors on top, as
its ``config.json`` and ``modules.json`` say. Every export is compared with vectors that sentence-transformers gave.
"""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from index.encoder import INPUTS, MODEL_FILE, SETTINGS_FILE, TOKENIZER_FILE, WEIGHTS_FILE, Encoder, Vectors
from index.extras import require
from index.models import WEIGHTS, Model, ModelError, check_weights

OPSET = 17  # the first with LayerNormalization; its file format is 8
FORMAT = 8
SMALL = 1024  # bytes: smaller constants stay in the graph, where the runtime looks at their values
TOLERANCE = 1e-5
SAMPLES = (
    "pods stuck in ContainerCreating",
    "failed to allocate for range 0: no IP addresses available in range set: 172.30.34.129-172.30.34.190",
    "How do I switch the cluster from one network plugin to the other, and what happens to the running pods? " * 20,
    "x",
)
REFERENCE = Path(__file__).parent / "pinned_vectors.json"  # of the samples, by sentence-transformers


def export_pinned(model: Model, folder: Path, reference: Path = REFERENCE) -> None:
    """Writes the encoder's files into the folder and checks that they give the vectors that they should.

    Raises:
        ExtraMissing: what writing takes is not installed.
        ModelError: the weights or the vectors are not what they should be.
    """
    require_pinned_export(model)
    check_weights(model)
    source = Path(model.source)
    config = orjson.loads((source / "config.json").read_bytes())
    _write_graph(source, config, folder / MODEL_FILE)
    shutil.copyfile(source / "tokenizer.json", folder / TOKENIZER_FILE)
    settings = {
        "dimension": config["hidden_size"],
        "inputs": INPUTS,
        "max_tokens": orjson.loads((source / "sentence_bert_config.json").read_bytes())["max_seq_length"],
        "pad_id": config["pad_token_id"],
        "pad_token": "[PAD]",
    }
    (folder / SETTINGS_FILE).write_bytes(orjson.dumps(settings))
    _verify(folder, reference_vectors(reference))


def require_pinned_export(model: Model) -> None:
    """What ``export_pinned`` takes is installed.

    Raises:
        ExtraMissing: it is not.
    """
    require("build", "Exporting the encoder", model.name, "onnx", "safetensors")


def reference_vectors(path: Path = REFERENCE) -> Vectors:
    """The samples' vectors, one row each, as sentence-transformers gives them."""
    return np.array(orjson.loads(path.read_bytes()), dtype=np.float32)


def _verify(folder: Path, reference: Vectors) -> None:
    difference = float(np.abs(Encoder(folder).encode(list(SAMPLES)) - reference).max())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"The exported encoder differs from sentence-transformers by {difference:.1e} (allowed {TOLERANCE:.0e}); "
            "install the pinned packages of constraints.txt."
        )


def _write_graph(source: Path, config: dict[str, Any], path: Path) -> None:
    from onnx import TensorProto, checker, helper, save_model
    from safetensors.numpy import load_file

    graph = _Graph(load_file(source / WEIGHTS), config)
    vector = graph.pooled(graph.tokens())
    axes = ["batch", "length"]
    made = helper.make_graph(
        [*graph.nodes, helper.make_node("Identity", [vector], ["vector"])],
        "encoder",
        [helper.make_tensor_value_info(name, TensorProto.INT64, axes) for name in INPUTS],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["batch", config["hidden_size"]])],
        graph.constants,
    )
    opsets = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(made, opset_imports=opsets, ir_version=FORMAT, producer_name="netclinic")
    checker.check_model(model)
    save_model(model, path, save_as_external_data=True, location=WEIGHTS_FILE, size_threshold=SMALL)
    path.with_name(WEIGHTS_FILE).chmod(path.stat().st_mode)  # onnx would let nobody else read them


class _Graph:
    """BERT's layers as ONNX nodes; each method adds some and returns the name of what they give."""

    def __init__(self, weights: dict[str, npt.NDArray[np.float32]], config: dict[str, Any]) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._weights = weights
        self._config = config
        self._heads: int = config["num_attention_heads"]
        self._width: int = config["hidden_size"]

    def tokens(self) -> str:
        """The tokens' vectors after the last layer."""
        hidden = self._embedded()
        ignored = self._op("Sub", self._constant(np.float32(1)), self._mask([1, 2]))
        penalty = self._op("Mul", ignored, self._constant(np.float32(-1e9)))
        for layer in range(self._config["num_hidden_layers"]):
            hidden = self._layer(f"encoder.layer.{layer}", hidden, penalty)
        return hidden

    def pooled(self, tokens: str) -> str:
        """Their mean, padding left out, of length one."""
        mask = self._mask([2])
        last, axis = self._constant(np.array([1])), self._constant(np.array([-1]))
        total = self._op("ReduceSum", self._op("Mul", tokens, mask), last, keepdims=0)
        count = self._op("ReduceSum", mask, last, keepdims=0)
        mean = self._op("Div", total, count)
        length = self._op("Sqrt", self._op("ReduceSum", self._op("Mul", mean, mean), axis, keepdims=1))
        return self._op("Div", mean, length)

    def _embedded(self) -> str:
        length = self._op("Shape", "input_ids", start=1, end=2)
        zero = self._constant(np.array([0]))
        places = self._op("Slice", self._weight("embeddings.position_embeddings.weight"), zero, length, zero)
        words = self._op("Gather", self._weight("embeddings.word_embeddings.weight"), "input_ids")
        kinds = self._op("Gather", self._weight("embeddings.token_type_embeddings.weight"), "token_type_ids")
        return self._normalized("embeddings.LayerNorm", self._op("Add", self._op("Add", words, kinds), places))

    def _layer(self, name: str, hidden: str, penalty: str) -> str:
        attended = self._linear(f"{name}.attention.output.dense", self._attention(name, hidden, penalty))
        hidden = self._normalized(f"{name}.attention.output.LayerNorm", self._op("Add", attended, hidden))
        wide = self._gelu(self._linear(f"{name}.intermediate.dense", hidden))
        narrow = self._linear(f"{name}.output.dense", wide)
        return self._normalized(f"{name}.output.LayerNorm", self._op("Add", narrow, hidden))

    def _attention(self, name: str, hidden: str, penalty: str) -> str:
        size = self._width // self._heads
        split, joined = self._constant(np.array([0, 0, self._heads, size])), self._constant(np.array([0, 0, -1]))

        def heads(part: str, order: list[int]) -> str:
            projected = self._linear(f"{name}.attention.self.{part}", hidden)
            return self._op("Transpose", self._op("Reshape", projected, split), perm=order)

        query, key, value = heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1]), heads("value", [0, 2, 1, 3])
        scale = self._constant(np.float32(np.sqrt(size)))
        scores = self._op("Add", self._op("Div", self._op("MatMul", query, key), scale), penalty)
        mixed = self._op("MatMul", self._op("Softmax", scores, axis=-1), value)
        return self._op("Reshape", self._op("Transpose", mixed, perm=[0, 2, 1, 3]), joined)

    def _gelu(self, hidden: str) -> str:
        shifted = self._op("Erf", self._op("Div", hidden, self._constant(np.float32(np.sqrt(2)))))
        grown = self._op("Mul", hidden, self._op("Add", shifted, self._constant(np.float32(1))))
        return self._op("Mul", grown, self._constant(np.float32(0.5)))

    def _linear(self, name: str, hidden: str) -> str:
        product = self._op("MatMul", hidden, self._constant(self._weights[f"{name}.weight"].T))
        return self._op("Add", product, self._weight(f"{name}.bias"))

    def _normalized(self, name: str, hidden: str) -> str:
        scale, shift = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self._op("LayerNormalization", hidden, scale, shift, axis=-1, epsilon=self._config["layer_norm_eps"])

    def _mask(self, axes: list[int]) -> str:
        """Which tokens count, as numbers, with axes of size one where it is to be multiplied."""
        from onnx import TensorProto

        return self._op(
            "Cast", self._op("Unsqueeze", "attention_mask", self._constant(np.array(axes))), to=TensorProto.FLOAT
        )

    def _weight(self, name: str) -> str:
        return self._constant(self._weights[name])

    def _constant(self, value: Any) -> str:
        from onnx import numpy_helper

        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name))
        return name

    def _op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name
