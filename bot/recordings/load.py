"""From a recording's files to a ``Recording``: a folder or ``.tar.gz``, laid over the recording it is based on."""

import gzip
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from bot.recordings.access import Denial, parse_denial
from bot.recordings.cloud import CLOUD_FILES, read_cloud
from bot.recordings.manifests import Identity, identity, merge, read_mapping, read_objects
from bot.recordings.metrics import Key as MetricKey
from bot.recordings.metrics import Metrics, metric_key, parse_metrics
from bot.recordings.objects import DEFAULT_CLOCK, DEFAULT_VERSION, LogKey, Recording, RecordingError
from bot.recordings.resources import Json
from bot.recordings.times import parse_time, resolve, resolve_all
from knowledge import RECORDINGS_FOLDER
from knowledge.bounds import TooLargeError, in_words, read_bounded

SETTINGS = "recording.yaml"


def shipped_folder() -> Path:
    """They lie beside the entries that they prove, in a source tree and in an installed wheel alike."""
    return RECORDINGS_FOLDER.resolve()


_TEXTS, _LISTS = ("description", "base", "recorded", "version", "question"), ("forbid", "remove", "cut")
METRICS = "metrics"
KNOWN_SETTINGS = {*_TEXTS, *_LISTS, "tokens", METRICS}
_LARGEST = 256_000_000  # bytes that are held in memory at once; a cluster of 20,000 pods has a quarter of it
_MOST_FILES = 20_000
# What is odd in a way that nobody has thought of is still one sentence.
_ODD = (TypeError, AttributeError, ValueError, LookupError, OverflowError, RecursionError)
_PREVIOUS = ".previous"
_OBJECT_FILES = (".yaml", ".yml", ".json")


@dataclass
class _Layers:
    """What the base and the recordings over it came to so far, before any ``now`` is resolved."""

    objects: dict[Identity, Json] = field(default_factory=dict)
    logs: dict[LogKey, bytes] = field(default_factory=dict)
    settings: Json = field(default_factory=dict)
    forbid: list[str] = field(default_factory=list)
    cloud: Json | None = None  # actions by name; of the base's those stay that are not named anew
    metrics: dict[MetricKey, Json] | None = None  # none: nobody asked a Prometheus


def load_folder(path: Path) -> Recording:
    """The recording in this folder or ``.tar.gz``; raises ``RecordingError`` where it is damaged."""
    try:
        return _load_recording(path, path.name.removesuffix(".tar.gz"))
    except _ODD as problem:
        why = " ".join(str(problem).split())[:200].rstrip(".") or type(problem).__name__
        raise RecordingError(f"Recording {path.name} holds what no API server would: {why}.") from problem


def _load_recording(path: Path, name: str) -> Recording:
    layers = _load_layers(path, ())
    recorded = _recording_time(layers.settings, name)
    resolving = layers.settings.get("tokens", True)
    objects = [resolve_all(item, recorded) if resolving else item for item in layers.objects.values()]
    store = Recording.of(
        objects,
        name=name,
        description=str(layers.settings.get("description", "")).strip(),
        recorded=recorded,
        version=str(layers.settings.get("version", DEFAULT_VERSION)),
        logs={key: _stamp(key, content, recorded) for key, content in layers.logs.items()},
        forbidden=_denials(layers.forbid, name),
        cut=[str(line) for line in layers.settings.get("cut") or ()],
        cloud=None
        if layers.cloud is None
        else read_cloud(resolve_all(layers.cloud, recorded) if resolving else layers.cloud, f"{name}/{CLOUD_FILES[0]}"),
        metrics=_metrics(layers, recorded, name),
    )
    return replace(store, question=str(layers.settings.get("question") or "").strip())


def description_of(path: Path) -> str:
    """What the recording says of itself, without reading the rest of it."""
    return str(_settings(_files(path, only=SETTINGS), path).get("description", "")).strip()


def _load_layers(path: Path, above: tuple[Path, ...]) -> _Layers:
    if path in above:
        chain = " -> ".join(each.name for each in (*above, path))
        raise RecordingError(f"Recording {path.name} is based on itself: {chain}.")
    files = _files(path)
    settings = _settings(files, path)
    layers = _load_layers(_base(path, settings["base"]), (*above, path)) if "base" in settings else _Layers()
    for pattern in settings.get("remove") or ():
        _remove(layers, str(pattern), path.name)
    for where, content in files.items():
        _lay(layers, where, content, path.name)
    layers.settings |= {key: value for key, value in settings.items() if key not in ("base", METRICS)}
    if settings.get(METRICS) is not None:
        layers.metrics = (layers.metrics or {}) | _by_query(settings[METRICS], path.name)
    layers.forbid += [str(line) for line in settings.get("forbid") or ()]
    return layers


