"""An answer in its thread, for a tired engineer on a phone: the verdict first, then why, what to do, and the rest.

Where a message cannot hold it all and nothing can be pressed, the whole answer goes along as a text file.
"""

from collections.abc import Iterator

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Changes, Report, ReportCluster, ReportDiagnosis, ReportStep
from bot.diagnosis.wording import FAILING, KNOWLEDGE_ALONE, NOT_ASKED, TO_SETTLE, explain_unmatched, looked_at, word_of
from bot.probes.findings import clip
from bot.slack.blocks.case import CaseLine, case_buttons, case_footer, question_blocks, resolved_line
from bot.slack.blocks.diagnosis import (
    CAUTION,
    EVIDENCE,
    IN_FILE,
    IN_MODALS,
    PREVENT,
    READINGS,
    SETTLE,
    STEPS,
    STEPS_LATER,
    VERIFY,
    DiagnosisSections,
    cause_title,
    changes_items,
    changes_text,
    diagnosis_sections,
    failing_items,
    secondary_findings,
)
from bot.slack.blocks.elements import (
    Block,
    Element,
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
from bot.text import age, clock, cost, counted, lasting, plain
from knowledge.model import Kind

LONGEST_TITLE = 300
LONGEST_REASON = 450
LONGEST_SENTENCE = 300
LONGEST_FAILING = 160
MOST_OTHER_QUESTIONS = 2
NOTHING_NOW = "Nothing is seen failing now."
NOTHING_SEEN = "Nothing is seen failing in what could be read now."
ASK_FOR_SYMPTOM = "Say what fails (pods, nodes, Services), since when, and paste the error."
OTHER_COMMANDS = "`/netclinic entries WORDS` shows the nearest entries, `/netclinic check` looks at everything."


def answer_file(report: Report) -> Snippet:
    """A file that holds every word of it."""
    name = report.diagnoses[0].entry if report.diagnoses else "answer"
    return Snippet(f"{name[:80]}.txt", plain("\n".join(_file_lines(report))) + "\n", "The whole answer")


def _file_lines(report: Report) -> Iterator[str]:
    yield f"Question: {report.question}"
    if report.cluster:
        yield report.cluster.trouble or f"Cluster {report.cluster.name} · {report.cluster.traits}"
    for item in report.diagnoses:
        yield from ("", *_diagnosis_lines(item, report))
    if report.failing_untold:
        yield from ("", FAILING)
    for each in report.failing_untold:
        yield from _seen_lines(each.object, lasting(each.since, report.now), each.message, each.check)
    if report.missed:
        yield from ("", "Not looked at", *(f"  - {text}" for text in report.missed))
    yield from ("", cost(report.requests, report.bytes, report.elapsed_ms))


def _diagnosis_lines(item: ReportDiagnosis, report: Report) -> Iterator[str]:
    yield f"{word_of(item).word}  {item.title}  ({item.entry})"
    yield f"  {item.reason}"
    if item.asks:
        yield f"  {TO_SETTLE}{item.asks}"
    if item.evidence:
        yield from ("", EVIDENCE)
    for piece in item.evidence:
        yield from _seen_lines(piece.object, f"seen {age(piece.seen, report.now)}", piece.excerpt, piece.check)
    if item.readings:
        yield from ("", READINGS)
    for reading in item.readings:
        yield from (f"  {reading.summary}", *(_indent(check, 4) for check in reading.checks))
    is_guide = item.kind is Kind.GUIDE
    if item.cause and is_guide:
        yield from ("", _indent(item.cause, 2))
    yield from _step_lines(SETTLE, item.settle)
    if item.caution:
        yield from ("", CAUTION, *(f"  ! {text}" for text in item.caution))
    yield from _step_lines(STEPS_LATER if item.settle else STEPS, item.steps)
    yield from _step_lines(PREVENT, item.prevent)
    if item.cause and not is_guide:
        yield from ("", cause_title(item), _indent(item.cause, 2))
    yield from _step_lines(VERIFY, item.verify)


def _seen_lines(name: str, when: str, words: str, check: str) -> Iterator[str]:
    """One object: when it was seen so, its own words, and the command that shows the same."""
    yield from (f"  {name}, {when}", _indent(words, 4), _indent(check, 4))


def _step_lines(title: str, steps: tuple[ReportStep, ...]) -> Iterator[str]:
    if steps:
        yield from ("", title)
    for number, step in enumerate(steps, 1):
        yield f"  {number}. {step.text}"
        if step.caution:
            yield _indent(f"Caution: {step.caution}", 5)
        if step.command:
            yield _indent(step.command, 5)


def _indent(text: str, indent: int) -> str:
    return "\n".join(" " * indent + line for line in text.splitlines())


def answer_message(
    report: Report,
    *,
    case: CaseLine | None = None,
    buttons: bool = True,
    asker: str | None = None,
    changes: Changes | None = None,
) -> Message:
    """The whole answer. Where nothing can be pressed, what did not fit is in the message's file."""
    has_row = buttons and case is not None
    failing = [block for item in failing_items(report) for block in pack_blocks([item])]
    top = [*_opening_blocks(report, case, changes, buttons=buttons), *(failing if report.failing_first else [])]
    end = [
        *([] if report.failing_first else failing),
        *secondary_findings(report),
        *_other_questions(report, case, buttons=buttons),
        *_closing_blocks(report, case, asker),
    ]
    room, most = MOST_IN_MESSAGE - size([top, end]), MOST_BLOCKS - len(top) - len(end)
    middle = (
        diagnosis_sections(report, room, most, IN_MODALS if has_row else IN_FILE)
        if report.diagnoses
        else DiagnosisSections([])
    )
    whole = [*top, *middle.blocks, *end]
    seen, to_do = find_missing(report, whole) if report.diagnoses else (False, False)
    evidence, steps = seen or middle.evidence_cut, to_do or middle.steps_cut
    row = case_buttons(case, report, evidence=evidence, steps=steps) if buttons and case else []
    return Message(
        text=answer_text(report, case=case, changes=changes),
        blocks=[*whole, *([actions("case", row)] if row else [])],
        file=answer_file(report) if (evidence or steps) and not has_row else None,
    )


def answer_text(report: Report, *, case: CaseLine | None = None, changes: Changes | None = None) -> str:
    """For notifications and screen readers: two or three sentences."""
    return escape_mrkdwn(" ".join(part for part in _sentences(report, case, changes) if part))


def _sentences(report: Report, case: CaseLine | None, changes: Changes | None) -> Iterator[str]:
    first = report.diagnoses[0] if report.diagnoses else None
    if case and case.resolved_at:
        yield "Resolved."
    if report.cluster and not report.cluster.reachable:
        yield clip(report.cluster.trouble, LONGEST_SENTENCE)
    yield from _outcome_sentences(report, changes)
    yield f"Cluster {clip(report.cluster.name, 100)}." if report.cluster else ""
    yield changes_text(changes) if changes else ""
    if first:
        yield clip(_reason(first, report), LONGEST_SENTENCE)
        yield first.asks
        number = len(first.settle) + len(first.steps)
        yield f"{counted(number, 'step')} in the answer." if number else ""


def _outcome_sentences(report: Report, changes: Changes | None) -> Iterator[str]:
    if report.diagnoses:
        first = report.diagnoses[0]
        yield report.headline
        yield f"{word_of(first).word}: {clip(first.title, LONGEST_TITLE)}."
    elif not changes:
        yield f"{explain_unmatched(report)} {ASK_FOR_SYMPTOM}"
    elif report.was_read and not report.failing:
        yield NOTHING_SEEN if report.missed else NOTHING_NOW
    if report.failing_first and report.failing_untold:
        worst = report.failing_untold[0]
        yield f"{FAILING}: {worst.object}. {clip(worst.message, LONGEST_FAILING)}."


def _opening_blocks(
    report: Report, case: CaseLine | None, changes: Changes | None, *, buttons: bool
) -> Iterator[Block]:
    """What must be seen without scrolling: verdict and title, what changed, why, and which cluster said so."""
    if case and case.resolved_at:
        yield rich_text([resolved_line(case)])
    if report.cluster and not report.cluster.reachable:
        yield _unreachable_block(report.cluster, report)
    if report.diagnoses:
        yield from _headline_blocks(report)
    elif changes and report.was_read and not report.failing:
        yield header(NOTHING_SEEN if report.missed else f"✓ {NOTHING_NOW}")
    if changes:
        yield from pack_blocks(changes_items(changes))
    yield from _reason_blocks(report) if report.diagnoses else _unmatched_blocks(report, changes)
    if report.diagnoses:
        yield from question_blocks(report.diagnoses[0], case, buttons=buttons)
    if report.cluster:
        yield _cluster_block(report.cluster, report)


def _other_questions(report: Report, case: CaseLine | None, *, buttons: bool) -> Iterator[Block]:
    """Of what was considered besides, the questions that settle it."""
    asking = [item for item in report.diagnoses[1:] if item.asks]
    for item in asking[:MOST_OTHER_QUESTIONS]:
        yield from question_blocks(item, case, title=item.title, buttons=buttons)


def _headline_blocks(report: Report) -> Iterator[Block]:
    """The first verdict; where what was asked about is well, that comes first, with where it was looked."""
    first = report.diagnoses[0]
    verdict = f"{word_of(first).mark} {word_of(first).word}: {clip(first.title, LONGEST_TITLE)}"
    if not report.headline:
        yield header(verdict)
        return
    yield header(f"✓ {report.headline}")
    yield rich_text([*_looked_at_lines(report), line(text_run(verdict, bold=True))])


def _looked_at_lines(report: Report) -> list[Element]:
    text = looked_at(report)
    return [line(text_run(text))] if text else []


def _reason_blocks(report: Report) -> Iterator[Block]:
    first = report.diagnoses[0]
    lines = [line(text_run(NOT_ASKED, italic=True))] if first.score is None else []
    reason = _reason(first, report)
    if reason and not (first.readings and first.verdict is Verdict.ANSWERED):  # these are listed further down
        lines.append(line(text_run(clip(reason, LONGEST_REASON))))
    if lines:
        yield rich_text(lines)


def _reason(first: ReportDiagnosis, report: Report) -> str:
    """Without what the message has said of the cluster already."""
    return first.reason.removeprefix(report.cluster.trouble if report.cluster else "").strip()


def _cluster_block(cluster: ReportCluster, report: Report) -> Block:
    """The cluster and the time at which it was read, by its own clock."""
    state = f"{clip(cluster.traits, 400)} · read {clock(report.now)}" if cluster.reachable else "not read"
    return context(f"Cluster {clip(cluster.name, 200)} · {state}")


def _unreachable_block(cluster: ReportCluster, report: Report) -> Block:
    """That the cluster is out of reach, and what that makes of the rest."""
    after = [line(text_run(KNOWLEDGE_ALONE))] if report.diagnoses else []
    return rich_text([line(text_run(f"⚠ {clip(cluster.trouble, LONGEST_REASON)}", bold=True)), *after])


def _unmatched_blocks(report: Report, changes: Changes | None) -> Iterator[Block]:
    """What to type instead; after a re-check the words had been understood before."""
    if not changes:
        yield rich_text(
            [
                line(text_run(explain_unmatched(report), bold=True)),
                *_looked_at_lines(report),
                line(text_run(ASK_FOR_SYMPTOM)),
                line(*inline_code_runs(OTHER_COMMANDS)),
            ]
        )


def _closing_blocks(report: Report, case: CaseLine | None, asker: str | None) -> Iterator[Block]:
    if report.was_read:
        yield context(cost(report.requests, report.bytes, report.elapsed_ms))
    if case:
        yield rich_text(case_footer(case, asker))
