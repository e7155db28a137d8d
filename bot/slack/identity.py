"""Who netclinic is in Slack: its tokens, checked, and the bot they belong to; calls that Slack denies, on record."""

import asyncio
import hashlib
import json
import logging
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bot.audit import AuditLog, Draft
from bot.audit.records import SYSTEM
from bot.settings import Settings, SettingsError
from bot.slack import logs
from bot.slack.api.client import SlackClient
from bot.slack.api.errors import PERMISSION_ERRORS, TOKEN_ERRORS, SlackRefused, SlackUnavailable
from bot.slack.health import Health
from bot.slack.services import BotIdentity
from bot.slack.setting_rules import secret_value
from bot.slack.timing import PRODUCTION, Timing

_PASSWORD = re.compile(r"(?:://[^\s:/@]{0,256}:|[?&][^=&?]{0,64}password=)([^\s@/&]+)")
_log = logging.getLogger("netclinic.slack")
REPEAT_AFTER = 600.0  # seconds after which the same is recorded again: a line to Slack is tried every half minute


def list_secrets(settings: Settings) -> list[str]:
    """Everything that no log may hold."""
    slack = [settings.slack_bot_token, settings.slack_app_token, settings.slack_signing_secret]
    named = [*slack, settings.audit_key, settings.alerts_token]
    return [found for found in map(secret_value, named) if found] + _PASSWORD.findall(settings.database_url)


def bot_token_refused(error: SlackRefused) -> SettingsError:
    """What to say of a bot token that Slack does not accept."""
    return SettingsError(
        f"SLACK_BOT_TOKEN is not accepted ({error.code}): install the app in the workspace and take its current token."
    )


def app_token_refused(error: SlackRefused) -> SettingsError:
    """What to say of an app token with which Slack opens no line."""
    return SettingsError(
        f"SLACK_APP_TOKEN is not accepted ({error.code}): switch Socket Mode on, and make a token with the scope "
        "connections:write on the app's Basic Information page."
    )


async def identify_bot(
    slack: SlackClient,
    health: Health,
    file: "IdentityFile",
    timing: Timing = PRODUCTION,
    *,
    while_away: Callable[[], None] = lambda: None,
) -> BotIdentity:
    """Who we are in the workspace. While Slack is away the last start's answer holds, so that questions which still
    reach us are stored; without one it is asked again and again, and ``while_away`` begins what need not wait.

    Raises:
        SettingsError: the bot token is not accepted.
    """
    wait, told = timing.first_reconnect, ""
    while True:
        try:
            reply = await slack.call("auth.test")
        except SlackRefused as error:
            raise bot_token_refused(error) from error
        except SlackUnavailable as error:
            if (bot := file.read(slack)) is not None:
                _log.warning("%s Who netclinic is in the workspace is known from an earlier start.", error)
                return bot
            told = _log_once(told, error)
            health.trouble = told
            while_away()
            await asyncio.sleep(error.retry_after or wait)
            wait = min(wait * 2, timing.longest_retry)
            continue
        health.trouble = ""
        bot = BotIdentity(
            team=str(reply.get("team_id") or ""),
            user=str(reply["user_id"]),
            bot=str(reply.get("bot_id") or ""),
            name=str(reply.get("user") or "netclinic"),
            enterprise=str(reply.get("enterprise_id") or ""),
        )
        file.write(slack, bot)
        return bot


@dataclass(frozen=True)
class IdentityFile:
    """What Slack last said of a bot token, in a file of the data directory; the token itself is not in it."""

    path: Path

    def read(self, slack: SlackClient) -> BotIdentity | None:
        """Who this token is; ``None`` where no start has heard it."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return BotIdentity(**found["bot"]) if found["token"] == _hash_token(slack) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, slack: SlackClient, bot: BotIdentity) -> None:
        """Keep it; a start goes on without where that fails."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps({"token": _hash_token(slack), "bot": asdict(bot)}), encoding="utf-8")
        except OSError as error:
            _log.info("Who netclinic is was not kept: %s", error)


def _hash_token(slack: SlackClient) -> str:
    return hashlib.sha256(str(slack.client.token).encode()).hexdigest()


def _log_once(told: str, error: SlackUnavailable) -> str:
    if str(error) != told:
        _log.error("%s It is tried again.", error)
    return str(error)


@dataclass
class PermissionLog:
    """Records them without anybody waiting: each method and reason once in a while for each request."""

    log: AuditLog
    _recorded: dict[tuple[str, str, str], float] = field(default_factory=dict)

    def __call__(self, method: str, error: SlackRefused) -> None:
        """Record it, where it is about a login or a permission."""
        if error.code not in TOKEN_ERRORS | PERMISSION_ERRORS:
            return
        request = logs.current_log_context().get("request_id", "")
        now, what = time.monotonic(), (method, error.code, request)
        self._recorded = {told: at for told, at in self._recorded.items() if now - at < REPEAT_AFTER}
        if what not in self._recorded:
            self._recorded[what] = now
            action = "login.failed" if error.code in TOKEN_ERRORS else "permission.failed"
            detail = {"method": method, "reason": error.sentence}
            self.log.enqueue(
                [Draft(action=action, actor=SYSTEM, request_id=request, outcome=error.code, detail=detail)]
            )
