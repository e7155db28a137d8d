"""No secret may survive redaction, however it is nested; what is harmless stays as it was."""

import itertools
import json
import random
import string
import time
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.cluster.redaction import MASK, may_hold_secrets, redact, redact_text
from tests.bot.cluster.secret_shapes import LOOK_ALIKES, SHAPES, Shape

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NAMES = [
    "access_key",
    "access_secret",
    "accessKeySecret",
    "AccessKeyId",
    "password",
    "db-password",
    "dbPassword",
    "API_TOKEN",
    "clientSecret",
    "client-key-data",
    "private_key",
    "x-api-key",
    "credentials",
    "secret.key_secret",
    "PASSWD",
    "authorization",
    "tokens",
]
names = st.sampled_from(NAMES)
# A marker that no harmless text holds, with whatever people put around it.
secrets = st.text(string.ascii_letters + string.digits + "+/=_-.$%^*()<>?~`@!", min_size=1, max_size=12).map(
    lambda text: f"S3cr3t{text}"
)
spaced = st.tuples(secrets, st.text(string.ascii_letters + " ,;:#'\"\\{}[]&|\n密", max_size=12)).map(
    lambda pair: pair[0] + pair[1].rstrip() + "zZ9"
)


def leaks(secret: str, shown: Any) -> bool:
    text = shown if isinstance(shown, str) else json.dumps(shown)
    return "S3cr3t" in text or secret in text


def nested(secret: str, name: str, depth: list[str]) -> Any:
    """The pair, wrapped again and again: in objects, lists, and as JSON or YAML inside a string."""
    value: Any = {name: secret, "zone": "cn-beijing-h"}
    for layer in depth:
        if layer == "json":
            value = {"eni_conf": json.dumps(value)}
        elif layer == "indented":
            value = {"eni_conf": json.dumps(value, indent=2)}
        elif layer == "yaml":
            value = {"config.conf": yaml.safe_dump(value, allow_unicode=True)}
        elif layer == "list":
            value = {"items": [1, None, value]}
        else:
            value = {"data": value, "kind": "ConfigMap"}
    return value


@QUICK
@given(
    secret=spaced,
    name=names,
    depth=st.lists(st.sampled_from(["json", "indented", "yaml", "list", "object"]), max_size=4),
)
@example(secret='S3cr3t with spaces, a comma and "quotes"zZ9', name="password", depth=["json", "json"])
def test_no_secret_survives_in_any_nesting(secret: str, name: str, depth: list[str]) -> None:
    shown = redact(nested(secret, name, depth))
    assert not leaks(secret, shown)
    assert "cn-beijing-h" in json.dumps(shown)


@QUICK
@given(secret=spaced, name=names, depth=st.lists(st.sampled_from(["json", "yaml", "list"]), max_size=3))
@example(secret="S3cr3t0zZ9", name="authorization", depth=["yaml", "json", "json"])
def test_redacting_twice_changes_nothing_more(secret: str, name: str, depth: list[str]) -> None:
    once = redact(nested(secret, name, depth))
    assert redact(once) == once


@QUICK
@given(secret=secrets, name=names)
def test_text_in_every_notation_is_masked(secret: str, name: str) -> None:
    escaped = json.dumps(json.dumps({name: secret, "x": 1}))
    for text in (
        f'time="2026" level=info msg="eni config: {{\\"{name}\\":\\"{secret}\\",\\"x\\":1}}"',
        f'{{"{name}":"{secret}","x":1}} trailing words',
        f"starting with {escaped}",
        f"{name}: {secret}",
        f"  - {name}: '{secret}'",
        f"{name}={secret}",
        f"export {name}={secret} other=1",
        f"url?{name}={secret}&zone=h",
        f"{name}: |\n  {secret}\n  second {secret}\nnext: 1",
        f"- name: {name}\n  value: {secret}\n",
        f'[{{"name":"{name}","value":"{secret}"}}]',
        f'env: {{\\"name\\":\\"{name}\\",\\"value\\":\\"{secret}\\"}}',
    ):
        assert not leaks(secret, redact_text(text)), text
        assert not leaks(secret, redact(text)), text
        assert redact_text(redact_text(text)) == redact_text(text)


