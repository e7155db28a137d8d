"""App Home: open cases, which clusters can be read, and what was diagnosed lately."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.slack.blocks.action_ids import HOME_RECHECK, OPEN_FORM
from bot.slack.blocks.elements import actions, bullets, button, context, header, line, marked, rich, said
from bot.slack.blocks.limits import packed
from bot.slack.blocks.lists import CaseRow, ClusterRow, case_line, cluster_line
from bot.slack.blocks.messages import Block, View
from bot.text import clock

MOST_CASES = 15
MOST_CLUSTERS = 30
MOST_RECENT = 10


def home_view(
    open_cases: Sequence[CaseRow], clusters: Sequence[ClusterRow], recent: Sequence[CaseRow], now: datetime
) -> View:
    """Each list says how much more there is."""
    row = [
        button(OPEN_FORM, "Ask a question", "home", style="primary"),
        button(HOME_RECHECK, "Look at the clusters again", "home"),
    ]
    blocks: list[Block] = [actions("home", row)]
    blocks += _listed("Open cases", [case_line(item, now) for item in open_cases], MOST_CASES, "None is open.")
    blocks += _listed("Clusters", [cluster_line(item, now) for item in clusters], MOST_CLUSTERS, "None is configured.")
    blocks += _listed("Lately diagnosed", [case_line(item, now) for item in recent], MOST_RECENT, "Nothing yet.")
    return {"type": "home", "blocks": [*blocks, context(f"As of {clock(now)}")]}


def closed_home_view(sentence: str) -> View:
    """For somebody who may not ask: why, and nothing of cases and clusters."""
    return {"type": "home", "blocks": [rich([line(*marked(sentence))])]}


def _listed(title: str, lines: Sequence[dict[str, object]], most: int, none: str) -> Iterator[Block]:
    yield header(f"{title} ({len(lines)})" if lines else title)
    shown = list(lines[:most])
    if len(lines) > most:
        shown.append(line(said(f"and {len(lines) - most} more; /netclinic cases lists them")))
    yield from packed([[bullets(shown)]]) if shown else packed([[line(said(none))]])
