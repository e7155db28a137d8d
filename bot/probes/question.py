"""The probe of the question itself: whether its words carry what tells an entry from its neighbours."""

from bot.cluster.session import ClusterSession
from bot.probes.findings import Finding
from bot.probes.registry import Strings, present, probe, unknown


@probe(nature="condition", reads=None)
async def question_says(session: ClusterSession, *, about: str, contains: Strings, unless: Strings = ()) -> Finding:
    """Whether the question speaks of something, in English or Chinese. Nothing is read; without a question it is so.

    Silence is unknown: people leave out what they take for granted.

    Args:
        about: what it has to be about, in words that an answer can show
        contains: texts of which it must contain one, in any case
        unless: texts that say the contrary
    """
    words = session.scope.text.lower()
    if not words:
        return present(f"no words were asked that speak against {about}")
    against = next((text for text in unless if text.lower() in words), None)
    if against is not None:
        return unknown(f"the words speak of {against!r}, not of {about}")
    said = next((text for text in contains if text.lower() in words), None)
    return unknown(f"the words do not speak of {about}") if said is None else present(f"the words speak of {about}")
