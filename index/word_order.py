"""Terms that tell who does what to whom: small words and their order.

What a text is about, the terms of ``tokenize`` say. "It reaches others" and "others reach it" are the same to them.
"""

import re
from collections import Counter
from itertools import pairwise

from index.tokenize import stem

_WORD_OR_SIGN = re.compile(r"[a-z]+(?:'[a-z]+)?|[0-9]+|[,.;:!?]")


def ordered_terms(english: str) -> Counter[str]:
    """Words and signs, stop words among them: single, two and three in a row, and two with one between."""
    words = ["#" if word.isdigit() else stem(word) for word in _WORD_OR_SIGN.findall(english.lower())]
    found = [f"u:{word}" for word in words]
    found += [f"b:{first} {second}" for first, second in pairwise(words)]
    found += [f"s:{first} {third}" for first, third in zip(words, words[2:], strict=False)]
    found += [f"t:{' '.join(three)}" for three in zip(words, words[1:], words[2:], strict=False)]
    return Counter(found)
