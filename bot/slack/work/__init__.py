"""Work that is done once whatever happens: stored before it is acknowledged, resumed after a crash, posted once."""

from bot.slack.work.deed import Deed
from bot.slack.work.failures import SlackAway, SlackFailure, SlackRefused
from bot.slack.work.poster import Poster
from bot.slack.work.work import Work

__all__ = ["Deed", "Poster", "SlackAway", "SlackFailure", "SlackRefused", "Work"]
