"""Looking up where Slack is, in threads of our own: while the database is gone all others may be waiting for it, and
people can be told so only where Slack is found.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from aiohttp import ThreadedResolver

THREADS = 4


class Names:
    """What aiohttp's resolver wants of an event loop."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "names")

    async def getaddrinfo(self, *arguments: Any, **named: Any) -> Any:
        """As :func:`socket.getaddrinfo`."""
        return await self._asked(partial(socket.getaddrinfo, *arguments, **named))

    async def getnameinfo(self, *arguments: Any) -> Any:
        """As :func:`socket.getnameinfo`."""
        return await self._asked(partial(socket.getnameinfo, *arguments))

    async def _asked(self, look: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, look)


def resolver() -> ThreadedResolver:
    """For one pool of connections."""
    return ThreadedResolver(Names())  # type: ignore[arg-type]


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this address."""
    where = urlsplit(url)
    return None if proxy_bypass(where.hostname or "") else getproxies().get(where.scheme)
