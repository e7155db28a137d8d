"""A case in Slack: its footer below an answer, its progress before there is one, and what on-call is told.

Refusals too: one sentence that names the thing and the way out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.diagnosis.labels import ENGLISH, Labels
from bot.diagnosis.language import labels_for, labels_of
from bot.diagnosis.report import Report, ReportDiagnosis
from bot.diagnosis.wording import word_of
from bot.probes.findings import clip
from bot.slack.blocks.action_ids import (
    SETTLE_NO,
    SETTLE_YES,
    TAKE_CASE,
    ButtonValue,
)
from bot.slack.blocks.elements import (
    LONGEST_TEXT,
    Block,
    Element,
    Message,
    View,
    actions,
    button,
    context,
    date_run,
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
from bot.text import age, duration, one_line, span

LONGEST_QUESTION = 300
LONGEST_TITLE = 300
LONGEST_REASON = 500
LONGEST_COMMAND = 1500
NO_ENTRY_FITS = "No entry fits; the cause is not known yet"
LONGEST_PROGRESS_QUESTION = 150
MOST_CALLED = 10
LONGEST_PROGRESS_TITLE = 200
MOST_READS = 12


@dataclass(frozen=True, kw_only=True)
class CaseLine:
    """A case as its answer shows it. People are Slack ids; ``at`` is when the diagnosis was posted.

    Of a private one, which one person sees, nothing can be shown to others unless it ``is_shareable``: there is a
    channel to share it to. ``question`` is what was asked, where no
    message in the thread says it; ``namespace`` what it was about, if one was named. ``has_oncall``: there is somebody
    to hand it to. ``settled``: who has answered an entry's question, and whether with yes. ``taken_by`` is on it, and
    ``watched_until`` netclinic looks again by itself. So many ``askers`` ask it, in this and other threads, and
    ``alerts`` of other threads tell of it. ``same_as`` is the case in another thread that it stands with, and what is
    done is done there.

    ``is_talk``: it is none, as no entry fits and nothing was read, or nothing is wrong on a further cluster.
    ``cluster`` is where it is; ``has_others``: its thread has cases on other clusters too. ``labels``: the words of its
    lines, in the language of its question.
    """

    id: str
    answer: str
    at: datetime
    opened_at: datetime | None = None
    helped_by: str = ""
    not_helped_by: str = ""
    handed_to: str = ""
    handed_by: str = ""
    taken_by: str = ""
    watched_until: datetime | None = None
    resolved_by: str = ""
    resolved_at: datetime | None = None
    is_private: bool = False
    is_shareable: bool = False
    has_oncall: bool = True
    namespace: str = ""
    question: str = ""
    askers: int = 1
    alerts: int = 0
    same_as: str = ""
    same_as_link: str = ""
    is_talk: bool = False
    cluster: str = ""
    has_others: bool = False
    settled: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    labels: Labels = ENGLISH

    @property
    def is_taken(self) -> bool:
        """Whether somebody works on it."""
        return bool(self.taken_by)

    @property
    def is_watched(self) -> bool:
        """Whether netclinic looks again by itself."""
        return self.watched_until is not None

    @property
    def where(self) -> str:
        """``" on prod"``, where its thread is about several clusters."""
        name = clip(one_line(self.cluster), 100) if self.has_others else ""
        return self.labels.where.format(name) if name else ""

    @property
    def value(self) -> ButtonValue:
        """What its buttons carry."""
        return ButtonValue(self.id, self.answer, self.at)


def case_footer(case: CaseLine, asker: str | None, report: Report) -> list[Element]:
    """Small facts: what was asked and by whom, when the cluster was read, the case, and what was done with it."""
    labels = labels_for(report)
    question = clip(case.question, LONGEST_QUESTION)
    asked = [line(text_run(labels.asked, bold=True), text_run(question))] if case.question else []
    read = [text_run(labels.read), date_run(report.now), text_run(f" · {labels.unchanged} · ")]
    parts = [*(read if report.was_read else []), *_named_case(case, labels)]
    parts += [text_run(f" · {labels.namespace.format(case.namespace)}")] if case.namespace else []
    parts += [text_run(f" · {asking}")] if (asking := asking_words(case.askers, case.alerts, labels)) else []
    for words, person in _involved_people(case, asker, labels):
        is_called = words == labels.handed_over  # that has mentioned them: an answer must not call them again
        parts += [text_run(f" · {words}")] if is_called else [text_run(f" · {words}"), mention(person)]
    if case.watched_until:
        parts += [text_run(f" · {labels.watched_until}"), date_run(case.watched_until)]
    return [*asked, line(*parts)]


def _named_case(case: CaseLine, labels: Labels) -> list[Element]:
    """Its id; that of the case in another thread that it stands with, or that there is none."""
    if case.is_talk:
        return [text_run(labels.no_case)]
    thread = [text_run(labels.alone.format("")), link(case.same_as_link, labels.its_thread)]
    thread = thread if case.same_as_link else []
    return [text_run(labels.case.format(case.same_as or case.id), code=True), *thread]


def asking_words(askers: int, alerts: int = 0, labels: Labels = ENGLISH) -> str:
    """``3 people ask, 2 alerts say so``; nothing where only one person does."""
    people = [labels.people_ask.format(askers)] if askers > 1 else []
    say = labels.alert_says if alerts == 1 else labels.alerts_say
    return labels.comma.join([*people, *([say.format(f"{alerts:,}")] if alerts else [])])


def welcome_message(case: str, labels: Labels = ENGLISH) -> Message:
    """What one says when thanked; ``case`` is the open one that it was about, if any."""
    said = labels.welcome + (labels.still_open.format(case) if case else "")
    return Message(text=said, blocks=[rich_text([line(text_run(said))])])


def working_message(name: str, labels: Labels = ENGLISH) -> Message:
    """Who works on a case, by name: nobody is called by it. Empty: nobody does."""
    said = f"{name}{labels.is_on_it.format('')}" if name else labels.nobody_is_on_it
    return Message(text=escape_mrkdwn(said), blocks=[rich_text([line(text_run(said))])])


def nothing_new_message(labels: Labels = ENGLISH) -> Message:
    """What one hears who says in a case's thread what brings nothing to look at."""
    said = labels.nothing_new
    return Message(text=escape_mrkdwn(said), blocks=[rich_text([line(text_run(said))])])


