"""What an index takes over from earlier ones, and what changes when it grows large."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from index.annotations import TextAnnotations, annotate
from index.artifact_cache import get_or_build
from index.build import annotated_by, calibration_key, encoder_key
from index.classifiers import _logits, fit_kernel, lexical_matrix
from index.corpus import build_corpus
from index.earlier import TextVectors, find_annotations, find_calibration, find_kernel
from index.encoder import Encoder
from index.glossary import Glossary
from index.index_files import ANNOTATIONS, CALIBRATION, load
from index.models import resolve_model
from index.search import Index, open_index
from index.vector_index import VectorIndex
from knowledge.model import Entry

NEW = "resolver pods are gone"
QUESTIONS = ("names do not resolve", "no space on the volume", "the resolver is gone", "lunch at 12?")


@pytest.fixture(scope="session")
def encoder(index: Index) -> Encoder:
    return index.encoder


def earlier(cache: Path, encoder: Encoder, key: str | None = None) -> TextVectors:
    return TextVectors.of_earlier([cache], encoder, key or encoder_key(resolve_model()))


def texts_of(entries: list[Entry], knowledge: Path) -> list[str]:
    return list(build_corpus(entries, knowledge).symptoms.texts)


def test_only_new_texts_are_encoded(few: list[Entry], small: Path, no_examples: Path, encoder: Encoder) -> None:
    known = earlier(small, encoder)
    found = known.encode(["names do not resolve", NEW, "the disk is full", NEW])
    assert known.encoded == 1
    assert np.abs(found - encoder.encode(["names do not resolve", NEW, "the disk is full", NEW])).max() < 1e-5


def test_vectors_of_another_encoder_are_not_used(small: Path, encoder: Encoder) -> None:
    known = earlier(small, encoder, "another encoder")
    known.encode(["the disk is full"])
    assert known.encoded == 1


@pytest.mark.parametrize("name", ["vectors.faiss", "arrays.npz", "words.json", "calibration.json", "annotations.json"])
def test_a_damaged_index_is_not_used(small: Path, encoder: Encoder, name: str) -> None:
    path = next(small.glob("index-*")) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    known = earlier(small, encoder)
    known.encode(["the disk is full"])
    assert known.encoded == 1


def test_folders_of_earlier_versions_are_passed_over(small: Path, encoder: Encoder) -> None:
    old = next(small.glob("index-*"))
    get_or_build(small, "index", "of-an-earlier-version", lambda folder: shutil.copy(old / "words.json", folder))
    assert earlier(small, encoder).encode(["the disk is full"]).any()


def test_what_an_earlier_version_weighed_otherwise_is_passed_over(small: Path) -> None:
    old = next(small.glob("index-*"))

    def without_weights(folder: Path) -> None:
        shutil.copytree(old, folder, dirs_exist_ok=True)
        stored = json.loads((old / CALIBRATION).read_text())
        (folder / CALIBRATION).write_text(json.dumps({key: stored[key] for key in ("key", "made_by", "texts")}))

    made_by = json.loads((old / CALIBRATION).read_text())["made_by"]
    get_or_build(small, "index", "of-other-weights", without_weights)
    assert find_calibration([small], "", made_by, ("no text of any",), exact=False) is None


def test_vectors_outlive_the_index_that_they_come_from(small: Path, encoder: Encoder) -> None:
    known = earlier(small, encoder)
    assert np.linalg.norm(known.encode(["the disk is full", "dns lookup fails"]), axis=1) == pytest.approx([1, 1])
    assert known.encoded == 0


def test_an_index_that_grew_answers_like_one_built_at_once(
    few: list[Entry], small: Path, no_examples: Path, tmp_path: Path
) -> None:
    folder = next(small.glob("encoder-*"))
    shutil.copytree(folder, tmp_path / "empty" / folder.name)
    more = [dataclasses.replace(few[0], symptoms=(*few[0].symptoms, NEW)), few[1]]
    grown = open_index(more, cache_dir=small, knowledge_dir=no_examples, calibrate_anew=True)
    at_once = open_index(more, cache_dir=tmp_path / "empty", knowledge_dir=no_examples)
    for question in QUESTIONS:
        one, other = grown.match(question), at_once.match(question)
        assert [match.entry_id for match in one.matches] == [match.entry_id for match in other.matches]
        assert one.confidence == pytest.approx(other.confidence, abs=0.002)


def annotations(cache: Path, few: list[Entry], knowledge: Path, glossary: Glossary | None = None) -> TextAnnotations:
    corpus = build_corpus(few, knowledge)
    corpus = dataclasses.replace(corpus, glossary=glossary or corpus.glossary)
    return TextAnnotations(corpus.glossary, find_annotations([cache], annotated_by(corpus)))


def test_only_new_texts_are_annotated(few: list[Entry], small: Path, no_examples: Path) -> None:
    known = annotations(small, few, no_examples)
    for text in texts_of(few, no_examples):
        assert known.of(text) == annotate(text, Glossary.of({}))
    assert known.annotated == 0
    assert (known.of(NEW), known.annotated) == (annotate(NEW, Glossary.of({})), 1)


def test_annotations_of_another_glossary_or_of_an_earlier_version_are_not_used(
    few: list[Entry], small: Path, no_examples: Path
) -> None:
    other = annotations(small, few, no_examples, Glossary.of({"满": "full"}))
    assert (other.of("the disk is full").english, other.annotated) == ("the disk is full", 1)
    path = next(small.glob("index-*"))
    get_or_build(small, "index", "of-an-earlier-version", lambda folder: copy_without(path, folder, ANNOTATIONS))
    known = annotations(small, few, no_examples)
    assert (known.of("the disk is full").english, known.annotated) == ("the disk is full", 0)


def copy_without(source: Path, target: Path, name: str) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(name))


@pytest.fixture
def shipped(few: list[Entry], tmp_path: Path) -> tuple[list[Entry], Path]:
    """The few entries as those that everybody has, with more to say than may change unnoticed."""
    knowledge = tmp_path / "knowledge"
    words = ("slow", "odd", "late", "gone", "stuck", "broken", "empty", "old", "lost", "loud", "cold", "torn")
    entries = [
        dataclasses.replace(
            entry,
            path=knowledge / "entries" / entry.path.name,
            symptoms=(*entry.symptoms, *(f"{entry.id} is {word}" for word in words)),
        )
        for entry in few
    ]
    return entries, knowledge


def stages(entries: list[Entry], cache: Path, knowledge: Path, *, calibrate_anew: bool = False) -> set[str]:
    """What building the index went through."""
    seen: set[str] = set()
    open_index(
        entries,
        cache_dir=cache,
        knowledge_dir=knowledge,
        progress=lambda stage, done: seen.add(stage),
        calibrate_anew=calibrate_anew,
    )
    return seen


def test_cross_validation_is_over_the_shipped_entries_alone(
    shipped: tuple[list[Entry], Path], encoder_only: Path, make_entry: Callable[..., Entry]
) -> None:
    entries, knowledge = shipped
    assert "cross-validating" in stages(entries, encoder_only, knowledge)
    team = [make_entry(f"team-{n}", f"our queue {n} is full", f"queue {n} lags behind") for n in range(20)]
    assert stages([*entries, *team], encoder_only, knowledge) == {"encoding symptoms", "learning"}
    assert stages([*entries, *team], encoder_only, knowledge, calibrate_anew=True) == set()


@pytest.fixture
def examples(shipped: tuple[list[Entry], Path]) -> Path:
    """Out-of-scope examples beside the shipped entries, without which there is nothing to learn of scope."""
    folder = shipped[1] / "out_of_scope"
    folder.mkdir(parents=True)
    (folder / "office.txt").write_text("lunch at 12?\nthe printer is jammed\nwho has the keys\nnice weather today\n")
    return shipped[1]


def test_what_is_learned_of_scope_outlives_the_index_of_the_shipped_entries(
    shipped: tuple[list[Entry], Path], examples: Path, encoder_only: Path, make_entry: Callable[..., Entry]
) -> None:
    open_index(shipped[0], cache_dir=encoder_only, knowledge_dir=examples)
    alone = next(encoder_only.glob("index-*"))
    before = load(alone).scorer.inside
    team = [make_entry(name, f"our {name} queue is full", f"{name} lags behind") for name in ("a-queue", "dlq", "zoo")]
    open_index([*shipped[0], *team], cache_dir=encoder_only, knowledge_dir=examples)
    shutil.rmtree(alone)
    corpus = build_corpus([*shipped[0], *team], examples)
    found = find_kernel([encoder_only], calibration_key(corpus, resolve_model()))
    assert found is not None
    assert len(found.rows) > 2
    assert (found.rows.tolist(), found.bias, found.key) == (before.rows.tolist(), before.bias, before.key)
    assert np.array_equal(found.votes, before.votes)
    assert find_kernel([encoder_only], "of other entries") is None


def test_an_index_is_the_same_whatever_earlier_one_it_took_the_scope_from(
    shipped: tuple[list[Entry], Path], examples: Path, encoder_only: Path, tmp_path: Path,
    make_entry: Callable[..., Entry],
) -> None:  # fmt: skip
    entries = [*shipped[0], make_entry("a-queue", "our queue is full", "the queue lags behind")]
    encoder = next(encoder_only.glob("encoder-*"))
    shutil.copytree(encoder, tmp_path / "empty" / encoder.name)
    at_once = open_index(entries, cache_dir=tmp_path / "empty", knowledge_dir=examples)
    more = dataclasses.replace(entries[-1], symptoms=(*entries[-1].symptoms, NEW))
    open_index([*entries[:-1], more], cache_dir=encoder_only, knowledge_dir=examples)
    open_index(entries, cache_dir=encoder_only, knowledge_dir=examples)
    assert at_once.parts.scorer.inside.key
    for name in ("arrays.npz", "words.json", CALIBRATION):
        files = [next(root.glob(f"index-{at_once.version}*")) / name for root in (tmp_path / "empty", encoder_only)]
        assert files[0].read_bytes() == files[1].read_bytes(), name


@pytest.mark.slow
def test_a_small_change_of_the_shipped_entries_keeps_the_calibration_until_it_is_asked_for(
    shipped: tuple[list[Entry], Path], encoder_only: Path
) -> None:
    entries, knowledge = shipped
    stages(entries, encoder_only, knowledge)
    changed = [dataclasses.replace(entries[0], symptoms=(*entries[0].symptoms, NEW)), entries[1]]
    assert "cross-validating" not in stages(changed, encoder_only, knowledge)
    assert "cross-validating" in stages(changed, encoder_only, knowledge, calibrate_anew=True)
    assert stages(changed, encoder_only, knowledge, calibrate_anew=True) == set()


def test_a_large_change_of_the_shipped_entries_is_cross_validated(
    shipped: tuple[list[Entry], Path], encoder_only: Path
) -> None:
    entries, knowledge = shipped
    stages(entries, encoder_only, knowledge)
    said = tuple(f"our names and hosts, part {n}" for n in range(12))
    changed = [dataclasses.replace(entries[0], symptoms=(*entries[0].symptoms, *said)), entries[1]]
    assert "cross-validating" in stages(changed, encoder_only, knowledge)


@pytest.mark.slow
def test_small_changes_do_not_add_up_unnoticed(shipped: tuple[list[Entry], Path], encoder_only: Path) -> None:
    entries, knowledge = shipped
    stages(entries, encoder_only, knowledge)
    for number in range(12):
        entries = [
            dataclasses.replace(entries[0], symptoms=(*entries[0].symptoms, f"part {number} is off")),
            entries[1],
        ]
        if "cross-validating" in stages(entries, encoder_only, knowledge):
            return
    pytest.fail("never cross-validated again")


def test_what_killed_builds_left_is_removed_by_the_next_build(tmp_path: Path) -> None:
    for name in ("index-key", "index-other", "index-now", "encoder-old"):
        (tmp_path / f".{name}.abc123").mkdir()
        (tmp_path / f".{name}.abc123" / "half").write_text("written")
    with FileLock(tmp_path / ".index-now.lock"):  # somebody builds it
        get_or_build(tmp_path, "index", "key", lambda folder: None)
    assert [path.name for path in tmp_path.glob(".*/")] == [".index-now.abc123"]


@pytest.fixture(scope="module")
def many(encoder: Encoder) -> np.ndarray:
    words = ("pod", "node", "route", "disk", "name", "switch", "port", "rule", "queue", "cache", "card", "link")
    ends = ("is slow", "is lost", "has no address", "was restarted", "is full", "refuses", "drops packets", "is old")
    return encoder.encode([f"{one} of the {other} {end}" for one in words for other in words for end in ends])


@pytest.mark.slow
def test_a_large_index_finds_what_an_exact_one_finds(many: np.ndarray) -> None:
    exact, large = VectorIndex.of(many), VectorIndex.of(many, exact_up_to=100)
    shared = [len(set(exact.search(query, 10)[0]) & set(large.search(query, 10)[0])) / 10 for query in many[::7]]
    assert np.mean(shared) >= 0.99
    rows, cosines = large.search(many[5], 10)
    assert rows[0] == 5
    assert cosines == pytest.approx(many[rows] @ many[5], abs=1e-5)


@pytest.mark.slow
def test_in_a_large_index_what_is_asked_for_is_exact_and_the_rest_no_nearer_than_the_nearest(many: np.ndarray) -> None:
    large, query = VectorIndex.of(many, exact_up_to=100), many[7]
    asked = np.arange(0, len(many), 50)
    found, truth = large.similarities(query, asked), many @ query
    assert found[asked] == pytest.approx(truth[asked], abs=1e-5)
    assert found[7] == pytest.approx(1, abs=1e-5)
    assert np.argmax(found) == 7
    assert VectorIndex.of(many).similarities(query, asked) == pytest.approx(truth, abs=1e-5)


@pytest.mark.slow
def test_a_large_index_is_read_as_it_was_written(many: np.ndarray, tmp_path: Path) -> None:
    large = VectorIndex.of(many, exact_up_to=100)
    large.write(tmp_path / "vectors")
    again = VectorIndex.read(tmp_path / "vectors")
    assert again.search(many[3], 10)[0].tolist() == large.search(many[3], 10)[0].tolist()
    assert np.array_equal(again.vectors, many)


@pytest.mark.slow
def test_a_kernel_machine_over_a_share_of_the_texts_decides_like_one_over_all(many: np.ndarray) -> None:
    labels = np.arange(len(many)) < len(many) * 3 // 4  # by their first word
    words = lexical_matrix([(np.array([row % 8]), np.ones(1, dtype=np.float32)) for row in range(len(many))], 8)
    whole, share = (fit_kernel(many, words, labels, strength=3.0, whole=most, most=most) for most in (5_000, 400))
    assert len(share.rows) < 500
    decided = [_logits(one, many, words) > 0 for one in (whole, share)]
    assert np.mean(decided[0] == decided[1]) > 0.97
