"""Strange objects, replies, texts and archives by the hundred: no traceback, no hang, and never one more ``confirmed``.

All of it comes from seeds, so that what fails can be run again; a part that hangs is ended by its time limit.
"""

import asyncio
import contextlib
import copy
import gzip
import io
import random
import tarfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from bot.cluster.redaction import redact, redact_text
from bot.cluster.session import QuestionScope
from bot.probes import vocabulary
from bot.probes.findings import clip
from bot.recordings import Recording, RecordingError, load, load_folder, save, serve
from bot.recordings.failures import ApiFailure
from bot.recordings.selectors import label_test
from bot.slack.parsing import parse_question
from bot.text import one_line, plain
from bot.time_expressions import parse_date, parse_duration, parse_time_of_day
from knowledge import untrusted_yaml
from knowledge.errors import ExpressionError
from knowledge.expressions import parse_call
from knowledge.rendering import render_command, render_text
from tests.damaged_replies import (
    SHAPES,
    KeptReplies,
    changes_shape,
    confirmed,
    damages,
    judge,
    keep_replies,
    places,
    value_at,
)

pytestmark = pytest.mark.slow
SECONDS = 240.0  # for a part that takes ten: a hang is told, a busy machine is not
LOOK_ALIKES = (
    *("terway-volume-mount-fails", "terway-recovered-from-ip-shortage", "terway-mac-recovered", "flannel-ip-recovered"),
    *("flannel-route-created", "terway-hostport-portmap", "terway-idle-eni-in-old-vswitch", "kube-proxy-udp-quiet"),
    *("ipv6-headless-and-kubernetes", "terway-policy-on-old-pods"),
)  # where nearly everything is there that would confirm an entry
NOW = datetime(2026, 11, 20, 19, 2, tzinfo=UTC)


async def confirmed_on(entries: Any, recording: Recording) -> set[str]:
    replies = await keep_replies(recording, entries)
    return confirmed(await judge(entries, KeptReplies(replies)))


# 500 objects, in five clusters of ten for each recording


@pytest.mark.parametrize("name", LOOK_ALIKES)
async def test_strange_objects(entries: Any, name: str) -> None:
    chance, whole = random.Random(name), load(name)
    before = await confirmed_on(entries, whole)
    for _ in range(5):
        objects = [copy.deepcopy(item) for item in whole.objects()]
        # A definition that is odd leaves no kind to be served: it is refused when it is loaded, as archives show.
        for item in chance.sample([item for item in objects if item["kind"] != "CustomResourceDefinition"], 10):
            spoil(item, chance)
        strange = Recording.of(objects, name=name, recorded=whole.recorded, version=whole.version, logs=whole.logs)
        async with asyncio.timeout(SECONDS):
            assert await confirmed_on(entries, strange) <= before
            await look_at_tables(strange)
        assert redact(redact(objects)) == redact(objects)


def spoil(item: dict[str, Any], chance: random.Random) -> None:
    """One value below the object becomes something of another type; what makes it an object stays."""
    found = [at for at in places(item) if at[0] not in ("kind", "apiVersion") and at != ("metadata", "name")]
    at = chance.choice([place for place in found if place not in (("metadata",), ("metadata", "namespace"))])
    *above, last = at
    holder = value_at(item, above)
    holder[last] = SHAPES[chance.choice([how for how in SHAPES if changes_shape(holder[last], how)])](holder[last])


async def look_at_tables(recording: Recording) -> None:
    """As ``kubectl get`` does: an odd object is a failure of the API, with its reason."""
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
    async with serve(recording) as server, aiohttp.ClientSession(headers=accept) as client:
        for resource in recording.resources:
            root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
            async with client.get(f"{server.url}{root}/{resource.plural}") as reply:
                assert (await reply.json())["kind"] in ("Table", "Status")


# 300 replies


@pytest.mark.parametrize("name", LOOK_ALIKES)
async def test_strange_replies(entries: Any, name: str) -> None:
    replies = await keep_replies(load(name), entries)
    before = confirmed(await judge(entries, KeptReplies(replies)))
    for damage in random.Random(name).sample(damages(replies), 30):
        async with asyncio.timeout(SECONDS):
            got = confirmed(await judge(entries, KeptReplies(damage.applied(replies))))
        assert got <= before, str(damage)


