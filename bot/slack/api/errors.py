"""The ways in which Slack fails, told apart by what may be done next: wait and try again, or stop and say so."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.store import DatabaseError
from knowledge.errors import FAILED, UserFacingError

# What Slack says when it is not well itself: the same call may succeed a little later.
_AWAY = frozenset(
    {
        "accesslimited",
        "fatal_error",
        "internal_error",
        "ratelimited",
        "rate_limited",
        "message_limit_exceeded",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
_TIMED_OUT = 408
_TOKEN = "the bot token is not accepted any more: install the app again and set SLACK_BOT_TOKEN"  # noqa: S105 - advice
_REASONS: Mapping[str, str] = {
    "channel_not_found": "there is no such channel, or netclinic is not in it: invite it with /invite",
    "not_in_channel": "netclinic is not in the channel: invite it with /invite",
    "is_archived": "the channel is archived: ask in another one",
    "msg_too_long": "the message is longer than Slack takes",
    "invalid_blocks": "Slack does not take these blocks",
    "message_not_found": "the message is gone",
    "thread_not_found": "the thread is gone",
    "cant_update_message": "the message is somebody else's",
    "edit_window_closed": "the message is too old to be changed",
    "expired_trigger_id": "Slack waits only three seconds for a form: press the button again",
    "trigger_expired": "Slack waits only three seconds for a form: press the button again",
    "user_not_in_channel": "the person is not in the channel",
    "restricted_action": "the workspace's settings forbid it: ask an administrator of the workspace",
    "no_permission": "the app may not do this: install it again with the scopes of deploy/slack/manifest.yaml",
    "missing_scope": "the app lacks a scope: install it again with the scopes of deploy/slack/manifest.yaml",
    "token_revoked": _TOKEN,
    "token_expired": _TOKEN,
    "invalid_auth": _TOKEN,
    "not_authed": _TOKEN,
    "account_inactive": _TOKEN,
    "used_url": "the reply address was used up: ask again",
    "expired_url": "Slack takes such a reply for half an hour only: ask again",
}
TOKEN_ERRORS = frozenset(code for code, reason in _REASONS.items() if reason == _TOKEN)
PERMISSION_ERRORS = frozenset({"missing_scope", "no_permission", "restricted_action", "not_in_channel"})


OPENING = "apps.connections.open"  # the one method that takes the app-level token


class SlackFailure(UserFacingError):
    """A call to Slack came to nothing; the message is one sentence."""

    exit_code = FAILED


class SlackAway(SlackFailure):
    """Slack cannot be reached or is not well: trying again is right.

    ``retry_after``: seconds that Slack asked us to wait, if it did. ``surely_not_done``: the call cannot have been
    carried out; without it, it may have been, the reply being lost.
    """

    def __init__(self, sentence: str, *, retry_after: float | None = None, surely_not_done: bool = False) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        self.surely_not_done = surely_not_done


class SlackRefused(SlackFailure):
    """Slack understood and said no: trying again is pointless. ``code`` is Slack's own, ``sentence`` is for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class NotAccepting(UserFacingError):
    """The process ends or cannot reach its database: what is not stored must not be acknowledged."""

    exit_code = FAILED


def is_passing(error: BaseException) -> bool:
    """Whether something failed because the database is locked or gone for a while, and may be tried again later."""
    causes = (error, error.__cause__)
    return isinstance(error, NotAccepting) or any(isinstance(e, DatabaseError) and e.passing for e in causes)


def failure_of(method: str, error: Exception) -> SlackFailure:
    """The failure that an exception of the SDK or of the network means."""
    if isinstance(error, SlackApiError):
        return _answered(method, error)
    if isinstance(error, aiohttp.ClientConnectorError):
        where = f"{error.host}:{error.port}, {error.os_error.strerror or type(error.os_error).__name__}"
        return SlackAway(f"Slack cannot be reached for {method} ({where}).", surely_not_done=True)
    if isinstance(error, aiohttp.ClientError | OSError | TimeoutError | asyncio.IncompleteReadError | SlackClientError):
        return SlackAway(f"Slack gave no answer to {method} ({_named(error)}).")
    raise error


def _answered(method: str, error: SlackApiError) -> SlackFailure:
    reply = error.response
    data, status, headers = _read(reply)
    code = str(data.get("error") or "")
    if status == 429 or code in ("ratelimited", "rate_limited"):
        seconds = _seconds(headers)
        return SlackAway(f"Slack asked us to wait {seconds:g} s ({method}).", retry_after=seconds, surely_not_done=True)
    if not code and 400 <= status < 500 and status != _TIMED_OUT:
        return refusal(method, f"HTTP status {status}")
    if status >= 500 or code in _AWAY or not code:
        return SlackAway(f"Slack is not well: it answered {method} with {code or f'status {status}'}.")
    return refusal(method, code, details=_details(data))


def _read(reply: Any) -> tuple[Mapping[str, Any], int, Mapping[str, str]]:
    """Data, status and headers of an SDK's reply; the SDK hands over a bare HTTP response where it was no JSON."""
    data = getattr(reply, "data", None)
    status = getattr(reply, "status_code", None) or getattr(reply, "status", 0)
    return (data if isinstance(data, dict) else {}), int(status or 0), getattr(reply, "headers", {}) or {}


def refusal(method: str, code: str, details: Iterable[str] = ()) -> SlackRefused:
    """Slack's no, as a sentence."""
    reason = _REASONS.get(code, "")
    if method == OPENING and code in TOKEN_ERRORS:
        reason = "the app-level token is not accepted: set SLACK_APP_TOKEN to one with the scope connections:write"
    told = "; ".join([reason, *details] if reason else list(details))
    return SlackRefused(code, f"Slack refused {method} ({code}){': ' + told if told else ''}.")


def _details(data: Mapping[str, Any]) -> list[str]:
    messages = (data.get("response_metadata") or {}).get("messages") or []
    needed = data.get("needed")
    return [str(item) for item in messages[:3]] + ([f"it needs {needed}"] if needed else [])


def _seconds(headers: Mapping[str, str]) -> float:
    try:
        return max(0.0, float(headers.get("Retry-After") or headers.get("retry-after") or 1))
    except ValueError:
        return 1.0


def _named(error: Exception) -> str:
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}"[:200] if said else type(error).__name__