@QUICK
@given(secret=spaced, name=names)
def test_environment_pairs_are_masked_and_keep_their_name(secret: str, name: str) -> None:
    shown = redact({"env": [{"name": name, "value": secret}, {"name": "ZONE", "value": "h"}]})
    assert shown == {"env": [{"name": name, "value": MASK}, {"name": "ZONE", "value": "h"}]}


@pytest.mark.parametrize("value", [12345, 1.5, ["S3cr3t", "b"], {"nested": "x", "token": "S3cr3t"}])
def test_a_secret_need_not_be_text(value: Any) -> None:
    assert not leaks("12345", redact({"dbPassword": value}))


def test_shapes_are_masked_without_a_name() -> None:
    pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\ndef\n-----END RSA PRIVATE KEY-----"
    for text in (pem, f"prefix {pem} suffix", "key LTAI5tAbCdEfGh12345", "STS.NUabcdefgh12345", "Bearer abcdefgh.ijkl"):
        assert MASK in redact(text), text
    assert "MIIabc" not in redact(pem)
    assert "MIIabc" not in redact("-----BEGIN EC PRIVATE KEY-----\nMIIabc cut off")
    assert redact("redis://user:hunter2@cache:6379/0") == f"redis://{MASK}@cache:6379/0"
    jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0abc.c2lnbmF0dXJl"
    assert jwt not in redact(f"cookie {jwt}")


HARMLESS = [
    'failed to setup network for sandbox "a": plugin type="terway" failed (add): error alloc ip, requestID: 2C8AD1B4',
    "errCode: InvalidVSwitchId.IpNotEnough, msg: The specified VSwitch vsw-2zeaaa has not enough IpAddress",
    "mode: ipvs\nipvs:\n  scheduler: lc\n  udpTimeout: 10s\n",
    '{"vswitches": {"h": ["vsw-2zeaaa"]}, "security_group": "sg-1", "credential_path": "/var/addon/token-config"}',
    "no IP addresses available in range set: 10.7.0.1-10.7.0.14",
    "can't found dev by mac 00:16:3e:00:00:01: not found",
    "kubernetes cluster.local in-addr.arpa ip6.arpa {",
    "https://example.com/path:8080",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_unchanged(text: str) -> None:
    assert redact_text(text) == text
    assert redact({"data": {"x": text}, "items": [text]}) == {"data": {"x": text}, "items": [text]}


def test_references_to_secrets_and_switches_stay_readable() -> None:
    pod = {
        "automountServiceAccountToken": False,
        "imagePullSecrets": [{"name": "registry"}],
        "volumes": [
            {
                "name": "t",
                "projected": {"sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]},
            }
        ],
        "env": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}],
    }
    assert redact(pod) == pod


def test_facts_can_still_be_read_from_a_masked_configuration() -> None:
    conf = {"access_key": "LTAI5tAbCdEfGh12345", "max_pool_size": 5, "vswitches": {"h": ["vsw-1"]}}
    shown = json.loads(redact({"data": {"eni_conf": json.dumps(conf)}})["data"]["eni_conf"])
    assert shown == {"access_key": MASK, "max_pool_size": 5, "vswitches": {"h": ["vsw-1"]}}
    proxy = "conntrack:\n  maxPerCore: 65536\nclient:\n  token: S3cr3t\nmode: ipvs\n"
    assert yaml.safe_load(redact(proxy)) == {
        "conntrack": {"maxPerCore": 65536},
        "client": {"token": MASK},
        "mode": "ipvs",
    }


def test_hostile_documents_cost_neither_time_nor_the_program() -> None:
    bomb = "token: x\na: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "token: x" not in redact(bomb)
    assert redact("[" * 900 + '{"token":"S3cr3t"}' + "]" * 900).count("S3cr3t") == 0
    assert "S3cr3t" not in redact('{"token":"' * 200 + "S3cr3t")
    assert redact(f"password: {'a' * 50_000}") == f"password: {MASK}"


@QUICK
@given(secret=secrets, name=names)
def test_the_cheap_look_never_misses_what_redaction_would_mask(secret: str, name: str) -> None:
    for value in ({name: secret}, {"env": [{"name": name, "value": secret}]}, {"x": f"{name}={secret}"}):
        assert may_hold_secrets(json.dumps(value).encode())


