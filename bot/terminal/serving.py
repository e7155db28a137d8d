"""``serve``: the door to Slack, opened and tested."""

import asyncio
import logging
import os
import sys
import threading

import typer

from bot.app import App
from bot.terminal.errors import FAILED


def serve_slack() -> None:
    """Serve until stopped."""
    from bot.slack.app import join
    from bot.slack.serve import INDEX_THREAD, serve

    asyncio.run(serve(App.from_environment().premises(join)))
    if any(thread.name == INDEX_THREAD for thread in threading.enumerate()):
        logging.shutdown()
        os._exit(0)  # the interpreter cannot end in order while the index is being read by native code


def check_serving(output: str) -> None:
    """A table of what was tested; exit code 1 when something is missing."""
    from rich.console import Console

    from bot.slack.app import join
    from bot.slack.preflight import Check, check
    from bot.terminal.audited_command import auditing
    from bot.terminal.printing import write_json
    from bot.terminal.tables import show_table
    from bot.terminal.where import Where

    async def checked() -> list[Check]:
        app = App.from_environment()
        async with auditing(app, "serve --check", Where()) as begin:
            return await check(app.premises(join), begin)

    found = asyncio.run(checked())
    if output == "json":
        write_json({"ok": all(item.ok for item in found), "checks": [item.to_json() for item in found]})
    else:
        rows = [("ok" if item.ok else "MISSING", item.name, item.told) for item in found]
        show_table(Console(), ("", "check", "what was found, and the way out"), rows)
        sys.stdout.write("All is well.\n" if all(item.ok for item in found) else "")
    if not all(item.ok for item in found):
        raise typer.Exit(FAILED)
