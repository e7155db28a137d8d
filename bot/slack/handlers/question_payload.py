"""A question as it was accepted: it is stored with the work, so it holds all that answering needs, as plain JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

How = Literal["mention", "direct", "unasked", "shortcut", "form", "command"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """``words`` without Slack's marks and options; ``cluster`` and ``namespace`` as the words named them.

    ``entries`` are judged instead of matching words, where it ``is_check`` (none: every fault). ``thread_ts`` is the
    thread to answer in; empty: the answer opens one. ``message_ts`` is a message of ours that is to become the answer.
    ``response_url`` is set where only the asker sees it. ``trouble`` is why it cannot be asked like this.
    """

    channel: str
    user: str
    how: How
    words: str
    cluster: str = ""
    namespace: str = ""
    is_check: bool = False
    entries: tuple[str, ...] = ()
    thread_ts: str = ""
    message_ts: str = ""
    response_url: str = ""
    trouble: str = ""

    @staticmethod
    def of(payload: Mapping[str, Any]) -> "Question":
        """The inverse of ``to_json``; what another version added is left out."""
        names = {field.name for field in fields(Question)}
        kept = {name: value for name, value in payload.items() if name in names}
        return Question(**{**kept, "entries": tuple(kept.get("entries") or ())})

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return {**asdict(self), "entries": list(self.entries)}

    def on(self, cluster: str, message_ts: str, response_url: str) -> "Question":
        """The same, about a cluster that was picked from the menu in that message, which becomes the answer."""
        if self.is_private:
            return replace(self, cluster=cluster, response_url=response_url)
        return replace(self, cluster=cluster, message_ts=message_ts)

    @property
    def is_private(self) -> bool:
        """Whether only the asker sees the answer."""
        return bool(self.response_url)
