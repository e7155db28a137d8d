"""Our tokenizer gives the ids of the package ``tokenizers``, which is not installed where questions are answered."""

import json
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.encoder import Encoder
from index.models import resolve_model
from index.wordpiece import WordPiece
from knowledge.loading import BUILTIN_FOLDER
from tests.missing import run_without

FILE = Path(resolve_model().source) / "tokenizer.json"
DESCRIBED = json.loads(FILE.read_bytes())
MOST = 256
OURS = WordPiece(DESCRIBED)
THEIRS = Tokenizer.from_file(str(FILE))
THEIRS.no_padding()
THEIRS.enable_truncation(MOST)
AGE_OF_THEIRS = unicodedata.ucd_3_2_0  # the package's tables of characters are of Unicode 8
TEXTS = [
    "",
    "   \t\n",
    "pods stuck in ContainerCreating",
    "failed to allocate for range 0: no IP addresses available in range set: 172.30.34.129-172.30.34.190",
    "交换机的 IP 不够了, pods 起不来。「新建的Pod」一直ContainerCreating",
    "¿qué pasa? 🙂 café ÅNGSTRÖM İstanbul ΣΊΣΥΦΟΣ ﬁne Straße",
    "[CLS] asked [MASK]ed [SEP][PAD] [unk] [UNK]",
    "a[FOO]b [CLSS][[CLS]] [CLS [A] é[B]\u0301x",
    "x" * 100 + " " + "x" * 101 + " " + "ж" * 101,
    "zero\0width\u200bjoiner\u200d\ufeff soft\u00adhyphen \ufffd \u3000wide\u00a0space\u2028line",
    "e\u0301 \u1e9b\u0323 \u212b \u037e \u1fef 한국어 हिन्दी",
    "pod-5f7d9c6b8-k2x9q " * 300,
    "\x1b[31mError\x1b[0m: dial tcp 10.0.0.1:443: i/o timeout",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_ids_of_a_text_are_those_of_the_package(text: str) -> None:
    assert OURS.ids(text, MOST) == THEIRS.encode(text).ids


def test_the_ids_of_all_that_entries_hold_are_those_of_the_package() -> None:
    for path in sorted(BUILTIN_FOLDER.rglob("*.md")):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert OURS.ids(line, MOST) == THEIRS.encode(line).ids, (path, line)


KNOWN_THERE = st.characters(exclude_categories=["Cs", "Cn"]).filter(lambda c: AGE_OF_THEIRS.category(c) != "Cn")


@settings(max_examples=300, deadline=None)
@given(st.text(KNOWN_THERE, max_size=60))
def test_the_ids_of_any_text_are_those_of_the_package(text: str) -> None:
    assert OURS.ids(text, MOST) == THEIRS.encode(text).ids


def test_a_lone_half_of_a_character_is_left_out() -> None:
    """As a log line with broken bytes may bring it; the package takes no such text."""
    assert OURS.ids("a\ud800b", MOST) == OURS.ids("ab", MOST)


def test_long_words_and_long_texts_are_cut() -> None:
    assert len(OURS.ids("jjjj" * 25_000, MOST)) == 3
    assert len(OURS.ids("a1" * 200_000 + " b" * 200_000, MOST)) == MOST


def _changed(**parts: Any) -> dict[str, Any]:
    return {**DESCRIBED, **parts}


@pytest.mark.parametrize(
    "described",
    [
        _changed(normalizer=None),
        _changed(normalizer={**DESCRIBED["normalizer"], "lowercase": False}),
        _changed(pre_tokenizer={"type": "Metaspace"}),
        _changed(model={"type": "Unigram", "vocab": []}),
        _changed(post_processor=None),
        _changed(post_processor={"single": [{"Sequence": {"id": "A", "type_id": 0}}]}),
        _changed(added_tokens=[]),
        _changed(added_tokens=[*DESCRIBED["added_tokens"], {**DESCRIBED["added_tokens"][0], "content": "<mask>"}]),
        _changed(added_tokens=[{**token, "lstrip": True} for token in DESCRIBED["added_tokens"]]),
    ],
)
def test_a_tokenizer_of_another_kind_is_not_taken_for_it(described: dict[str, Any]) -> None:
    assert WordPiece.describes(DESCRIBED)
    assert not WordPiece.describes(described)


WITHOUT = """
import sys
from pathlib import Path
from index.encoder import Encoder
try:
    Encoder(Path(sys.argv[1]))
except Exception as error:
    print(error)
"""


def test_another_kind_is_read_by_the_package_of_the_extra(encoder_only: Path, tmp_path: Path) -> None:
    (folder,) = encoder_only.glob("encoder-*")
    for path in folder.iterdir():
        shutil.copy(path, tmp_path)
    same = json.dumps(_changed(pre_tokenizer={"type": "Sequence", "pretokenizers": [{"type": "BertPreTokenizer"}]}))
    (tmp_path / "tokenizer.json").write_text(same)
    assert (Encoder(tmp_path).encode(TEXTS) == Encoder(folder).encode(TEXTS)).all()
    ran = run_without(["tokenizers"], WITHOUT, str(tmp_path))
    assert "takes tokenizers" in ran.stdout
    assert "netclinic[build]" in ran.stdout
