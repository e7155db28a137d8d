"""A team's entries speak for their like, and change nothing about what the shipped entries are about."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.build import Places, _extended_folder, no_progress
from index.corpus import build_corpus
from index.index_files import load
from index.models import resolve_model
from index.own_texts import _fit_limit
from index.scorer import NEVER, OwnTexts
from index.search import Index, open_index
from knowledge.model import Entry

pytestmark = pytest.mark.slow  # an index with thirty entries more

SUBJECTS = ("billing database", "mail gateway", "search cluster", "order queue", "image cache", "report job")
FAULTS = ("is behind by hours", "rejects its licence", "lost its leader", "runs out of disk", "answers with old data")
SAID = ("the {} {}", "why is it that the {} {}", "customers say the {} {}", "help, the {} {} again")
ABOUT_NETWORKS = (
    "pods stuck in ContainerCreating", "a pod cannot reach itself through its own Service", "conntrack table full",
    "Pod 访问自己的 Service 不通", "the office printer is offline", "our database refuses connections", "lunch at 12?",
)  # fmt: skip


@pytest.fixture(scope="module")
def team(make_entry: Callable[..., Entry]) -> list[Entry]:
    """Thirty entries about other things than networks."""
    pairs = [(subject, fault) for subject in SUBJECTS for fault in FAULTS]
    return [make_entry(f"team-{number}", *(said.format(*pair) for said in SAID)) for number, pair in enumerate(pairs)]


@pytest.fixture(scope="module")
def shipped(entries: list[Entry], knowledge_dir: Path) -> list[Entry]:
    return [dataclasses.replace(entry, path=knowledge_dir / "entries" / entry.path.name) for entry in entries]


@pytest.fixture(scope="module")
def own_cache(index: Index, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    encoder = next(cache.glob("encoder-*"))
    (folder / encoder.name).symlink_to(encoder.resolve())
    return folder


@pytest.fixture(scope="module")
def alone(shipped: list[Entry], own_cache: Path, knowledge_dir: Path) -> Index:
    return open_index(shipped, cache_dir=own_cache, knowledge_dir=knowledge_dir)


@pytest.fixture(scope="module", params=["added", "learned"])
def with_team(
    request: pytest.FixtureRequest, alone: Index, shipped: list[Entry], team: list[Entry], own_cache: Path,
    knowledge_dir: Path,
) -> Index:  # fmt: skip
    """Learned from all texts, or added to the index of the shipped ones where nothing can be learned."""
    if request.param == "learned":
        return open_index([*shipped, *team], cache_dir=own_cache, knowledge_dir=knowledge_dir)
    corpus = build_corpus([*shipped, *team], knowledge_dir)
    folder = _extended_folder(Places(own_cache), corpus, resolve_model(), alone.encoder, no_progress)
    return Index(load(folder), alone.encoder)


def test_what_is_in_scope_of_the_shipped_entries_stays(alone: Index, with_team: Index) -> None:
    for text in ABOUT_NETWORKS:
        before, after = alone.match(text), with_team.match(text)
        assert after.in_scope == before.in_scope, text
        assert after.confidence == pytest.approx(before.confidence, abs=0.1), text


@pytest.mark.parametrize("text", ["billing db lags by hours", "the gateway for mail: licence rejected"])
def test_a_message_like_a_team_s_texts_is_in_scope(alone: Index, with_team: Index, text: str) -> None:
    assert not alone.match(text).in_scope
    found = with_team.match(text)
    assert found.in_scope
    assert found.matches[0].entry_id.startswith("team-")


@pytest.mark.parametrize("text", ["lunch at 12?", "who has the keys to the bike shed", "Berlin 天气怎么样"])
def test_a_message_like_none_of_them_is_not(with_team: Index, text: str) -> None:
    assert not with_team.match(text).in_scope


def test_the_limit_lies_between_both_sides() -> None:
    slope, bias = _fit_limit(np.array([0.8, 0.9, 1.1, 0.7]), np.array([0.2, 0.3, 0.4, 0.35]))
    assert 0.4 < -bias / slope < 0.7


def test_where_both_sides_overlap_few_of_those_apart_pass() -> None:
    slope, bias = _fit_limit(np.linspace(0.3, 1.0, 50), np.linspace(0.0, 0.9, 100))
    assert 0.8 < -bias / slope < 0.9


@pytest.mark.parametrize(
    ("alike", "apart"),
    [([], []), ([], [0.2]), ([1.5], []), ([0.5], [0.5]), ([0.3] * 4, [0.9] * 4), ([1.0], [0.2] * 900)],
)
def test_a_limit_is_found_whatever_there_is_to_compare(alike: list[float], apart: list[float]) -> None:
    slope, bias = _fit_limit(np.array(alike), np.array(apart))
    assert np.isfinite([slope, bias]).all()


def test_without_texts_of_a_team_nothing_is_like_them() -> None:
    none = OwnTexts(rows=np.zeros(0, dtype=np.int32))
    assert none.logit(np.ones(3, dtype=np.float32), np.ones(3, dtype=np.float32)) == NEVER
