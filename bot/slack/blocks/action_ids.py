"""What people can press and send: every id and value, declared once for those who show and those who listen."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

# action ids
RECHECK = "recheck"
HELPED = "helped"
NOT_HELPED = "not_helped"
EVIDENCE = "evidence"
STEPS = "steps"
HAND_OVER = "hand_over"
TAKE_CASE = "take_case"
RESOLVE = "resolve"
SETTLE_YES = "settle_yes"
SETTLE_NO = "settle_no"
TAKE = "take"
WATCH = "watch"
UNWATCH = "unwatch"
CHECK_ALL = "check_all"
CHECK_CLUSTER = "check_cluster"  # its value is made in ``blocks/fleet``
SHARE_ANSWER = "share_answer"
SHOW_WHOLE = "show_whole"
OTHER_CLUSTER = "other_cluster"
CASE_MENU = "case_menu"  # behind three dots: an option's value is made by ``menu_value``
CHOOSE_CLUSTER = "choose_cluster"
OPEN_FORM = "open_form"
HOME_RECHECK = "home_recheck"
HANDOFF_TAKEN = "handoff_taken"
HANDOFF_NOTE = "handoff_note"
EVIDENCE_PAGE = "evidence_page"
STEPS_PAGE = "steps_page"
PAGES = (EVIDENCE_PAGE, STEPS_PAGE)  # with a number behind them: Slack wants an id once a block

# callback ids
DIAGNOSE_MESSAGE = "diagnose_message"
ASK = "ask"
ASK_FORM = "ask_form"
NOTE_FORM = "note_form"
HANDOFF_NOTE_FORM = "handoff_note_form"
EVIDENCE_VIEW = "evidence_view"
STEPS_VIEW = "steps_view"


@dataclass(frozen=True)
class ButtonValue:
    """Which case and which of its answers a button is about. ``at``: when it was posted; ``page`` in modals.

    ``entry``: of the entry whose question it answers.
    """

    case: str
    answer: str
    at: datetime
    page: int = 0
    entry: str = ""

    def dumps(self) -> str:
        """As a button's value or a view's private metadata."""
        kept: dict[str, str | int] = {
            "case": self.case,
            "diagnosis": self.answer,
            "at": int(self.at.timestamp()),
        }
        more = {"page": self.page, "entry": self.entry}
        return json.dumps({**kept, **{name: value for name, value in more.items() if value}}, separators=(",", ":"))

    @staticmethod
    def loads(text: str) -> "ButtonValue":
        """What ``dumps`` wrote.

        Raises:
            ValueError: it was written by somebody else.
        """
        try:
            kept = json.loads(text)
            at = datetime.fromtimestamp(int(kept["at"]), UTC)
            page, entry = int(kept.get("page", 0)), str(kept.get("entry", ""))
            return ButtonValue(str(kept["case"]), str(kept["diagnosis"]), at, page, entry)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError) as error:
            raise ValueError(f"this is no button of netclinic: {text[:80]!r}") from error


def menu_value(action: str, value: ButtonValue) -> str:
    """The value of an option that does what a button with this action would do: Slack takes 150 characters."""
    return f"{action} {value.case} {int(value.at.timestamp())} {value.answer}"


def parse_menu_value(text: str) -> tuple[str, str]:
    """The action of a chosen option, and the value that its button would have; both empty where it is none of ours."""
    try:
        action, case, at, answer = text.split(" ", 3)
        return action, ButtonValue(case, answer, datetime.fromtimestamp(int(at), UTC)).dumps()
    except (ValueError, OverflowError, OSError):
        return "", ""
