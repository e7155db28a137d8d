"""Records as Slack writes them in replies and events."""

from tests.workspace.records import Channel, File, Group, Json, Message, Person, View
from tests.workspace.team import Team


def user_json(team: Team, person: Person) -> Json:
    return {
        "id": person.id,
        "team_id": team.team_of(person.id),
        "name": person.name,
        "deleted": False,
        "real_name": person.real_name,
        "tz": "Europe/London",
        "tz_label": "Greenwich Mean Time",
        "tz_offset": 0,
        "profile": {
            "real_name": person.real_name,
            "display_name": person.name,
            "real_name_normalized": person.real_name,
            "display_name_normalized": person.name,
            "team": team.team_of(person.id),
            **({"bot_id": person.bot_id, "api_app_id": person.app_id} if person.is_bot else {}),
        },
        **_organization(team, person),
        "is_admin": False,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }


def _organization(team: Team, person: Person) -> Json:
    """What Slack tells of somebody in an Enterprise Grid organization, and of people who are none of ours."""
    is_stranger = {"is_stranger": True} if person.team and person.enterprise != team.enterprise else {}
    enterprise = person.enterprise if person.team else team.enterprise
    if not enterprise:
        return is_stranger
    return {**is_stranger, "enterprise_user": {"id": person.id, "enterprise_id": enterprise, "teams": [person.team]}}


def channel_json(team: Team, channel: Channel) -> Json:
    common = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_im": channel.is_im,
        "is_mpim": False,
        "context_team_id": team.id,
    }
    if channel.is_im:
        return {**common, "user": channel.user, "is_channel": False, "is_group": False, "is_org_shared": False}
    return {
        **common,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_private": channel.is_private,
        "is_member": team.bot.id in channel.members,
        "is_general": False,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
        "is_shared": bool(channel.other_teams),
        "is_ext_shared": bool(channel.other_teams),
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "shared_team_ids": [team.id, *channel.other_teams],
        "internal_team_ids": [team.id] if channel.other_teams else [],
        "connected_team_ids": list(channel.other_teams),
    }


def group_json(team: Team, group: Group, with_users: bool = False) -> Json:
    return {
        "id": group.id,
        "team_id": team.id,
        "is_usergroup": True,
        "handle": group.handle,
        "name": group.name,
        "description": "",
        "date_delete": 0,
        "user_count": len(group.users),
        **({"users": list(group.users)} if with_users else {}),
    }


def file_json(team: Team, file: File, base_url: str = "") -> Json:
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2] or "text",
        "size": len(file.content or b""),
        "user": file.sent_by or team.bot.id,
        "mode": "snippet" if file.snippet_type or file.mimetype.startswith("text/") else "hosted",
        "alt_txt": file.alt,
        "url_private": base_url + file.path,
        "permalink": base_url + file.path,
    }


def bot_profile(team: Team, bot_id: str) -> Json:
    owner = next((p for p in team.people.values() if p.bot_id == bot_id), None)
    return {
        "id": bot_id,
        "deleted": False,
        "name": owner.name if owner else "webhook",
        "updated": 1_700_000_000,
        "app_id": owner.app_id if owner else None,
        "team_id": team.id,
    }


def message_json(team: Team, message: Message, *, with_metadata: bool = False, in_thread: bool = True) -> Json:
    """A message as conversations.history, events and interactions show it; metadata only when asked for."""
    shape: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": team.team_of(message.user),
    }
    shape |= {name: value for name in ("subtype", "client_msg_id") if (value := getattr(message, name))}
    if message.subtype == "bot_message":
        del shape["user"]
    if message.bot_id:
        shape |= {"bot_id": message.bot_id, "app_id": message.app_id, "bot_profile": bot_profile(team, message.bot_id)}
    if message.blocks:
        shape["blocks"] = message.blocks
    shape |= {name: value for name in ("attachments", "username") if (value := getattr(message, name))}
    if message.edited:
        shape["edited"] = {"user": message.user, "ts": message.edited}
    if message.files:
        shape["files"] = [file_json(team, file, team.files_url) for file in message.files]
    if message.reactions:
        shape["reactions"] = [{"name": n, "users": u, "count": len(u)} for n, u in message.reactions.items()]
    if with_metadata and message.metadata:
        shape["metadata"] = message.metadata
    return {**shape, **(_threading(team, message) if in_thread else {})}


def _threading(team: Team, message: Message) -> Json:
    if message.thread_ts and message.thread_ts != message.ts:
        parent = team.find(message.channel, message.thread_ts)
        return {"thread_ts": message.thread_ts, **({"parent_user_id": parent.user} if parent else {})}
    replies = [m for m in team.thread(message.channel, message.ts) if m is not message]
    if not replies:
        return {}
    people = list(dict.fromkeys(m.user for m in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(people),
        "reply_users": people,
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": False,
    }


def view_json(team: Team, view: View) -> Json:
    """A view as views.open and interactions show it, with what the person filled in."""
    body = view.body
    return {
        "id": view.id,
        "team_id": team.id,
        "type": view.type,
        "blocks": body.get("blocks", []),
        "private_metadata": body.get("private_metadata", ""),
        "callback_id": body.get("callback_id", ""),
        "external_id": body.get("external_id", ""),
        "state": {"values": view.state},
        "hash": view.hash,
        "title": body.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
        "clear_on_close": bool(body.get("clear_on_close")),
        "notify_on_close": bool(body.get("notify_on_close")),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": view.previous,
        "root_view_id": view.root or view.id,
        "app_id": team.bot.app_id,
        "app_installed_team_id": team.id,
        "bot_id": team.bot.bot_id,
    }
