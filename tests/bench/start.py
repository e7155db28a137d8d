"""How large netclinic is and how soon it answers (``make bench-start``): the wheel in an environment of its own.

With ``--clone`` also ``make demo`` on a fresh clone, from nothing to its page. Packages come from pip's cache where
they are in it: run it twice. Nothing is asserted: the figures are for reading, the targets beside them.
"""

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ASK = ("ask", "pods stuck in ContainerCreating since 10 min", "--recording", "terway-out-of-ips")
TIMES = 5
INSTALLERS = {"pip", "setuptools", "pkg_resources"}  # setuptools brings the last
OPEN = "The workspace is open"
OURS = ("NETCLINIC_", "SLACK_", "KUBECONFIG", "PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS")


@dataclass(frozen=True)
class Ran:
    """What a command took: ``memory`` in MB at the most, ``busy`` in seconds of processor time."""

    seconds: float
    busy: float
    memory: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.start", description=__doc__)
    parser.add_argument("--clone", action="store_true", help="also make demo on a fresh clone: some minutes")
    with_clone = parser.parse_args().clone
    with tempfile.TemporaryDirectory(prefix="netclinic-start-") as folder:
        root = Path(folder)
        environment = _environment(root)
        program = _measure_installation(root, environment)
        _measure_answers(program, environment)
        if with_clone:
            _tell("make demo on a fresh clone, to its page", f"{_demo(root, environment):.0f} s", "120 s")


def _measure_installation(root: Path, environment: dict[str, str]) -> str:
    """The netclinic that was installed."""
    wheel = _wheel(root)
    _tell("wheel", f"{wheel.stat().st_size / 1e6:.0f} MB")
    python = root / "venv" / "bin" / "python"
    began = time.perf_counter()
    _run([sys.executable, "-m", "venv", str(root / "venv")], environment)
    _run([str(python), "-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt"), str(wheel)], environment)
    _tell("installing it", f"{time.perf_counter() - began:.0f} s")
    _tell("installed", f"{_size(root / 'venv') / 1e6:.0f} MB", "620 MB")
    return str(root / "venv" / "bin" / "netclinic")


def _measure_answers(program: str, environment: dict[str, str]) -> None:
    _tell("first answer", f"{_run([program, *ASK], environment).seconds:.1f} s", "30 s")
    for name, command, target in (("ask", ASK, "1.5 s, 300 MB"), ("--help", ("--help",), "0.2 s")):
        took = sorted((_run([program, *command], environment) for _ in range(TIMES)), key=lambda ran: ran.seconds)
        memory = max(ran.memory for ran in took)
        half = took[TIMES // 2]
        _tell(f"{name}, the median of {TIMES}", f"{half.seconds:.2f} s, {memory} MB", target)
        _tell("  its processor time, whatever else runs", f"{statistics.median(ran.busy for ran in took):.2f} s")


def _wheel(root: Path) -> Path:
    built = Path(os.environ.get("WHEEL") or "")
    if built.is_file():
        return built
    subprocess.run(["make", "wheel"], cwd=ROOT, check=True)
    return max((ROOT / "dist").glob("*.whl"), key=lambda path: path.stat().st_mtime)


def _demo(root: Path, environment: dict[str, str]) -> float:
    """Seconds from ``make demo`` to its page."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root / "clone")], check=True)
    began = time.perf_counter()
    command = ["make", "demo", "PORT=0"]
    process = subprocess.Popen(
        command, cwd=root / "clone", env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        if not any(line.startswith(OPEN) for line in process.stdout or ()):
            raise SystemExit("make demo ended without its page")
        return time.perf_counter() - began
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _environment(root: Path) -> dict[str, str]:
    """Somebody's who has nothing of netclinic yet; pip's settings and cache stay."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"XDG_DATA_HOME": str(root / "data"), "XDG_CONFIG_HOME": str(root / "config"), "TERM": "dumb"}


def _run(command: Sequence[str], environment: dict[str, str]) -> Ran:
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, cwd="/")
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    memory = used.ru_maxrss // (1024 * 1024 if sys.platform == "darwin" else 1024)
    return Ran(seconds, used.ru_utime + used.ru_stime, memory)


def _size(folder: Path) -> int:
    """Bytes of all files that were installed, without pip and setuptools, which are there for installing."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files if not set(path.relative_to(folder).parts) & INSTALLERS)


def _tell(name: str, value: str, target: str = "") -> None:
    print(f"{name:45} {value:>16}" + (f"   (target: {target})" if target else ""), flush=True)


if __name__ == "__main__":
    main()