FRAGMENTS = [  # pieces of every pattern
    "a", "token", "token ", "token:", "token: ", "token=", "\\", '\\"', '"', "'", "password: x\n", "a: ", "[",
    "{", " ", "\t", "\n", "- ", "name: token ", "name:", "name: token, value: ", "value", "-----BEGIN A-----",
    "-----BEGIN ", "A ", "-----END ", "eyJ", "eyJ-", "eyJaaaaaaaaa.", "LTAI", "STS.", "Bearer ", "://", "://a:",
    "@", ":", "://x:y@", ",", ", ", "token: |\n", "token: |\n  x\n", "access_key", "access-", "secretsecret",
    "/", ";", "}", "client-key-data: ", "=", "|", "&", "密", "-p", "mysql -p", "mysql ", "--token ", "--token",
    "--", "curl -u a:", "curl ", "-u a", "a:b@", "a:b@c", "a:", "a_", "</", "<token>", "<token ", "<",
    "identified by ", "by ", "password ", "pass:", "pass ", "login x password ", "login ", "LS0tLS1CRUdJTi",
    "LS0tLS1CRUdJTi\n", "eyJaaaaaaa", "eyJhdXRocya", "LTAI5tabcdefgh1", "LTAI5tabcdefgh1 ", "LTAI5tabcdefgh1:",
    "{LTAI5tabcdefgh1 ", "sk ", "key ", "AKIA", "AKIA234567", "kind: Secret", '"data":{', "Cookie: ",
    "Authorization:[", "Authorization: ", "'Cookie: ", "token => ", ":=", "=>", "?key=", "&key=aaaaaaaaaaaa",
    "hooks.slack.com/services/", "xoxb-", "xoxb-a", "sk-", "sk-proj-", "$2y$", "$", "1//0", ".atlasv1.",
    "aaaaaaaaaa.atlasv1.", "FlyV1 ", "123456789:AA", "123456789", "SG.", "SG.aaaaaaaaaa.", "checksum/",
    "password is ", "Token A1a", "key of ",
    "requirepass 1", "token 1\n", "token a", "credentials a ", "code=", "密码：", "%3D", "\\n", "Digest ",
    "Basic ", "Basic a", "Bearer a", "[a,", "secret : ", "token: not ", "name: a, value: ", "key=token value=",
    "token: >\n", " token: |\n  ", "docker login ", "redis-cli -a ", "smbclient -U a%", "ldap -w ",
    "sshpass -p", "db-0.", "x-7d9c6b8f54-4hpxk:",
]  # fmt: skip


def growth(text: Callable[[int], str], size: int, tries: int) -> float:
    """How many times longer four times the text takes: CPU time of this thread, the least of some tries."""

    def seconds(characters: int) -> float:
        taken = []
        for _ in range(tries):
            started = time.thread_time()
            redact_text(text(characters))
            taken.append(time.thread_time() - started)
        return min(taken)

    return seconds(4 * size) / max(seconds(size), 1e-4)