def resolved_line(case: CaseLine) -> Element:
    """By whom, when, and after how long."""
    labels, over = case.labels, case.resolved_at
    when = [text_run(labels.comma), date_run(over)] if over else []
    took = labels.took.format(labels.quantity(span(case.opened_at, over))) if case.opened_at and over else ""
    told = [text_run(f"✓ {labels.resolved}{case.where}", bold=True), text_run(labels.resolved_by)]
    return line(*told, mention(case.resolved_by), *when, text_run(f"{took}{labels.stop}"))


def resolved_message(case: CaseLine) -> Message:
    """One line in the thread: who resolved it, and after how long."""
    labels = case.labels
    words = escape_mrkdwn(f"✓ {labels.resolved}{case.where}{labels.resolved_by}")
    said = f"{words}{mention_text(case.resolved_by)}{labels.stop}"
    return Message(text=said, blocks=[rich_text([resolved_line(case)])])


def taken_message(case: CaseLine, *, every: float, at_most: float) -> Message:
    """One line in the thread: who is on it; where it is watched, how often and how long, in seconds."""
    watch = f" {_watch_sentence(case.labels, every, at_most)}" if case.is_watched else ""
    words = f"{case.labels.is_on_it.format(case.where)}{watch}"
    return Message(
        text=f"{mention_text(case.taken_by)}{escape_mrkdwn(words)}",
        blocks=[rich_text([line(mention(case.taken_by), text_run(words))])],
    )


def feedback_message(case: CaseLine, *, helped: bool) -> Message:
    """One line in the thread for whoever typed whether it helped."""
    said = (case.labels.noted_helped if helped else case.labels.noted_not_helped).format(case.where)
    return Message(text=escape_mrkdwn(said), blocks=[rich_text([line(text_run(said))])])


