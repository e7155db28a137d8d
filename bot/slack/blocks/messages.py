"""What a message is: blocks to look at, and a text for notifications and screen readers."""

from dataclasses import dataclass, field
from typing import Any

Block = dict[str, Any]
View = dict[str, Any]


@dataclass(frozen=True)
class Snippet:
    """A text file that goes into the thread with a message that cannot hold it all."""

    filename: str
    content: str
    title: str


@dataclass(frozen=True)
class Message:
    """``text`` is mrkdwn, escaped, full sentences; ``blocks`` are complete Block Kit; ``file`` is seldom there.

    ``richer`` says the same with blocks that not every Slack takes: who sends it falls back on ``blocks``.
    """

    text: str
    blocks: list[Block] = field(default_factory=list)
    file: Snippet | None = None
    richer: list[Block] = field(default_factory=list)