@pytest.mark.parametrize("start", ["", "token: ", "name: password value: ", "://", '"'])
def test_the_time_grows_with_the_text_and_not_with_its_square(start: str) -> None:
    slow = []
    for fragment in [*FRAGMENTS, *map("".join, itertools.pairwise(FRAGMENTS))]:

        def text(size: int, fragment: str = fragment) -> str:
            return start + fragment * (size // len(fragment))

        if growth(text, 2_000, 1) > 6 and growth(text, 8_000, 5) > 6:  # a busy machine is measured again, with care
            slow.append(fragment)
    assert not slow


@pytest.mark.parametrize(
    "shape", ["eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", "x-eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", "a.eyJhbGciOiJI.eyJzdWIiOiIx.c2"]
)
def test_a_web_token_is_masked_wherever_it_stands(shape: str) -> None:
    assert "eyJzdWIiOiIx" not in redact_text(f"got {shape}, and more")


@pytest.mark.parametrize("text", ["registry-vpc.cn-beijing.aliyuncs.com", "v1.2.3-aliyun.1", "eyJ.a.b", "10.0.0.1"])
def test_names_with_dots_stay(text: str) -> None:
    assert redact_text(f"token of {text} x") == f"token of {text} x"


def test_what_is_too_long_is_cut_before_it_is_looked_at() -> None:
    shown = redact({"metadata": {"annotations": {"note": "password: S3cr3t\n" + "x" * 2_000_000}}})
    text = shown["metadata"]["annotations"]["note"]
    assert len(text) < 300_000
    assert text.endswith("(cut)")
    assert not leaks("S3cr3t", shown)


def test_a_text_that_would_overflow_a_yaml_loader_is_masked_all_the_same() -> None:
    shown = redact({"metadata": {"annotations": {"note": "password: S3cr3t\na: " + "[" * 50_000}}})
    assert not leaks("S3cr3t", shown)


def shown_as(shape: Shape) -> dict[str, str]:
    """What is left of the shape as a line of a log, an annotation, an environment variable and a key of an object."""
    key, value = (shape.key, shape.secret) if shape.key else ("SETTING", shape.text)
    values = {
        "annotation": {"metadata": {"annotations": {"note": shape.text}}},
        "variable": {"env": [{"name": key, "value": value}]},
        "object": {key: value},
        "message": {"items": [{"message": f"Error: {shape.text}"}]},
    }
    shown = {place: json.dumps(redact(given), ensure_ascii=False) for place, given in values.items()}
    return {"text": redact_text(shape.text), **shown}


def test_there_are_101_shapes_and_as_many_look_alikes() -> None:
    assert len({shape.name for shape in SHAPES}) == len(SHAPES) == 101
    assert len(set(LOOK_ALIKES)) == len(LOOK_ALIKES) >= 101
    assert all(shape.secret in shape.text for shape in SHAPES)


@pytest.mark.parametrize("place", ["text", "annotation", "variable", "object", "message"])
def test_every_shape_is_masked(place: str) -> None:
    missed = [shape.name for shape in SHAPES if shape.secret in shown_as(shape)[place]]
    assert not missed, f"{len(SHAPES) - len(missed)} of {len(SHAPES)} are masked"


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_shape_is_masked_inside_other_texts_too(shape: Shape) -> None:
    for text in (
        f"worker-1 says: {shape.text}",
        f"line 1\n{shape.text}\nline 3",
        json.dumps({"log": shape.text}, ensure_ascii=False),
    ):
        assert shape.secret not in redact_text(text), text
        assert redact_text(redact_text(text)) == redact_text(text)
        assert may_hold_secrets(json.dumps(text, ensure_ascii=False).encode())


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_a_look_alike_stays_readable(text: str) -> None:
    assert redact_text(text) == text
    assert redact({"data": {"x": text}, "items": [text]}) == {"data": {"x": text}, "items": [text]}
    assert redact_text(f"before\n{text}\nafter") == f"before\n{text}\nafter"


@pytest.mark.parametrize(
    "words",
    [
        ["server", "--token", "S3cr3t"],
        ["server", "--db-password", "S3cr3t", "--port", "80"],
        ["mysql", "-uroot", "-pS3cr3t"],
        ["curl", "-s", "-u", "ops:S3cr3t", "https://example.com"],
        ["curl", "-H", "Authorization: Basic S3cr3t"],
        ["sshpass", "-p", "S3cr3t", "ssh"],
        ["redis-cli", "-a", "S3cr3t", "ping"],
        ["sh", "-c", "mysql -pS3cr3t < a.sql"],
        ["mysql", "-pS3cr3t", "shop"],
        ["mysql", "-h", "db", "-uroot", "-pS3cr3t", "-e", "select 1"],
        ["server", "--password=S3cr3t"],
    ],
)
def test_a_commands_words_are_masked_by_what_stands_before_them(words: list[str]) -> None:
    shown = redact({"args": words})["args"]
    assert not leaks("S3cr3t", shown)
    assert len(shown) == len(words)
    assert [word for word in shown if MASK not in word] == [word for word in words if "S3cr3t" not in word]


@pytest.mark.parametrize(
    "words",
    [
        ["server", "--token-ttl", "1h"],
        ["docker", "run", "-p", "8080:80"],
        ["nc", "-p", "25", "-u", "host:80"],
        ["-daemon-mode", "ENIMultiIP", "--enable-host-port"],
        ["--authorization-mode", "Node,RBAC", "--v", "2"],
        ["server", "--token-file", "/run/token"],
        ["server", "--token", "--verbose"],
    ],
)
def test_other_words_of_commands_stay(words: list[str]) -> None:
    assert redact({"args": words}) == {"args": words}


@pytest.mark.parametrize("said", ["the password is {}", "with token {}, retrying", "secret key {}"])
def test_what_a_sentence_tells_is_masked_where_it_can_be_no_name(said: str) -> None:
    assert not leaks("S3cr3t", redact_text(said.format("S3cr3tAbc9")))
    assert redact_text(said.format("web-tls-2")) == said.format("web-tls-2")


def test_masking_leaves_json_and_yaml_that_can_be_read() -> None:
    texts = [shape.text for shape in SHAPES]
    conf: Any = {"vswitches": {"h": ["vsw-1"]}, "notes": texts}
    few = {**conf, "notes": [text for text in texts if not set("&*") & set(text)]}  # anchors are not followed
    for text, load in ((json.dumps(conf), json.loads), (yaml.safe_dump(few, allow_unicode=True), yaml.safe_load)):
        shown = redact({"data": {"eni_conf": text}})["data"]["eni_conf"]
        assert load(shown)["vswitches"] == {"h": ["vsw-1"]}
        assert not [shape.name for shape in SHAPES if shape.secret in shown]


@pytest.mark.parametrize("end", ["", "_EU", "_2", "_PROD_EU", "_CONFIG", "_VALUE", "_DEFAULT"])
def test_a_secrets_word_may_stand_anywhere_in_a_name(end: str) -> None:
    for name in ("DB_PASSWORD", "JWT_SIGNING_KEY", "CLIENT_SECRET", "encryption_key" if end != "_CONFIG" else "apiKey"):
        assert not leaks("S3cr3t", redact_text(f"{name}{end}=S3cr3t")), name + end
        assert not leaks("S3cr3t", redact({name + end: "S3cr3t"})), name + end


@pytest.mark.parametrize("between", ["\n", " ", ", ", " | "])
def test_what_stands_beside_a_shape_hides_it_not(between: str) -> None:
    source = random.Random(between)
    for shape in SHAPES:
        for _ in range(20):
            text = between.join((source.choice(LOOK_ALIKES), shape.text, source.choice(LOOK_ALIKES)))
            assert shape.secret not in redact_text(text), text


def test_lines_of_a_log_are_masked_behind_their_times() -> None:
    at = "2026-11-22T12:00:00.123456789Z "
    for text in ("password: two S3cr3t words", f"tls.key: |\n{at}  S3cr3t\n{at}  S3cr3t\n{at}next: 1"):
        shown = redact_text(at + text)
        assert not leaks("S3cr3t", shown)
        assert all(line.startswith(at) for line in shown.split("\n"))
    assert redact_text(f"{at}tls.key: |\n{at}  S3cr3t\n{at}next: 1") == f"{at}tls.key: |\n{at}  {MASK}\n{at}next: 1"


def test_what_stands_beside_the_values_of_yaml_and_json_is_masked_too() -> None:
    for text in (
        "mode: ipvs\n# password: S3cr3t\n",
        '{"password": "S3cr3t", "password": ""}',
        '{"xoxb-1234-S3cr3t": 1}',
        '{"LTAI5tAbCdEfGh12345": "S3cr3t"}',
    ):
        assert not leaks("S3cr3t", redact({"data": {"x": text}})), text


def test_a_secret_object_shows_none_of_its_values() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "data": {"note": "UzNjcjN0"}}
    shown = redact(secret)
    assert shown == {**secret, "data": {"note": MASK}}
    assert "UzNjcjN0" not in json.dumps(redact({"annotations": {"last": json.dumps(secret)}}))
    assert "UzNjcjN0" not in redact_text(f"applied {json.dumps(json.dumps(secret))}")


def test_what_is_nested_deeper_than_can_be_followed_is_masked_as_a_whole() -> None:
    deep: Any = {"password": "S3cr3t"}
    for _ in range(3_000):
        deep = {"a": [deep]}
    assert redact(deep) == MASK