def watched_message(case: CaseLine, *, every: float, at_most: float) -> Message:
    """One line in the thread: that it is looked at again and again."""
    words = _watch_sentence(case.labels, every, at_most, case.where)
    return Message(text=escape_mrkdwn(words), blocks=[rich_text([line(text_run(words))])])


def _watch_sentence(labels: Labels, every: float, at_most: float, where: str = "") -> str:
    return labels.watching.format(where, labels.quantity(duration(every)), labels.quantity(duration(at_most)))


def _involved_people(case: CaseLine, asker: str | None, labels: Labels) -> Iterator[tuple[str, str]]:
    people = {
        labels.taken_by: case.taken_by,
        labels.asked_by: asker,
        labels.helped_by: case.helped_by,
        labels.not_helped_by: case.not_helped_by,
        labels.handed_over: case.handed_to,
        labels.handed_by: case.handed_by if case.handed_to else "",
    }
    yield from ((words, person) for words, person in people.items() if person)


def question_blocks(item: ReportDiagnosis, case: CaseLine, title: str = "") -> Iterator[Block]:
    """The one question that settles a diagnosis, with its answers to press; once pressed, whose it was."""
    if not item.asks:
        return
    labels = labels_of(item)
    about = [text_run(labels.alone.format(clip(title, LONGEST_TITLE)))] if title else []
    asked = line(text_run(labels.to_settle, bold=True), *about, text_run(clip(item.asks, LONGEST_REASON)))
    given = case.settled.get(item.entry)
    if given:
        user, yes = given
        said = labels.answered.format(labels.yes if yes else labels.no)
        yield rich_text([asked, line(mention(user), text_run(said))])
        return
    yield rich_text([asked])
    if not case.resolved_at and not case.same_as:
        value = replace(case.value, entry=item.entry).dumps()
        row = [button(SETTLE_YES, labels.yes, value), button(SETTLE_NO, labels.no, value)]
        yield actions(f"settle:{item.entry}"[:255], row)


def handover_summary(
    report: Report, case: CaseLine, *, to: Sequence[str], by: str, now: datetime, permalink: str = "", note: str = ""
) -> Message:
    """Mentions ``to`` (people, or a user group) and says in short what is known and what comes next.

    Below it stands the button to take the case; then who took it, and once it is resolved by whom and when.
    """
    first = report.diagnoses[0] if report.diagnoses else None
    mark, word = (word_of(first).mark, word_of(first).word) if first else ("?", "UNKNOWN")
    title = clip(first.shown_title, LONGEST_TITLE) if first else NO_ENTRY_FITS
    where = f" on {clip(one_line(report.cluster.name), 100)}" if report.cluster else ""
    said_aloud = escape_mrkdwn(f"{word}{where}: {title}. Case {case.id}.")
    facts = [
        *_case_lines(report, case, now, permalink),
        *_note_lines(note),
        *(_diagnosis_lines(first, report) if first else []),
    ]
    called = [part for person in to[:MOST_CALLED] for part in (mention(person), text_run(", "))]
    return Message(
        text=f"{' '.join(map(mention_text, to[:MOST_CALLED]))} {mention_text(by)} hands this case to you. {said_aloud}",
        blocks=[
            rich_text([line(*called, mention(by), text_run(" hands this case to you."))]),
            header(f"{mark} {word}{where} · {title}"),
            *pack_blocks([facts]),
            *_taking_blocks(case),
        ],
    )


def _taking_blocks(case: CaseLine) -> list[Block]:
    """Who has it, what became of it, or the button to take it."""
    has_it = [line(mention(case.taken_by), text_run(case.labels.has_it))] if case.taken_by else []
    if case.resolved_at:
        return [rich_text([*has_it, resolved_line(case)])]
    if has_it:
        return [rich_text(has_it)]
    return [actions(f"{TAKE_CASE}:{case.id}", [button(TAKE_CASE, "I take it", case.value.dumps(), style="primary")])]


