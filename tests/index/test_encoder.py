"""The encoder of question time gives the vectors of sentence-transformers."""

import numpy as np
import pytest

from index.export import BuildEncoder
from index.models import DEFAULT_PACKAGE, ModelError, check_weights, resolve_model
from index.search import Index

TEXTS = [
    "pods stuck in ContainerCreating",
    "x",
    "failed to allocate for range 0: no IP addresses available in range set: 172.30.34.129-172.30.34.190",
    "交换机的 IP 不够了, pods 起不来",
    "¿qué pasa? 🙂 café",
    "a log line that goes on and on, with words that repeat, and repeat " * 60,
]


@pytest.mark.slow
def test_same_vectors_as_sentence_transformers(index: Index, sentence_transformers: BuildEncoder) -> None:
    ours, theirs = index.encoder.encode(TEXTS), sentence_transformers.encode(TEXTS)
    assert ours.shape == (len(TEXTS), 384)
    assert np.abs(ours - theirs).max() < 1e-4


def test_a_text_has_one_vector_whatever_it_is_encoded_with(index: Index) -> None:
    together = index.encoder.encode(TEXTS)
    alone = np.concatenate([index.encoder.encode([text]) for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-4


def test_vectors_are_of_length_one_and_empty_text_of_length_zero(index: Index) -> None:
    vectors = index.encoder.encode(["something", "", "   "])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 0], abs=1e-5)


def test_default_model_is_found_and_is_the_pinned_one() -> None:
    model = resolve_model()
    assert model.name == DEFAULT_PACKAGE
    check_weights(model)


def test_other_weights_under_the_default_name_are_refused(tmp_path, index: Index) -> None:
    model = resolve_model()
    other = tmp_path / "model.safetensors"
    other.write_bytes(b"other weights")
    with pytest.raises(ModelError, match="not the pinned ones"):
        check_weights(type(model)(name="x", source="x", fingerprint=model.fingerprint, pinned_weights=other))


def test_a_model_folder_that_is_not_there_is_said_in_one_sentence() -> None:
    with pytest.raises(ModelError, match="no embedding model folder"):
        resolve_model("/nowhere/model")


@pytest.mark.slow
def test_a_model_that_is_not_in_the_local_cache_is_said_in_one_sentence() -> None:
    with pytest.raises(ModelError, match="cannot be loaded offline"):
        BuildEncoder(resolve_model("nobody/no-such-model")).encode(["x"])
