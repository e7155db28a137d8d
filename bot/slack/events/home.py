"""Somebody opens App Home."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bot.slack.handlers import home
from bot.slack.handlers.context import Desk


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen to ``app_home_opened``."""

    @app.event("app_home_opened")
    async def opened(event: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        if event.get("tab", "home") == "home":
            user = str(event["user"])
            await desk.parts.work.accept(
                home.NAME, f"home:{body.get('event_id') or event.get('event_ts')}", {"user": user}
            )
