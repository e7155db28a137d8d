"""What the words of a question point to: the index as the flow needs it, and the scores of the entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

MOST_MATCHES = 5  # entries shown for one question: more are noise at 3 a.m.
SHARE_OF_BEST = 0.12  # an entry whose score is a smaller share of the best one's was not meant
IMPOSSIBLE = 0.03  # what is left of an entry's score where it cannot apply: clear words still come first
VAGUE = 8  # entries that vague words may have meant
CLEAR = 0.5  # from this score on the words plainly describe the entry


class Matched(Protocol):
    """One entry that the words point to."""

    @property
    def entry_id(self) -> str: ...

    @property
    def score(self) -> float: ...


class Matches(Protocol):
    """What the index says of a text."""

    @property
    def in_scope(self) -> bool: ...

    @property
    def confidence(self) -> float: ...

    @property
    def matches(self) -> Sequence[Matched]: ...

    @property
    def likeness(self) -> Mapping[str, float]: ...


class Matcher(Protocol):
    """The index."""

    def match(self, text: str) -> Matches: ...


@dataclass(frozen=True)
class MatchScores:
    """Scores by entry id. ``named``: people named the entries themselves, so that all of them are meant.

    ``in_doubt``: the words may be about something else, by the index's calibration: alone they confirm nothing.
    ``likeness``: of entries that have look-alikes how far the words mean them rather than those, from 0 to 1.
    """

    scores: Mapping[str, float]
    named: bool = False
    in_doubt: bool = False
    likeness: Mapping[str, float] = field(default_factory=dict)

    def best(self) -> dict[str, float]:
        """The entries that are worth showing, best first."""
        ranked = dict(sorted(self.scores.items(), key=lambda item: -item[1]))
        if self.named:
            return ranked
        top = max(ranked.values(), default=0.0)
        return {id_: score for id_, score in list(ranked.items())[:MOST_MATCHES] if score >= top * SHARE_OF_BEST}

    def weighted(self, possible: Sequence[str]) -> "MatchScores":
        """The scores on a cluster where only these entries can apply; the others keep a small share of theirs."""
        weights = {id_: score * (1.0 if id_ in possible else IMPOSSIBLE) for id_, score in self.scores.items()}
        total = sum(weights.values()) or 1.0
        return replace(self, scores={id_: weight / total for id_, weight in weights.items()})

    def vague_score(self, id_: str) -> float | None:
        """The score of an entry that the cluster brought up, where the words are vague enough to have meant it."""
        ranked = sorted(self.scores, key=lambda other: -self.scores[other])
        is_vague = not ranked or self.scores[ranked[0]] < CLEAR
        return self.scores[id_] if is_vague and id_ in ranked[:VAGUE] else None

    def plainly_describe(self, id_: str) -> bool:
        """Whether the words plainly describe this entry's symptom."""
        return not self.in_doubt and self.scores.get(id_, 0.0) >= CLEAR
