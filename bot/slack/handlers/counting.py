"""What grows quickly is told in portions: all that comes within some seconds is counted together."""

import asyncio
import time

COUNTED_EVERY = 5  # seconds


def counting_period() -> int:
    """The number of the seconds that it is now."""
    return int(time.time() // COUNTED_EVERY)


async def wait_until_counted() -> None:
    """Return when these seconds are over."""
    await asyncio.sleep(COUNTED_EVERY - time.time() % COUNTED_EVERY)
