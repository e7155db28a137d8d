"""Why ACK refused an upgrade, by the task's own message: Operations, Cluster Tasks in the console."""

import asyncio
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.cloud.actions import DESCRIBE_CLUSTER_TASKS, DESCRIBE_TASK_INFO
from bot.cluster.facts.cloud import ask_cloud, cloud_cluster_id, cloud_command, cloud_region
from bot.cluster.facts.platform import GET_CONFIG, LIST_NODES
from bot.cluster.session import ClusterSession, Object, get_path, moment, safe_name
from bot.probes.declaration import Strings
from bot.probes.findings import Evidence, Finding, clip
from bot.probes.registry import absent, present, probe, unknown

MOST_LOOKED_INTO = 3  # tasks, of which the list does not tell what they are about
MESSAGE_LENGTH = 200  # characters
_UPGRADE = re.compile(r"upgrad|update", re.IGNORECASE)
_ADDON = re.compile(r"addon|add-on|component", re.IGNORECASE)
_FAILED = re.compile(r"fail(?:ed|ure)?|error", re.IGNORECASE)
_DONE = re.compile(r"success(?:ful|ed)?|succeeded|finished|complete[d]?", re.IGNORECASE)


@dataclass(frozen=True)
class _Task:
    """One task of the cluster. ``told``: what it says of its end; ``about``: what it is about, as far as it tells."""

    id: str
    kind: str
    state: str
    at: datetime
    told: str
    about: str = ""

    @property
    def is_failed(self) -> bool:
        return _FAILED.fullmatch(self.state) is not None

    @property
    def is_done(self) -> bool:
        return _DONE.fullmatch(self.state) is not None

    @property
    def is_addon_upgrade(self) -> bool:
        return bool(_UPGRADE.search(self.kind) and _ADDON.search(self.kind))

    def says(self, texts: Strings) -> bool:
        """Whether its message holds one of these, whatever stands between the words."""
        said = _words(self.told)
        return any(_words(text) in said for text in texts)

    def names(self, addon: str) -> bool:
        return addon in f"{self.id} {self.about} {self.told}".lower()


@probe(
    nature="sign",
    reads=(GET_CONFIG, LIST_NODES),
    calls=(DESCRIBE_CLUSTER_TASKS, DESCRIBE_TASK_INFO),
)
async def upgrade_refused(
    session: ClusterSession, *, addon: str, contains: Strings, within: timedelta = timedelta(days=3)
) -> Finding:
    """The newest upgrade of an add-on failed in ACK, and its task says so with one of these words.

    Absent where the newest one went through, or failed for another reason, which is told. Unknown while one runs, and
    where ACK lists none that failed: a check may refuse an upgrade before it becomes a task.

    Args:
        addon: part of the add-on's name, in lower case
        contains: words of the message or its code, without regard to case
        within: how long ago the task was last changed at most
    """
    listing = await ask_cloud(session, DESCRIBE_CLUSTER_TASKS, ClusterId=await cloud_cluster_id(session))
    recent = [task for task in map(_task, listing.items) if task and session.now() - task.at <= within]
    recent = sorted((each for each in recent if _may_tell(each, contains)), key=lambda each: each.at, reverse=True)
    last = await _last_of(session, recent, addon, contains)
    if last is None:
        some = "" if listing.complete else " among the newest"
        return _nothing_to_read(f"ACK lists no upgrade of {addon} that failed within {within.days} days{some}")
    evidence = [await _evidence(session, last)]
    at = f"{last.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    named = {"refused": [clip(last.told, MESSAGE_LENGTH)] if last.told else [], "refused_at": [at]}
    if last.is_failed and last.says(contains):
        return present(f"ACK refused the upgrade at {at}: {clip(last.told, MESSAGE_LENGTH)}", evidence, **named)
    if last.is_failed:
        why = clip(last.told, MESSAGE_LENGTH) or "its task gives no message"
        told = f"ACK refused the last upgrade of {addon} at {at} for another reason ({why})"
        return absent(told, evidence, way_out=[told], **named)
    if last.is_done:
        told = f"the last upgrade of {addon} went through at {at}"
        return absent(told, evidence, way_out=[told])
    why = f"the upgrade of {addon} has not ended: its task is {last.state or 'in an unknown state'}"
    return unknown(why, evidence, unsettled=[why])


async def _last_of(session: ClusterSession, recent: list[_Task], addon: str, contains: Strings) -> _Task | None:
    """The newest task that tells of the add-on. One whose message has the words needs no second look."""
    until = next((at for at, task in enumerate(recent) if task.is_failed and task.says(contains)), len(recent))
    unclear = recent[: min(until, MOST_LOOKED_INTO)]
    looked_into = await asyncio.gather(*(_looked_into(session, task, addon) for task in unclear))
    mine = [task for task in looked_into if task.names(addon) or (task.is_failed and task.says(contains))]
    return next(iter([*mine, *recent[until : until + 1]]), None)


async def _looked_into(session: ClusterSession, task: _Task, addon: str) -> _Task:
    if task.told and task.names(addon):
        return task
    listing = await ask_cloud(session, DESCRIBE_TASK_INFO, TaskId=task.id)
    item = listing.items[0] if listing.items else {}
    events = item.get("events")
    texts = [str(each.get("message") or "") for each in events or [] if isinstance(each, dict)]
    about = safe_name(get_path(item, "target", "id"))
    told = task.told or _error(item) or next((text for text in reversed(texts) if text), "")
    return _Task(task.id, task.kind, task.state, task.at, told, " ".join([about, *texts]))


def _task(item: Object) -> _Task | None:
    at = moment(item.get("updated")) or moment(item.get("created"))
    if at is None or not item.get("task_id"):
        return None
    kind, state = str(item.get("task_type") or ""), str(item.get("state") or "")
    return _Task(safe_name(item.get("task_id")), safe_name(kind), safe_name(state), at, _error(item))


def _error(item: Object) -> str:
    code, message = (str(get_path(item, "error", part) or "").strip() for part in ("code", "message"))
    return f"{code}: {message}" if code and message else message or code


def _may_tell(task: _Task, contains: Strings) -> bool:
    return task.is_addon_upgrade or (task.is_failed and task.says(contains))


def _words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def _nothing_to_read(why: str) -> Finding:
    """What Kubernetes tells stays decided."""
    return replace(unknown(why, unsettled=[why]), is_unread=True)


async def _evidence(session: ClusterSession, task: _Task) -> Evidence:
    check = cloud_command(await cloud_region(session), DESCRIBE_TASK_INFO, TaskId=task.id)
    told = f": {task.told}" if task.told else ""
    return Evidence(object=f"Task {task.id}", excerpt=f"{task.kind}, {task.state}{told}", seen=task.at, check=check)