def _case_lines(report: Report, case: CaseLine, now: datetime, permalink: str) -> Iterator[Element]:
    opened = f" · open for {span(case.opened_at, now)}" if case.opened_at else ""
    opened += f" · {asking}" if (asking := asking_words(case.askers, case.alerts)) else ""
    thread = [text_run(" · "), link(permalink, "thread")] if permalink else []
    yield line(text_run(f"Case {case.id}", code=True), text_run(opened), *thread)
    if report.question:
        yield line(text_run("Asked: ", bold=True), text_run(clip(report.question, 200)))


def _note_lines(note: str) -> list[Element]:
    return [line(text_run("Note: ", bold=True), text_run(clip(note, 500)))] if note else []


def _diagnosis_lines(first: ReportDiagnosis, report: Report) -> Iterator[Element]:
    """Why it is said, the strongest piece of evidence, and what comes first."""
    yield line(text_run("Why: ", bold=True), text_run(clip(first.reason, LONGEST_REASON)))
    for piece in first.evidence[:1]:
        seen = f" · seen {age(piece.seen, report.now)}: {clip(piece.excerpt)}"
        yield line(text_run(clip(piece.object, LONGEST_TITLE), bold=True), text_run(seen))
    if first.asks:
        yield line(text_run(labels_of(first).to_settle, bold=True), text_run(clip(first.asks, LONGEST_REASON)))
    steps = (*first.settle, *first.steps)
    for step in steps[:1]:
        label = f"{'To be settled first' if first.settle else 'To do'} (1 of {len(steps)}): "
        yield line(text_run(label, bold=True), text_run(clip(step.text, LONGEST_REASON)))
        if step.caution:
            yield line(text_run("Caution: ", bold=True), text_run(clip(step.caution, LONGEST_REASON)))
        if step.command and len(step.command) <= LONGEST_COMMAND:
            yield preformatted(step.command)


class Stage(StrEnum):
    """How far an answer has come."""

    MATCHING = "matching"
    READING = "reading"
    JUDGING = "judging"
    RECHECKING = "rechecking"
    RESTARTING = "restarting"


_STAGE_WORDS = {
    Stage.MATCHING: "Finding the entries that fit these words.",
    Stage.READING: "Reading the cluster.",
    Stage.JUDGING: "Weighing what was read.",
    Stage.RECHECKING: "Looking again.",
    Stage.RESTARTING: "netclinic is restarting, and goes on with this by itself in a moment.",
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
    asked = clip(one_line(question), LONGEST_PROGRESS_QUESTION)
    first = line(text_run("Looking at "), text_run(asked, italic=True), text_run(f"{where}. {_STAGE_WORDS[stage]}"))
    reads = _read_lines(done, doing)
    return Message(
        text=escape_mrkdwn(f"Looking at “{asked}”{where}. {_STAGE_WORDS[stage]}"),
        blocks=[rich_text([first]), *([context(*reads)] if reads else [])],
        richer=[]
        if stage is Stage.RESTARTING  # no task of the plan says that
        else [_plan_block(clip(f"Looking at “{asked}”{where}", LONGEST_PROGRESS_TITLE), stage, reads)],
    )


def _plan_block(title: str, stage: Stage, reads: Sequence[str]) -> Block:
    """The stages as Slack's plan of tasks; what was read stands under the reading."""
    first = Stage.RECHECKING if stage is Stage.RECHECKING else Stage.MATCHING
    stages = (first, Stage.READING, Stage.JUDGING)
    now = stages.index(stage) if stage in stages else -1
    return {
        "type": "plan",
        "title": title,
        "tasks": [_task_card(each, at, now, reads) for at, each in enumerate(stages)],
    }


def _task_card(stage: Stage, at: int, now: int, reads: Sequence[str]) -> Block:
    status = "complete" if at < now else "in_progress" if at == now else "pending"
    details = {"details": rich_text([line(text_run("; ".join(reads)))])} if stage is Stage.READING and reads else {}
    return {"type": "task_card", "task_id": str(stage), "title": _STAGE_WORDS[stage], "status": status, **details}


def _read_lines(done: Sequence[str], doing: str) -> list[str]:
    """The last ones by name, all of them by number."""
    named = [clip(name, 60) for name in done[-MOST_READS:]]
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
