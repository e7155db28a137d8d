"""An answer in its thread, for a tired engineer on a phone: the verdict first, then why, what to do, and the rest.

The whole answer as a text file, where a message cannot hold it and nothing can be pressed.
"""

from collections.abc import Iterator

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Changes, Report, ReportCluster, ReportDiagnosis, ReportStep
from bot.diagnosis.wording import KNOWLEDGE_ALONE, NOT_ASKED, WORDS, unmatched
from bot.probes.findings import clip
from bot.slack.blocks.case import CaseLine, case_buttons, case_footer, resolved_line
from bot.slack.blocks.diagnosis import (
    CAUSE,
    CAUTION,
    EVIDENCE,
    IN_FILE,
    IN_MODALS,
    READINGS,
    SETTLE,
    STEPS,
    VERIFY,
    DiagnosisSections,
    changes_items,
    changes_text,
    diagnosis_sections,
    secondary_findings,
)
from bot.slack.blocks.elements import (
    Block,
    Message,
    Snippet,
    actions,
    context,
    escape_mrkdwn,
    header,
    inline_code_runs,
    line,
    rich_text,
    text_run,
)
from bot.slack.blocks.limits import MOST_BLOCKS, MOST_IN_MESSAGE, find_missing, pack_blocks, size
from bot.text import age, clock, cost, counted, plain


def answer_file(told: Report) -> Snippet:
    """A file that holds every word of it."""
    name = told.diagnoses[0].entry if told.diagnoses else "answer"
    return Snippet(f"{name[:80]}.txt", plain("\n".join(_lines(told))) + "\n", "The whole answer")


def _lines(told: Report) -> Iterator[str]:
    yield f"Question: {told.question}"
    if told.cluster:
        yield told.cluster.trouble or f"Cluster {told.cluster.name} · {told.cluster.traits}"
    for item in told.diagnoses:
        yield from ("", *_diagnosis(item, told))
    if told.unread:
        yield from ("", "Not looked at", *(f"  - {text}" for text in told.unread))
    yield from ("", cost(told.requests, told.bytes, told.elapsed_ms))


def _diagnosis(item: ReportDiagnosis, told: Report) -> Iterator[str]:
    yield f"{WORDS[item.verdict].word}  {item.title}  ({item.entry})"
    yield f"  {item.reason}"
    if item.evidence:
        yield from ("", EVIDENCE)
    for piece in item.evidence:
        yield from (f"  {piece.object}, seen {age(piece.seen, told.now)}", _in(piece.excerpt, 4), _in(piece.check, 4))
    if item.readings:
        yield from ("", READINGS)
    for reading in item.readings:
        yield from (f"  {reading.summary}", *(_in(check, 4) for check in reading.checks))
    if item.cause:
        yield from ("", CAUSE, _in(item.cause, 2))
    yield from _steps(SETTLE, item.settle)
    if item.caution:
        yield from ("", CAUTION, *(f"  ! {text}" for text in item.caution))
    yield from _steps(STEPS, item.steps)
    yield from _steps(VERIFY, item.verify)


def _steps(title: str, steps: tuple[ReportStep, ...]) -> Iterator[str]:
    if steps:
        yield from ("", title)
    for number, step in enumerate(steps, 1):
        yield f"  {number}. {step.text}"
        if step.command:
            yield _in(step.command, 5)


def _in(text: str, indent: int) -> str:
    return "\n".join(" " * indent + line for line in text.splitlines())


LONGEST_TITLE = 300
LONGEST_REASON = 450
LONGEST_SENTENCE = 300
NOTHING_NOW = "Nothing is seen failing now."
NOTHING_SEEN = "Nothing is seen failing in what could be read now."
SAY = "Say what fails (pods, nodes, Services), since when, and paste the error."
ELSEWHERE = "`/netclinic entries WORDS` shows the nearest entries, `/netclinic check` looks at everything."


def answer_message(
    told: Report,
    *,
    case: CaseLine | None = None,
    buttons: bool = True,
    asker: str | None = None,
    changes: Changes | None = None,
) -> Message:
    """The whole answer. Where nothing can be pressed, what did not fit is in the message's file."""
    has_row = buttons and case is not None
    top = list(_top(told, case, changes))
    end = [*secondary_findings(told), *_end(told, case, asker)]
    room, most = MOST_IN_MESSAGE - size([top, end]), MOST_BLOCKS - len(top) - len(end)
    middle = (
        diagnosis_sections(told, room, most, IN_MODALS if has_row else IN_FILE)
        if told.diagnoses
        else DiagnosisSections([])
    )
    whole = [*top, *middle.blocks, *end]
    seen, to_do = find_missing(told, whole) if told.diagnoses else (False, False)
    evidence, steps = seen or middle.evidence_cut, to_do or middle.steps_cut
    row = case_buttons(case, told, evidence=evidence, steps=steps) if buttons and case else []
    return Message(
        text=answer_text(told, case=case, changes=changes),
        blocks=[*whole, *([actions("case", row)] if row else [])],
        file=answer_file(told) if (evidence or steps) and not has_row else None,
    )


