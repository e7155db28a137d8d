"""The command line, in this process or in one of its own; nothing of the caller's environment reaches it.

Starting Python and importing everything takes a second, so most tests call the entry point where they are, with the
arguments, environment, folder and standard streams of a process. What only a process has (signals, pipes, a terminal,
the interpreter's own settings, what is imported at its start) is tested with :meth:`Netclinic.process`.
"""

import contextlib
import contextvars
import gc
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[1]
START = [sys.executable, "-c", "from bot.cli import main; main()"]
SECONDS = 1200  # for a process: the index takes a minute to build, and many on a busy machine
_ONE_AT_A_TIME = threading.RLock()  # environment, folder and streams belong to the whole process


def kept_dir() -> Path:
    """Where indexes stay for later runs: ``TEST_DATA_DIR``, ``.cache/tests`` of this checkout if unset."""
    folder = Path(os.environ.get("TEST_DATA_DIR") or ROOT / ".cache" / "tests").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True)
class Ran:
    """What one command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, all of it, as one JSON value."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Standard output as one JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Netclinic:
    """Runs commands as somebody with this home and data directory does."""

    home: Path
    data_dir: Path

    def __call__(self, *arguments: str | bytes, stdin: bytes = b"", cwd: Path | None = None, **environment: str) -> Ran:
        """Run the command in this process. Not ``serve``: its signals and logs are a process's."""
        assert arguments != ("serve",), "use process()"
        assert not any(name.startswith("PYTHON") for name in environment), "use process()"
        with (
            _ONE_AT_A_TIME,
            tempfile.TemporaryFile() as given,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            given.write(stdin)
            given.seek(0)
            with _surroundings(cwd or self.home, self.environment(environment)), _streams(given, out, err):
                code = contextvars.Context().run(_main, [os.fsdecode(item) for item in arguments])
            return Ran(code, _content(out), _content(err))

    def process(self, *arguments: str | bytes, stdin: bytes = b"", cwd: Path | None = None, **environment: str) -> Ran:
        """Run the command in a process of its own."""
        return self._process([*START, *arguments], stdin, cwd, environment)

    def python(self, code: str, *arguments: str, **environment: str) -> Ran:
        """Run Python code in such a process."""
        return self._process([sys.executable, "-c", code, *arguments], b"", None, environment)

    def _process(
        self, command: Sequence[str | bytes], stdin: bytes, cwd: Path | None, environment: Mapping[str, str]
    ) -> Ran:
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            cwd=cwd or self.home,
            env=self.environment(environment),
            timeout=SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """What a command sees."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.home),
            "NETCLINIC_DATA_DIR": str(self.data_dir),
            "COLUMNS": "80",
            "LANG": "C.UTF-8",
            **{name: os.environ[name] for name in ("COVERAGE_PROCESS_CONFIG", "SSL_CERT_FILE") if name in os.environ},
            **more,
        }


def _main(arguments: list[str]) -> int:
    from bot.cli import main

    thresholds = gc.get_threshold()
    sys.argv = ["netclinic", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        gc.set_threshold(*thresholds)
        gc.collect(1)  # connections that a process's end would close
    return 0


def _content(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode()


@contextlib.contextmanager
def _surroundings(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Folder, environment and what Python remembers of them."""
    before, arguments, here, temporary = dict(os.environ), sys.argv, Path.cwd(), tempfile.tempdir
    umask = os.umask(0o022)
    _become(folder, environment, None)
    try:
        yield
    finally:
        sys.argv = arguments
        os.umask(umask)
        _become(here, before, temporary)


def _become(folder: Path, environment: Mapping[str, str], temporary: str | None) -> None:
    os.chdir(folder)
    for name in set(os.environ) - set(environment):
        del os.environ[name]
    os.environ.update(environment)
    tempfile.tempdir = temporary
    time.tzset()


@contextlib.contextmanager
def _streams(given: IO[bytes], out: IO[bytes], err: IO[bytes]) -> Iterator[None]:
    """Standard streams over these files, with the encodings that Python gives to a process in a C.UTF-8 locale."""
    before = sys.stdin, sys.stdout, sys.stderr
    streams = [
        io.TextIOWrapper(os.fdopen(os.dup(raw.fileno()), mode), encoding="utf-8", errors=errors)
        for raw, mode, errors in (
            (given, "rb", "surrogateescape"),
            (out, "wb", "surrogateescape"),
            (err, "wb", "backslashreplace"),
        )
    ]
    streams[2].reconfigure(line_buffering=True)
    sys.stdin, sys.stdout, sys.stderr = streams
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        for stream in streams:
            stream.close()
