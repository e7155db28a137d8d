"""The RAM policy that netclinic needs, made from what probes and facts declare."""

from collections.abc import Iterable
from typing import Any

from bot.cloud.requests import Action, refuse_writes


def ram_policy(actions: Iterable[Action]) -> dict[str, Any]:
    """A custom policy document: the declared actions and nothing else, on any resource (lists take no narrower one)."""
    wanted = sorted({action.permission for action in actions})
    for permission in wanted:
        refuse_writes(permission.partition(":")[2])
    return {"Version": "1", "Statement": [{"Effect": "Allow", "Action": wanted, "Resource": "*"}]}
