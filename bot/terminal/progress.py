"""Progress on a terminal: what is being read or built. It goes to stderr, so that stdout stays the answer."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

if TYPE_CHECKING:
    from bot.cloud.requests import CloudCall
    from bot.cluster.requests import Request

Tell = Callable[[str, float], None]


class ReadingProgress:
    """Tells each read while it is made (an observer of the reader)."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._made = 0

    async def before(self, request: "Request") -> None:
        """Named by kind: paths are too long for one line."""
        self._made += 1
        self._tell(f"reading {request.resource} … ({self._made} reads)")

    async def after(self, request: "Request", outcome: str, size: int, seconds: float) -> None:
        """Nothing to tell: the next read replaces the line."""

    async def before_call(self, call: "CloudCall") -> None:
        """A call of the cloud counts like a read."""
        self._made += 1
        self._tell(f"asking the cloud: {call.action.name} … ({self._made} reads)")

    async def after_call(self, call: "CloudCall", outcome: str, code: str, request_id: str, seconds: float) -> None:
        """Nothing to tell either."""


@contextlib.contextmanager
def working(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """A line that says what is being done; silent where nobody watches or the terminal cannot rewrite a line."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda _: None
        return
    with console.status(what) as status:
        yield status.update


@contextlib.contextmanager
def reading(console: Console) -> Iterator[list[ReadingProgress]]:
    """Observers for a cluster."""
    with working(console, "opening the cluster …") as tell:
        yield [ReadingProgress(tell)]


@contextlib.contextmanager
def building(console: Console) -> Iterator[Tell]:
    """A callback for the index build: a bar from its first call on, or one line a stage where nobody watches."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), console=console
    )
    plain = not console.is_terminal or console.is_dumb_terminal
    try:
        yield _line_by_line(console) if plain else _filling(bar)
    finally:
        if bar.tasks:
            bar.stop()


def _line_by_line(console: Console) -> Tell:
    told: set[str] = set()

    def tell(stage: str, _: float) -> None:
        if stage not in told:
            console.print(f"building the index: {stage}", highlight=False, markup=False)
        told.add(stage)

    return tell


def _filling(bar: Progress) -> Tell:
    def tell(stage: str, share: float) -> None:
        if not bar.tasks:
            bar.start()
            bar.add_task(stage, total=1.0)
        bar.update(bar.task_ids[0], description=f"building the index: {stage}", completed=share)

    return tell


@contextlib.contextmanager
def counting(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """A callback (done, of how many) that fills a bar; silent where nobody watches."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda done, of: None
        return
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=max(done, of))
