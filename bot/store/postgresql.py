"""PostgreSQL behind a network that may fall silent: TCP itself notices no server, proxy or balancer that takes our
bytes, acknowledges them and never answers.
"""

import time
from collections.abc import Generator
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event

from bot.store.errors import SILENCE

LOCKS = 20  # seconds to wait for a lock; shorter than most silences, so that the server says which of both it is


class TimeoutConnection(psycopg.Connection[Any]):
    """A connection that is closed where no answer comes within ``silence`` seconds; ``None`` waits for ever."""

    silence: float | None = 10.0

    def wait(self, gen: Generator[Any, Any, Any], *arguments: Any, **named: Any) -> Any:
        """What the server answers.

        Raises:
            OperationalError: nothing came in time.
        """
        return super().wait(self._give_up_on_silence(gen), *arguments, **named)

    def _give_up_on_silence(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        heard = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    heard = time.monotonic()
                elif self.silence is not None and time.monotonic() - heard > self.silence:
                    self.close()
                    raise psycopg.OperationalError(f"no answer came within {self.silence:.0f} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value


def apply_read_timeout(engine: Engine, patience: float) -> None:
    """Connections of this engine wait for no lock and no answer without end, and the server for no sleeper.

    It ends a transaction whose process was paused ``patience`` seconds in the middle of it: others wait for its locks.
    """

    @event.listens_for(engine, "do_connect")
    def connect(_: Any, __: Any, arguments: Any, named: Any) -> TimeoutConnection:
        return TimeoutConnection.connect(*arguments, **named)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.execute(f"SET idle_in_transaction_session_timeout = '{patience:.0f}s'")
        connection.execute(f"SET lock_timeout = '{LOCKS}s'")
        connection.commit()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        raw.silence = connection.get_execution_options().get(SILENCE, TimeoutConnection.silence)

    @event.listens_for(engine, "checkin")
    def checkin(connection: Any, _: Any) -> None:
        if connection is not None:
            connection.silence = TimeoutConnection.silence
