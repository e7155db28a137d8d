"""What lies between a bot and its database server: it may be cut, or hold back all that is sent.

It runs in a thread of its own, because opening a database may hold the tests' event loop up.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

T = TypeVar("T")


class Wire:
    """Passes on what is sent to the server at ``host:port``."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._is_cut = False
        self._writers: set[asyncio.StreamWriter] = set()

    def break_(self, how: str) -> None:
        """``cut`` ends all connections and takes none; ``held`` keeps them and lets nothing through."""
        self._loop.call_soon_threadsafe(self._break, how == "cut")

    def mend(self) -> None:
        """As before."""
        self._loop.call_soon_threadsafe(self._mend)

    @contextlib.contextmanager
    def laid(self) -> Iterator[int]:
        """The port at its near end."""
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        yield self._run(self._listen())
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join()

    def _run(self, doing: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result()

    async def _listen(self) -> int:
        self._open.set()
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        return int(server.sockets[0].getsockname()[1])

    async def _end(self) -> None:
        self._break(True)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _break(self, is_cut: bool) -> None:
        self._is_cut = is_cut
        self._open.clear()
        for writer in self._writers if is_cut else ():
            writer.close()

    def _mend(self) -> None:
        self._is_cut = False
        self._open.set()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.close()
            return
        there, back = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, back}
        await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                await self._open.wait()
                sink.write(data)
        sink.close()


@contextlib.contextmanager
def wire_to(url: str) -> Iterator[tuple[Wire, str]]:
    """A wire to the database at this URL, and the URL at its near end."""
    where = urlsplit(url)
    wire = Wire(where.hostname or "127.0.0.1", where.port or 5432)
    with wire.laid() as port:
        login = f"{where.netloc.rpartition('@')[0]}@" if "@" in where.netloc else ""
        yield wire, urlunsplit(where._replace(netloc=f"{login}127.0.0.1:{port}"))
