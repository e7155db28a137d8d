"""What netclinic remembers: cases, diagnoses, audit records and handoffs, in SQLite or PostgreSQL."""

from bot.store.engine import Store
from bot.store.errors import DatabaseError
from bot.store.opening import open_store

__all__ = ["DatabaseError", "Store", "open_store"]