def _by_query(items: list[Json], name: str) -> dict[MetricKey, Json]:
    try:
        found = {metric_key(item): item for item in items}
    except ValueError as problem:
        raise RecordingError(f"{name}/{SETTINGS}: {problem}.") from problem
    if len(found) < len(items):
        raise RecordingError(f"{name}/{SETTINGS}: {METRICS} holds a query twice.")
    return found


def _metrics(layers: _Layers, recorded: datetime, name: str) -> Metrics | None:
    if layers.metrics is None:
        return None
    try:
        return parse_metrics(layers.metrics, recorded, resolving=bool(layers.settings.get("tokens", True)))
    except ValueError as problem:
        raise RecordingError(f"{name}/{SETTINGS}: {problem}.") from problem


def _base(path: Path, base: object) -> Path:
    """The base lies beside the recording; what was saved elsewhere may be based on one of the shipped ones."""
    folders = [path.parent / str(base), shipped_folder() / str(base)]
    found = next((folder for folder in folders if (folder / SETTINGS).is_file()), None)
    if found is None:
        raise RecordingError(f"Recording {path.name} is based on {base!r}, which is neither beside it nor shipped.")
    return found


def _settings(files: Mapping[str, bytes], path: Path) -> Json:
    if SETTINGS not in files:
        raise RecordingError(f"{path} is no recording: it holds no {SETTINGS}.")
    settings = read_mapping(files[SETTINGS], f"{path.name}/{SETTINGS}")
    if unknown := sorted(set(settings) - KNOWN_SETTINGS):
        known = ", ".join(sorted(KNOWN_SETTINGS))
        raise RecordingError(f"{path.name}/{SETTINGS} has the unknown setting {unknown[0]!r}; known are {known}.")
    if fault := next(_setting_faults(settings), ""):
        raise RecordingError(f"{path.name}/{SETTINGS}: {fault}.")
    return settings


def _setting_faults(settings: Json) -> Iterator[str]:
    for key in _TEXTS:
        if isinstance(settings.get(key), dict | list):
            yield f"{key} is no text: write it on one line"
    for key in _LISTS:
        found = settings.get(key)
        if not isinstance(found, list | None) or not all(isinstance(line, str) for line in found or ()):
            yield f"{key} is no list of lines: write it as [one, another]"
    if not isinstance(settings.get(METRICS), list | None):
        yield f"{METRICS} is no list: write each query with its result"
    if not isinstance(settings.get("tokens", True), bool):
        yield "tokens is neither true nor false"


def _lay(layers: _Layers, where: str, content: bytes, name: str) -> None:
    parts = PurePosixPath(where).parts
    if parts[0] == "logs" and len(parts) == 4 and parts[3].endswith(".log"):
        container = parts[3].removesuffix(".log")
        previous = container.endswith(_PREVIOUS)
        layers.logs[LogKey(parts[1], parts[2], container.removesuffix(_PREVIOUS), previous)] = content
    elif where in CLOUD_FILES:
        layers.cloud = {**(layers.cloud or {}), **read_mapping(content, f"{name}/{where}")}
    elif len(parts) == 1 and where != SETTINGS and where.endswith(_OBJECT_FILES):
        own: set[Identity] = set()
        for item in read_objects(content, f"{name}/{where}"):
            key = identity(item)
            if key in own:
                raise RecordingError(f"{name}/{where} holds {key[1]} {key[2]}/{key[3]} twice.")
            own.add(key)
            layers.objects[key] = merge(layers.objects[key], item) if key in layers.objects else item
    elif len(parts) > 1 and (parts[0] == "logs" or where.endswith(_OBJECT_FILES)) and not parts[-1].startswith("."):
        place = "to logs/NAMESPACE/POD/CONTAINER.log" if parts[0] == "logs" else f"beside {SETTINGS}"
        raise RecordingError(f"{name}/{where} is not where a recording has such a file: move it {place}.")


