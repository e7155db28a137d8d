"""A case in its messages: who asked, what was pressed, whether it is resolved, and what can be pressed now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.diagnosis.report import Told
from bot.probes.findings import clip
from bot.slack.blocks.action_ids import EVIDENCE, HAND_OVER, HELPED, NOT_HELPED, RECHECK, RESOLVE, STEPS, ButtonValue
from bot.slack.blocks.elements import Element, button, line, rich, said, sure, who
from bot.slack.blocks.messages import Message
from bot.text import clock, span

LONGEST_QUESTION = 300


@dataclass(frozen=True, kw_only=True)
class CaseLine:
    """A case as its answer shows it. People are Slack ids; ``at`` is when the diagnosis was posted.

    Of a private one, which one person sees, nothing can be told to others. ``question`` is what was asked, where no
    message in the thread says it; ``namespace`` what it was about, if one was named. ``has_oncall``: there is somebody
    to hand it to.
    """

    id: str
    diagnosis: str
    at: datetime
    opened_at: datetime | None = None
    helped_by: str = ""
    not_helped_by: str = ""
    handed_to: str = ""
    handed_by: str = ""
    resolved_by: str = ""
    resolved_at: datetime | None = None
    is_private: bool = False
    has_oncall: bool = True
    namespace: str = ""
    question: str = ""

    @property
    def value(self) -> ButtonValue:
        """What its buttons carry."""
        return ButtonValue(self.id, self.diagnosis, self.at)


def footer(case: CaseLine, asker: str | None) -> list[Element]:
    """Small facts: what was asked and by whom, the case, and what was done with it."""
    asked = [line(said("Asked: ", bold=True), said(clip(case.question, LONGEST_QUESTION)))] if case.question else []
    parts = [said(f"Case {case.id}", code=True)]
    parts += [said(f" · namespace {case.namespace}")] if case.namespace else []
    for words, person in _deeds(case, asker):
        is_group = person.startswith("S")  # the handing over has mentioned them: an answer must not call them again
        parts += [said(f" · {words} on-call")] if is_group else [said(f" · {words} "), who(person)]
    return [*asked, line(*parts)]


def welcome(case: str) -> Message:
    """What one says when thanked; ``case`` is the open one that it was about, if any."""
    still = f" Case {case} is still open: press Resolve on its answer once it is over." if case else ""
    return Message(text=f"You are welcome.{still}", blocks=[rich([line(said(f"You are welcome.{still}"))])])


def resolved_line(case: CaseLine) -> Element:
    """By whom, when, and after how long."""
    when = clock(case.resolved_at) if case.resolved_at else ""
    took = f", after {span(case.opened_at, case.resolved_at)}" if case.opened_at and case.resolved_at else ""
    return line(said("✓ Resolved", bold=True), said(" by "), who(case.resolved_by), said(f", {when}{took}."))


def _deeds(case: CaseLine, asker: str | None) -> Iterator[tuple[str, str]]:
    people = {
        "asked by": asker,
        "helped, says": case.helped_by,
        "did not help, says": case.not_helped_by,
        "handed to": case.handed_to,
        "by": case.handed_by if case.handed_to else "",
    }
    yield from ((words, person) for words, person in people.items() if person)


def case_buttons(case: CaseLine, told: Told, *, evidence: bool, steps: bool) -> list[Element]:
    """What can be pressed now. Of a resolved case nothing but what shows more of it; where nothing was told, little."""
    value = case.value.dumps()
    acting = [] if case.resolved_at else _acting(case, value)
    useless = {*([] if told.cluster else [RECHECK]), *([] if told.diagnoses else [HELPED, NOT_HELPED])}
    useless |= {HELPED, NOT_HELPED, HAND_OVER, RESOLVE} if case.is_private else set()
    acting = [made for made in acting if made["action_id"] not in useless]
    showing = [
        *([button(EVIDENCE, "Show evidence", value)] if evidence else []),
        *([button(STEPS, "All steps", value)] if steps else []),
    ]
    after = [made for made in acting if made["action_id"] in (HAND_OVER, RESOLVE)]
    return [*(made for made in acting if made not in after), *showing, *after]


def _acting(case: CaseLine, value: str) -> list[Element]:
    told = bool(case.helped_by or case.not_helped_by)
    ask = sure("Hand to on-call?", "The on-call engineers are mentioned here with a summary of this case.", "Hand over")
    return [
        button(RECHECK, "Re-check", value, style="primary"),
        *([] if told else [button(HELPED, "It helped", value), button(NOT_HELPED, "It did not", value)]),
        *([] if case.handed_to or not case.has_oncall else [button(HAND_OVER, "Hand to on-call", value, confirm=ask)]),
        button(RESOLVE, "Resolve", value),
    ]
