"""Alertmanager's webhook: its JSON, and the channel that the settings name for an alert.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from bot.settings import parse_list
from bot.slack.alert_scope import scope_of_labels
from bot.slack.jobs import Alert
from bot.slack.parsing import MAX_LENGTH
from bot.text import one_line, plain
from bot.validation import describe_problem
from knowledge.errors import FAILED, UserFacingError

WEBHOOK = "Alertmanager"  # who told, where no bot did
LONGEST_SUMMARY = 300
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class MalformedAlerts(UserFacingError):
    """The body holds no alerts of Alertmanager's; the message says what is wrong in one sentence."""

    exit_code = FAILED


class PostedAlert(BaseModel):
    """One alert as Alertmanager posts it."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    startsAt: datetime
    fingerprint: str = ""

    @property
    def identity(self) -> str:
        """Alertmanager's fingerprint; one of the labels from where it sends none."""
        if self.fingerprint:
            return self.fingerprint
        return hashlib.sha256(json.dumps(self.labels, sort_keys=True).encode()).hexdigest()[:16]


class _Posted(BaseModel):
    alerts: list[PostedAlert]


_CODEC = TypeAdapter(_Posted)


def parse_alerts(body: bytes) -> list[PostedAlert]:
    """The alerts in a body.

    Raises:
        MalformedAlerts: it is none of Alertmanager's.
    """
    try:
        return _CODEC.validate_json(body).alerts
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "the body"
        message = f"These are no alerts as Alertmanager's webhook posts them: {where}: {describe_problem(error)}."
        raise MalformedAlerts(one_line(message)[:300]) from None


@dataclass(frozen=True)
class AlertRoutes:
    """``NETCLINIC_ALERTS_CHANNELS``: the first label that fits says the channel, else it is the default."""

    by_label: tuple[tuple[str, str, str], ...] = ()
    default: str = ""

    @staticmethod
    def parse(text: str) -> "AlertRoutes":
        """The routes in the setting."""
        rules = [item.rpartition(":") for item in parse_list(text)]
        by_label = [(*rule.partition("=")[::2], channel.strip()) for rule, colon, channel in rules if colon]
        default = next((channel for _, colon, channel in rules if not colon), "")
        return AlertRoutes(tuple((name.strip(), value.strip(), to) for name, value, to in by_label), default)

    def channel(self, labels: Mapping[str, str]) -> str:
        """The channel as the settings name it; empty where none is meant for these labels."""
        return next((to for name, value, to in self.by_label if labels.get(name) == value), self.default)

    @property
    def channels(self) -> tuple[str, ...]:
        """All that are named."""
        return tuple(dict.fromkeys([*(to for _, _, to in self.by_label), *([self.default] if self.default else [])]))


def make_alert(posted: PostedAlert, channel: str) -> Alert:
    """The job's payload. The words are what people wrote about it, and its name, of which rules make one word."""
    scope, notes = scope_of_labels(posted.labels), posted.annotations
    name = one_line(posted.labels.get("alertname") or "alert")[:100]
    told = [notes.get(each, "") for each in ("summary", "description", "message")]
    summary = one_line(next((text for text in told if text.strip()), ""))[:LONGEST_SUMMARY]
    parts = [_CAMEL.sub(" ", name), *told, scope.sentence]
    words = "\n".join(dict.fromkeys(plain(part).strip() for part in parts if part.strip()))
    labels: dict[str, Any] = vars(scope)
    return Alert(
        user=WEBHOOK,
        channel=channel,
        identity=posted.identity,
        name=name,
        words=words[:MAX_LENGTH],
        summary=summary,
        is_resolved=posted.status == "resolved",
        since=posted.startsAt.isoformat(),
        **labels,
    )
