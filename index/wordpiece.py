"""BERT's tokenizer: text to the ids of word pieces (https://arxiv.org/abs/1810.04805).

The package ``tokenizers`` does the same for every kind of tokenizer, and takes 36 MB with what it needs to load models
from a hub, which netclinic never does. What is written here gives its ids (tests/index/test_wordpiece.py).
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

NOT_A_CHARACTER = "\ufffd"
IDEOGRAPHS = (  # each is a word of its own
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
NORMALIZER = {
    "type": "BertNormalizer",
    "clean_text": True,
    "handle_chinese_chars": True,
    "strip_accents": None,
    "lowercase": True,
}


LIKE_SPECIAL = re.compile(r"(\[[A-Z]++\])")  # [CLS], [MASK] and so on, which stand for themselves
WAYS = ("single_word", "lstrip", "rstrip", "normalized")  # of finding special tokens in a text: none here


class WordPiece:
    """The tokenizer that a ``tokenizer.json`` describes, where it is BERT's for uncased text."""

    def __init__(self, described: dict[str, Any]) -> None:
        model = described["model"]
        self._vocabulary: dict[str, int] = model["vocab"]
        self._unknown = self._vocabulary[model["unk_token"]]
        self._continued: str = model["continuing_subword_prefix"]
        self._longest_word: int = model["max_input_chars_per_word"]
        self._longest_piece = max(map(len, self._vocabulary))
        self._first, self._last = self._vocabulary["[CLS]"], self._vocabulary["[SEP]"]
        self._special = {token["content"]: token["id"] for token in described["added_tokens"]}

    @staticmethod
    def describes(described: dict[str, Any]) -> bool:
        """Whether it is of this kind."""
        single = (described.get("post_processor") or {}).get("single", [])
        around = [next(iter(piece.values()))["id"] for piece in single]
        return (
            described["normalizer"] == NORMALIZER
            and described["pre_tokenizer"] == {"type": "BertPreTokenizer"}
            and described["model"].get("type") == "WordPiece"
            and around == ["[CLS]", "A", "[SEP]"]
            and {"[CLS]", "[SEP]"} <= {token["content"] for token in described["added_tokens"]}
            and all(LIKE_SPECIAL.fullmatch(token["content"]) for token in described["added_tokens"])
            and not any(token[way] for token in described["added_tokens"] for way in WAYS)
        )

    def ids(self, text: str, max_tokens: int) -> list[int]:
        """The ids of the text's pieces between those of start and end, ``max_tokens`` of them at the most."""
        found = list(islice(self._inner_ids(text), max_tokens - 2))
        return [self._first, *found, self._last]

    def _inner_ids(self, text: str) -> Iterator[int]:
        for part in LIKE_SPECIAL.split(text):
            if part in self._special:
                yield self._special[part]
            else:
                for word in _words(part):
                    yield from self._pieces(word)

    def _pieces(self, word: str) -> list[int]:
        """The longest known start, and so on with the rest; a word with an unknown part is unknown whole."""
        found: list[int] = []
        start = 0 if len(word) <= self._longest_word else len(word)
        while start < len(word):
            prefix = self._continued if start else ""
            ends = range(min(len(word), start + self._longest_piece), start, -1)
            end = next((end for end in ends if prefix + word[start:end] in self._vocabulary), None)
            if end is None:
                return [self._unknown]
            found.append(self._vocabulary[prefix + word[start:end]])
            start = end
        return found or [self._unknown]


class _Table(dict[int, str]):
    """What becomes of each character: worked out when it is first met."""

    def __init__(self, of: Callable[[str], str]) -> None:
        self._of = of

    def __missing__(self, code: int) -> str:
        self[code] = made = self._of(chr(code))
        return made


def _clean(character: str) -> str:
    if character in "\t\n\r" or unicodedata.category(character) in ("Zs", "Zl", "Zp"):
        return " "
    if character == NOT_A_CHARACTER or unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs"):
        return ""
    return f" {character} " if any(low <= ord(character) <= high for low, high in IDEOGRAPHS) else character


def _fold(character: str) -> str:
    if unicodedata.category(character) == "Mn":
        return ""
    return "".join(f" {each} " if _is_punctuation(each) else each for each in character.lower())


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] == "P" or character in "$+<=>^`|~"


_CLEAN, _FOLD = _Table(_clean), _Table(_fold)


def _words(text: str) -> list[str]:
    """The words, without accents and in lower case, and each mark of punctuation."""
    return unicodedata.normalize("NFD", text.translate(_CLEAN)).translate(_FOLD).split()
