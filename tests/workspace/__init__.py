"""A local Slack workspace for development and tests: Slack's side of the wire, on loopback, and a page to chat in.

It knows nothing of the bot. Whatever speaks Slack's Web API and Socket Mode (or signed HTTP) can connect to it.
"""

from tests.workspace.app import App, Command, Shortcut
from tests.workspace.delivery import NotAcknowledged
from tests.workspace.records import Channel, Group, Message, Person, View
from tests.workspace.workspace import Workspace

__all__ = [
    "App",
    "Channel",
    "Command",
    "Group",
    "Message",
    "NotAcknowledged",
    "Person",
    "Shortcut",
    "View",
    "Workspace",
]
