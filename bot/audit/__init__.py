"""What netclinic did, for whom, and proof that nobody changed the record of it.

Each name is imported when it is first asked for: completion in the shell needs the list of actions and no database.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.audit.context import AuditContext, AuditObserver
    from bot.audit.log import AuditLog, AuditUnavailable
    from bot.audit.records import Actor, Draft, Record

_HOMES = {
    "AuditContext": "context",
    "AuditObserver": "context",
    "AuditLog": "log",
    "AuditUnavailable": "log",
    "Actor": "records",
    "Draft": "records",
    "Record": "records",
}

__all__ = ["Actor", "AuditContext", "AuditLog", "AuditObserver", "AuditUnavailable", "Draft", "Record"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
