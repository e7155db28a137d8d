"""An answer in its thread, for a tired engineer on a phone: one screen, and what it does not hold behind a press.

From the top: verdict, cluster and title; what it is about; the proof; what to do now; the buttons. Steps, evidence and
causes in full are in modals, and where Slack takes such blocks in parts that open in place.
"""

import re
from collections.abc import Iterator, Sequence

from bot.cluster.resources import is_denied
from bot.diagnosis.failing import THEREFORE
from bot.diagnosis.judge import Verdict
from bot.diagnosis.language import labels_for, labels_of
from bot.diagnosis.report import Changes, Report, ReportDiagnosis, ReportFailing, ReportStep
from bot.diagnosis.wording import KNOWLEDGE_ALONE, explain_unmatched, word_of
from bot.probes.findings import clip
from bot.slack.blocks.case import CaseLine, case_footer, question_blocks, resolved_line
from bot.slack.blocks.case_buttons import case_buttons
from bot.slack.blocks.changes import change_items, change_text
from bot.slack.blocks.collapsed import collapsed_parts
from bot.slack.blocks.diagnosis import HOW_TO_PERMIT, first_step, render_step_parts, where_of
from bot.slack.blocks.elements import (
    Block,
    Element,
    Message,
    actions,
    bullet_list,
    context,
    escape_mrkdwn,
    header,
    heading,
    inline_code_runs,
    line,
    link,
    preformatted,
    rich_text,
    text_run,
)
from bot.slack.blocks.limits import pack_blocks
from bot.text import age, counted, lasting, one_line
from knowledge.model import Kind

LONGEST_TITLE = 300
LONGEST_NAME = 100
LONGEST_REASON = 450
LONGEST_SENTENCE = 300
LONGEST_FAILING = 160
SHORT_FAILING = 100  # the same where there is something to do: that and the buttons have to be seen on a phone
LONGEST_MISSED = 140
LONGEST_PROOF = 180
SHORT_PROOF = 120  # the same
LONGEST_GUIDE = 700
LONGEST_STEP = 900
LONGEST_CAUTION = 450
LONGEST_COMMAND = 1500
MOST_CAUTIONS = 4
MOST_FAILING = 3
MOST_FAILING_ALONE = 5  # where no entry is told: what fails is the answer
MOST_CONFIRMED = 3
MOST_READINGS = 4
MOST_OTHER_QUESTIONS = 2


def answer_message(
    report: Report, *, case: CaseLine, asker: str | None = None, changes: Changes | None = None
) -> Message:
    """The answer; ``changes`` where it is that of a re-check."""
    screen = [
        *_verdict_blocks(report, case, changes),
        *_body_blocks(report, case),
        *_rest_blocks(report),
        *_other_questions(report, case),
        *([context(*(clip(note, LONGEST_SENTENCE) for note in report.notes))] if report.notes else []),
    ]
    row = case_buttons(case, report)
    buttons = [actions("case", row)] if row else []
    footer = rich_text(case_footer(case, asker, report))
    more = collapsed_parts(report, [*screen, *buttons, footer])
    return Message(
        text=answer_text(report, case=case, changes=changes),
        blocks=[*screen, *buttons, footer],
        richer=[*screen, *buttons, *more, footer] if more else [],
    )


def answer_text(report: Report, *, case: CaseLine | None = None, changes: Changes | None = None) -> str:
    """For notifications and screen readers: two or three sentences."""
    return escape_mrkdwn(" ".join(part for part in _sentences(report, case, changes) if part))


def sharing_message(report: Report) -> Message:
    """What stands in the channel until the answer that is shared does; notifications have the answer's words."""
    return Message(answer_text(report), [rich_text([line(text_run("An answer is shared here: it follows at once."))])])


def shared_message(report: Report, case: str, permalink: str) -> Message:
    """What becomes of a private answer once it stands in the channel, as that case."""
    where = [text_run(": "), link(permalink, "thread")] if permalink else [text_run(".")]
    told = clip(" ".join(part for part in _outcome_sentences(report, None) if part), LONGEST_REASON)
    first = [text_run("✓ Shared to the channel", bold=True), text_run(" as case "), text_run(case, code=True), *where]
    return Message(
        text=escape_mrkdwn(f"Shared to the channel as case {case}. {told}"),
        blocks=[rich_text([line(*first), line(text_run(told))])],
    )


