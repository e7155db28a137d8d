"""The probe of the question itself: whether its words carry what tells an entry from its neighbours."""

from dataclasses import replace

from bot.cluster.session import ClusterSession
from bot.probes.declaration import Wordings
from bot.probes.findings import Finding
from bot.probes.registry import present, probe, unknown
from knowledge.word_patterns import normalize, word_pattern

ANOTHER_CAUSE = "<another cause>"  # speaks against every setting


@probe(nature="condition", reads=None)
async def question_says(session: ClusterSession, *, about: str, contains: Wordings, unless: Wordings = ()) -> Finding:
    """Whether the question speaks of something, in English or Chinese. Nothing is read; without a question it is so.

    Silence is unknown: people leave out what they take for granted. So is what speaks against it, as words that name
    another cause (knowledge/word_groups.yaml) always do: words are misread.
    Wordings are patterns of whole words: "restart*", "host port" (hostPort, host-port), "(its|their) own service",
    "other pods ... <fails>" (within one part of a sentence), "udp & session" (anywhere), "@name pod <reaches> @name"
    (the same name twice). What is denied is not said; nothing speaks against it that there is none of, or that is well.
    Of several in one entry the first says what it is about; others, that it fails.

    Args:
        about: what it has to be about, in words that an answer can show
        contains: wordings of which it must say one
        unless: wordings that say the contrary
    """
    words = normalize(session.scope.text)
    if not session.scope.text.strip():
        return present(f"no words were asked that speak against {about}")
    against = next(
        filter(None, (word_pattern(wording).find(words, unless_well=True) for wording in (ANOTHER_CAUSE, *unless))),
        None,
    )
    if against is not None:
        return replace(unknown(f'the words "{against}" do not fit {about}'), is_contrary=True)
    said = next(filter(None, (word_pattern(wording).find(words) for wording in contains)), None)
    return unknown(f"the words do not speak of {about}") if said is None else present(f"the words speak of {about}")
