"""A case in its messages: who asked, what was pressed, whether it is resolved, and what can be pressed now.

What the on-call engineers are told when a case is handed to them.

The one message that becomes the answer, while it is not there yet.

Refusals and errors: one sentence that names the thing and the way out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.diagnosis.report import Report, ReportDiagnosis
from bot.diagnosis.wording import WORDS
from bot.probes.findings import clip
from bot.slack.blocks.action_ids import EVIDENCE, HAND_OVER, HELPED, NOT_HELPED, RECHECK, RESOLVE, STEPS, ButtonValue
from bot.slack.blocks.elements import (
    LONGEST_TEXT,
    Block,
    Element,
    Message,
    View,
    button,
    confirm_dialog,
    context,
    escape_mrkdwn,
    header,
    inline_code_runs,
    line,
    link,
    mention,
    mention_text,
    plain_text,
    preformatted,
    rich_text,
    text_run,
)
from bot.slack.blocks.limits import pack_blocks
from bot.text import age, clock, one_line, span

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


def case_footer(case: CaseLine, asker: str | None) -> list[Element]:
    """Small facts: what was asked and by whom, the case, and what was done with it."""
    asked = (
        [line(text_run("Asked: ", bold=True), text_run(clip(case.question, LONGEST_QUESTION)))] if case.question else []
    )
    parts = [text_run(f"Case {case.id}", code=True)]
    parts += [text_run(f" · namespace {case.namespace}")] if case.namespace else []
    for words, person in _deeds(case, asker):
        is_group = person.startswith("S")  # the handing over has mentioned them: an answer must not call them again
        parts += [text_run(f" · {words} on-call")] if is_group else [text_run(f" · {words} "), mention(person)]
    return [*asked, line(*parts)]


def welcome_message(case: str) -> Message:
    """What one says when thanked; ``case`` is the open one that it was about, if any."""
    still = f" Case {case} is still open: press Resolve on its answer once it is over." if case else ""
    return Message(text=f"You are welcome.{still}", blocks=[rich_text([line(text_run(f"You are welcome.{still}"))])])


def resolved_line(case: CaseLine) -> Element:
    """By whom, when, and after how long."""
    when = clock(case.resolved_at) if case.resolved_at else ""
    took = f", after {span(case.opened_at, case.resolved_at)}" if case.opened_at and case.resolved_at else ""
    return line(
        text_run("✓ Resolved", bold=True), text_run(" by "), mention(case.resolved_by), text_run(f", {when}{took}.")
    )


def _deeds(case: CaseLine, asker: str | None) -> Iterator[tuple[str, str]]:
    people = {
        "asked by": asker,
        "helped, says": case.helped_by,
        "did not help, says": case.not_helped_by,
        "handed to": case.handed_to,
        "by": case.handed_by if case.handed_to else "",
    }
    yield from ((words, person) for words, person in people.items() if person)


def case_buttons(case: CaseLine, told: Report, *, evidence: bool, steps: bool) -> list[Element]:
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
    ask = confirm_dialog(
        "Hand to on-call?", "The on-call engineers are mentioned here with a summary of this case.", "Hand over"
    )
    return [
        button(RECHECK, "Re-check", value, style="primary"),
        *([] if told else [button(HELPED, "It helped", value), button(NOT_HELPED, "It did not", value)]),
        *([] if case.handed_to or not case.has_oncall else [button(HAND_OVER, "Hand to on-call", value, confirm=ask)]),
        button(RESOLVE, "Resolve", value),
    ]


LONGEST_TITLE = 300
LONGEST_REASON = 500
LONGEST_COMMAND = 1500
NOTHING = "No entry fits; the cause is not known yet"


def handover_summary(
    told: Report, case: CaseLine, *, to: str, by: str, now: datetime, permalink: str = "", note: str = ""
) -> Message:
    """Mentions ``to`` (a user group or a person) and says in short what is known and what comes next."""
    first = told.diagnoses[0] if told.diagnoses else None
    mark, word = (WORDS[first.verdict].mark, WORDS[first.verdict].word) if first else ("?", "UNKNOWN")
    title = clip(first.title, LONGEST_TITLE) if first else NOTHING
    where = f"Cluster {clip(told.cluster.name, 100)}, case" if told.cluster else "Case"
    said_aloud = escape_mrkdwn(f"{word}: {title}. {where} {case.id}.")
    facts = [*_case_parts(told, case, now, permalink), *_note(note), *(_next_parts(first, told) if first else [])]
    return Message(
        text=f"{mention_text(to)} {mention_text(by)} hands this case to you. {said_aloud}",
        blocks=[
            rich_text([line(mention(to), text_run(", "), mention(by), text_run(" hands this case to you."))]),
            header(f"{mark} {word}: {title}"),
            *pack_blocks([facts]),
        ],
    )


def _case_parts(told: Report, case: CaseLine, now: datetime, permalink: str) -> Iterator[Element]:
    cluster = f" · cluster {clip(told.cluster.name, 100)}" if told.cluster else ""
    opened = f" · open for {span(case.opened_at, now)}" if case.opened_at else ""
    thread = [text_run(" · "), link(permalink, "thread")] if permalink else []
    yield line(text_run(f"Case {case.id}", code=True), text_run(f"{cluster}{opened}"), *thread)
    if told.question:
        yield line(text_run("Asked: ", bold=True), text_run(clip(told.question, 200)))


def _note(note: str) -> list[Element]:
    return [line(text_run("Note: ", bold=True), text_run(clip(note, 500)))] if note else []


def _next_parts(first: ReportDiagnosis, told: Report) -> Iterator[Element]:
    """Why it is said, the strongest piece of evidence, and what comes first."""
    yield line(text_run("Why: ", bold=True), text_run(clip(first.reason, LONGEST_REASON)))
    for piece in first.evidence[:1]:
        seen = f" · seen {age(piece.seen, told.now)}: {clip(piece.excerpt)}"
        yield line(text_run(clip(piece.object, LONGEST_TITLE), bold=True), text_run(seen))
    steps = (*first.settle, *first.steps)
    for step in steps[:1]:
        label = f"{'To be settled first' if first.settle else 'To do'} (1 of {len(steps)}): "
        yield line(text_run(label, bold=True), text_run(clip(step.text, LONGEST_REASON)))
        if step.command and len(step.command) <= LONGEST_COMMAND:
            yield preformatted(step.command)


PROGRESS_LONGEST_QUESTION = 150
PROGRESS_LONGEST_TITLE = 200
MOST_DONE = 12


class Stage(StrEnum):
    """How far an answer has come."""

    WAITING = "waiting"
    MATCHING = "matching"
    READING = "reading"
    JUDGING = "judging"
    RECHECKING = "rechecking"


_WORDS = {
    Stage.WAITING: "Received; it is looked at in its turn.",
    Stage.MATCHING: "Finding the entries that fit these words.",
    Stage.READING: "Reading the cluster.",
    Stage.JUDGING: "Weighing what was read.",
    Stage.RECHECKING: "Looking again.",
}


def progress_message(
    question: str,
    stage: Stage,
    *,
    done: Sequence[str] = (),
    doing: str = "",
    cluster: str = "",
) -> Message:
    """``question`` (or the case's title); ``done`` and ``doing`` in a few words each, e.g. ``events``."""
    where = f" on {clip(cluster, 100)}" if cluster else ""
    asked = clip(one_line(question), PROGRESS_LONGEST_QUESTION)
    first = line(text_run("Looking at "), text_run(asked, italic=True), text_run(f"{where}. {_WORDS[stage]}"))
    reads = _reads(done, doing)
    return Message(
        text=escape_mrkdwn(f"Looking at “{asked}”{where}. {_WORDS[stage]}"),
        blocks=[rich_text([first]), *([context(*reads)] if reads else [])],
        richer=[_plan(clip(f"Looking at “{asked}”{where}", PROGRESS_LONGEST_TITLE), stage, reads)],
    )


def _plan(title: str, stage: Stage, reads: Sequence[str]) -> Block:
    """The stages as Slack's plan of tasks; what was read stands under the reading."""
    first = Stage.RECHECKING if stage is Stage.RECHECKING else Stage.MATCHING
    stages = (first, Stage.READING, Stage.JUDGING)
    now = stages.index(stage) if stage in stages else -1
    return {"type": "plan", "title": title, "tasks": [_task(each, at, now, reads) for at, each in enumerate(stages)]}


def _task(stage: Stage, at: int, now: int, reads: Sequence[str]) -> Block:
    status = "complete" if at < now else "in_progress" if at == now else "pending"
    details = {"details": rich_text([line(text_run("; ".join(reads)))])} if stage is Stage.READING and reads else {}
    return {"type": "task_card", "task_id": str(stage), "title": _WORDS[stage], "status": status, **details}


def _reads(done: Sequence[str], doing: str) -> list[str]:
    """The last ones by name, all of them by number."""
    named = [clip(name, 60) for name in done[-MOST_DONE:]]
    earlier = len(done) - len(named)
    lines = [f"✓ {', '.join(([f'{earlier} more'] if earlier else []) + named)}"] if done else []
    return lines + ([f"… {clip(doing, 60)}"] if doing else [])


def refusal_message(sentence: str, *, request: str = "") -> Message:
    """``request``: the id under which the audit log and the structured logs hold the details."""
    shown = clip(sentence, LONGEST_TEXT)
    details = [context(f"Details under request {request}")] if request else []
    return Message(text=escape_mrkdwn(shown), blocks=[rich_text([line(*inline_code_runs(shown))]), *details])


def refusal_modal(sentence: str, *, request: str = "") -> View:
    """The same where there is no channel to say it in: on App Home, and in other modals."""
    return {
        "type": "modal",
        "title": plain_text("Not done"),
        "close": plain_text("Close"),
        "blocks": refusal_message(sentence, request=request).blocks,
    }
