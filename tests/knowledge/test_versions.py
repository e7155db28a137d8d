"""Versions order the way releases came out."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.fact_comparison import compare
from knowledge.logic import Outcome
from knowledge.versions import parse_version

IN_ORDER = [
    "v0.11.1.6-e02c8f12-aliyun",
    "v0.15.1.4-e02c8f12-aliyun",
    "v0.15.1.11-7e95fe23-aliyun",
    "v0.15.1.22-20a397e6-aliyun",
    "1.9.3",
    "1.16",
    "v1.20.11-aliyun.1",
    "v1.32.1-alpha.3",
    "v1.32.1-rc.0",
    "v1.32.1-rc.1",
    "1.32.1",
    "v1.32.1-aliyun.1",
    "v1.32.1-aliyun.10",
    "v1.33.0",
]


@pytest.mark.parametrize(("older", "newer"), pairwise(IN_ORDER))
def test_releases_are_in_order(older: str, newer: str) -> None:
    assert compare(older, "<", newer) is Outcome.PRESENT
    assert compare(newer, ">", older) is Outcome.PRESENT
    assert compare(newer, "<=", older) is Outcome.ABSENT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.20", "v1.20.0"),
        ("v0.15.1.11-7e95fe23-aliyun", "0.15.1.11-12345678-aliyun"),
        ("v0.15.1.11-12345678-aliyun", "0.15.1.11"),
        ("v1.30.4+k3s1", "1.30.4"),
        ("V1.2", "v1.2"),
        (" 1.2 ", "1.2"),
    ],
)
def test_spelling_and_build_hash_do_not_count(one: str, other: str) -> None:
    assert parse_version(one) == parse_version(other) is not None


@pytest.mark.parametrize(
    "text", ["", "latest", "sha256:abc", "v", "1.", ".1", "1..2", "x1.2", "1.2 3", "١.٢", "1" * 5000]
)
def test_what_is_no_version_cannot_be_compared(text: str) -> None:
    assert parse_version(text) is None
    assert compare(text, "<", "1.2") is Outcome.UNKNOWN
    assert compare("1.2", ">=", text) is Outcome.UNKNOWN


numbers = st.lists(st.integers(0, 10**6), min_size=1, max_size=5)
hashes = st.from_regex(r"[0-9a-f]{8}", fullmatch=True)


@given(numbers, numbers, hashes, hashes)
def test_numbers_decide_whatever_the_hash(one: list[int], other: list[int], hash_one: str, hash_other: str) -> None:
    versions = [
        parse_version(f"v{'.'.join(map(str, parts))}-{build}-aliyun")
        for parts, build in ((one, hash_one), (other, hash_other))
    ]
    width = max(len(one), len(other))
    padded = [parts + [0] * (width - len(parts)) for parts in (one, other)]
    assert None not in versions
    assert (versions[0] < versions[1]) is (padded[0] < padded[1])  # type: ignore[operator]
    assert (versions[0] == versions[1]) is (padded[0] == padded[1])


@given(st.text(max_size=60))
def test_any_text_is_a_version_or_none(text: str) -> None:
    found = parse_version(text)
    assert found is None or found <= found


@given(numbers, st.integers(0, 99), st.integers(0, 99))
def test_the_vendors_count_comes_last(parts: list[int], one: int, other: int) -> None:
    text = ".".join(map(str, parts))
    expected = Outcome.PRESENT if one < other else Outcome.ABSENT
    assert compare(f"v{text}-aliyun.{one}", "<", f"{text}-aliyun.{other}") is expected
    assert compare(f"v{text}-aliyun.{one}", "<", f"{text}.1") is Outcome.PRESENT
