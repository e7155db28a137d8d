"""``record`` and ``replay``: saving what was read of a cluster, and serving it again.

``recordings``: the saved clusters that come with netclinic.
"""

import asyncio
import contextlib
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bot.app import App
from bot.diagnosis.answer import Answer
from bot.recordings import load, serve, shipped
from bot.recordings.capture import Capture
from bot.terminal.audited_command import auditing
from bot.terminal.console import write_json
from bot.terminal.errors import OutOfReach, UsageProblem
from bot.terminal.inputs import Target
from bot.terminal.progress import building, reading


def record_to(out: Path, symptom: str | None, where: Target, namespace: str | None) -> None:
    """Read what the question (or everything that can be judged) reads, and save it, secrets cut out."""
    if out.exists():
        raise UsageProblem(f"{out} exists already: name a new folder or .tar.gz.")
    capture = Capture()
    answer = asyncio.run(_read(capture, symptom, where, namespace))
    if answer.cluster is None:
        raise UsageProblem(
            "Nothing was recorded: the words are about nothing that netclinic knows; leave --symptom out."
        )
    if not answer.cluster.reachable:
        raise OutOfReach(f"Nothing was recorded: {answer.cluster.problem}.")
    capture.save(out, description=symptom or "Everything that netclinic reads.", context=answer.cluster.context)
    sys.stdout.write(f"Saved {answer.requests} reads to {out}. Replay: netclinic ask SYMPTOM --recording {out}\n")


async def _read(capture: Capture, symptom: str | None, where: Target, namespace: str | None) -> Answer:
    app, errors = App.from_environment(), Console(stderr=True)
    index = None
    async with auditing(app, "record", where) as begin:
        if symptom is not None:
            with building(errors) as tell:
                index = app.index(tell)
        trail = await begin(question=symptom, namespace=namespace)
        clinic = trail.clinic(app.clinic(index))
        with reading(errors) as observers:
            async with where.open(app, trail, observers, capture) as cluster:
                asking = (
                    clinic.check([], cluster, namespace) if symptom is None else clinic.ask(symptom, cluster, namespace)
                )
                answer = await asking
        await trail.record_verdicts(answer)
        return answer


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
        return
    from rich.console import Console

    from bot.terminal.console import show_table

    show_table(Console(), ("recording", "what it shows"), [(item.name, item.description) for item in found])
