"""What is said of alerts themselves: one that came by the webhook, how many share a thread, and that they are over."""

from collections.abc import Sequence
from datetime import datetime

from bot.probes.findings import clip
from bot.slack.blocks.elements import Message, date_run, escape_mrkdwn, header, line, rich_text, text_run
from bot.text import clock, counted, one_line

LONGEST_NAME = 100
MOST_NAMES = 8


def alert_message(name: str, *, cluster: str, scope: str, summary: str, since: datetime) -> Message:
    """An alert as it opens its thread. ``cluster`` is empty where it is not known which is meant."""
    on_cluster = f" on {clip(one_line(cluster), LONGEST_NAME)}" if cluster else ""
    headline = f"Alert {clip(one_line(name), LONGEST_NAME)}{on_cluster}"
    about = " · ".join(part for part in (one_line(scope), one_line(summary)) if part)
    return Message(
        text=escape_mrkdwn(f"{headline}. {about}"),
        blocks=[
            header(headline),
            *([rich_text([line(text_run(about))])] if about else []),
            rich_text(
                [
                    line(
                        text_run("Firing since "),
                        date_run(since),
                        text_run(", says Alertmanager. The cluster is looked at, and the answer comes here."),
                    )
                ]
            ),
        ],
    )


def count_message(
    names: Sequence[tuple[str, int]], *, cluster: str, firing: int | None, times: int, last_at: datetime | None
) -> Message:
    """How many alerts share this thread, by name: of one cause, or of one name, cluster and namespace in one storm.

    ``firing`` is ``None`` where nobody tells when one is over.
    """
    count = sum(number for _, number in names)
    named = ", ".join(f"{clip(one_line(name), LONGEST_NAME)} ×{number}" for name, number in names[:MOST_NAMES])
    more = f" and {counted(len(names) - MOST_NAMES, 'more name')}" if len(names) > MOST_NAMES else ""
    on_cluster = f" on {clip(one_line(cluster), LONGEST_NAME)}" if cluster else ""
    if count == 1 and last_at:
        state = "is not firing any more" if firing == 0 else "is still firing"
        return _sentence(f"{names[0][0]} {state}{on_cluster}", f": told {times} times, last {clock(last_at)}.")
    first = f"{counted(count, 'alert')} like this one{on_cluster}"
    told = f", told {times} times, last {clock(last_at)}" if last_at and times > count else ""
    rest = (
        "" if firing is None else f"; {firing} of them still firing" if firing else "; none of them is firing any more"
    )
    return _sentence(first, f": {named}{more}{told}{rest}.")


def fires_again_message(name: str, *, cluster: str, looks_again: bool) -> Message:
    """An alert that was over is firing again."""
    on_cluster = f" on {clip(one_line(cluster), LONGEST_NAME)}" if cluster else ""
    end = ". I look at the cluster again." if looks_again else "."
    return _sentence(f"{clip(one_line(name), LONGEST_NAME)} fires again{on_cluster}", end)


def over_message(name: str, count: int, *, cluster: str, looks_again: bool) -> Message:
    """Alertmanager says that it is over, of all alerts in the thread."""
    on_cluster = f" on {clip(one_line(cluster), LONGEST_NAME)}" if cluster else ""
    what = f"{clip(one_line(name), LONGEST_NAME)} is" if count == 1 else f"All {count} alerts are"
    end = ", says Alertmanager. I look at the cluster again." if looks_again else ", says Alertmanager."
    return _sentence(f"✓ {what} resolved{on_cluster}", end)


def _sentence(first: str, rest: str) -> Message:
    return Message(
        text=escape_mrkdwn(f"{first}{rest}"), blocks=[rich_text([line(text_run(first, bold=True), text_run(rest))])]
    )
