"""What a failing database is to everybody else: one sentence with the way out, and whether it may pass."""

import sqlite3

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.store.error_advice import advice_for, driver_message
from knowledge.errors import FAILED, UserFacingError

PATIENCE = 30  # seconds to wait for another writer of the same SQLite file
SILENCE = "netclinic_silence"  # execution option: seconds without a word of PostgreSQL's, None for any number
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
# Connections that broke or are refused, servers that start, stop or fail over, and locks that were waited for in vain.
_PASSING_CLASSES = frozenset({"08", "40", "57"})
_PASSING_STATES = frozenset({"25006", "25P03", "53300", "55P03"})


class DatabaseError(UserFacingError):
    """The database cannot be used; the message names it and the way out.

    ``passing``: it is locked or cannot be reached, which may be over in a while; a full or damaged one stays so.
    """

    exit_code = FAILED

    def __init__(self, sentence: str, *, passing: bool = False) -> None:
        super().__init__(sentence)
        self.passing = passing


def to_database_error(shown: str, error: Exception) -> DatabaseError:
    """The sentence for a database that failed."""
    sentence = f"The database {shown} cannot be used ({driver_message(error)}): {advice_for(shown, error)}."
    return DatabaseError(sentence, passing=_may_pass(error))


def _may_pass(error: Exception) -> bool:
    origin = getattr(error, "orig", None)
    if (code := getattr(origin, "sqlite_errorcode", None)) is not None:
        return code & 0xFF in _LOCKED
    if state := getattr(origin, "sqlstate", None):
        return state in _PASSING_STATES or state[:2] in _PASSING_CLASSES
    is_connection = isinstance(error, OperationalError | InterfaceError) and not isinstance(origin, sqlite3.Error)
    return is_connection or isinstance(error, PoolTimeout)
