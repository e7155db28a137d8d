"""Opening a cluster: each way in which a kubeconfig can be wrong is one sentence that names it and the way out."""

import base64
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cluster import connection
from bot.cluster.connection import ConnectionSettingsError, NoClusterConfigured, connect, contexts

GOOD = "https://10.0.0.1:6443"


def config(
    *, current: str | None = "prod", user: Any = None, cluster: Any = None, names: tuple[str, ...] = ("prod",)
) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        **({"current-context": current} if current else {}),
        "clusters": [
            {"name": "c", "cluster": {"server": GOOD, "insecure-skip-tls-verify": True} if cluster is None else cluster}
        ],
        "users": [{"name": "u", "user": {"token": "abc"} if user is None else user}],
        "contexts": [
            {"name": name, "context": {"cluster": "c", "user": "u", "namespace": f"ns-{name}"}} for name in names
        ],
    }


@pytest.fixture(autouse=True)
def nobody_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a kubeconfig of its own: the tests' environment is an outside thing."""
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def written(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


async def refused(kubeconfig: Path | None = None, context: str | None = None) -> str:
    with pytest.raises(ConnectionSettingsError) as caught:
        async with connect(kubeconfig, context):
            pass
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600
    return message


async def test_a_good_file_opens_without_a_request(tmp_path: Path) -> None:
    path = written(tmp_path / "config", config(names=("prod", "test")))
    async with connect(path) as link:
        assert (link.context, link.server, link.namespace) == ("prod", GOOD, "ns-prod")
    async with connect(path, "test") as link:
        assert (link.context, link.namespace) == ("test", "ns-test")
    assert contexts(path) == ["prod", "test"]


async def test_a_context_without_a_namespace_has_none(tmp_path: Path) -> None:
    whole = config()
    del whole["contexts"][0]["context"]["namespace"]
    async with connect(written(tmp_path / "config", whole)) as link:
        assert link.namespace is None


async def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "nowhere") in await refused(tmp_path / "nowhere")
    assert str(tmp_path) in await refused(tmp_path), "a folder is no file"


async def test_contexts_that_are_not_there(tmp_path: Path) -> None:
    path = written(tmp_path / "config", config(names=("prod", "test")))
    message = await refused(path, "staging")
    assert "'staging'" in message
    assert "prod, test" in message
    assert "no current context" in await refused(written(tmp_path / "b", config(current=None)))
    assert "no current context" in await refused(written(tmp_path / "c", config(current="gone")))


@pytest.mark.parametrize(
    "content",
    ["{ broken: [", "just text", "[]", "null", "contexts: 5", "\x00\x01", "contexts: []\nclusters: {}\nusers: []"],
)
async def test_a_damaged_file_is_told_as_such(tmp_path: Path, content: str) -> None:
    path = written(tmp_path / "config", content)
    message = await refused(path)
    assert str(path) in message


async def test_a_file_in_another_encoding_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"\xff\xfe\x00k\x00i\x00n\x00d")
    assert str(path) in await refused(path)


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("certificate data that is no base64", {"cluster": {"server": GOOD, "certificate-authority-data": "%%%"}}),
        (
            "certificate data that is no certificate",
            {"cluster": {"server": GOOD, "certificate-authority-data": base64.b64encode(b"nonsense").decode()}},
        ),
        (
            "a client certificate that is none",
            {
                "user": {
                    "client-certificate-data": base64.b64encode(b"x").decode(),
                    "client-key-data": base64.b64encode(b"y").decode(),
                }
            },
        ),
        (
            "a certificate file that is missing",
            {"cluster": {"server": GOOD, "certificate-authority": "/nowhere/ca.pem"}},
        ),
        ("a cluster without a server", {"cluster": {}}),
        (
            "a plugin that is missing",
            {"user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "/nowhere/plugin"}}},
        ),
        (
            "a plugin that fails",
            {"user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "false"}}},
        ),
        (
            "a plugin that talks nonsense",
            {"user": {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "echo", "args": ["hello"]}}},
        ),
    ],
)
async def test_credentials_that_cannot_be_used_name_the_context(tmp_path: Path, what: str, change: Any) -> None:
    assert "'prod'" in await refused(written(tmp_path / "config", config(**change))), what


async def test_a_context_of_an_unknown_cluster_or_user_is_told(tmp_path: Path) -> None:
    for part in ("cluster", "user"):
        whole = config()
        whole["contexts"][0]["context"][part] = "gone"
        assert "'prod'" in await refused(written(tmp_path / part, whole)), part


async def test_several_files_are_merged_as_kubectl_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = written(tmp_path / "a", {**config(names=("prod",)), "users": []})
    second = written(tmp_path / "b", config(current="test", names=("test",)))
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join([str(tmp_path / "missing"), str(first), str(second)]))
    assert contexts() == ["prod", "test"]
    async with connect() as link:
        assert link.context == "prod", "the first file that sets it wins"
    async with connect(context="test") as link:
        assert link.namespace == "ns-test"


async def test_a_kubeconfig_variable_that_names_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "missing"))
    assert "KUBECONFIG" in await refused()


async def test_the_file_of_the_home_folder_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "home/.kube").mkdir(parents=True)
    written(tmp_path / "home/.kube/config", config())
    async with connect() as link:
        assert link.context == "prod"


@pytest.mark.skipif(connection.SERVICE_ACCOUNT_TOKEN.exists(), reason="runs inside a cluster")
async def test_without_any_configuration_the_way_out_is_named() -> None:
    with pytest.raises(NoClusterConfigured, match="--recording"):
        async with connect():
            pass


async def test_secrets_written_for_the_client_are_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    async with connect(written(tmp_path / "config", config())):
        pass
    await refused(
        written(
            tmp_path / "bad",
            config(cluster={"server": GOOD, "certificate-authority-data": base64.b64encode(b"x").decode()}),
        )
    )
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"contexts": [5]},
        {"contexts": ["prod"]},
        {"contexts": [None]},
        {"contexts": [{"name": "prod"}]},
        {"contexts": [{"name": "prod", "context": 5}]},
        {"contexts": [{"name": "prod", "context": {"cluster": ["c"], "user": {"a": "b"}}}]},
        {"contexts": {"name": "prod"}},
        {"clusters": [{"name": "c", "cluster": ["x"]}]},
        {"clusters": [{"name": "c", "cluster": {"server": {"a": "b"}}}]},
        {"clusters": 5},
        {"users": [{"name": "u", "user": 5}]},
        {"users": [{"name": "u", "user": {"exec": "ls"}}]},
        {"users": [{"name": "u", "user": {"exec": {"command": ["ls"]}}}]},
        {"users": [["u"]]},
        {"current-context": ["prod"]},
        {"current-context": {"a": "b"}},
    ],
    ids=str,
)
async def test_odd_parts_are_one_sentence(tmp_path: Path, odd: Any) -> None:
    path = written(tmp_path / "config", {**config(), **odd})
    assert str(path) in await refused(path)


@pytest.mark.parametrize(
    "text",
    [
        *("a: " + "[" * 5_000, "a: " + "{a: " * 5_000, "a: &a [*a]", "- " * 2_000 + "x"),
        *("x" * 2_000_000, "\x00", "--- 1\n--- 2"),
    ],
    ids=lambda text: text[:10],
)
async def test_what_is_no_kubeconfig_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = written(tmp_path / "config", text)
    assert "is not a readable kubeconfig" in await refused(path)
    with pytest.raises(ConnectionSettingsError):
        contexts(path)
