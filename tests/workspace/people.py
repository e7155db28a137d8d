"""What people do in the workspace: say, press, choose, type commands, fill in modals, open Home.

Each deed reaches the app as Slack would bring it, and what the app acknowledges with takes its effect.
"""

import mimetypes
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.workspace.app import Shortcut
from tests.workspace.calls import Refused
from tests.workspace.delivery import NotAcknowledged
from tests.workspace.filling import choice, fill, missing
from tests.workspace.markup import rich, typed
from tests.workspace.methods.chat import checked_blocks
from tests.workspace.methods.views import checked_view
from tests.workspace.records import Channel, File, Json, Message, Person, View
from tests.workspace.surfaces import VALUES
from tests.workspace.team import mint

if TYPE_CHECKING:
    from tests.workspace.workspace import Workspace

_TROUBLE = "We had some trouble connecting. Try again?"
SLACKBOT = "USLACKBOT"


class People:
    """``user`` and ``channel`` are ids or names; ``@netclinic`` as a channel is their conversation with the bot."""

    def __init__(self, workspace: "Workspace") -> None:
        self._slack = workspace
        self._team = workspace.team

    async def say(
        self,
        user: str,
        channel: str,
        text: str,
        thread: str | None = None,
        *,
        attachments: Sequence[Json] = (),
        blocks: Sequence[Json] | None = None,
        files: Sequence[tuple[str, str | bytes]] = (),
    ) -> str:
        """Says it as typed (``@name``, ``#name``, ``<@U…>``); the message's ts. Other apps' bots can, too."""
        person, where = self._team.person(user), self._where(user, channel)
        stored = typed(self._team, text)
        shown = list(blocks) if blocks is not None else rich(stored)
        message = Message(where.id, self._team.new_ts(), person.id, stored, shown, thread)
        message.attachments = list(attachments)
        message.files = [self._file(person, name, content) for name, content in files]
        message.subtype = "file_share" if files else None
        if person.is_bot:
            message.bot_id, message.app_id = person.bot_id, person.app_id
        else:
            message.client_msg_id = f"local-{message.ts}"
        self._slack.events.message(self._team.post(message))
        return message.ts

    def _file(self, person: Person, name: str, content: str | bytes) -> File:
        """A file that somebody sends; a text is a snippet."""
        kind = mimetypes.guess_type(name)[0] or "text/plain"
        kept = content.encode() if isinstance(content, str) else content
        file = File(mint("F"), name, name, kind, content=kept, length=len(kept), sent_by=person.id)
        self._team.files[file.id] = file
        return file

    async def webhook(
        self,
        channel: str,
        text: str,
        *,
        attachments: Sequence[Json] = (),
        username: str = "",
        thread: str | None = None,
    ) -> str:
        """An integration says it through an incoming webhook: a ``bot_message`` without a user."""
        where = self._team.channel(channel)
        message = Message(where.id, self._team.new_ts(), "", text, subtype="bot_message", bot_id="B0WEBHOOK1")
        message.attachments, message.username, message.thread_ts = list(attachments), username, thread
        self._slack.events.message(self._team.post(message))
        return message.ts

    async def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Changes what they said before."""
        message = self._own(user, channel, ts)
        stored = typed(self._team, text)
        self._slack.rewrite(message, stored, rich(stored))

    async def delete(self, user: str, channel: str, ts: str) -> None:
        message = self._own(user, channel, ts)
        self._team.remove(message)
        self._slack.events.deleted(message)

    async def join(self, user: str, channel: str) -> None:
        """Joins, or invites the bot when it is the bot's name."""
        person, where = self._team.person(user), self._team.channel(channel)
        where.members.add(person.id)
        self._slack.events.joined(where, person)

    async def press(self, user: str, where: Message | View, action: str, block: str | None = None) -> None:
        """Presses the button with this label or action id; NotAcknowledged when the app does not answer."""
        await self._act(user, where, action, block, None)

    async def choose(
        self, user: str, where: Message | View, action: str, option: Any, block: str | None = None
    ) -> None:
        """Chooses in a menu: an option's label or value, or the id of a person or channel."""
        await self._act(user, where, action, block, option)

    async def command(self, user: str, channel: str, text: str) -> Json:
        """Types ``/command words``; what the app acknowledged with, shown as Slack shows it."""
        person, where = self._team.person(user), self._where(user, channel)
        name, _, words = text.partition(" ")
        command = next((c for c in self._slack.app.commands if c.command == name), None)
        if command is None:
            raise KeyError(f"{name} is not a valid command")
        said = typed(self._team, words.strip()) if command.escaped else words.strip()
        url = self._slack.response_urls.issue(where.id, person.id)
        payload = self._slack.payloads.command(person, where, command, said, url, self._slack.triggers.issue(person.id))
        try:
            reply = await self._slack.delivery.ask("slash_commands", payload, accepts_reply=True)
        except NotAcknowledged as failure:
            reason = "operation_timeout" if failure.reason == "timeout" else "dispatch_failed"
            self._slackbot(where, person, f'{name} failed with the error "{reason}"')
            raise
        return self._shown(name, where, person, reply)

    async def message_shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> None:
        """Uses a shortcut from a message's menu."""
        person, where = self._team.person(user), self._where(user, channel)
        message = self._team.find(where.id, ts)
        if message is None:
            raise KeyError(f"there is no message {ts} in {channel}")
        url = self._slack.response_urls.issue(where.id, person.id)
        shortcut, trigger = self._shortcut("message", callback_id), self._slack.triggers.issue(person.id)
        await self._interact(self._slack.payloads.message_shortcut(person, shortcut, message, url, trigger))

    async def global_shortcut(self, user: str, callback_id: str) -> None:
        person, trigger = self._team.person(user), self._slack.triggers.issue(self._team.person(user).id)
        await self._interact(self._slack.payloads.shortcut(person, self._shortcut("global", callback_id), trigger))

    async def submit(self, user: str, values: Json | None = None, view: View | None = None) -> dict[str, str]:
        """Fills in and submits the modal on top; the errors that it then shows, by block.

        ``values`` by block id or action id; the form ``{block: {action: value}}`` is taken too.
        """
        person = self._team.person(user)
        modal = view or self._top(person)
        fill(modal, values or {})
        modal.errors = missing(modal)
        if not modal.errors:
            payload = self._slack.payloads.submission(person, modal, self._slack.triggers.issue(person.id))
            try:
                self._submitted(modal, await self._interact(payload, accepts_reply=True))
            except NotAcknowledged:
                modal.errors = {"": _TROUBLE}
                self._team.changed()
                raise
        self._team.changed()
        return modal.errors

    async def close(self, user: str, view: View | None = None) -> None:
        """Closes the modal on top without submitting it."""
        person = self._team.person(user)
        modal = view or self._top(person)
        self._slack.surfaces.close(modal)
        if modal.body.get("notify_on_close"):
            await self._interact(self._slack.payloads.closed(person, modal))

    async def open_home(self, user: str) -> View | None:
        """Opens the app's Home tab; what stands there at this moment, which the app may be about to replace."""
        person = self._team.person(user)
        home: View | None = self._slack.surfaces.home(person.id)
        self._slack.events.home_opened(person.id, home)
        return home

    def _where(self, user: str, channel: str) -> Channel:
        if channel in (self._team.bot.id, self._team.bot.name, "@" + self._team.bot.name):
            return self._team.direct(user)
        return self._team.channel(channel)

    def _own(self, user: str, channel: str, ts: str) -> Message:
        message = self._team.find(self._where(user, channel).id, ts)
        if message is None or message.user != self._team.person(user).id:
            raise KeyError(f"{user} has said nothing at {ts} in {channel}")
        return message

    def _top(self, person: Person) -> View:
        modals = self._slack.surfaces.modals(person.id)
        if not modals:
            raise KeyError(f"{person.name} has no modal open")
        return modals[-1]

    def _shortcut(self, kind: str, callback_id: str) -> Shortcut:
        for shortcut in self._slack.app.shortcuts:
            if (shortcut.kind, shortcut.callback_id) == (kind, callback_id):
                return shortcut
        raise KeyError(f"the app has no {kind} shortcut {callback_id}")

    async def _act(self, user: str, where: Message | View, action: str, block: str | None, option: Any) -> None:
        person, trigger = self._team.person(user), self._slack.triggers.issue(self._team.person(user).id)
        block_id, element, chosen, dispatches = choice(where, action, block, option)
        if chosen and element["type"] in VALUES:
            where.state.setdefault(block_id, {})[element["action_id"]] = {"type": element["type"], **chosen}
        self._team.changed()
        if not dispatches:
            return
        if isinstance(where, View):
            await self._interact(self._slack.payloads.view_action(person, where, element, block_id, chosen, trigger))
            return
        url = self._slack.response_urls.issue(where.channel, person.id, where)
        await self._interact(
            self._slack.payloads.message_action(person, where, element, block_id, chosen, url, trigger)
        )

    async def _interact(self, payload: Json, accepts_reply: bool = False) -> Any:
        if not self._slack.app.interactive:
            raise NotAcknowledged("this app is not configured to handle interactive responses")
        return await self._slack.delivery.ask("interactive", payload, accepts_reply)

    def _submitted(self, modal: View, reply: Any) -> None:
        """What an acknowledgement of view_submission does to the modals."""
        surfaces = self._slack.surfaces
        action = reply.get("response_action") if isinstance(reply, dict) else None
        try:
            if action == "errors":
                inputs = {b["block_id"] for b in modal.body["blocks"] if b["type"] == "input"}
                errors = reply.get("errors") or {}
                modal.errors = errors if errors and set(errors) <= inputs else {"": _TROUBLE}
            elif action == "update":
                surfaces.change(modal, checked_view(reply.get("view"), ("modal",)))
            elif action == "push":
                surfaces.push(modal.user, checked_view(reply.get("view"), ("modal",)))
            elif action == "clear":
                surfaces.clear(modal.user)
            elif reply:
                modal.errors = {"": _TROUBLE}
            else:
                surfaces.close(modal)
        except Refused:
            modal.errors = {"": _TROUBLE}

    def _shown(self, name: str, where: Channel, person: Person, reply: Any) -> Json:
        """What an acknowledgement of a command shows: for the person alone unless ``in_channel``."""
        body = {"text": reply} if isinstance(reply, str) else reply or {}
        if not body:
            return {}
        try:
            blocks = checked_blocks(body["blocks"]) if body.get("blocks") else []
        except Refused:
            self._slackbot(where, person, f'{name} failed with the error "invalid_command_response"')
            return dict(body)
        if blocks or body.get("text"):
            self._slack.response_urls.post(where.id, person.id, body, str(body.get("text") or ""), blocks)
        return dict(body)

    def _slackbot(self, where: Channel, person: Person, text: str) -> None:
        self._team.post(Message(where.id, self._team.new_ts(), SLACKBOT, text, ephemeral_to=person.id))