def _sentences(report: Report, case: CaseLine | None, changes: Changes | None) -> Iterator[str]:
    first = report.diagnoses[0] if report.diagnoses else None
    if case and case.resolved_at:
        yield f"{case.labels.resolved}{case.labels.stop}"
    if report.cluster and not report.cluster.reachable:
        yield clip(report.cluster.trouble, LONGEST_SENTENCE)
    yield change_text(changes, labels_for(report)) if changes else ""
    yield from _outcome_sentences(report, changes)
    if first:
        yield clip(_reason(first, report), LONGEST_SENTENCE)
        yield first.asks
        number = len(first.settle) + len(first.steps)
        yield f"{counted(number, 'step')} in the answer." if number else ""


def _outcome_sentences(report: Report, changes: Changes | None) -> Iterator[str]:
    labels = labels_for(report)
    if report.diagnoses or not changes:
        yield report.headline
    if report.diagnoses:
        first = report.diagnoses[0]
        verdict = labels.alone.format(f"{word_of(first).word}{where_of(first, report)}")
        yield f"{verdict}{clip(first.shown_title, LONGEST_TITLE)}{labels.stop}"
    elif not changes:
        yield explain_unmatched(report)
        yield labels.asked_on.format(_on(report)) if report.cluster and not report.headline else ""
        yield labels.say_what_fails
    elif report.was_read and not report.failing:
        yield labels.nothing_seen if report.missed else labels.nothing_now
    if report.failing_first and report.failing_untold:
        worst = report.failing_untold[0]
        yield f"{labels.alone.format(labels.failing)}{worst.object}. {clip(worst.message, LONGEST_FAILING)}."


def _on(report: Report) -> str:
    return labels_for(report).where.format(clip(one_line(report.cluster.name), LONGEST_NAME)) if report.cluster else ""


def _verdict_blocks(report: Report, case: CaseLine, changes: Changes | None) -> Iterator[Block]:
    """What must be seen first: the verdict, on which cluster, and what changed."""
    if case.resolved_at:
        yield rich_text([resolved_line(case)])
    if report.cluster and not report.cluster.reachable:
        yield _unreachable_block(report)
    if report.diagnoses:
        yield from _headline_blocks(report)
    elif report.was_read:
        yield header(_unmatched_title(report, changes))
    if changes:
        yield from pack_blocks([change_items(changes, labels_for(report))])


def _unmatched_title(report: Report, changes: Changes | None) -> str:
    """Of an answer without an entry: what fails, that nothing does, or that no entry fits."""
    labels, on = labels_for(report), _on(report)
    if report.failing:
        return f"⚠ {labels.failing}{on}"
    if changes:
        return f"{labels.nothing_seen.rstrip('.。')}{on}" if report.missed else f"✓ {labels.nothing_fails}{on}"
    return f"✓ {report.headline.rstrip('.。')}" if report.headline else f"? {labels.no_entry}{on}"


def _headline_blocks(report: Report) -> Iterator[Block]:
    """The first verdict; where what was asked about is well, that comes first, with where it was looked."""
    first = report.diagnoses[0]
    word, title = word_of(first), clip(first.shown_title, LONGEST_TITLE)
    if not report.headline:
        yield header(f"{word.mark} {word.word}{where_of(first, report)} · {title}")
        return
    yield header(f"✓ {report.headline.rstrip('.。')}")
    yield rich_text([line(text_run(f"{word.mark} {word.word}: {title}", bold=True))])


def _unreachable_block(report: Report) -> Block:
    """Which cluster is out of reach, why, and what that makes of the rest."""
    name, trouble = (report.cluster.name, report.cluster.trouble) if report.cluster else ("", "")
    headline = f"⚠ Nothing was read on {clip(one_line(name), LONGEST_NAME)}"
    after = [line(text_run(KNOWLEDGE_ALONE))] if report.diagnoses else []
    return rich_text([line(text_run(headline, bold=True)), line(text_run(clip(trouble, LONGEST_REASON))), *after])


def _body_blocks(report: Report, case: CaseLine) -> Iterator[Block]:
    """Why it is said, what fails, what settles it, and what to do now."""
    if not report.diagnoses:
        yield from _unmatched_blocks(report)
        yield from _failing_blocks(report, report.failing_untold[:MOST_FAILING_ALONE], LONGEST_FAILING)
        return
    first = report.diagnoses[0]
    at_once = _failing_at_once(first, report)
    yield from pack_blocks([_reason_lines(first, report, at_once)])
    most = SHORT_FAILING if _has_step(first) else LONGEST_FAILING
    yield from _failing_blocks(report, at_once, most)
    yield from question_blocks(first, case)
    yield from _guide_blocks(first) if first.kind is Kind.GUIDE else ()
    yield from _now_blocks(first)
    rest = [item for item in report.failing_untold[:MOST_FAILING] if item not in at_once]
    told = first.evidence[:1] if report.failing_first and _has_step(first) else ()  # by reason and proof
    rest = [item for item in rest if one_line(item.object) not in (one_line(piece.object) for piece in told)]
    yield from _failing_blocks(report, rest, most)


