"""Recorded clusters as the contexts of one kubeconfig: what a bot that reads several clusters is given."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bot.recordings import RecordingServer, load, serve
from tests.ports import free_address


@dataclass
class Clusters:
    """Recorded clusters behind the contexts of one kubeconfig, each served at an address of its own."""

    path: Path
    stack: contextlib.AsyncExitStack
    servers: dict[str, RecordingServer] = field(default_factory=dict)
    _dead: dict[str, str] = field(default_factory=dict)

    async def serve(self, recording: str, name: str = "") -> RecordingServer:
        """Put a recording behind the context ``name`` (the recording's own if left out), in place of what was there."""
        server = await self.stack.enter_async_context(serve(load(recording)))
        self.servers[name or recording] = server
        self._dead.pop(name, None)
        self._write()
        return server

    def unreachable(self, name: str) -> None:
        """A context whose API server does not answer: nobody listens there."""
        self._dead[name] = f"http://{free_address()}"
        self._write()

    async def hanging(self, name: str) -> None:
        """A context whose API server takes requests and never answers."""

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        self.stack.callback(server.close)
        self._dead[name] = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._write()

    def rewrite(self) -> None:
        """The kubeconfig anew, after ``servers`` was changed."""
        self._write()

    def _write(self) -> None:
        where = {**{name: server.url for name, server in self.servers.items()}, **self._dead}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": {"server": url}} for name, url in where.items()],
            "users": [{"name": "nobody", "user": {}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": "nobody"}} for name in where],
        }
        if where:
            config["current-context"] = next(iter(where))
        self.path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
