"""People and user groups."""

from tests.workspace.calls import Call, Refused
from tests.workspace.methods.conversations import page
from tests.workspace.records import Json
from tests.workspace.shapes import group_json, user_json


def info(call: Call) -> Json:
    person = call.team.people.get(call.needed("user"))
    if person is None:
        raise Refused("user_not_found")
    return {"user": user_json(call.team, person)}


def listing(call: Call) -> Json:
    found, more = page(call, list(call.team.people.values()), 1000)
    return {
        "members": [user_json(call.team, person) for person in found],
        "response_metadata": more["response_metadata"],
    }


def groups(call: Call) -> Json:
    with_users = call.flag("include_users")
    return {"usergroups": [group_json(call.team, group, with_users) for group in call.team.groups.values()]}


def in_group(call: Call) -> Json:
    group = call.team.groups.get(call.needed("usergroup"))
    if group is None:
        raise Refused("no_such_subteam")
    return {"users": list(group.users)}