# 300 texts, as words of people, as values, as templates, and as what objects of a cluster hold

PIECES = [
    *(
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "for x in pods",
        "a * 9",
        "|join",
        "<!channel>",
        "<@U1>",
        "```",
        "`",
        "*",
        "_",
        "~",
    ),
    *("\x00", "\x1b[2J", "\u202e", "\u009b", "\ud800", "\ue000", "\ue001", "\u2028", "密", "🙂", "é"),
    *("$(id)", "; rm -rf /", "'", '"', "\\", "--", "-n", "&&", "|", "#", "\n", "\r", "\t", " ", "=", ":", ",", ";"),
    *("password: x", "token=", "LTAI5tAbCdEfGh12345", "eyJa.eyJb.c", "-----BEGIN X-----", "://a:b@", "&{", "Bearer "),
    *("[" * 200, "{" * 200, "a: " * 50, "- " * 50, "&a [*a]", "*a", "!!python/object:x", "<<: *a", "9" * 500),
    *("now-99999999999999w", "9999-12-31T23:59:59Z", "12h", "99999999999999d", "24:61", "1e999", "NaN", "-1", "0x"),
    *("all(", "pod_log(", "within=", "in (", "notin (", "!=", "errCode: InvalidVSwitchId.IpNotEnough", "no ip left"),
]


def strange_texts() -> list[str]:
    chance = random.Random("texts")
    texts = ["".join(chance.choices(PIECES, k=chance.randint(1, 25))) for _ in range(270)]
    return texts + [chance.choice(PIECES) * chance.randint(100, 2_000) for _ in range(30)]


TEXTS = strange_texts()
READERS: tuple[Callable[[str], Any], ...] = (
    lambda text: redact_text(text),
    lambda text: redact({"metadata": {"annotations": {"a": text}}, "data": {text: text}}),
    lambda text: render_text(text, {"terway.mode": "x"}, {"pod": ["shop/web"]}),
    lambda text: render_command(text, {"terway.mode": "x"}, {"pod": ["shop/web"]}),
    lambda text: render_text("{{ terway.mode }} `{{ pod }}`", {"terway.mode": text}, {"pod": [text]}),
    lambda text: render_command("kubectl get pod {{ pod }} -n '{{ namespace }}'", {}, {"pod": [f"{text}/{text}"]}),
    lambda text: untrusted_yaml.load(text, untrusted_yaml.EMBEDDED),
    lambda text: parse_call(text, vocabulary()),
    lambda text: parse_question(text, bot_user="U1", flags=["fresh"]),
    lambda text: QuestionScope.of(text, None),
    lambda text: label_test(text)({"a": text}),
    lambda text: (parse_date(text, zone=UTC), parse_time_of_day(text, now=NOW, zone=UTC)),
    lambda text: parse_duration(text),
    lambda text: (plain(text), one_line(text), clip(text)),
)
REFUSALS = (untrusted_yaml.UntrustedYamlError, ExpressionError, ApiFailure, OverflowError)


@pytest.mark.parametrize("reader", range(len(READERS)))
def test_strange_texts(reader: int) -> None:
    for text in TEXTS:
        with contextlib.suppress(*REFUSALS):
            READERS[reader](text)


@pytest.mark.parametrize("part", range(3))
async def test_strange_texts_in_a_cluster(make: Any, verdicts: Any, part: int) -> None:
    """In names of labels, in messages, in logs and in configurations, ten texts a cluster."""
    texts = [text.encode("utf-8", "replace").decode() for text in TEXTS[part::3]]
    for at in range(0, len(texts), 10):
        pods = [make.pod(f"web-{n}", annotations={"a": text}) for n, text in enumerate(texts[at : at + 10])]
        events = [make.event(pod, text[:40] or "x", text) for pod, text in zip(pods, texts[at : at + 10], strict=True)]
        first, second, *_ = texts[at : at + 10]
        conf = {"eni_conf": first, "10-terway.conf": second, "disable_network_policy": "true"}
        objects = [*make.terway(data=conf), *make.proxy(first), make.node(), *pods, *events]
        async with asyncio.timeout(SECONDS):
            got = await verdicts(objects)
        # What a message says is taken at its word; nothing else may come of it.
        assert {id_ for id_, verdict in got.items() if verdict.startswith("confirmed")} <= {"terway-vswitch-out-of-ips"}


