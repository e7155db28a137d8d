"""What tells a fault from its look-alikes, learned from messages that mean it and messages that only sound like it.

Some faults show nothing in the cluster but a setting. Whether somebody means them is then for the words to say, and
strangers have more words than any list of patterns. The texts are in ``knowledge/look_alikes``.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from index.classifiers import fit_votes, lexical_matrix
from index.lexical import Floats, Integers, Vocabulary
from index.scorer import Message
from index.word_order import ordered_terms
from knowledge.errors import FAILED, UserFacingError

FOLDER = "look_alikes"
MEANT, ALIKE = "+ ", "- "
NARROWNESS, STRENGTH = 2.0, 3.0
SLOPE = 2.0
VIEWS = (0.75, 0.75)  # how much each kind of terms counts: what it is about, and word order
Terms = tuple[Integers, Floats]  # rows and weights
_ARRAYS = ("vectors", "votes", "term_votes", "bias")
Messages = Callable[[Sequence[str]], Sequence[Message]]


class LookAlikesError(UserFacingError):
    """The look-alikes of an entry cannot be read; the message names file and line."""

    exit_code = FAILED


@dataclass(frozen=True)
class LookAlikeTexts:
    """Of one entry: the messages that mean it, and those that are about something else."""

    entry_id: str
    meant: tuple[str, ...]
    alike: tuple[str, ...]


@dataclass(frozen=True)
class TermViews:
    """The terms of a text, seen in the ways of ``VIEWS``: a vocabulary each, their rows one after the other."""

    vocabularies: tuple[Vocabulary, ...]

    @classmethod
    def fit(cls, messages: Sequence[Message]) -> tuple["TermViews", list[Terms]]:
        """With the vectors of the texts that they are fitted to."""
        seen = [_views(message) for message in messages]
        views = cls(tuple(Vocabulary.fit([each[view] for each in seen]) for view in range(len(VIEWS))))
        return views, [views._vector(each) for each in seen]

    def vector(self, message: Message) -> Terms:
        """Rows and weights of a text."""
        return self._vector(_views(message))

    @property
    def size(self) -> int:
        return sum(len(vocabulary.rows) for vocabulary in self.vocabularies)

    def _vector(self, seen: Sequence[Counter[str]]) -> Terms:
        found = [vocabulary.vector(terms) for vocabulary, terms in zip(self.vocabularies, seen, strict=True)]
        starts = np.cumsum([0, *(len(vocabulary.rows) for vocabulary in self.vocabularies[:-1])])
        rows = [start + rows for start, (rows, _) in zip(starts, found, strict=True)]
        weights = [weights * np.sqrt(share) for share, (_, weights) in zip(VIEWS, found, strict=True)]
        return np.concatenate(rows), np.concatenate(weights).astype(np.float32)


def _views(message: Message) -> tuple[Counter[str], ...]:
    return message.terms, ordered_terms(message.english)


@dataclass(frozen=True, kw_only=True)
class LookAlikes:
    """What was learned: the texts that vote, and their votes, a column an entry.

    ``vectors``: of these texts, by the encoder, in half precision; ``term_votes``: the votes that come of a term, for
    the lexical side is linear. ``key`` is the hash of code, model and look-alikes, ``others`` are hashes of what else
    it was learned from.
    """

    key: str
    others: tuple[str, ...]
    ids: tuple[str, ...]
    terms: TermViews
    vectors: Any
    votes: Floats
    term_votes: Floats
    bias: Floats

    def likeness(self, message: Message) -> dict[str, float]:
        """By entry how far the words mean it rather than a look-alike of it, from 0 to 1; at the border .5."""
        if not self.ids:
            return {}
        rows, weights = self.terms.vector(message)
        margins = _wide(self.vectors @ message.vector) @ self.votes + weights @ self.term_votes[rows] + self.bias
        shares = 1 / (1 + np.exp(-SLOPE * np.clip(margins, -10, 10)))
        return dict(zip(self.ids, map(float, shares), strict=True))


def _wide(cosines: Any) -> Any:
    """The kernel in the encoder's space; in the lexical one it is linear: a clause more makes another thing of it."""
    return np.exp(NARROWNESS * (cosines - 1.0))


