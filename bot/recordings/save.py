"""Writing a cluster down as a recording that ``load`` reads back: whole or not at all, as a folder or a ``.tar.gz``."""

import gzip
import io
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import orjson
import yaml

from bot.private_files import make_private_folder, write_private_file
from bot.recordings.access import parse_denial
from bot.recordings.load import SETTINGS
from bot.recordings.objects import DEFAULT_VERSION, LogKey, RecordingError
from bot.recordings.resources import Json
from bot.recordings.times import format_time, parse_time

CLOUD_JSON = "cloud.json"
_SAFE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


def save(
    path: Path,
    objects: Iterable[Json],
    *,
    recorded: datetime,
    logs: Mapping[LogKey, str] | None = None,
    forbidden: Iterable[str] = (),
    cut: Iterable[str] = (),
    description: str = "",
    version: str = DEFAULT_VERSION,
    cloud: Json | None = None,
    metrics: list[Json] | None = None,
) -> Path:
    """Writes the recording to ``path``, an archive where that ends in ``.tar.gz``; nothing that exists is overwritten.

    ``forbidden`` holds ``forbid`` lines, ``logs`` the text that the API gives with ``timestamps=true``, and ``cut`` the
    lists of which only the beginning was read. ``cloud``: what its API gave, by action; none where it was not asked.
    """
    if path.exists():
        raise RecordingError(f"{path} exists already; choose another name for the recording.")
    settings: Json = {"description": description, "recorded": format_time(recorded), "version": version}
    # Everything recorded is what it was: a value that happens to read "now" must stay so.
    settings["tokens"] = False
    if lines := sorted(set(forbidden)):
        settings["forbid"] = _validate(lines)
    if lists := sorted(set(cut)):
        settings["cut"] = lists
    if metrics is not None:
        settings["metrics"] = metrics
    files = {SETTINGS: yaml.safe_dump(settings, sort_keys=False, allow_unicode=True).encode()}
    files["objects.json"] = orjson.dumps(list(objects), option=orjson.OPT_INDENT_2)
    if cloud:
        files[CLOUD_JSON] = orjson.dumps(cloud, option=orjson.OPT_INDENT_2)
    files |= {_log_path(key): _stamp(text, recorded) for key, text in (logs or {}).items() if text.strip()}
    return _written(path, files, recorded)


def _validate(lines: list[str]) -> list[str]:
    try:
        return [line for line in lines if parse_denial(line)]
    except ValueError as problem:
        raise RecordingError(f"The recording cannot be written: forbid: {problem}.") from problem


def _log_path(key: LogKey) -> str:
    for part in (key.namespace, key.pod, key.container):
        if not _SAFE_NAME.fullmatch(part):
            raise RecordingError(f"The recording cannot be written: {part!r} is no name of a pod or container.")
    return f"logs/{key.namespace}/{key.pod}/{key.container}{'.previous' if key.previous else ''}.log"


def _stamp(text: str, recorded: datetime) -> bytes:
    """Each line with its moment; the API cuts by bytes, so that the last line may have lost its own."""
    moment, lines = format_time(recorded), []
    for line in text.removesuffix("\n").split("\n"):
        stamp = line.partition(" ")[0]
        with suppress(ValueError):
            parse_time(stamp)
            moment = stamp
        lines.append(line if stamp == moment else f"{moment} {line}")
    return ("\n".join(lines) + "\n").encode(errors="replace")


def _written(path: Path, files: Mapping[str, bytes], recorded: datetime) -> Path:
    """Made under a passing name beside its place and then renamed, so that no half recording is ever found."""
    scratch: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        made = scratch / path.name
        if path.name.endswith(".tar.gz"):
            write_private_file(made, _pack(path.name.removesuffix(".tar.gz"), files, recorded))
        else:
            _write_folder(made, files)
        made.rename(path)
    except OSError as problem:
        raise RecordingError(f"The recording cannot be written to {path}: {problem.strerror or problem}.") from problem
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
    return path


def _write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        make_private_folder((folder / name).parent)
        write_private_file(folder / name, content)


def _pack(name: str, files: Mapping[str, bytes], recorded: datetime) -> bytes:
    """The same recording always packs to the same bytes."""
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packing,
        tarfile.open(fileobj=packing, mode="w") as archive,
    ):
        for path, content in files.items():
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size, member.mtime = len(content), int(recorded.timestamp())
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
