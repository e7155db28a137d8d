"""The kinds of jobs: the name under which each is stored, and its payload, written by events and read by a handler.

Names and fields are what is stored with unfinished work of earlier versions: they stay, and new fields have defaults.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, TypeVar

from pydantic import TypeAdapter

from bot.slack.parsing import ParsedQuestion, parse_question

SHARE = "share"  # the flag that shows a command's answer to the whole channel
HowAsked = Literal["mention", "direct", "unasked", "shortcut", "form", "command", "alert"]
Payload = TypeVar("Payload")


@dataclass(frozen=True)
class JobKind(Generic[Payload]):
    """One kind of job. ``dump`` and ``load`` are the codec between its payload and the JSON that is stored."""

    name: str
    payload: type[Payload]
    _codec: TypeAdapter[Payload] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_codec", TypeAdapter(self.payload))

    def dump(self, payload: Payload) -> dict[str, Any]:
        """Every field, as JSON."""
        return dict(self._codec.dump_python(payload, mode="json"))

    def load(self, stored: Mapping[str, Any]) -> Payload:
        """The payload that was stored; fields that another version added are left out.

        Raises:
            ValueError: it is none of this kind.
        """
        return self._codec.validate_python(dict(stored))


@dataclass(frozen=True, kw_only=True)
class PersonPayload:
    """What a person did: who, where, and at which address only they see an answer (empty where there is none).

    ``team`` is one that Slack names beside ours; ``in_shared_channel``: it says that another company is there, too.
    """

    user: str
    channel: str
    response_url: str = ""
    thread_ts: str = ""
    team: str = ""
    in_shared_channel: bool = False

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits for what comes of it, and is told when that has to wait."""
        return bool(self.user and (self.channel or self.response_url))


@dataclass(frozen=True, kw_only=True)
class SentFile:
    """A file that came with a message: Slack's id, its name, and ``url_private``, empty where Slack tells none.

    ``is_text``: by its type; pictures and archives are not read.
    """

    id: str
    name: str
    url: str = ""
    is_text: bool = True


@dataclass(frozen=True, kw_only=True)
class Question(PersonPayload):
    """``words`` without Slack's marks and options; ``cluster`` and ``namespace`` as the words named them.

    ``entries`` are judged instead of matching words, where it ``is_check`` (none: every fault). ``thread_ts`` is the
    thread to answer in; empty: the answer opens one. ``message_ts`` is a message of ours that is to become the answer.
    ``response_url`` is set where only the asker sees it. ``trouble`` is why it cannot be asked like this. ``is_reply``:
    it was said in a thread that somebody else may have begun, such as an alert. ``is_in_place``: at its
    ``response_url`` the answer replaces a message of ours, ``is_beside``: it leaves that one. ``looks_first``: nobody
    asked, and the words leave open whether it is a question for us, so that the cluster is looked at before anything is
    said.
    ``files`` came with it; ``notes`` say what of it is not read, a sentence each.
    """

    how: HowAsked
    words: str
    cluster: str = ""
    namespace: str = ""
    is_check: bool = False
    entries: tuple[str, ...] = ()
    message_ts: str = ""
    trouble: str = ""
    is_reply: bool = False
    is_in_place: bool = False
    is_beside: bool = False
    looks_first: bool = False
    files: tuple[SentFile, ...] = ()
    notes: tuple[str, ...] = ()

    def with_cluster(self, cluster: str, message_ts: str, response_url: str) -> "Question":
        """The same, about a cluster that was picked from the menu in that message, which becomes the answer."""
        if self.is_private:
            return replace(self, cluster=cluster, response_url=response_url, is_in_place=True)
        return replace(self, cluster=cluster, message_ts=message_ts)

    @property
    def is_private(self) -> bool:
        """Whether only the asker sees the answer."""
        return bool(self.response_url)

    @property
    def is_awaited(self) -> bool:
        """Nobody waits where nobody asked."""
        return self.how not in ("unasked", "alert") and super().is_awaited


@dataclass(frozen=True, kw_only=True)
class EditedQuestion(Question):
    """A question as its asker has changed it; ``original`` is the key under which it was accepted before."""

    original: str


@dataclass(frozen=True, kw_only=True)
class SlashCommand(PersonPayload):
    """What Slack tells of a command: ``text`` is what was typed behind ``/netclinic``."""

    text: str

    @property
    def name(self) -> str:
        """The subcommand; empty where nothing was typed."""
        return self.text.split(maxsplit=1)[0] if self.text.split() else ""

    @property
    def arguments(self) -> ParsedQuestion:
        """What stands behind it, options and flags taken out, and quotes around all of it."""
        parsed = parse_question(self.text.strip()[len(self.name) :], flags=[SHARE])
        words = parsed.words
        is_quoted = len(words) > 1 and words[0] == words[-1] and words[0] in "\"'" and words.count(words[0]) == 2
        return replace(parsed, words=words[1:-1].strip()) if is_quoted else parsed


@dataclass(frozen=True, kw_only=True)
class ButtonPress(PersonPayload):
    """A button or menu as it was pressed. ``message_ts`` is the message's; private where only one person sees it."""

    action: str
    value: str
    message_ts: str = ""
    is_private: bool = False