def read_look_alikes(folder: Path, ids: Sequence[str]) -> tuple[LookAlikeTexts, ...]:
    """The texts of those entries that have any: a file an entry, a message a line, "+ " before those that mean it.

    Raises:
        LookAlikesError: a line begins otherwise, or one side has no message.
    """
    paths = [path for entry_id in sorted(ids) if (path := folder / f"{entry_id}.txt").is_file()]
    return tuple(_read(path) for path in paths)


def _read(path: Path) -> LookAlikeTexts:
    sides: dict[str, list[str]] = {MEANT: [], ALIKE: []}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[:2] not in sides:
            raise LookAlikesError(f'{path}:{number}: begin a message that means the entry with "+ ", others with "- "')
        sides[line[:2]].append(line[2:].strip())
    if not all(sides.values()):
        raise LookAlikesError(f'{path}: nothing can be learned without messages of both sides, "+ " and "- "')
    return LookAlikeTexts(path.stem, *(tuple(dict.fromkeys(texts)) for texts in sides.values()))


def learn_look_alikes(
    key: str, texts: Sequence[LookAlikeTexts], others: Sequence[str], messages: Messages
) -> LookAlikes:
    """One classifier an entry: what means it against its look-alikes, what is said of other entries, and ``others``."""
    told = [text for one in texts for text in (*one.meant, *one.alike)]
    everything = list(dict.fromkeys([*told, *others])) if told else []
    known = messages(everything) if everything else []
    terms, lexical = TermViews.fit(known)
    vectors = np.array([message.vector for message in known], dtype=np.float16)
    words = lexical_matrix(lexical, terms.size)
    votes, bias = _learn_votes(texts, everything, vectors.astype(np.float32), words)
    voters = np.flatnonzero(votes.any(axis=1))
    return LookAlikes(
        key=key,
        others=tuple(map(short_hash, others)),
        ids=tuple(one.entry_id for one in texts),
        terms=terms,
        vectors=vectors[voters],
        votes=votes[voters],
        term_votes=(words.T @ votes).astype(np.float32),
        bias=bias,
    )


def _learn_votes(
    texts: Sequence[LookAlikeTexts], everything: Sequence[str], vectors: Floats, words: Any
) -> tuple[Floats, Floats]:
    votes = np.zeros((len(everything), len(texts)), dtype=np.float32)
    bias = np.zeros(len(texts), dtype=np.float32)
    if texts:
        gram = _wide(vectors @ vectors.T) + (words @ words.T).toarray()
    for column, one in enumerate(texts):
        rows, found, bias[column] = fit_votes(gram, np.isin(everything, one.meant), STRENGTH)
        votes[rows, column] = found
    return votes, bias


def stored(learned: LookAlikes) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is kept as JSON, and what as arrays."""
    vocabularies = learned.terms.vocabularies
    terms = [sorted(each.rows, key=each.rows.__getitem__) for each in vocabularies]
    texts = {"key": learned.key, "others": learned.others, "ids": learned.ids, "terms": terms}
    rarity = np.concatenate([each.rarity for each in vocabularies])
    arrays = {"rarity": rarity} | {name: getattr(learned, name) for name in _ARRAYS}
    return texts, {f"look_alikes_{name}": array for name, array in arrays.items()}


def from_stored(texts: Mapping[str, Any], arrays: Mapping[str, Any]) -> LookAlikes:
    """The contrary of ``stored``."""
    rarity, *learned = (arrays[f"look_alikes_{name}"] for name in ("rarity", *_ARRAYS))
    return LookAlikes(
        key=texts["key"],
        others=tuple(texts["others"]),
        ids=tuple(texts["ids"]),
        terms=TermViews(tuple(_vocabularies(texts["terms"], rarity))),
        **dict(zip(_ARRAYS, learned, strict=True)),
    )


def _vocabularies(terms: Sequence[Sequence[str]], rarity: Floats) -> Iterator[Vocabulary]:
    ends = np.cumsum([0, *map(len, terms)])
    for start, end, each in zip(ends, ends[1:], terms, strict=False):
        yield Vocabulary({term: row for row, term in enumerate(each)}, rarity[start:end], len(each))


def as_json(texts: Sequence[LookAlikeTexts]) -> bytes:
    """The texts as one string of bytes, for hashes."""
    return orjson.dumps([[one.entry_id, one.meant, one.alike] for one in texts])


def short_hash(*parts: str) -> str:
    """16 digits that stand for a text, in files that need not hold it."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
