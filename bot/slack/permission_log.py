"""What Slack did not let us do, on record: a token that is not accepted any more, a scope that is missing."""

import time
from dataclasses import dataclass, field

from bot.audit import AuditLog, Draft
from bot.audit.records import SYSTEM
from bot.slack import logs
from bot.slack.api.errors import PERMISSION_ERRORS, TOKEN_ERRORS, SlackRefused

AGAIN = 600.0  # seconds after which the same is recorded again: a line to Slack is tried every half minute


@dataclass
class Denials:
    """Records them without anybody waiting: each method and reason once in a while for each request."""

    log: AuditLog
    _told: dict[tuple[str, str, str], float] = field(default_factory=dict)

    def __call__(self, method: str, error: SlackRefused) -> None:
        """Record it, where it is about a login or a permission."""
        if error.code not in TOKEN_ERRORS | PERMISSION_ERRORS:
            return
        request = logs.told_about().get("request_id", "")
        now, what = time.monotonic(), (method, error.code, request)
        self._told = {told: at for told, at in self._told.items() if now - at < AGAIN}
        if what not in self._told:
            self._told[what] = now
            action = "login.failed" if error.code in TOKEN_ERRORS else "permission.failed"
            detail = {"method": method, "reason": error.sentence}
            self.log.owe_all(
                [Draft(action=action, actor=SYSTEM, request_id=request, outcome=error.code, detail=detail)]
            )
