"""Who the app is, where it is, and its way in for Socket Mode."""

from tests.workspace.calls import Call, Refused
from tests.workspace.records import Json
from tests.workspace.shapes import bot_profile


def api_test(call: Call) -> Json:
    return {"args": dict(call.args)}


def auth_test(call: Call) -> Json:
    team = call.team
    return {
        "url": call.workspace.url + "/",
        "team": team.name,
        "user": team.bot.name,
        "team_id": team.id,
        "user_id": team.bot.id,
        "bot_id": team.bot.bot_id,
        "is_enterprise_install": False,
        **({"enterprise_id": team.enterprise} if team.enterprise else {}),
    }


def open_connection(call: Call) -> Json:
    return {"url": call.workspace.sockets.ticket()}


def bot_info(call: Call) -> Json:
    bot_id = call.text("bot", call.team.bot.bot_id)
    owner = next((p for p in call.team.people.values() if p.bot_id == bot_id), None)
    if owner is None:
        raise Refused("bot_not_found")
    return {"bot": {**bot_profile(call.team, bot_id), "user_id": owner.id}}


def team_info(call: Call) -> Json:
    team = call.team
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "url": call.workspace.url + "/"}}
