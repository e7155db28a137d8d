"""YAML that strangers wrote: what it may hold, and what is refused before a loader sees it.

An attack that succeeds ends the interpreter, so the attacks run in a process of their own.
"""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge.untrusted_yaml import EMBEDDED, Limits, UntrustedYamlError, load, load_all

DOUBLING = """'a0: &a0 {seed}\\n' + '\\n'.join(
    f'a{{n}}: &a{{n}} {before}' + ', '.join([f'*a{{n - 1}}'] * 10) + '{after}' for n in range(1, 12))"""
ATTACKS = {
    "flow sequences": "'password: x\\na: ' + '[' * 50_000",
    "flow mappings": "'a: ' + '{a: ' * 30_000",
    "block sequences": "'- ' * 20_000 + 'x'",
    "block mappings": "'\\n'.join(' ' * at + 'a:' for at in range(3_000))",
    "complex keys": "'? ' * 20_000 + 'x'",
    "aliases": DOUBLING.format(seed="[x]", before="[", after="]"),
    "merges": DOUBLING.format(seed="{x: 1}", before="{{<<: [", after="]}}"),
    "a long number": "'a: ' + '9' * 90_000",
    "a number to the base of sixty": "'a: ' + ':'.join(['59'] * 30_000)",
    "length": "'a: ' + 'x' * 200_000",
}
RUN = """
from knowledge.untrusted_yaml import EMBEDDED, UntrustedYamlError, load
try:
    load({text}, EMBEDDED)
except UntrustedYamlError as no:
    print("refused:", no)
else:
    print("taken")
"""


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_would_end_or_hang_the_process_is_refused(attack: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(text=ATTACKS[attack])],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.startswith("refused:"), done.stdout
    assert len(done.stdout) < 300


@pytest.mark.parametrize(
    "text",
    [
        "a: [1, two, {b: null}]",
        "- x\n- y",
        "",
        "a: &a [1, 2]\nb: *a",
        "when: 2026-11-29T01:00:00Z",
        "[" * 60 + "]" * 60,
    ],
)
def test_what_people_write_is_loaded_as_by_the_safe_loader(text: str) -> None:
    assert load(text, EMBEDDED) == yaml.safe_load(text)


@pytest.mark.parametrize(
    "text", ["a: b: c", "a: [", "\x00", "a: 2026-99-99", "? [a, b]: c\n? {x: y}", "a: *b", "\ud800"]
)
def test_what_is_no_yaml_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(UntrustedYamlError):
        load(text)


def test_one_document_is_not_two() -> None:
    assert load_all("a: 1\n---\nb: 2") == [{"a": 1}, {"b": 2}]
    with pytest.raises(UntrustedYamlError, match="several documents"):
        load("a: 1\n---\nb: 2")


def test_aliases_are_counted_as_what_they_stand_for() -> None:
    text = "a: &a [1, 2, 3]\nb: [*a, *a]"
    assert load(text, Limits(values=20)) == {"a": [1, 2, 3], "b": [[1, 2, 3]] * 2}
    with pytest.raises(UntrustedYamlError, match="more than 10 values"):
        load(text, Limits(values=10))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=20,
    )
)
def test_whatever_is_written_is_read_again(value: object) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    assert load(text) == yaml.safe_load(text)
