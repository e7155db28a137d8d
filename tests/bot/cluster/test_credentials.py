"""Keys of a kubeconfig serve, and lie nowhere: not while a command runs, and not after it was killed."""

import asyncio
import base64
import contextlib
import json
import os
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cluster.connection import ConnectionSettingsError, connect
from bot.cluster.credentials import memory_files
from bot.cluster.transport import Transport
from tests.command_line import START, Netclinic

SECONDS = 60.0
VERSION = json.dumps({"gitVersion": "v1.32.1", "major": "1", "minor": "32"}).encode()


@dataclass(frozen=True)
class Authority:
    """A folder with a certificate authority's certificate, a server's and a client's, each with its key."""

    folder: Path

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def data(self, name: str) -> str:
        return base64.b64encode(self.read(name)).decode()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n", encoding="utf-8")
    for name in ("server", "client"):
        openssl(
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            f"/CN={name}",
        )
        openssl(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"),
            *("-out", f"{name}.crt", "-extfile", "names"),
        )
    return Authority(folder)


@dataclass
class SecureServer:
    """Answers /version to whoever shows a certificate; keeps its replies while ``holds``."""

    port: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    holds: bool = False

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            self.asked.set()
            if self.holds:
                await reader.read()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(VERSION)}\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode() + VERSION)
            await writer.drain()
        writer.close()


@pytest.fixture
async def server(authority: Authority) -> AsyncIterator[SecureServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.folder / "server.crt", authority.folder / "server.key")
    context.load_verify_locations(authority.folder / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    served = SecureServer()
    listening = await asyncio.start_server(served.answer, "127.0.0.1", 0, ssl=context)
    served.port = listening.sockets[0].getsockname()[1]
    yield served
    listening.close()


def is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


def memory_files_open() -> list[str]:
    """The descriptors of this process that are files in memory."""
    found = []
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(str(path.readlink()))
    return [name for name in found if "netclinic" in name and "memfd" in name]


WriteConfig = Callable[[dict[str, Any]], Path]


@pytest.fixture
def config(tmp_path: Path, authority: Authority, server: SecureServer) -> WriteConfig:
    """``config(user)``: a kubeconfig whose user is this."""

    def write(user: dict[str, Any]) -> Path:
        cluster = {
            "server": f"https://127.0.0.1:{server.port}",
            "certificate-authority-data": authority.data("ca.crt"),
        }
        path = tmp_path / "kubeconfig"
        content = {
            "current-context": "prod",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u"}}],
        }
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return path

    return write


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def inline(authority: Authority) -> dict[str, Any]:
    return {"client-certificate-data": authority.data("client.crt"), "client-key-data": authority.data("client.key")}


def plugin(authority: Authority, folder: Path) -> dict[str, Any]:
    """A user whose credential plugin gives the certificate."""
    status = {
        "clientCertificateData": authority.read("client.crt").decode(),
        "clientKeyData": authority.read("client.key").decode(),
    }
    given = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    (folder / "credential.json").write_text(json.dumps(given), encoding="utf-8")
    command = {"command": "cat", "args": [str(folder / "credential.json")]}
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", **command}}


async def version(path: Path) -> bytes:
    async with connect(path) as link:
        return (await Transport(link.client).get("/version", (), "application/json", SECONDS, 1 << 20)).body


async def test_keys_in_the_kubeconfig_serve_again_and_again(
    config: WriteConfig, authority: Authority, temporary: Path
) -> None:
    path = config(inline(authority))
    for _ in range(3):
        assert await version(path) == VERSION
    async with connect(path), connect(path):
        assert is_empty(temporary)
        assert memory_files_open() == []


async def test_keys_in_files_beside_the_kubeconfig_serve_too(
    config: WriteConfig, authority: Authority, tmp_path: Path
) -> None:
    for name in ("client.crt", "client.key"):
        shutil.copy(authority.folder / name, tmp_path / name)
    assert await version(config({"client-certificate": "client.crt", "client-key": "client.key"})) == VERSION


async def test_keys_that_a_plugin_gives_serve_and_lie_nowhere(
    config: WriteConfig, authority: Authority, temporary: Path, tmp_path: Path
) -> None:
    path = config(plugin(authority, tmp_path))
    for _ in range(2):
        assert await version(path) == VERSION
    async with connect(path):
        assert is_empty(temporary)


@pytest.mark.parametrize("name", ["client-certificate-data", "client-key-data"])
@pytest.mark.parametrize("data", ["%%%", "bm9uc2Vuc2U=", 5, ["x"]])
async def test_data_that_is_no_key_is_one_sentence(
    config: WriteConfig, authority: Authority, temporary: Path, name: str, data: Any
) -> None:
    with pytest.raises(ConnectionSettingsError, match="'prod'"):
        await version(config({**inline(authority), name: data}))
    assert is_empty(temporary)


async def test_after_kill_9_no_key_is_left(
    config: WriteConfig, authority: Authority, server: SecureServer, netclinic: Netclinic, tmp_path: Path
) -> None:
    server.holds = True
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    kubeconfig = str(config(inline(authority)))
    own = {"KUBECONFIG": kubeconfig, "TMPDIR": str(folder), "NETCLINIC_DATA_DIR": str(folder / "data")}
    process = await asyncio.create_subprocess_exec(*START, "facts", cwd=folder, env=netclinic.environment(own))
    try:
        await asyncio.wait_for(server.asked.wait(), SECONDS)
    finally:
        process.kill()
        await process.wait()
    assert [path for path in folder.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()] == []
    assert [path.name for path in folder.iterdir()] == ["data"]


def test_where_a_system_has_no_files_in_memory_they_are_gone_with_the_block(
    monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    with memory_files() as keep:
        path = Path(keep(b"secret"))
        assert path.read_bytes() == b"secret"
        assert path.parent.stat().st_mode & 0o077 == 0
    assert is_empty(temporary)
