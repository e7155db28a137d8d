"""Ports for what a test starts later, or never: until then nobody else is given them.

Each process takes a block of ports below those that the system gives out, and holds its first one as a lock.
"""

import itertools
import socket
from functools import cache

FIRST, LAST, EACH = 10_000, 32_000, 200


def free_port() -> int:
    """A port of this process's own that nobody listens at just now.

    Raises:
        OSError: all are taken.
    """
    for _ in range(EACH):
        port = next(_block())
        if taken := _bound(port):
            taken.close()
            return port
    raise OSError(f"all ports of the block with {port} are taken")


def free_address() -> str:
    """``HOST:PORT`` of such a port."""
    return f"127.0.0.1:{free_port()}"


@cache
def _block() -> "itertools.cycle[int]":
    for first in range(FIRST, LAST, EACH):
        if lock := _bound(first):
            _locks.append(lock)
            return itertools.cycle(range(first + 1, first + EACH))
    raise OSError("all blocks of ports are taken")


_locks: list[socket.socket] = []  # held until the process ends


def _bound(port: int) -> socket.socket | None:
    bound = socket.socket()
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        return None
    return bound
