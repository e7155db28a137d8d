"""All clusters side by side: a line for what is well, in short what is not, and a button that looks closer."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bot.fleet.summary import MOST_TOLD, ClusterSummary, Health, headline, worst_first
from bot.probes.findings import clip
from bot.slack.blocks.action_ids import CHECK_CLUSTER
from bot.slack.blocks.elements import (
    Block,
    Element,
    Message,
    actions,
    bullet_list,
    button,
    escape_mrkdwn,
    heading,
    line,
    rich_text,
    text_run,
    time_line,
)
from bot.slack.blocks.limits import MOST_IN_MESSAGE, pack_blocks, size

MARKS = {Health.FAILING: "●", Health.UNREACHABLE: "✗", Health.UNCLEAR: "◐", Health.WELL: "✓"}
MOST_ROWS = 15  # clusters that are told of with a button: two blocks each
ROOM_FOR_THE_REST = 1500  # characters: names alone, and what is well
LONGEST_NAME = 100
LONGEST_LINE = 300


def fleet_message(found: Sequence[ClusterSummary], at: datetime) -> Message:
    """A row a cluster, the worst first; those that there is no room for by their names."""
    ranked = worst_first(found)
    unwell = [each for each in ranked if each.health is not Health.WELL]
    blocks: list[Block] = [rich_text([heading(headline(found))])]
    left = list(unwell)
    while left and len(unwell) - len(left) < MOST_ROWS:
        row = _row(left[0], len(unwell) - len(left), at)
        if size([blocks, row]) > MOST_IN_MESSAGE - ROOM_FOR_THE_REST:
            break
        blocks += row
        left.pop(0)
    if left:
        blocks += pack_blocks([[line(text_run("Not well either: ", bold=True), text_run(_names(left)))]])
    blocks += _well([each for each in ranked if each.health is Health.WELL])
    return Message(_text(found, unwell), [*blocks, time_line("As of", at)])


def digest_message(found: Sequence[ClusterSummary], at: datetime) -> Message:
    """The same by schedule; one line where all is well."""
    if any(each.health is not Health.WELL for each in found):
        return fleet_message(found, at)
    sentence = headline(found)
    return Message(escape_mrkdwn(sentence), [rich_text([line(text_run(f"✓ {sentence}"))])])


def check_cluster_value(cluster: str, at: datetime) -> str:
    """A button's value."""
    return f"{int(at.timestamp())} {cluster}"


def parse_check_cluster_value(text: str) -> tuple[str, datetime]:
    """The cluster, and when the button was shown.

    Raises:
        ValueError: it is none of these.
    """
    at, _, cluster = text.partition(" ")
    try:
        shown_at = datetime.fromtimestamp(int(at), UTC)
    except (ValueError, OverflowError, OSError):
        cluster = ""
    if not cluster:
        raise ValueError(f"this is no button of netclinic: {text[:80]!r}")
    return cluster, shown_at


def _row(each: ClusterSummary, number: int, at: datetime) -> list[Block]:
    """What is not well there, and the button below it."""
    told = list(each.told())[:MOST_TOLD]
    lines = [line(text_run(f"{clip(what, LONGEST_LINE)}:", bold=True), text_run(f" {clip(why)}")) for what, why in told]
    if more := each.number_told - len(told):
        lines.append(line(text_run(f"and {more} more")))
    top = line(_name_run(each), text_run(f" · {clip(each.sentence, LONGEST_LINE)}"))
    label = f"Check everything on {each.name}"
    pressed = button(CHECK_CLUSTER, label, check_cluster_value(each.name, at))
    return [*pack_blocks([[top, *([bullet_list(lines)] if lines else [])]]), actions(f"fleet:{number}", [pressed])]


def _well(found: Sequence[ClusterSummary]) -> Iterator[Block]:
    """One line each, or their names alone where they are too many for that."""
    about = [" · ".join(filter(None, (each.traits, each.doubts))) for each in found]
    lines: list[Element] = [
        line(_name_run(each), text_run(f" · {clip(told, LONGEST_LINE)}"))
        for each, told in zip(found, about, strict=True)
    ]
    if size(lines) > ROOM_FOR_THE_REST:
        lines = [line(text_run(f"{MARKS[Health.WELL]} {len(found)} clusters are well: {_names(found)}"))]
    if lines:
        yield from pack_blocks([[bullet_list(lines)]])


def _name_run(each: ClusterSummary) -> Element:
    return text_run(f"{MARKS[each.health]} {clip(each.name, LONGEST_NAME)}", bold=True)


def _names(found: Sequence[ClusterSummary]) -> str:
    return clip(", ".join(each.name for each in found), ROOM_FOR_THE_REST // 3)


def _text(found: Sequence[ClusterSummary], unwell: Sequence[ClusterSummary]) -> str:
    told = [f"{clip(each.name, LONGEST_NAME)}: {each.sentence}" for each in unwell[:MOST_TOLD]]
    return escape_mrkdwn(" ".join([headline(found), *told]))
