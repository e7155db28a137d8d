"""Field cases: public reports of people who run Terway, Flannel and kube-proxy, rebuilt as clusters.

One case is one file. ``saved/NAME.json`` holds all objects and logs of a cluster; ``derived/NAME.yaml`` says what
differs from a shipped recording. Both have ``question`` (as it would be typed), ``version``, ``why`` and ``expect``,
and may have ``also_asked``: other wordings of the question, of which the same is expected.

``saved``: in ``objects`` ``@ago:SECONDS@`` stands for a time; ``logs`` are ``"namespace/pod/container": [[age in
seconds, line], …]``, where ``%T`` and ``%K`` stand for the line's time in RFC 3339 and in klog's form.

``derived``: ``base`` is a shipped recording, or one in ``clusters/``; ``remove``, ``objects`` and ``logs`` are those of
``docs/recordings.md`` (a log is one text, each line with its age first). Written shortly beside them:

- ``nodes``: merged into the ``status.nodeInfo`` of every node (``kubeletVersion``, ``containerRuntimeVersion``, …);
- ``waiting``: pods in ContainerCreating: ``pod`` (``namespace/name``), ``node``, ``since``, ``events``;
- ``pending``: pods that no node takes, the same without ``node``; the event is the scheduler's;
- ``crashing``: pods of the base that end again and again: ``pod``, ``container``, ``restarts``, ``code``, ``since``;
- ``events`` of anything else: ``about`` (``Node/name``, ``Pod/namespace/name``), and those of pods: ``reason``,
  ``message``, ``count``, ``first``, ``last``, ``type``, ``from``.

``open.yaml`` names the cases that do not hold yet, with the reason; their tests are strict ``xfail``.

``expect`` (texts without case; ``re:`` begins a regular expression):

- ``top``, ``top_confirmed``: the first diagnosis has one of these headings, and is confirmed;
- ``never_confirmed``, ``none_confirmed``: no diagnosis with these headings, or none at all, is confirmed;
- ``nothing_else_confirmed``: none beside the first;
- ``outcome_in``: the outcomes that are allowed;
- ``mentions``: each stands in the first diagnosis; ``evidence_any``: one stands in its evidence;
- ``seen_any``: one stands in what the terminal shows, ``seen_all``: each does; ``omits``: none stands anywhere.
"""

import json
import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from bot.recordings import LogKey, Recording, load
from bot.recordings.manifests import merge
from bot.recordings.objects import DEFAULT_CLOCK
from bot.recordings.times import format_time

FOLDER = Path(__file__).parent
_AGO = re.compile(r"@ago:(-?\d+)@")
_CORE = ("question", "also_asked", "version", "why", "expect")
_DERIVED_KEYS = {*_CORE, "base", "remove", "objects", "logs", "nodes", "waiting", "pending", "crashing", "events"}
_EXPECTED = {
    *("top", "top_confirmed", "never_confirmed", "none_confirmed", "nothing_else_confirmed", "outcome_in"),
    *("mentions", "evidence_any", "seen_any", "seen_all", "omits"),
}
Object = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class FieldCase:
    """One case."""

    name: str
    question: str
    why: str
    expect: Mapping[str, Any]
    recording: Recording
    also_asked: tuple[str, ...] = ()


def case_files() -> list[Path]:
    """All of them, by name."""
    return sorted([*FOLDER.glob("saved/*.json"), *FOLDER.glob("derived/*.yaml")], key=lambda path: path.stem)


def open_cases() -> dict[str, str]:
    """Those that do not hold yet, each with the reason."""
    return dict(yaml.safe_load((FOLDER / "open.yaml").read_text(encoding="utf-8")) or {})


def read_case(path: Path) -> FieldCase:
    """The case in this file."""
    case = _content(path)
    unknown = (set(case) - _DERIVED_KEYS) | (set(case["expect"]) - _EXPECTED)
    assert not unknown, f"{path.name} says {sorted(unknown)}, which nobody reads"
    recording = _saved(path.stem, case) if path.suffix == ".json" else _derived(path.stem, case)
    core = {name: case[name] for name in ("question", "why", "expect")}
    return FieldCase(name=path.stem, recording=recording, also_asked=tuple(case.get("also_asked", ())), **core)


def _content(path: Path) -> Object:
    text = path.read_text(encoding="utf-8")
    return dict(json.loads(text) if path.suffix == ".json" else yaml.safe_load(text))


# All of a cluster


def _saved(name: str, case: Object) -> Recording:
    logs = {LogKey(*key.split("/")): _log(lines) for key, lines in case["logs"].items()}
    objects = _timed(case["objects"])
    return Recording.of(objects, name=name, version=case["version"], logs=logs)


def _timed(value: Any) -> Any:
    if isinstance(value, str):
        found = _AGO.fullmatch(value)
        return format_time(DEFAULT_CLOCK - timedelta(seconds=int(found[1]))) if found else value
    if isinstance(value, dict):
        return {key: _timed(member) for key, member in value.items()}
    return [_timed(member) for member in value] if isinstance(value, list) else value


def _log(lines: list[tuple[int, str]]) -> bytes:
    return "".join(map(_line, sorted(lines, key=lambda line: -line[0]))).encode()


def _line(line: tuple[int, str]) -> str:
    moment = DEFAULT_CLOCK - timedelta(seconds=line[0])
    text = line[1].replace("%T", format_time(moment)).replace("%K", moment.strftime("%m%d %H:%M:%S.000000"))
    return f"{format_time(moment)} {text}\n"


# What differs from a shipped one


