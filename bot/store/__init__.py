"""What netclinic remembers: cases, diagnoses, audit records and handoffs, in SQLite or PostgreSQL."""

from bot.store.engine import DatabaseError, Store, open_store

__all__ = ["DatabaseError", "Store", "open_store"]