def _failing_at_once(first: ReportDiagnosis, report: Report) -> Sequence[ReportFailing]:
    """What fails and is told before the first thing to do: not what the reason names already, where there is one."""
    if not report.failing_first:
        return ()
    shown = report.failing_untold[:MOST_FAILING]
    if not _has_step(first):
        return shown
    reason = _reason(first, report)
    return [item for item in shown if one_line(item.object).rpartition(" ")[2] not in reason]


def _has_step(first: ReportDiagnosis) -> bool:
    return first_step(first)[1] is not None


def _reason_lines(first: ReportDiagnosis, report: Report, failing: Sequence[ReportFailing]) -> list[Element]:
    """Why, and the strongest proof in the cluster's own words."""
    labels = labels_of(first)
    lines = [line(text_run(labels.not_asked, italic=True))] if first.score is None else []
    reason = _reason(first, report)
    if reason and not (first.readings and first.verdict is Verdict.ANSWERED):  # these are listed further down
        lines.append(line(text_run(clip(reason, LONGEST_REASON))))
    if first.evidence and first.verdict is not Verdict.RULED_OUT and not _is_told(first, failing):
        piece = first.evidence[0]
        most = SHORT_PROOF if report.failing_first and _has_step(first) else LONGEST_PROOF
        told = f"{_proof_words(one_line(piece.excerpt), most)} · {clip(one_line(piece.object), LONGEST_NAME)}"
        label = labels.proof if first.verdict is Verdict.CONFIRMED else labels.seen
        lines.append(line(text_run(label, bold=True), text_run(f"{told} · seen {age(piece.seen, report.now)}")))
    return lines


def _is_told(first: ReportDiagnosis, failing: Sequence[ReportFailing]) -> bool:
    """Whether what fails is told right below, of the very object that the strongest proof is of."""
    return any(one_line(item.object) == one_line(first.evidence[0].object) for item in failing)


def _proof_words(excerpt: str, most: int) -> str:
    """What says it at the end: errors are wrapped by who passes them on, so a long one loses its middle."""
    if len(excerpt) <= most:
        return excerpt
    head, _, rest = excerpt.partition(": ")
    if not rest or len(head) > most // 2:
        return clip(excerpt, most)
    tail = rest[len(head) - most :]
    return f"{head}: … {tail.partition(' ')[2] or tail}"


def _reason(first: ReportDiagnosis, report: Report) -> str:
    """Without what the message has said of the cluster already."""
    return first.reason.removeprefix(report.cluster.trouble if report.cluster else "").strip()


def _guide_blocks(first: ReportDiagnosis) -> Iterator[Block]:
    """A guide's first words, and what was read of this cluster."""
    kept: list[Element] = []
    length = 0
    for paragraph in (part for part in first.cause.split("\n\n") if part.strip()):
        length += len(paragraph)
        if kept and length > LONGEST_GUIDE:
            break
        kept.append(line(*inline_code_runs(clip(paragraph, LONGEST_GUIDE))))
    if first.readings:
        kept.append(
            bullet_list(line(text_run(clip(item.summary, LONGEST_SENTENCE))) for item in first.readings[:MOST_READINGS])
        )
    yield from pack_blocks([kept] if kept else [])


def _now_blocks(first: ReportDiagnosis) -> Iterator[Block]:
    """The first thing to do, with all that it can hurt before it; the command is ready to be copied."""
    label, step, number = first_step(first)
    if step is None:
        return
    labels = labels_of(first)
    parts = [heading(labels.caution_before)] if first.caution else []
    if first.caution:
        cautions = [clip(text, LONGEST_CAUTION) for text in first.caution[:MOST_CAUTIONS]]
        parts.append(bullet_list(line(*inline_code_runs(text)) for text in cautions))
    whole = labels.first_of.format(label, number) if number > 1 else labels.alone.format(label)
    parts += render_step_parts(_short(step), whole, labels)
    yield from pack_blocks([parts])


def _short(step: ReportStep) -> ReportStep:
    """The step as far as a screen holds it; a command is shown whole or not at all."""
    command = step.command if step.command and len(step.command) <= LONGEST_COMMAND else None
    more = "" if command == step.command else " The command stands under All steps."
    return ReportStep(
        text=f"{clip(step.text, LONGEST_STEP)}{more}", command=command, caution=clip(step.caution, LONGEST_CAUTION)
    )


