"""Verdicts, and why there is none, in the words that every door uses alike."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.diagnosis.judge import Verdict


@dataclass(frozen=True)
class Word:
    """A verdict in words. ``mark`` differs in shape, so that nothing hangs on colour; ``about`` is for newcomers."""

    mark: str
    word: str
    about: str


WORDS: Mapping[Verdict, Word] = {
    Verdict.CONFIRMED: Word("●", "CONFIRMED", "it is so on this cluster, now"),
    Verdict.SUSPECTED: Word("◐", "SUSPECTED", "the cluster could not decide; what would settle it is said"),
    Verdict.RULED_OUT: Word("○", "RULED OUT", "it is not so on this cluster"),
    Verdict.ANSWERED: Word("▸", "ANSWER", "a guide: nothing is broken by itself"),
}


FAILING = "Failing here"
NOT_ASKED = "Your words did not point to this; the cluster shows it now."
KNOWLEDGE_ALONE = "What follows is knowledge alone; nothing of it was checked. Ask again when kubectl answers."


def explain_unmatched(requests: int, *, is_whole: bool) -> str:
    """Why nothing is told; ``is_whole``: all that was asked for could be read."""
    if requests:
        where = "in the cluster" if is_whole else "in what could be read of the cluster"
        return f"These words fit no entry clearly, and no fault of the network is seen {where}."
    return "No entry of the container-networking FAQ fits these words, so nothing was read."