def answer_text(told: Report, *, case: CaseLine | None = None, changes: Changes | None = None) -> str:
    """For notifications and screen readers: two or three sentences."""
    return escape_mrkdwn(" ".join(part for part in _sentences(told, case, changes) if part))


def _sentences(told: Report, case: CaseLine | None, changes: Changes | None) -> Iterator[str]:
    first = told.diagnoses[0] if told.diagnoses else None
    if case and case.resolved_at:
        yield "Resolved."
    if told.cluster and not told.cluster.reachable:
        yield clip(told.cluster.trouble, LONGEST_SENTENCE)
    yield from _outcome(told, changes)
    yield f"Cluster {clip(told.cluster.name, 100)}." if told.cluster else ""
    yield changes_text(changes) if changes else ""
    if first:
        yield clip(_reason(first, told), LONGEST_SENTENCE)
        number = len(first.settle) + len(first.steps)
        yield f"{counted(number, 'step')} in the answer." if number else ""


def _outcome(told: Report, changes: Changes | None) -> Iterator[str]:
    if told.diagnoses:
        first = told.diagnoses[0]
        yield f"{WORDS[first.verdict].word}: {clip(first.title, LONGEST_TITLE)}."
    elif not changes:
        yield f"{unmatched(told.requests, is_whole=not told.unread)} {SAY}"
    elif told.was_read:
        yield NOTHING_SEEN if told.unread else NOTHING_NOW


def _top(told: Report, case: CaseLine | None, changes: Changes | None) -> Iterator[Block]:
    """What must be seen without scrolling: verdict and title, what changed, why, and which cluster said so."""
    if case and case.resolved_at:
        yield rich_text([resolved_line(case)])
    if told.cluster and not told.cluster.reachable:
        yield _trouble(told.cluster, told)
    if told.diagnoses:
        word = WORDS[told.diagnoses[0].verdict]
        yield header(f"{word.mark} {word.word}: {clip(told.diagnoses[0].title, LONGEST_TITLE)}")
    elif changes and told.was_read:
        yield header(NOTHING_SEEN if told.unread else f"✓ {NOTHING_NOW}")
    if changes:
        yield from pack_blocks(changes_items(changes))
    yield from _why(told) if told.diagnoses else _unmatched(told, changes)
    if told.cluster:
        yield _where(told.cluster, told)


def _why(told: Report) -> Iterator[Block]:
    first = told.diagnoses[0]
    lines = [line(text_run(NOT_ASKED, italic=True))] if first.score is None else []
    reason = _reason(first, told)
    if reason and not (first.readings and first.verdict is Verdict.ANSWERED):  # these are listed further down
        lines.append(line(text_run(clip(reason, LONGEST_REASON))))
    if lines:
        yield rich_text(lines)


def _reason(first: ReportDiagnosis, told: Report) -> str:
    """Without what the message has said of the cluster already."""
    return first.reason.removeprefix(told.cluster.trouble if told.cluster else "").strip()


def _where(cluster: ReportCluster, told: Report) -> Block:
    """The cluster and the time at which it was read, by its own clock."""
    state = f"{clip(cluster.traits, 400)} · read {clock(told.now)}" if cluster.reachable else "not read"
    return context(f"Cluster {clip(cluster.name, 200)} · {state}")


def _trouble(cluster: ReportCluster, told: Report) -> Block:
    """That the cluster is out of reach, and what that makes of the rest."""
    after = [line(text_run(KNOWLEDGE_ALONE))] if told.diagnoses else []
    return rich_text([line(text_run(f"⚠ {clip(cluster.trouble, LONGEST_REASON)}", bold=True)), *after])


def _unmatched(told: Report, changes: Changes | None) -> Iterator[Block]:
    """What to type instead; after a re-check the words had been understood before."""
    if not changes:
        yield rich_text(
            [
                line(text_run(unmatched(told.requests, is_whole=not told.unread), bold=True)),
                line(text_run(SAY)),
                line(*inline_code_runs(ELSEWHERE)),
            ]
        )


def _end(told: Report, case: CaseLine | None, asker: str | None) -> Iterator[Block]:
    if told.was_read:
        yield context(cost(told.requests, told.bytes, told.elapsed_ms))
    if case:
        yield rich_text(case_footer(case, asker))