def _failing_blocks(report: Report, shown: Sequence[ReportFailing], most: int) -> Iterator[Block]:
    """What fails here and no diagnosis shows, a line of ``most`` letters each; the commands are there where nothing
    else is told.
    """
    if not shown:
        return
    parts: list[Element] = [heading(labels_for(report).failing)] if report.diagnoses else []
    has_command = bool(report.diagnoses) and _has_command_now(report.diagnoses[0])
    for item in shown:
        parts.append(bullet_list([_failing_line(item, report, most)]))
        is_silent = has_command or (report.diagnoses and item is not shown[0])
        parts += [] if is_silent else [preformatted(clip(item.check, LONGEST_COMMAND))]
    told = MOST_FAILING if report.diagnoses else MOST_FAILING_ALONE
    rest = max(0, len(report.failing_untold) - told) + report.more_failing
    if rest and shown[-1] is report.failing_untold[:told][-1]:
        parts.append(line(text_run(f"and {rest} more: press Evidence.")))
    yield from pack_blocks([[part] for part in parts])


def _has_command_now(first: ReportDiagnosis) -> bool:
    """Whether what to do now has a command to copy; that of what fails stands under Evidence then."""
    _, step, _ = first_step(first)
    return step is not None and step.command is not None


def _failing_line(item: ReportFailing, report: Report, most: int) -> Element:
    when = lasting(item.since, report.now)
    message = clip(one_line(item.message), most)
    return line(text_run(clip(item.object, LONGEST_TITLE), bold=True), text_run(f" · {when} · {message}"))


def _unmatched_blocks(report: Report) -> Iterator[Block]:
    """What to type instead."""
    parts = [line(text_run(explain_unmatched(report), bold=not report.was_read))]
    if not report.failing:
        labels = labels_for(report)
        parts += [line(text_run(labels.say_what_fails)), line(*inline_code_runs(labels.nearest_in_slack))]
    yield rich_text(parts)


def _rest_blocks(report: Report) -> Iterator[Block]:
    """What else is confirmed, and what could not be looked at: a sentence each."""
    parts: list[Element] = []
    labels = labels_for(report)
    confirmed = [item for item in report.diagnoses[1:] if item.verdict is Verdict.CONFIRMED]
    if confirmed:
        asked = any(item.score is not None for item in confirmed)
        parts.append(heading(labels.also_confirmed if asked else labels.also_seen))
        parts.append(bullet_list(line(text_run(_confirmed_line(item))) for item in confirmed[:MOST_CONFIRMED]))
        more = len(confirmed) - MOST_CONFIRMED
        parts += [line(text_run(f"and {more} more: press Evidence."))] if more > 0 else []
    if report.missed and report.was_read:
        if untold := [sentence for sentence in report.missed if not _is_told_as_reason(sentence, report)]:
            rest = f" And {len(untold) - 1} more: press Evidence." if len(untold) > 1 else ""
            label = text_run(labels.alone.format(labels.not_looked_at), bold=True)
            parts.append(line(label, text_run(_missed_sentence(untold[0]) + rest)))
        parts += [line(*inline_code_runs(HOW_TO_PERMIT))] if any(map(is_denied, report.missed)) else []
    yield from pack_blocks([parts] if parts else [])
    yield from _note_blocks(report)


def _other_questions(report: Report, case: CaseLine) -> Iterator[Block]:
    """Of what was considered besides, the questions that settle it."""
    asking = [item for item in report.diagnoses[1:] if item.asks]
    for item in asking[:MOST_OTHER_QUESTIONS]:
        yield from question_blocks(item, case, title=item.shown_title)


def _is_told_as_reason(sentence: str, report: Report) -> bool:
    """Whether what could not be looked at is why the first verdict is open, and stands above, in whatever order."""
    reason = report.diagnoses[0].reason if report.diagnoses else ""
    return set(re.findall(r"\w+", sentence)) <= set(re.findall(r"\w+", reason))


def _missed_sentence(sentence: str) -> str:
    return f"{clip(sentence.removeprefix(THEREFORE), LONGEST_MISSED).rstrip('.')}."


def _confirmed_line(item: ReportDiagnosis) -> str:
    return f"{word_of(item).mark} {clip(item.shown_title, LONGEST_TITLE)} ({item.entry[:100]})"


def _note_blocks(report: Report) -> Iterator[Block]:
    """Where nothing fails: how much was looked at for that."""
    if report.was_read and not report.failing and report.looked_at:
        first = report.diagnoses[0] if report.diagnoses else None
        labels = labels_for(report)
        seen = f"{labels.no_other_fault} " if first and first.verdict is Verdict.RULED_OUT else ""
        if seen or first is None:
            yield context(f"{seen}{labels.looked_at_number.format(len(report.looked_at))}")
