"""Commands about saved clusters: ``record`` makes one, ``replay`` serves one, ``recordings`` lists those shipped."""

import asyncio
import contextlib
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from bot.recordings import load, own_recordings, serve, shipped_recordings
from bot.terminal.audited_command import audited_command
from bot.terminal.console import show_table, write_json
from bot.terminal.errors import OutOfReach, UsageProblem
from bot.terminal.inputs import Target

if TYPE_CHECKING:
    from bot.app import App
    from bot.diagnosis.answer import Answer
    from bot.recordings.capture import Capture


def record_to(out: Path, symptom: str | None, target: Target, namespace: str | None) -> None:
    """Read what the question (or everything that can be judged) reads, and save it, secrets cut out."""
    from bot.app import App
    from bot.probes import reads_of
    from bot.recordings.capture import Capture

    if out.exists():
        raise UsageProblem(f"{out} exists already: name a new folder or .tar.gz.")
    app = App.from_environment()
    capture = Capture(reads_of(app.entries.values()))
    answer = asyncio.run(_read(app, capture, symptom, target, namespace))
    if answer.cluster is None:
        raise UsageProblem(
            "Nothing was recorded: the words are about nothing that netclinic knows; leave --symptom out."
        )
    if not answer.cluster.reachable:
        raise OutOfReach(f"Nothing was recorded: {answer.cluster.problem}.")
    capture.save(out, description=symptom or "Everything that netclinic reads.", context=answer.cluster.context)
    sys.stdout.write(f"Saved {answer.requests} reads to {out}. Replay: netclinic ask SYMPTOM --recording {out}\n")


async def _read(app: "App", capture: "Capture", symptom: str | None, target: Target, namespace: str | None) -> "Answer":
    from bot.terminal.progress import building, reading

    errors = Console(stderr=True)
    index = None
    async with audited_command(app, "record", target) as begin:
        if symptom is not None:
            with building(errors) as tell:
                index = app.index(tell)
        trail = await begin(question=symptom, namespace=namespace)
        clinic = trail.clinic(app.clinic(index))
        with reading(errors) as observers:
            async with target.open(app, trail, observers, capture) as cluster:
                asking = (
                    clinic.check([], cluster, namespace) if symptom is None else clinic.ask(symptom, cluster, namespace)
                )
                answer = await asking
        await trail.record_verdicts(answer)
        return answer


async def replay_until_stopped(recording: str, port: int, kubeconfig_out: Path | None) -> None:
    """Serve the recording on loopback until Ctrl-C."""
    store = load(recording, own=_own_folder())
    with tempfile.TemporaryDirectory(prefix="netclinic-") as folder:
        path = kubeconfig_out or Path(folder) / "kubeconfig"
        async with serve(store, port) as server:
            server.write_kubeconfig(path)
            sys.stdout.write(f"{store.name} is served at {server.url} until Ctrl-C.\n")
            sys.stdout.write(f"  export KUBECONFIG={path}\n  kubectl get pods -A\n")
            sys.stdout.flush()
            await _wait_for_stop()


async def _wait_for_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers in the loop
            loop.add_signal_handler(number, stop.set)
    await stop.wait()


def _own_folder() -> Path | None:
    from bot.app import App

    return App.from_environment().settings.knowledge_dir


def show_recordings(output: str) -> None:
    """Names with one sentence each, a team's own first."""
    found = [*own_recordings(_own_folder()), *shipped_recordings()]
    if output == "json":
        write_json([{"name": item.name, "description": item.description} for item in found])
        return
    show_table(Console(), ("recording", "what it shows"), [(item.name, item.description) for item in found])
