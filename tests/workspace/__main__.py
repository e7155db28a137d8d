"""Run the workspace by itself: ``python -m tests.workspace --port 8765``, then start a bot with what it prints."""

import argparse
import asyncio
import contextlib
import signal

from tests.workspace import App, Workspace


async def serve(chosen: argparse.Namespace) -> None:
    app = App.from_manifest(chosen.manifest) if chosen.manifest else App()
    clusters = [name for name in chosen.clusters.split(",") if name]
    workspace = Workspace(
        app, port=chosen.port, request_url=chosen.request_url, clusters=clusters, trigger_seconds=chosen.trigger_seconds
    )
    done = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    async with workspace as slack:
        print(f"The workspace is open at {slack.url}/\n\nStart the bot with:", flush=True)
        for name, value in slack.environment.items():
            print(f"  export {name}={value}", flush=True)
        await done.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.workspace", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--manifest", help="the app's Slack manifest; without it an app with the usual scopes")
    parser.add_argument("--request-url", help="reach the bot by signed HTTP at this URL, not by Socket Mode")
    parser.add_argument("--clusters", default="", help="names for the page, separated by commas")
    parser.add_argument("--trigger-seconds", type=float, default=3.0, help="how long a trigger id holds")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