@dataclass(frozen=True, kw_only=True)
class CasePress(ButtonPress):
    """A press that became a job of its own, with the ids of the case and of the answer that it is about."""

    case: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class SettlePress(CasePress):
    """The same of the question that settles an entry, with what was answered."""

    entry: str
    yes: bool


@dataclass(frozen=True, kw_only=True)
class WatchLook:
    """A watched case is due to be looked at; ``is_last``: the watch ends with this look."""

    case: str
    is_last: bool = False


@dataclass(frozen=True, kw_only=True)
class HomeView:
    """``user``, of ``team`` if that is not ours, opened App Home, or asked (``anew``) to look at the clusters again."""

    user: str
    anew: bool = False
    team: str = ""


@dataclass(frozen=True, kw_only=True)
class AnchorDue:
    """An anchor of the audit log is due; its key says for which time."""


@dataclass(frozen=True, kw_only=True)
class HandoffOrder(PersonPayload):
    """A handoff to be posted in ``channel``: ``words`` name the time range, ``user`` is empty where it is scheduled.

    ``asked_in``: where it was asked for, if not there.
    """

    words: str
    asked_in: str = ""


@dataclass(frozen=True, kw_only=True)
class HandoffAck(PersonPayload):
    """“I have it” as it was pressed below the handoff with that id."""

    handoff: str


@dataclass(frozen=True, kw_only=True)
class HandoffNoteLeft(PersonPayload):
    """A note that was left for whoever takes the handoff with that id over; empty: theirs is taken back."""

    handoff: str
    note: str


@dataclass(frozen=True, kw_only=True)
class FleetDigest:
    """A digest of all clusters is due, to be posted in ``channel``; its key says for which time."""

    channel: str


@dataclass(frozen=True, kw_only=True)
class HandoffReminder:
    """Nobody has acknowledged the handoff with that id in time."""

    handoff: str


@dataclass(frozen=True, kw_only=True)
class Alert(PersonPayload):
    """An alert that came without anybody asking. ``user`` is the bot, or Alertmanager; ``identity`` what is the same
    each time it is told.

    ``thread_ts`` is the bot's message; empty where we have to post it (the webhook). ``cluster``, ``namespace``,
    ``pod`` and ``node`` are its labels; ``words`` hold them too. ``channel`` is an id, or as the settings name it.
    """

    identity: str
    name: str
    words: str
    summary: str = ""
    cluster: str = ""
    namespace: str = ""
    pod: str = ""
    node: str = ""
    is_resolved: bool = False
    since: str = ""

    @property
    def is_awaited(self) -> bool:
        """Nobody waits where nobody asked."""
        return False


@dataclass(frozen=True, kw_only=True)
class AlertCount:
    """What was told of the alerts in the thread of ``owner`` has changed; the key says in which seconds."""

    owner: str


@dataclass(frozen=True, kw_only=True)
class AskersCount:
    """The open case is asked about in one more thread; the key says in which seconds."""

    case: str


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """The job ``key``, of the kind ``name``, ended its process again and again: it is not resumed any more."""

    name: str
    key: str
    payload: dict[str, Any]


QUESTION = JobKind("ask", Question)
EDIT = JobKind("edit", EditedQuestion)
COMMAND = JobKind("command", SlashCommand)
PRESS = JobKind("press", ButtonPress)
RECHECK = JobKind("recheck", CasePress)
SETTLE = JobKind("settle", SettlePress)
ESCALATE = JobKind("hand_over", CasePress)
SHARE_ANSWER = JobKind("share", CasePress)
WATCH = JobKind("watch", WatchLook)
HOME = JobKind("home", HomeView)
ANCHOR = JobKind("audit.anchor", AnchorDue)
HANDOFF = JobKind("handoff", HandoffOrder)
FLEET_DIGEST = JobKind("fleet.digest", FleetDigest)
HANDOFF_ACK = JobKind("handoff.take", HandoffAck)
HANDOFF_NOTE = JobKind("handoff.note", HandoffNoteLeft)
HANDOFF_REMINDER = JobKind("handoff.remind", HandoffReminder)
ALERT = JobKind("alert", Alert)
ALERT_COUNT = JobKind("alert.count", AlertCount)
ASKERS = JobKind("askers", AskersCount)
SET_ASIDE = JobKind("set_aside", SetAside)


CHOSEN = ":chosen"  # behind a question's key: the same with a cluster from the menu


def once_key(action: str, of: str) -> str:
    """The key of what may be done once with an answer, or with a case."""
    return f"{action}:{hashlib.sha256(of.encode()).hexdigest()[:24]}"


KINDS: Mapping[str, JobKind[Any]] = {
    kind.name: kind
    for kind in (
        QUESTION,
        EDIT,
        COMMAND,
        PRESS,
        RECHECK,
        SETTLE,
        ESCALATE,
        SHARE_ANSWER,
        WATCH,
        HOME,
        ANCHOR,
        HANDOFF,
        FLEET_DIGEST,
        HANDOFF_ACK,
        HANDOFF_NOTE,
        HANDOFF_REMINDER,
        ALERT,
        ALERT_COUNT,
        ASKERS,
        SET_ASIDE,
    )
}
