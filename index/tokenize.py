"""How text is broken up before it is compared: varying parts masked, words stemmed, characters cut into n-grams.

Addresses, ids and times differ from cluster to cluster, so two people with the same fault share everything but them.
"""

import re
import sys
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import chain, pairwise

CJK = "\u3400-\u4dbf\u4e00-\u9fff"
_CJK_RUN = re.compile(f"[{CJK}]+")
_WORD = re.compile(r"[a-z0-9][a-z0-9_.\-/]*[a-z0-9]|[a-z0-9]")
_SPLIT = re.compile(r"[_.\-/]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_MASKS = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for pattern, name in (
        (r"\b\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}:\d{2}\S*", " "),
        (r"\b[ewif]\d{4} \d{2}:\d{2}:\d{2}\.\d+\b", " "),
        (r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b", " mac "),
        (r"\b\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?::\d+)?\b", " ip "),
        (r"\b(?=[0-9a-f:]*[0-9a-f]::?[0-9a-f])(?:[0-9a-f]{1,4}::?){3,}[0-9a-f]{0,4}(?:/\d+)?", " ipv6 "),
        (r"\bvsw-[0-9a-z]{4,}\b", " vsw "),
        (r"\beni-[0-9a-z]{8,}\b", " eni "),
        (r"\b(?:i|sg|vpc|vtb|lb|eip|ngw)-(?=[a-z]*\d)[0-9a-z]{6,}\b", " "),
        (r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", " "),
        (r"\b(?=[a-f]*\d)[0-9a-f]{16,}\b", " "),
    )
)
# A node of ACK is called by its region and address, a pod of a Deployment or StatefulSet by two endings or one.
_NODE = re.compile(r"\b[a-z]{2}-[a-z]+(?:-\d+)?\.(?:i-[0-9a-z]+|\d{1,3}(?:\.\d{1,3}){3})\b")
_POD = re.compile(r"\b(?:[a-z0-9-]+/)?[a-z][a-z0-9-]*-(?=[a-z0-9]*\d)[a-z0-9]{4,10}-(?:[a-z0-9]{5}|\d{1,3})\b")
# Error lines are matched as they stand: what looks like a name there belongs to the error.
_LONGEST_WITH_NAMES = 300
_STOP_WORDS = (
    "a an the is are was were be been am i we you it its this that these those of to in on at for from with and or so "
    "my our your their his her me us them do does did has have had will would can could should there here as by if "
    "then than just also but into out up down over under about after before all any some please help hi hello"
)
_STOP = frozenset(_STOP_WORDS.split())
_SUFFIXES = ("ions", "ion", "ings", "ing", "ied", "ies", "edly", "ed", "es", "s", "ly")


def normalize(text: str) -> str:
    """One spelling of every character (full-width letters, curly quotes), white space collapsed."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return " ".join(text.split())


def mask_variables(text: str) -> str:
    """The text with its varying parts replaced by what they are."""
    for pattern, name in _MASKS:
        text = pattern.sub(name, text)
    return " ".join(text.split())


def mask_resource_names(text: str) -> str:
    """The message with names of nodes and pods replaced by the words "node" and "pod"; long texts as they are.

    These names say where something fails, not what.
    """
    if len(text) > _LONGEST_WITH_NAMES:
        return text
    return _POD.sub("pod", _NODE.sub("node", text))


def has_chinese(text: str) -> bool:
    return _CJK_RUN.search(text) is not None


def stem(word: str) -> str:
    """A light stem: enough for allocate / allocated / allocating to meet, without a dictionary."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word.removesuffix(suffix).rstrip("e")
    return word.rstrip("e") if len(word) > 4 else word


def words(text: str) -> list[str]:
    """Latin words as whole tokens and as stemmed parts, without stop words."""
    found: list[str] = []
    for word in _WORD.findall(_CAMEL.sub("-", text).lower()):
        parts = [part for part in _SPLIT.split(word) if part]
        found.extend(stem(part) for part in parts if part not in _STOP)
        if len(parts) > 1:
            found.append("".join(parts))
    return found


def chinese_grams(text: str) -> list[str]:
    """One to three characters in a row: Chinese has no spaces to cut words at."""
    return [run[i : i + n] for run in _CJK_RUN.findall(text) for n in (1, 2, 3) for i in range(len(run) - n + 1)]


@lru_cache(maxsize=20_000)
def character_grams(stem: str) -> tuple[str, ...]:
    """The terms for three to five letters in a row within the word's marked edges: typing errors spare most of them."""
    marked = f"<{stem[:24]}>"
    return tuple(sys.intern(f"c:{marked[i : i + n]}") for n in (3, 4, 5) for i in range(len(marked) - n + 1))


def terms(text: str, english: str = "") -> Counter[str]:
    """All lexical features of a text; ``english`` holds what the glossary made of its Chinese.

    Interned, since thousands of texts are held at once when an index is built, and share most of theirs.
    """
    latin = words(text) + words(english)
    found = [sys.intern(f"w:{word}") for word in latin]
    found += [sys.intern(f"p:{first} {second}") for first, second in pairwise(latin)]
    found += chain.from_iterable(map(character_grams, latin))
    found += [sys.intern(f"z:{gram}") for gram in chinese_grams(text)]
    return Counter(found)
