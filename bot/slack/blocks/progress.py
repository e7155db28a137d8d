"""The one message that becomes the answer, while it is not there yet."""

from collections.abc import Sequence
from enum import StrEnum

from bot.probes.findings import clip
from bot.slack.blocks.elements import context, escaped, line, rich, said
from bot.slack.blocks.messages import Block, Message
from bot.text import one_line

LONGEST_QUESTION = 150
LONGEST_TITLE = 200
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
    asked = clip(one_line(question), LONGEST_QUESTION)
    first = line(said("Looking at "), said(asked, italic=True), said(f"{where}. {_WORDS[stage]}"))
    reads = _reads(done, doing)
    return Message(
        text=escaped(f"Looking at “{asked}”{where}. {_WORDS[stage]}"),
        blocks=[rich([first]), *([context(*reads)] if reads else [])],
        richer=[_plan(clip(f"Looking at “{asked}”{where}", LONGEST_TITLE), stage, reads)],
    )


def _plan(title: str, stage: Stage, reads: Sequence[str]) -> Block:
    """The stages as Slack's plan of tasks; what was read stands under the reading."""
    first = Stage.RECHECKING if stage is Stage.RECHECKING else Stage.MATCHING
    stages = (first, Stage.READING, Stage.JUDGING)
    now = stages.index(stage) if stage in stages else -1
    return {"type": "plan", "title": title, "tasks": [_task(each, at, now, reads) for at, each in enumerate(stages)]}


def _task(stage: Stage, at: int, now: int, reads: Sequence[str]) -> Block:
    status = "complete" if at < now else "in_progress" if at == now else "pending"
    details = {"details": rich([line(said("; ".join(reads)))])} if stage is Stage.READING and reads else {}
    return {"type": "task_card", "task_id": str(stage), "title": _WORDS[stage], "status": status, **details}


def _reads(done: Sequence[str], doing: str) -> list[str]:
    """The last ones by name, all of them by number."""
    named = [clip(name, 60) for name in done[-MOST_DONE:]]
    earlier = len(done) - len(named)
    lines = [f"✓ {', '.join(([f'{earlier} more'] if earlier else []) + named)}"] if done else []
    return lines + ([f"… {clip(doing, 60)}"] if doing else [])
