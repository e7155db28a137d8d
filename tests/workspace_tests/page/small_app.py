"""A small Slack app to talk to: it answers mentions in threads and has one of each thing that people can press.

It is no part of netclinic; the page must work with any app.
"""

from types import TracebackType
from typing import Any

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.workspace import Workspace

Json = dict[str, Any]


def plain(text: str, emoji: bool = False) -> Json:
    return {"type": "plain_text", "text": text, "emoji": emoji}


def mrkdwn(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(action: str, text: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action, "text": plain(text), "value": "{}", **more}


def options(*names: str) -> list[Json]:
    return [{"text": plain(name), "value": name.lower()} for name in names]


def plan(*done: str) -> list[Json]:
    """A plan of three tasks, of which these are done."""
    names = ("Pods", "Events", "Nodes")
    status = {name: "complete" if name in done else "pending" for name in names}
    tasks = [{"type": "task_card", "task_id": name, "title": name, "status": status[name]} for name in names]
    return [{"type": "plan", "title": "Looking", "tasks": tasks}]


SURE = {
    "title": plain("Resolve it?"),
    "text": plain("Its buttons go."),
    "confirm": plain("Do it"),
    "deny": plain("Keep"),
    "style": "danger",
}
ANSWER: list[Json] = [
    {"type": "header", "text": plain("Confirmed: no addresses left")},
    mrkdwn("*1 pod* waits in `ContainerCreating`."),
    {
        "type": "actions",
        "block_id": "answer",
        "elements": [
            button("helped", "It helped", style="primary"),
            button("note", "Leave a note"),
            button("resolve", "Resolve", style="danger", confirm=SURE),
            {
                "type": "static_select",
                "action_id": "cluster",
                "placeholder": plain("Cluster"),
                "options": options("One", "Two"),
            },
            {"type": "overflow", "action_id": "more", "options": options("Mute", "Copy")},
        ],
    },
]
FORM: Json = {
    "type": "modal",
    "callback_id": "note_form",
    "title": plain("A note"),
    "submit": plain("Save"),
    "close": plain("Cancel"),
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "note",
            "label": plain("What happened?"),
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        },
        {
            "type": "input",
            "block_id": "cluster",
            "label": plain("Cluster"),
            "element": {"type": "static_select", "action_id": "choice", "options": options("One", "Two")},
        },
        {
            "type": "input",
            "block_id": "kind",
            "label": plain("Kind"),
            "element": {"type": "radio_buttons", "action_id": "choice", "options": options("Fault", "Question")},
        },
        {
            "type": "input",
            "block_id": "extra",
            "optional": True,
            "label": plain("Also"),
            "element": {"type": "checkboxes", "action_id": "choice", "options": options("Logs", "Events")},
        },
    ],
}


class SmallApp:
    """Connected while it is open. ``done``: what people did, as the app was told, oldest first."""

    def __init__(self, slack: Workspace) -> None:
        self._slack = slack
        self.client = AsyncWebClient(token=slack.bot_token, base_url=slack.environment["SLACK_API_URL"])
        self.done: list[tuple[str, Any]] = []
        self._bolt = AsyncApp(client=self.client)
        self._socket = AsyncSocketModeHandler(self._bolt, slack.app_token)
        self._listen()

    async def __aenter__(self) -> "SmallApp":
        await self._socket.connect_async()
        await self._slack.until_connected()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.close_async()

    async def say(self, text: str, blocks: list[Json] | None = None, channel: str = "C0INCSHOP1", **more: Any) -> str:
        """Posts a message; its ts."""
        reply = await self.client.chat_postMessage(channel=channel, text=text, blocks=blocks, **more)
        return str(reply["ts"])

    def _listen(self) -> None:
        bolt = self._bolt
        bolt.event("app_mention")(self._answer)
        bolt.event("message")(self._heard)
        bolt.event("app_home_opened")(self._home)
        bolt.command("/netclinic")(self._command)
        bolt.shortcut("diagnose_message")(self._diagnose)
        for opener in (bolt.action("note"), bolt.shortcut("ask")):
            opener(self._open_form)
        bolt.action("helped")(self._helped)
        bolt.action("resolve")(self._resolve)
        for action in ("cluster", "more"):
            bolt.action(action)(self._chosen)
        bolt.view("note_form")(self._submitted)
        bolt.view_closed("note_form")(self._closed)

    async def _answer(self, event: Json) -> None:
        self.done.append(("asked", event["text"]))
        await self.say("Looking", plan(), event["channel"], thread_ts=event.get("thread_ts") or event["ts"])

    async def _heard(self, event: Json) -> None:
        if event.get("channel_type") == "im" and not event.get("bot_id"):
            await self.say(f"You said: {event['text']}", channel=event["channel"])

    async def _home(self, event: Json) -> None:
        blocks = [
            {"type": "header", "text": plain("Open cases")},
            {"type": "actions", "elements": [button("helped", "Thanks")]},
        ]
        await self.client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    async def _command(self, ack: Any, command: Json) -> None:
        self.done.append(("command", command["text"]))
        await ack(text=f"You asked for `{command['text']}`.")

    async def _diagnose(self, ack: Any, shortcut: Json) -> None:
        await ack()
        self.done.append(("diagnose", shortcut["message"]["text"]))

    async def _open_form(self, ack: Any, body: Json) -> None:
        await ack()
        await self.client.views_open(trigger_id=body["trigger_id"], view=FORM)

    async def _helped(self, ack: Any, body: Json) -> None:
        await ack()
        self.done.append(("helped", body["user"]["id"]))
        if "channel" in body:
            thread = body["message"].get("thread_ts")
            await self.client.chat_postEphemeral(
                channel=body["channel"]["id"], user=body["user"]["id"], text="Thank you; noted.", thread_ts=thread
            )

    async def _resolve(self, ack: Any, body: Json) -> None:
        await ack()
        self.done.append(("resolve", body["user"]["id"]))
        await self.client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="Resolved", blocks=[mrkdwn("*Resolved*")]
        )

    async def _chosen(self, ack: Any, action: Json) -> None:
        await ack()
        self.done.append((action["action_id"], action["selected_option"]["value"]))

    async def _submitted(self, ack: Any, view: Json) -> None:
        values = view["state"]["values"]
        note = values["note"]["text"]["value"]
        if len(note) < 10:
            await ack(response_action="errors", errors={"note": "Say a little more."})
            return
        await ack()
        ticked = [option["value"] for option in values["extra"]["choice"]["selected_options"]]
        chosen = [values[block]["choice"]["selected_option"]["value"] for block in ("cluster", "kind")]
        self.done.append(("note", (note, *chosen, *ticked)))

    async def _closed(self, ack: Any) -> None:
        await ack()
        self.done.append(("closed", None))
