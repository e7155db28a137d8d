"""``record``, ``replay`` and ``recordings``: saved clusters."""

import asyncio
import contextlib
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bot.app import App
from bot.cluster.capture import Capture
from bot.cluster.recordings import load, serve, shipped
from bot.terminal.asking import Where, given
from bot.terminal.failing import UsageProblem
from bot.terminal.printing import write_json
from bot.terminal.progress import building, reading
from bot.terminal.tables import show_table


async def record_to(out: Path, symptom: str | None, where: Where, namespace: str | None) -> None:
    """Read what the question (or everything that can be judged) reads, and save it, secrets cut out."""
    if out.exists():
        raise UsageProblem(f"{out} exists already: name a new folder or .tar.gz.")
    app, errors, capture = App.from_environment(), Console(stderr=True), Capture()
    index = None
    if symptom is not None:
        with building(errors) as tell:
            index = app.index(tell)
    clinic = app.clinic(index)
    with reading(errors) as observers:
        async with app.cluster(**given(where), observers=observers, witness=capture) as cluster:
            answer = await (clinic.ask(symptom, cluster, namespace) if symptom else clinic.check([], cluster, namespace))
    if answer.cluster is None or not answer.cluster.reachable:
        why = answer.cluster.problem if answer.cluster else "the words are about nothing that netclinic knows"
        raise UsageProblem(f"Nothing was recorded: {why}.")
    capture.save(out, description=symptom or "Everything that netclinic reads.", context=answer.cluster.context)
    sys.stdout.write(f"Saved {answer.requests} reads to {out}. Replay: netclinic ask SYMPTOM --recording {out}\n")


async def replay_until_stopped(recording: str, port: int, kubeconfig_out: Path | None) -> None:
    """Serve the recording on loopback until Ctrl-C."""
    store = load(recording)
    with tempfile.TemporaryDirectory(prefix="netclinic-") as folder:
        path = kubeconfig_out or Path(folder) / "kubeconfig"
        async with serve(store, port) as server:
            server.write_kubeconfig(path)
            sys.stdout.write(f"{store.name} is served at {server.url} until Ctrl-C.\n")
            sys.stdout.write(f"  export KUBECONFIG={path}\n  kubectl get pods -A\n")
            sys.stdout.flush()
            await _stopped()


async def _stopped() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers in the loop
            loop.add_signal_handler(number, stop.set)
    await stop.wait()


def show_recordings(output: str) -> None:
    """Names with one sentence each."""
    found = shipped()
    if output == "json":
        write_json([{"name": item.name, "description": item.description} for item in found])
    else:
        show_table(Console(), ("recording", "what it shows"), [(item.name, item.description) for item in found])
