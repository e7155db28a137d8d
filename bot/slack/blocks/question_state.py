"""How far a question has come, in a few words under its thread, and as one emoji on the message that asked."""

from collections.abc import Sequence
from enum import StrEnum

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report
from bot.probes.findings import clip
from bot.text import one_line

RESTARTING = "is restarting, and goes on with this by itself in a moment"
LONGEST_STATUS = 100
LONGEST_CLUSTER = 60
MOST_KINDS = 3


class QuestionState(StrEnum):
    """The name of the emoji that shows it."""

    LOOKING = "eyes"
    CONFIRMED = "red_circle"
    OPEN = "grey_question"
    NOTHING_FOUND = "white_circle"
    RESOLVED = "white_check_mark"


def question_state(report: Report) -> QuestionState:
    """What was found. Nothing was, only where the cluster was read and nothing of what the question needs was missed.

    What is suspected is open, and so is what fails for a reason that no entry knows.
    """
    first = report.diagnoses[0].verdict if report.diagnoses else None
    if first is Verdict.CONFIRMED:
        return QuestionState.CONFIRMED
    is_judged = first is Verdict.RULED_OUT or not report.missed
    if first is Verdict.SUSPECTED or not report.was_read or report.failing or not is_judged:
        return QuestionState.OPEN
    return QuestionState.NOTHING_FOUND


def looking_status(cluster: str, kinds: Sequence[str] = (), *, is_again: bool = False) -> str:
    """What stands behind the app's name: ``is looking at prod: events, pods…``.

    Of ``kinds``, the last ones, without their API groups.
    """
    again = " again" if is_again else ""
    where = f"at {clip(one_line(cluster), LONGEST_CLUSTER)}{again}" if cluster else f"this up{again}"
    short = list(dict.fromkeys(kind.partition(".")[0] for kind in kinds))
    named = f": {', '.join(short[-MOST_KINDS:])}" if short else ""
    return clip(f"is looking {where}{named}…", LONGEST_STATUS)