# 30 archives


@pytest.mark.parametrize("number", range(30))
async def test_strange_archives(entries: Any, tmp_path: Path, number: int) -> None:
    chance, whole = random.Random(f"archive {number}"), load(LOOK_ALIKES[number % len(LOOK_ALIKES)])
    path = save(tmp_path / "whole.tar.gz", whole.objects(), recorded=whole.recorded, version=whole.version)
    content = gzip.decompress(path.read_bytes())
    strange = tmp_path / "strange.tar.gz"
    strange.write_bytes(SPOILERS[number % len(SPOILERS)](content, chance))
    before = await confirmed_on(entries, load_folder(path))
    async with asyncio.timeout(SECONDS):
        taken, sentence = loaded(strange)
        if taken is not None:
            assert await confirmed_on(entries, taken) <= before
    assert "\n" not in sentence
    assert len(sentence) < 600


def loaded(path: Path) -> tuple[Recording | None, str]:
    """The recording, or the sentence by which it is refused."""
    try:
        return load_folder(path), ""
    except RecordingError as refusal:
        return None, str(refusal)


def some_bytes_changed(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(20):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return gzip.compress(bytes(changed))


def headers_changed(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(5):
        changed[chance.randrange(512)] = chance.randrange(256)
    return gzip.compress(bytes(changed))


def cut_short(content: bytes, chance: random.Random) -> bytes:
    packed = gzip.compress(content)
    return packed[: chance.randrange(len(packed))]


def packed_bytes_changed(content: bytes, chance: random.Random) -> bytes:
    packed = bytearray(gzip.compress(content))
    packed[chance.randrange(len(packed))] ^= 1 << chance.randrange(8)
    return bytes(packed)


def members_added(content: bytes, chance: random.Random) -> bytes:
    """Paths that lead out, links, devices, and files that are not where a recording has them."""
    buffer = io.BytesIO(content)
    with tarfile.open(fileobj=buffer, mode="a") as archive:
        for name, kind in chance.sample(MEMBERS, 3):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            text = chance.choice(TEXTS).encode("utf-8", "replace") if kind == tarfile.REGTYPE else b""
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    return gzip.compress(buffer.getvalue())


def objects_changed(content: bytes, chance: random.Random) -> bytes:
    """Whole objects of odd shapes, in files that are as they should be."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        files = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    name = next(name for name in files if name.endswith("objects.json"))
    objects = orjson.loads(files[name])
    for item in chance.sample(objects, 5):
        spoil(item, chance)
    files[name] = orjson.dumps(objects)
    return packed_files(files.items())


def packed_files(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue())


MEMBERS = [
    *(("../../outside.yaml", tarfile.REGTYPE), ("/etc/out.yaml", tarfile.REGTYPE), ("whole/x.yaml", tarfile.REGTYPE)),
    *(("whole/link.yaml", tarfile.SYMTYPE), ("whole/hard.yaml", tarfile.LNKTYPE), ("whole/null.yaml", tarfile.CHRTYPE)),
    *(("whole/pipe.yaml", tarfile.FIFOTYPE), ("whole/logs/a/b/c.log", tarfile.REGTYPE), ("whole/x", tarfile.REGTYPE)),
    *(("whole/recording.yaml", tarfile.REGTYPE), ("recording.yaml", tarfile.REGTYPE), ("\udce9", tarfile.DIRTYPE)),
]  # fmt: skip
SPOILERS = (
    some_bytes_changed, headers_changed, cut_short, packed_bytes_changed, members_added, objects_changed
)  # fmt: skip
