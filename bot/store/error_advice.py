"""What a failure of the database means for whoever reads of it: what happened, and the way out."""

from collections.abc import Mapping

LONGEST = 200  # characters of what the database says
_ELSEWHERE = "name another with NETCLINIC_DATABASE_URL or NETCLINIC_DATA_DIR"
# The first that begins the name of SQLite's error, or stands in its words.
_SQLITE: Mapping[str, str] = {
    "SQLITE_BUSY": "another process writes to it, so try again; fuser or lsof tells which one if that stays so",
    "SQLITE_LOCKED": "another process writes to it, so try again; fuser or lsof tells which one if that stays so",
    "SQLITE_NOTADB": f"that file is something else, so move it away, or {_ELSEWHERE}",
    "SQLITE_CORRUPT": "the file is damaged, so put a backup in its place; `sqlite3 FILE .recover` saves what is left",
    "no such table": "tables of it are gone, so put a backup in its place, or move the file away and a new one is made",
    "SQLITE_": "check that the disk has room and the file may be written",
}
# The first that begins PostgreSQL's SQLSTATE; connections that are not made have none.
_POSTGRESQL: Mapping[str, str] = {
    "55P03": "another session holds a lock in it, so try again; pg_stat_activity tells which one if that stays so",
    "57014": "the server's limits cut it short, so try again, or raise its statement_timeout",
    "42501": "log in as a user who has the role for it (deploy/postgresql/roles.sql)",
    "42": "its tables are not those that this version made, so put a backup in its place, or name another database",
    "53": "the server has run out of disk, memory or connections: make room there",
    "": "check that it runs and that NETCLINIC_DATABASE_URL is right",
}


def driver_message(error: Exception) -> str:
    """What the driver said, on one line, without fragments of SQL."""
    origin = getattr(error, "orig", None) or error
    said = getattr(getattr(origin, "diag", None), "message_primary", None) or str(origin)
    return " ".join(said.split())[:LONGEST].rstrip(".")


def advice_for(shown: str, error: Exception) -> str:
    """What to do about it, ``shown`` being the database's URL."""
    origin = getattr(error, "orig", None) or error
    if shown.startswith("sqlite"):
        name = getattr(origin, "sqlite_errorname", "SQLITE_")
        return next(way for sign, way in _SQLITE.items() if name.startswith(sign) or sign in str(origin))
    state = getattr(origin, "sqlstate", None) or ""
    return next(way for sign, way in _POSTGRESQL.items() if state.startswith(sign))
