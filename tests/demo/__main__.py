"""``make demo``: opens the workspace in which the bot answers, asks a first question, and stays until Ctrl-C."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from bot.app import App as Netclinic
from tests.clusters import Clusters
from tests.openapi import OpenApi
from tests.workspace import App, Workspace

ROOT = Path(__file__).parents[2]
CLOUD = "terway-cloud-internet-no-snat"  # Alibaba Cloud's API is asked, too: here it is one on loopback
SHOWN = (
    "terway-out-of-ips",
    "terway-mac-missing",
    "terway-volume-mount-fails",
    "terway-out-of-ips-hidden",
    "terway-healthy",
    CLOUD,
    "flannel-ip-leak",
    "flannel-range-full",
    "flannel-hairpin-off",
    "kube-proxy-udp-timeout",
    "conntrack-table-full",
    "ipv6-services-single-stack",
)
FIRST = "@netclinic pods stuck in ContainerCreating since 10 min"
SETTLED_BY_CLOUD = f"@netclinic pods in the new vSwitch cannot reach the internet on {CLOUD}"
OURS = ("NETCLINIC_", "SLACK_", "KUBECONFIG", "ALIBABA_CLOUD_")


class BotStopped(Exception):
    """The bot ended by itself; the message is what it said last."""


async def demo(port: int) -> None:
    """The whole of it: clusters, workspace, bot, a first question."""
    with tempfile.TemporaryDirectory(prefix="netclinic-demo-") as folder:
        kubeconfig = Path(folder) / "kubeconfig"
        app = App.from_manifest(ROOT / "deploy" / "slack" / "manifest.yaml")
        workspace = Workspace(app, port=port, clusters=SHOWN)
        with OpenApi.of(CLOUD).running() as openapi:
            async with (
                _served(kubeconfig),
                workspace as slack,
                _bot(slack, Path(folder), kubeconfig, openapi) as stopped,
            ):
                await _stay(slack, stopped)


async def _stay(slack: Workspace, stopped: "asyncio.Task[None]") -> None:
    """Ask, say what can be done, and stay."""
    work = asyncio.create_task(_first_questions(slack))
    done, _ = await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    print(
        f"\nThe workspace is open at {slack.url}/  (Ctrl-C ends it)\n"
        "Ask in #inc-shop or #ops, choose a cluster below the message box, press the buttons,\n"
        "type /netclinic help, open netclinic's Home.\n\n"
        "Ask your own cluster in the terminal; netclinic only reads (get and list, no secrets):\n"
        '  .venv/bin/netclinic ask "what you see, in your words" [--context NAME] [--namespace NS]\n'
        "  .venv/bin/netclinic check                        # no symptom: judge everything\n"
        "  .venv/bin/netclinic rbac | kubectl apply -f -    # the ClusterRole it needs",
        flush=True,
    )
    await asyncio.wait({asyncio.create_task(_stopping()), stopped}, return_when=asyncio.FIRST_COMPLETED)
    if stopped.done():
        stopped.result()


async def _first_questions(slack: Workspace) -> None:
    """What fails in Kubernetes, and what the cloud alone can tell; the page opens with the first."""
    await slack.until_connected(120)
    opening = await _asked(slack, "inc-shop", FIRST)
    await _asked(slack, "ops", SETTLED_BY_CLOUD)
    slack.open_with("inc-shop", opening)


async def _asked(slack: Workspace, channel: str, words: str) -> str:
    print(f"\nada in #{channel}: {words}", flush=True)
    ts = await slack.people.say("ada", channel, words)
    await slack.until(lambda: (reply := slack.reply(channel, ts)) and "reads" in str(reply.blocks), 120)
    reply = slack.reply(channel, ts)
    print(f"netclinic in the thread: {reply.text if reply else ''}", flush=True)
    return ts


@contextlib.asynccontextmanager
async def _served(kubeconfig: Path) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        clusters = Clusters(kubeconfig, stack)
        for name in SHOWN:
            await clusters.serve(name)
        yield


@contextlib.asynccontextmanager
async def _bot(
    slack: Workspace, folder: Path, kubeconfig: Path, openapi: OpenApi
) -> AsyncIterator["asyncio.Task[None]"]:
    """``netclinic serve`` as a process of its own; the task ends, with an error, if it does."""
    log = folder / "bot.log"
    own = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment = {
        **own,
        **slack.environment,
        **openapi.environment,
        "NETCLINIC_CLOUD_PROFILES": ",".join(f"{name}=off" for name in SHOWN if name != CLOUD),
        "KUBECONFIG": str(kubeconfig),
        "NETCLINIC_DATA_DIR": str(folder / "data"),
        "NETCLINIC_INDEX_DIR": str(Netclinic.from_environment().index_folder),
        "NETCLINIC_CHANNEL_CLUSTERS": f"inc-shop={SHOWN[0]}",
        "NETCLINIC_INCIDENT_CHANNELS": "inc-*",
        "NETCLINIC_ONCALL_GROUP": "oncall",
        "NETCLINIC_HEALTH_ADDRESS": "off",
    }
    with log.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from bot.cli import main; main()",
            "serve",
            cwd=ROOT,
            env=environment,
            stdout=stream,
            stderr=stream,
        )
    watch = asyncio.create_task(_watched(process, log))
    try:
        yield watch
    finally:
        watch.cancel()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 15)


async def _watched(process: asyncio.subprocess.Process, log: Path) -> None:
    code = await process.wait()
    said = "\n".join((await asyncio.to_thread(log.read_text, "utf-8", "replace")).splitlines()[-5:])
    raise BotStopped(f"The bot stopped with code {code}; it said last:\n{said}")


async def _stopping() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="of the web page; 0 takes a free one")
    try:
        asyncio.run(demo(parser.parse_args().port))
    except BotStopped as stopped:
        sys.exit(str(stopped))
    except OSError as error:
        sys.exit(f"The workspace could not be opened: {error}. Try another port: make demo PORT=0")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
