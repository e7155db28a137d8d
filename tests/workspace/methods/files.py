"""Files in three steps: ask for a URL, send the bytes there, say where the file belongs."""

import mimetypes

from tests.workspace.calls import Call, Refused
from tests.workspace.methods.chat import by_bot, checked_blocks
from tests.workspace.records import File, Json
from tests.workspace.shapes import file_json
from tests.workspace.team import mint


def upload_url(call: Call) -> Json:
    name, length = call.needed("filename"), call.number("length", 0)
    if length < 1:
        raise Refused("invalid_arguments")
    kind = mimetypes.guess_type(name)[0] or "text/plain"
    file = File(mint("F"), name, name, kind, call.text("alt_txt"), None, length, call.text("snippet_type") or None)
    call.team.files[file.id] = file
    return {"upload_url": f"{call.workspace.url}/upload/{file.id}", "file_id": file.id}


def complete(call: Call) -> Json:
    """Shares the files as one message; a file whose bytes never came is not found."""
    given = call.args.get("files")
    if not isinstance(given, list) or not given:
        raise Refused("invalid_arguments")
    files = [_uploaded(call, item) for item in given]
    which = call.text("channel_id")
    if which:
        channel = call.channel("channel_id")
        if call.team.bot.id not in channel.members:
            raise Refused("not_in_channel")
        blocks = checked_blocks(call.args["blocks"]) if call.args.get("blocks") else []
        thread = call.text("thread_ts") or None
        if thread and call.team.find(channel.id, thread) is None:
            raise Refused("invalid_thread_ts")
        text = call.text("initial_comment")
        by_bot(call, channel, text, blocks, thread_ts=thread, files=files, subtype="file_share")
    return {"files": [{"id": file.id, "title": file.title} for file in files]}


def _uploaded(call: Call, item: Json) -> File:
    file: File | None = call.team.files.get(str(item.get("id")))
    if file is None or file.content is None:
        raise Refused("file_not_found")
    file.title = str(item.get("title") or file.name)
    return file


def info(call: Call) -> Json:
    file: File | None = call.team.files.get(call.needed("file"))
    if file is None:
        raise Refused("file_not_found")
    shared: dict[str, list[Json]] = {}
    for channel, ts in file.shares:
        shared.setdefault(channel, []).append({"ts": ts})
    return {"file": {**file_json(call.team, file, call.workspace.url), "shares": {"public": shared}}}
