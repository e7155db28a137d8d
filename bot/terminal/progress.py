"""Progress on a terminal: what is being read or built. It goes to stderr, so that stdout stays the answer."""

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bot.cluster.reader import Request


class ReadingProgress:
    """Tells each read while it is made (an observer of the reader)."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._made = 0

    async def before(self, request: Request) -> None:
        """Named by kind: paths are too long for one line."""
        self._made += 1
        self._tell(f"reading {request.resource} … ({self._made} reads)")

    async def after(self, request: Request, outcome: str, size: int, seconds: float) -> None:
        """Nothing to tell: the next read replaces the line."""


@contextlib.contextmanager
def reading(console: Console) -> Iterator[list[ReadingProgress]]:
    """Observers for a cluster; none where nobody watches."""
    if not console.is_terminal:
        yield []
        return
    with console.status("opening the cluster …") as status:
        yield [ReadingProgress(status.update)]


@contextlib.contextmanager
def building(console: Console) -> Iterator[Callable[[str, float], None]]:
    """A callback for the index build; the bar appears with its first call only. Without a terminal: one line a stage."""
    progress = Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), console=console)
    told: set[str] = set()

    def tell(stage: str, share: float) -> None:
        if not console.is_terminal:
            if stage not in told:
                console.print(f"building the index: {stage}", highlight=False, markup=False)
            told.add(stage)
            return
        if not progress.tasks:
            progress.start()
            progress.add_task(stage, total=1.0)
        progress.update(progress.task_ids[0], description=f"building the index: {stage}", completed=share)

    try:
        yield tell
    finally:
        if progress.tasks:
            progress.stop()
