"""The slash command."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.blocks.helping import COMMAND
from bot.slack.blocks.progress import Stage, progress_message
from bot.slack.blocks.refusals import refusal
from bot.slack.events.accept import NOT_STORED, stored
from bot.slack.handlers import subcommands
from bot.slack.handlers.command import SHARE, Typed
from bot.slack.handlers.context import Desk

NAME = "command"
SLOW = {"ask": "your question", "check": "every fault", "facts": "the cluster's facts", "cluster": "the clusters"}


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen to ``/netclinic``."""

    @app.command(COMMAND)
    async def typed(ack: AsyncAck, command: Mapping[str, Any]) -> None:
        """What takes long is acknowledged with a word that only the asker sees; its answer comes when it is there."""
        said = Typed(
            text=str(command.get("text") or ""),
            user=str(command["user_id"]),
            channel=str(command["channel_id"]),
            response_url=str(command["response_url"]),
        )
        key = f"{desk.parts.bot.team}:{said.channel}:command:{command['trigger_id']}"
        if await stored(desk.parts.work.accept(NAME, key, said.to_json()), key) is None:
            told = refusal(NOT_STORED, request=key)
            await ack(text=told.text, blocks=told.blocks)
            return
        row = subcommands.row_of(said.name)
        if row is None or row.shown.name not in SLOW or SHARE in said.rest.flags:
            await ack()
            return
        looking = progress_message(said.rest.words or SLOW[row.shown.name], Stage.WAITING)
        await ack(text=looking.text, blocks=looking.blocks)
