"""The ways in which Slack fails, told apart by what may be done next: wait and try again, or stop and say so."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.store import DatabaseError
from knowledge.errors import FAILED, UserFacingError

# What Slack says when it is not well itself: the same call may succeed a little later.
_TRANSIENT_CODES = frozenset(
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
_REQUEST_TIMEOUT = 408
_TOKEN_ADVICE = "the bot token is not accepted any more: install the app again and set SLACK_BOT_TOKEN"  # noqa: S105 - advice
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
    "file_elsewhere": "the file is kept somewhere else",
    "missing_scope": "the app lacks a scope: install it again with the scopes of deploy/slack/manifest.yaml",
    "token_revoked": _TOKEN_ADVICE,
    "token_expired": _TOKEN_ADVICE,
    "invalid_auth": _TOKEN_ADVICE,
    "not_authed": _TOKEN_ADVICE,
    "account_inactive": _TOKEN_ADVICE,
    "used_url": "the reply address was used up: ask again",
    "expired_url": "Slack takes such a reply for half an hour only: ask again",
}
TOKEN_ERRORS = frozenset(code for code, reason in _REASONS.items() if reason == _TOKEN_ADVICE)
EXTERNALLY_SHARED = "externally_shared"  # our own no: the channel is shared with another company
PERMISSION_ERRORS = frozenset({"missing_scope", "no_permission", "restricted_action", "not_in_channel"})


OPEN_SOCKET = "apps.connections.open"  # the one method that takes the app-level token


class SlackError(UserFacingError):
    """A call to Slack came to nothing; the message is one sentence."""

    exit_code = FAILED


class SlackUnavailable(SlackError):
    """Slack cannot be reached or is not well: trying again is right.

    ``retry_after``: seconds that Slack asked us to wait, if it did. ``certainly_not_executed``: the call
    cannot have been carried out; without it, it may have been, the reply being lost.
    """

    def __init__(
        self, sentence: str, *, retry_after: float | None = None, certainly_not_executed: bool = False
    ) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        self.certainly_not_executed = certainly_not_executed


class SlackRefused(SlackError):
    """Slack understood and said no: trying again is pointless. ``code`` is Slack's own, ``sentence`` is for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class JobNotAccepted(UserFacingError):
    """The process ends or cannot reach its database: what is not stored must not be acknowledged."""

    exit_code = FAILED


def is_transient(error: BaseException) -> bool:
    """Whether something failed because the database is locked or gone for a while, and may be tried again later."""
    causes = (error, error.__cause__)
    return isinstance(error, JobNotAccepted) or any(isinstance(e, DatabaseError) and e.passing for e in causes)


def to_slack_error(method: str, error: Exception) -> SlackError:
    """The failure that an exception of the SDK or of the network means."""
    if isinstance(error, SlackApiError):
        return _from_response(method, error)
    if isinstance(error, aiohttp.ClientConnectorError):
        where = f"{error.host}:{error.port}, {error.os_error.strerror or type(error.os_error).__name__}"
        return SlackUnavailable(f"Slack cannot be reached for {method} ({where}).", certainly_not_executed=True)
    if isinstance(error, aiohttp.ClientError | OSError | TimeoutError | asyncio.IncompleteReadError | SlackClientError):
        return SlackUnavailable(f"Slack gave no answer to {method} ({_describe(error)}).")
    raise error


def _from_response(method: str, error: SlackApiError) -> SlackError:
    reply = error.response
    data, status, headers = _parse_response(reply)
    code = str(data.get("error") or "")
    if status == 429 or code in ("ratelimited", "rate_limited"):
        seconds = _retry_after(headers)
        return SlackUnavailable(
            f"Slack asked us to wait {seconds:g} s ({method}).", retry_after=seconds, certainly_not_executed=True
        )
    if not code and 400 <= status < 500 and status != _REQUEST_TIMEOUT:
        return slack_refused(method, f"HTTP status {status}")
    if status >= 500 or code in _TRANSIENT_CODES or not code:
        return SlackUnavailable(f"Slack is not well: it answered {method} with {code or f'status {status}'}.")
    return slack_refused(method, code, details=_details(data))


def _parse_response(reply: Any) -> tuple[Mapping[str, Any], int, Mapping[str, str]]:
    """Data, status and headers of an SDK's reply; the SDK hands over a bare HTTP response where it was no JSON."""
    data = getattr(reply, "data", None)
    status = getattr(reply, "status_code", None) or getattr(reply, "status", 0)
    return (data if isinstance(data, dict) else {}), int(status or 0), getattr(reply, "headers", {}) or {}


def slack_refused(method: str, code: str, details: Iterable[str] = ()) -> SlackRefused:
    """Slack's no, as a sentence."""
    reason = _REASONS.get(code, "")
    if method == OPEN_SOCKET and code in TOKEN_ERRORS:
        reason = "the app-level token is not accepted: set SLACK_APP_TOKEN to one with the scope connections:write"
    told = "; ".join([reason, *details] if reason else list(details))
    return SlackRefused(code, f"Slack refused {method} ({code}){': ' + told if told else ''}.")


def _details(data: Mapping[str, Any]) -> list[str]:
    messages = (data.get("response_metadata") or {}).get("messages") or []
    needed = data.get("needed")
    return [str(item) for item in messages[:3]] + ([f"it needs {needed}"] if needed else [])


def _retry_after(headers: Mapping[str, str]) -> float:
    try:
        return max(0.0, float(headers.get("Retry-After") or headers.get("retry-after") or 1))
    except ValueError:
        return 1.0


def _describe(error: Exception) -> str:
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}"[:200] if said else type(error).__name__
