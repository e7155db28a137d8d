"""The names of what is recorded, so that people find them: in filters, in help, in the README."""

from collections.abc import Mapping

ACTIONS: Mapping[str, str] = {
    "question.received": "somebody asked",
    "command.received": "somebody called for something else",
    "entries.considered": "what the words may mean, with scores",
    "cluster.read": "a read of a cluster is about to be made",
    "cluster.read.done": "what came of it: outcome, bytes, milliseconds",
    "permission.failed": "a cluster or Slack refused us",
    "login.failed": "Slack did not accept our token",
    "verdict.reached": "the verdict on one entry",
    "message.posting": "a message is about to be posted",
    "message.posted": "it was posted",
    "message.updating": "it is about to be changed",
    "message.updated": "it was changed",
    "button.pressed": "somebody pressed a button",
    "case.resolved": "somebody resolved a case",
    "refused": "netclinic did not do what it was asked to",
    "settings.in_force": "settings at the start that differ from their defaults",
    "handoff.made": "a handoff was made",
    "handoff.acknowledged": "somebody has taken it",
    "handoff.reminded": "nobody has, and they were reminded",
    "export.made": "records were given out",
    "audit.anchored": "the newest record's hash is about to be told outside",
    "audit.pruned": "old records were archived and removed",
    "audit.erased": "people's words were erased",
}


def called(action: str) -> list[str]:
    """The actions that a name stands for: ``cluster`` means all that begin with ``cluster.``."""
    return [action, *(name for name in ACTIONS if name.startswith(f"{action}."))]
