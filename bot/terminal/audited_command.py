"""The audit log at the terminal: who typed the command, and the record that must be stored before anything is read."""

import asyncio
import contextlib
import os
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.app import App
    from bot.audit import Actor, AuditContext, Draft
    from bot.terminal.inputs import Target

Begin = Callable[..., Awaitable["AuditContext"]]


@contextlib.asynccontextmanager
async def audited_command(app: "App", command: str, target: "Target") -> AsyncIterator[Begin]:
    """``begin(question=..., **what was typed)`` stores that the command was received, and gives its trail.

    The database is opened meanwhile, in a thread. What ends the command in an error is recorded as refused.

    Raises:
        DatabaseError, AuditUnavailable: the audit log cannot be written; nothing has been read.
    """
    opening = asyncio.get_running_loop().run_in_executor(None, lambda: app.audit)
    begun: list[AuditContext] = []
    request_id = uuid.uuid4().hex

    async def begin(**typed: Any) -> "AuditContext":
        from bot.audit import AuditContext

        trail = AuditContext(await opening, operating_system_user(), request_id)
        action = "question.received" if typed.get("question") else "command.received"
        asked = {"command": command, **target.typed(), **{name: value for name, value in typed.items() if value}}
        await trail.log.aappend([settings_draft(trail), trail.draft(action, None, None, "", asked)])
        begun.append(trail)
        return trail

    went_well = False
    try:
        with app.tracing.request(f"netclinic {command}", request_id, door="terminal"):
            yield begin
        went_well = True
    except Exception as error:
        await _record_refusal(begun, error)
        raise
    finally:
        # One failure is told, not two; where nothing was begun, nothing was read.
        with contextlib.nullcontext() if went_well and begun else contextlib.suppress(Exception):
            (await opening).close()
        app.tracing.close()


async def _record_refusal(begun: list["AuditContext"], error: Exception) -> None:
    from bot.audit import AuditUnavailable

    if begun and not isinstance(error, AuditUnavailable):
        detail = {"why": " ".join(str(error).split())}
        await begun[0].record("refused", outcome=type(error).__name__, detail=detail)


def settings_draft(trail: "AuditContext") -> "Draft":
    """The record of the settings that differ from their defaults, secrets masked."""
    from bot.audit.log import settings_snapshot

    return trail.draft("settings.in_force", None, None, "", settings_snapshot())


def operating_system_user() -> "Actor":
    """Who runs this process, by the system's word rather than by the environment's; its host as the channel."""
    from bot.audit import Actor

    number = str(os.getuid()) if hasattr(os, "getuid") else ""
    return Actor("terminal", number, _name(number), socket.gethostname())


def _name(number: str) -> str:
    try:
        import pwd

        return pwd.getpwuid(int(number)).pw_name
    except (ImportError, KeyError, ValueError):  # Windows; a container's user without a name
        return os.environ.get("USERNAME", "") or number