def _derived(name: str, case: Object) -> Recording:
    own = FOLDER / "clusters" / case["base"]
    base = load(own if own.exists() else case["base"])
    settings = {key: case[key] for key in ("base", "version", "remove") if key in case}
    objects = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(_objects(base, case))})
    logs = {f"logs/{key}.log": text for key, text in case.get("logs", {}).items()}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / name
        if own.exists():
            place.with_name(own.name).symlink_to(own)
        for where, text in {"recording.yaml": yaml.safe_dump(settings), "objects.json": objects, **logs}.items():
            (place / where).parent.mkdir(parents=True, exist_ok=True)
            (place / where).write_text(text, encoding="utf-8")
        return load(str(place))


def _objects(base: Recording, case: Object) -> Iterator[Object]:
    """What is laid over the base, later ones over earlier ones of the same name."""
    found: dict[tuple[str, ...], Object] = {}
    for item in (*_objects_in_short(base, case), *case.get("objects", ())):
        key = (item["apiVersion"], item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"])
        if item["kind"] == "Pod" and "spec" not in item:
            assert base.find("Pod", key[3], key[2]), f"{key[3]} is no pod of {base.name}"
        found[key] = merge(found[key], item) if key in found else item
    yield from found.values()


def _objects_in_short(base: Recording, case: Object) -> Iterator[Object]:
    for node in base.objects() if "nodes" in case else ():
        if node["kind"] == "Node" and node["apiVersion"] == "v1":
            yield _object("Node", "", node["metadata"]["name"], status={"nodeInfo": case["nodes"]})
    for pod in case.get("waiting", ()):
        yield _waiting_pod(pod)
    for pod in case.get("pending", ()):
        yield _pending_pod(pod)
    for pod in case.get("crashing", ()):
        yield _crashing_pod(base, pod)
    for kind in ("waiting", "pending", "crashing"):
        for pod in case.get(kind, ()):
            yield from _events(f"Pod/{pod['pod']}", pod.get("events", ()))
    for event in case.get("events", ()):
        yield from _events(event["about"], [event])


def _object(kind: str, namespace: str, name: str, **parts: Any) -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **parts.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **parts}


def _waiting_pod(given: Object) -> Object:
    """Bound to its node, and no sandbox yet."""
    since = f"now-{given['since']}"
    container = {"name": given.get("container", "app"), "image": given.get("image", "registry.example.com/app:1.4")}
    state = {"waiting": {"reason": given.get("reason", "ContainerCreating")}}
    status = {
        "phase": "Pending",
        "startTime": since,
        "conditions": [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": since},
            {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "lastTransitionTime": since},
        ],
        "containerStatuses": [{**container, "imageID": "", "ready": False, "restartCount": 0, "state": state}],
    }
    spec = {"nodeName": given["node"], "containers": [container]}
    return _new_pod(given, spec, status)


def _pending_pod(given: Object) -> Object:
    """No node takes it; the first event's message is the scheduler's word in its condition, too."""
    said = next((event["message"] for event in given["events"] if event["reason"] == "FailedScheduling"), "")
    refused = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": said}
    status = {"phase": "Pending", "conditions": [{**refused, "lastTransitionTime": f"now-{given['since']}"}]}
    container = {"name": "app", "image": "registry.example.com/app:1.4", **given.get("spec", {})}
    return _new_pod(given, {"containers": [container]}, status)


def _new_pod(given: Object, spec: Object, status: Object) -> Object:
    namespace, name = given["pod"].split("/")
    labels = given.get("labels", {"app": name.split("-")[0]})
    metadata = {"creationTimestamp": f"now-{given['since']}", "labels": labels, **given.get("metadata", {})}
    return _object("Pod", namespace, name, metadata=metadata, spec=spec, status=status)


def _crashing_pod(base: Recording, given: Object) -> Object:
    """A pod of the base one of whose containers ends again and again."""
    namespace, name = given["pod"].split("/")
    found = base.find("Pod", name, namespace)
    assert found, f"{given['pod']} is no pod of {base.name}"
    code, ended = given.get("code", 1), f"now-{given.get('ended', '40s')}"
    reason = "OOMKilled" if code == 137 else "Error"
    last = {"terminated": {"exitCode": code, "reason": reason, "startedAt": ended, "finishedAt": ended}}
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": f"back-off 5m0s restarting failed {name}"}}
    changes = {"ready": False, "restartCount": given["restarts"], "state": waiting, "lastState": last}
    statuses = [
        {**status, **changes} if status["name"] == given["container"] else status
        for status in found["status"]["containerStatuses"]
    ]
    since = f"now-{given['since']}"
    conditions = [
        {**item, "status": "False", "reason": "ContainersNotReady", "lastTransitionTime": since}
        if item["type"] in ("Ready", "ContainersReady")
        else item
        for item in found["status"]["conditions"]
    ]
    return _object("Pod", namespace, name, status={"conditions": conditions, "containerStatuses": statuses})


def _events(about: str, events: Iterable[Object]) -> Iterator[Object]:
    kind, _, place = about.partition("/")
    namespace, _, name = place.rpartition("/")
    for event in events:
        what = f"{kind}/{place}/{event['reason']}/{event['message']}"
        of = f"{name}.{zlib.crc32(what.encode()):08x}"
        yield _object(
            "Event",
            namespace or "default",
            of,
            involvedObject={"kind": kind, "name": name, **({"namespace": namespace} if namespace else {})},
            reason=event["reason"],
            message=event["message"],
            type=event.get("type", "Warning"),
            count=event.get("count", 1),
            firstTimestamp=f"now-{event['first']}",
            lastTimestamp=f"now-{event.get('last', '20s')}",
            source={"component": event.get("from", "kubelet")},
        )
