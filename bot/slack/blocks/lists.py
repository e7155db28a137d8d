"""One line for each case, cluster and diagnosis, as lists show them."""

from dataclasses import dataclass
from datetime import datetime

from bot.diagnosis.judge import Verdict
from bot.probes.findings import clip
from bot.slack.blocks.elements import Element, line, link, said, who
from bot.text import WORDS, age

LONGEST_NAME = 100
LONGEST_TITLE = 150


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """A case, or one of its answers. ``outcome`` is a verdict or ``unmatched``; people are Slack ids."""

    id: str
    title: str
    outcome: str
    at: datetime
    cluster: str = ""
    by: str = ""
    link: str = ""
    state: str = "open"
    assignee: str = ""


@dataclass(frozen=True, kw_only=True)
class ClusterRow:
    """A cluster and whether it can be read; ``reachable`` is ``None`` where nobody has looked yet."""

    name: str
    reachable: bool | None = None
    traits: str = ""
    trouble: str = ""
    checked_at: datetime | None = None
    is_default: bool = False


def case_line(row: CaseRow, now: datetime) -> Element:
    """Verdict, title, cluster, age, and who is on it; the id leads to the thread."""
    name = link(row.link, row.id) if row.link else said(row.id, code=True)
    where = f" · {clip(row.cluster, LONGEST_NAME)}" if row.cluster else ""
    state = " · resolved" if row.state == "resolved" else ""
    title = clip(row.title, LONGEST_TITLE) or ("no entry fits" if row.outcome else "being looked at")
    parts = [name, said(f" {outcome_words(row.outcome)} ", bold=True), said(title)]
    parts.append(said(f"{where} · {age(row.at, now)}{state}"))
    if row.by:
        parts += [said(" · asked by "), who(row.by)]
    if row.assignee:
        parts += [said(" · with "), who(row.assignee)]
    return line(*parts)


def outcome_words(outcome: str) -> str:
    """A verdict with its mark; what has none in words."""
    if outcome in list(Verdict):
        word = WORDS[Verdict(outcome)]
        return f"{word.mark} {word.word}"
    return "? UNMATCHED" if outcome else "… NOT YET"


def cluster_line(row: ClusterRow, now: datetime) -> Element:
    """Whether it can be read, and what it is."""
    mark = {True: "✓", False: "✗", None: "?"}[row.reachable]
    words = {True: "can be read", False: "cannot be read", None: "not looked at yet"}[row.reachable]
    default = " (default)" if row.is_default else ""
    more = row.trouble or row.traits
    when = f" · {age(row.checked_at, now)}" if row.checked_at else ""
    parts = [said(f"{mark} {clip(row.name, LONGEST_NAME)}", bold=True), said(f"{default} · {words}")]
    return line(*parts, said(f"{' · ' + clip(more, 300) if more else ''}{when}") if more or when else said("."))
