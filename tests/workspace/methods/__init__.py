"""The Web API methods that this workspace knows: each with its scope, its tier and the function that answers."""

from collections.abc import Mapping

from tests.workspace.calls import Method
from tests.workspace.limits import PER_CHANNEL
from tests.workspace.methods import assistant, chat, conversations, files, people, presence, views

METHODS: Mapping[str, Method] = {
    "api.test": Method(presence.api_test, tier=4, json=True),
    "auth.test": Method(presence.auth_test, tier=None),
    "apps.connections.open": Method(presence.open_connection, tier=None, token="app"),
    "bots.info": Method(presence.bot_info, "users:read", 3, json=False),
    "team.info": Method(presence.team_info, "team:read", 3, json=False),
    "assistant.threads.setStatus": Method(assistant.set_status, "chat:write", 5),
    "chat.postMessage": Method(chat.post_message, "chat:write", PER_CHANNEL),
    "chat.postEphemeral": Method(chat.post_ephemeral, "chat:write", 4),
    "chat.update": Method(chat.update, "chat:write", 3),
    "chat.delete": Method(chat.delete, "chat:write", 3),
    "chat.getPermalink": Method(chat.permalink, tier=None, json=False),
    "conversations.info": Method(conversations.info, tier=3, json=False),
    "conversations.list": Method(conversations.listing, tier=2, json=False),
    "conversations.members": Method(conversations.members, tier=4, json=False),
    "conversations.history": Method(conversations.history, tier=3, json=False),
    "conversations.replies": Method(conversations.replies, tier=3, json=False),
    "conversations.open": Method(conversations.open_direct, "im:write", 3),
    "conversations.join": Method(conversations.join, "channels:join", 3),
    "users.info": Method(people.info, "users:read", 4, json=False),
    "users.list": Method(people.listing, "users:read", 2, json=False),
    "usergroups.list": Method(people.groups, "usergroups:read", 2, json=False),
    "usergroups.users.list": Method(people.in_group, "usergroups:read", 2, json=False),
    "views.open": Method(views.open_view, tier=4),
    "views.push": Method(views.push, tier=4),
    "views.update": Method(views.update, tier=4),
    "views.publish": Method(views.publish, tier=4),
    "reactions.add": Method(chat.react, "reactions:write", 3),
    "reactions.remove": Method(chat.unreact, "reactions:write", 2),
    "files.getUploadURLExternal": Method(files.upload_url, "files:write", 4, json=False),
    "files.completeUploadExternal": Method(files.complete, "files:write", 4),
    "files.info": Method(files.info, "files:read", 4, json=False),
}
