"""What Slack has refused is not asked of it again for a while: for the app, a kind of conversation, or a conversation.

For calls that an answer can do without. Codes: docs.slack.dev/reference/methods, of ``assistant.threads.setStatus`` and
``reactions.add``; a server that does not know a method may answer with a status of HTTP.
"""

import time
from dataclasses import dataclass, field

from bot.slack.api.errors import TOKEN_ERRORS

WHILE = 3600.0  # seconds; a scope that was added since, or a plan that was changed, counts after that
_OF_THE_APP = frozenset(
    {
        "access_denied",
        "deprecated_endpoint",
        "enterprise_is_restricted",
        "invalid_arguments",
        "method_deprecated",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_enabled",
        "team_access_not_granted",
        "unknown_method",
    }
)
_OF_ONE_CHANNEL = frozenset(
    {
        "channel_not_found",
        "external_channel_migrating",
        "invalid_thread_ts",
        "is_archived",
        "not_in_channel",
        "thread_locked",
        "thread_not_found",
    }
)
_OF_ONE_MESSAGE = frozenset(
    {
        "already_reacted",
        "bad_timestamp",
        "message_not_found",
        "no_reaction",
        "not_reactable",
        "too_many_emoji",
        "too_many_reactions",
    }
)
_ALL = "*"


@dataclass
class RefusalMemory:
    """For one method, or for methods that are refused together."""

    _until: dict[str, float] = field(default_factory=dict)

    def note(self, channel: str, code: str) -> None:
        """Slack refused a call in that conversation with this code. One that is not known counts for its kind."""
        if code in _OF_ONE_MESSAGE or code in TOKEN_ERRORS:
            return
        is_of_app = code in _OF_THE_APP or code.startswith("HTTP status")
        what = _ALL if is_of_app else channel if code in _OF_ONE_CHANNEL else _kind(channel)
        self._until[what] = time.monotonic() + WHILE

    def is_refused(self, channel: str) -> bool:
        """Whether it would be refused there, as far as is known."""
        now = time.monotonic()
        self._until = {what: until for what, until in self._until.items() if until > now}
        return any(what in self._until for what in (_ALL, _kind(channel), channel))


def _kind(channel: str) -> str:
    """``D`` for direct messages, ``G`` for private channels of old, else ``C``."""
    return channel[:1]