def _remove(layers: _Layers, pattern: str, name: str) -> None:
    """``Kind/name``, ``Kind/namespace/name`` or ``Kind.group/...``, with ``*`` for any run of characters."""
    kind, _, rest = pattern.partition("/")
    kind, _, group = kind.partition(".")
    gone = [key for key in layers.objects if key[1] == kind and fnmatchcase("/".join(filter(None, key[2:])), rest)]
    groups = {key[0] for key in gone}
    if group or "" in groups:
        # "Node/x" means Kubernetes' own Node; Terway's is written "Node.network.alibabacloud.com/x".
        gone = [key for key in gone if key[0] == group]
    if not gone:
        raise RecordingError(f"Recording {name} removes {pattern}, and its base holds no such object.")
    for key in gone:
        del layers.objects[key]
        if key[1] == "Pod":
            layers.logs = {log: text for log, text in layers.logs.items() if (log.namespace, log.pod) != key[2:]}


def _recording_time(settings: Json, name: str) -> datetime:
    try:
        return parse_time(str(settings["recorded"])) if "recorded" in settings else DEFAULT_CLOCK
    except (ValueError, OverflowError) as problem:
        raise RecordingError(f"{name}/{SETTINGS}: recorded is no RFC 3339 moment: {problem}.") from problem


def _denials(lines: list[str], name: str) -> list[Denial]:
    try:
        return [parse_denial(line) for line in lines]
    except ValueError as problem:
        raise RecordingError(f"{name}/{SETTINGS}: forbid: {problem}.") from problem


def _stamp(key: LogKey, content: bytes, recorded: datetime) -> bytes:
    """The log with its moments resolved, each checked, so that a damaged log is found when it is loaded."""
    lines = []
    # Split at line feeds only: programs write carriage returns into the middle of a line.
    for number, line in enumerate(content.removesuffix(b"\n").split(b"\n") if content else (), start=1):
        stamp, _, text = line.partition(b" ")
        moment = resolve(stamp.decode(errors="replace"), recorded)
        try:
            parse_time(moment)
        except ValueError as problem:
            where = f"logs/{key.namespace}/{key.pod}/{key.container}.log"
            raise RecordingError(f"{where} line {number} does not start with a moment: {problem}.") from problem
        lines.append(moment.encode() + b" " + text + b"\n")
    return b"".join(lines)


def _files(path: Path, only: str | None = None) -> dict[str, bytes]:
    """The recording's files by their path inside it."""
    try:
        if path.name.endswith(".tar.gz"):
            return _read_archive(path)
        return _read_folder(path, [path / only] if only else sorted(path.rglob("*")))
    except TooLargeError as problem:
        much = f"{in_words(_LARGEST)} or {_MOST_FILES:,} files"
        raise RecordingError(f"Recording {path} holds more than {much} and is not read.") from problem
    except (OSError, tarfile.TarError, EOFError, zlib.error, ValueError, OverflowError) as problem:
        raise RecordingError(f"Recording {path} cannot be read: {str(problem).rstrip('.')}.") from problem


def _read_folder(path: Path, found: list[Path]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = _LARGEST
    for each in found:
        if each.is_file():
            content = read_bounded(each, left)
            left -= len(content)
            files[each.relative_to(path).as_posix()] = content
    return files


class _Bounded:
    """What tarfile reads a stream from: its headers may claim to be of any length, and a few bytes unpack to all."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream, self._left = stream, _LARGEST

    def read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise TooLargeError
        return content


def _read_archive(path: Path) -> dict[str, bytes]:
    """Read in memory and never unpacked, so that no path inside an archive can reach the disk."""
    files: dict[str, bytes] = {}
    left = _LARGEST
    with gzip.open(path) as unpacked:
        stream: Any = _Bounded(unpacked)  # no more of a file than tarfile asks of one
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for number, member in enumerate(archive):
                left -= member.size  # a sparse file unpacks to more than was read of it
                if left < 0 or number >= _MOST_FILES:
                    raise TooLargeError
                if member.isfile() and (content := archive.extractfile(member)):
                    files[PurePosixPath(member.name).as_posix()] = content.read()
    return _below_settings(files)


def _below_settings(files: dict[str, bytes]) -> dict[str, bytes]:
    """An archive may hold the recording's folder or only what is in it."""
    settings = [name for name in files if PurePosixPath(name).name == SETTINGS]
    root = min((PurePosixPath(name).parent for name in settings), key=lambda each: len(each.parts), default=None)
    if root is None:
        return files
    inside = [name for name in map(PurePosixPath, files) if name.is_relative_to(root)]
    return {name.relative_to(root).as_posix(): files[name.as_posix()] for name in inside}
