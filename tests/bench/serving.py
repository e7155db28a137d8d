"""The API server of the benchmark, in a process of its own: tells its address on stdout and ends with its stdin."""

import asyncio
import sys

from bot.recordings import Recording, serve
from tests.bench.building import build
from tests.bench.shapes import Size


async def main() -> None:
    nodes, pods = map(int, sys.argv[1:3])
    store = build(Size(nodes=nodes, pods=pods))
    async with serve(store) as server:
        _warm(server.store)
        print(server.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


def _warm(store: Recording) -> None:
    """A real API server holds its objects serialized; the first list must not pay for that."""
    for shelf in store.shelves.values():
        for item in shelf.items:
            _ = item.wire, item.partial


if __name__ == "__main__":
    asyncio.run(main())
