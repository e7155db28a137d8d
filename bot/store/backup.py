"""A backup: one archive of all that is stored, the queue of accepted work with it, and putting it back.

The archive is a ``.tar.gz`` whose first member, ``backup.json``, says what is in it: SQLite's two files as one moment
saw them, or one dump of PostgreSQL's own (``postgresql_dump``). It holds what people wrote: it is for its owner alone.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bot.private_files import make_private_folder
from bot.store.engine import Store
from bot.store.errors import DatabaseError
from bot.store.migrating import newest_version
from bot.store.opening import FILE as MAIN_FILE
from bot.store.postgresql_dump import dump_postgresql, restore_postgresql
from bot.store.queue_tables import FILE as QUEUE_FILE
from knowledge.errors import BAD_USAGE

FORM = 1
ABOUT, DUMP = "backup.json", "database.dump"
LARGEST_ABOUT = 1 << 16  # bytes
_CHUNK = 1 << 20
LOCKED_FOR = 3.0  # seconds: who holds a database longer is at work with it


class BackupError(DatabaseError):
    """A backup cannot be made or put back; the message says why and the way out."""


class NoBackupError(BackupError):
    """The file that was named is no backup that can be put back here; the message says why and the way out."""

    exit_code = BAD_USAGE


@dataclass(frozen=True, kw_only=True)
class Backup:
    """What an archive says of itself. ``tables`` and ``queue`` are the versions of the tables; ``files``: SHA-256."""

    kind: str
    made_at: str
    netclinic: str
    tables: str
    queue: int
    files: Mapping[str, str] = field(default_factory=dict)
    form: int = FORM


def make_backup(store: Store, data_dir: Path, path: Path, *, tables: str, queue: int) -> Backup:
    """Write the archive; who serves goes on meanwhile. Nothing that exists is overwritten.

    Raises:
        DatabaseError: the database cannot be read, or the file not be written.
    """
    if path.exists():
        raise BackupError(f"{path} exists already: choose another name for the backup.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _scratch(path) as folder:
            parts = (
                _copy_sqlite(store, data_dir, folder) if store.is_sqlite else [dump_postgresql(store, folder / DUMP)]
            )
            about = Backup(
                kind="sqlite" if store.is_sqlite else "postgresql",
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                netclinic=version("netclinic"),
                tables=tables,
                queue=queue,
                files={part.name: _digest(part) for part in parts},
            )
            packed = folder / "packed"
            _pack(packed, about, parts)
            packed.rename(path)
    except OSError as error:
        why = error.strerror or error
        raise BackupError(
            f"The backup cannot be written to {path} ({why}): free or allow it, or name another place."
        ) from error
    return about


def read_backup(path: Path) -> Backup:
    """What an archive says of itself.

    Raises:
        BackupError: it is no backup, or a newer netclinic made it.
    """
    with _opened(path) as archive:
        return _about(archive, path)


def restore_backup(store: Store, data_dir: Path, path: Path) -> Backup:
    """Put it in place of what is stored. SQLite's files of before are kept beside, under another name.

    Raises:
        DatabaseError: the archive is damaged or of another kind, or the database cannot be written.
    """
    target = _sqlite_path(store) if store.is_sqlite else data_dir / DUMP
    try:
        make_private_folder(target.parent)
        with _scratch(target) as folder, _opened(path) as archive:
            about = _about(archive, path)
            _check_kind(about, store, path)
            for name, digest in about.files.items():
                _extract(archive, name, folder / name, digest, path)
            if store.is_sqlite:
                _put_sqlite(store, data_dir, folder, about)
            else:
                restore_postgresql(store, folder / DUMP)
    except OSError as error:
        why = error.strerror or error
        raise BackupError(
            f"The backup cannot be put back to {target} ({why}): free or allow it, then try again."
        ) from error
    return about


def _check_kind(about: Backup, store: Store, path: Path) -> None:
    kind = "sqlite" if store.is_sqlite else "postgresql"
    if about.kind != kind:
        raise NoBackupError(
            f"{path} is a backup of {about.kind}, and the database {store.shown} is {kind}: name one of its kind with "
            "NETCLINIC_DATABASE_URL."
        )


@contextlib.contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """A private folder beside the target, so that what is made there can be renamed to it."""
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sqlite_path(store: Store) -> Path:
    return Path(store.engine.url.database or "").absolute()


def _copy_sqlite(store: Store, data_dir: Path, folder: Path) -> list[Path]:
    """Both files as they are at one moment, the queue's first: what is done is then never unknown to it."""
    sources = [(data_dir / QUEUE_FILE, folder / QUEUE_FILE), (_sqlite_path(store), folder / MAIN_FILE)]
    present = [(source, copy) for source, copy in sources if source.exists()]
    with contextlib.ExitStack() as stack:
        opened = []
        for source, copy in present:
            connection = stack.enter_context(contextlib.closing(sqlite3.connect(source, timeout=30)))
            connection.isolation_level = None
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it sees this moment
            opened.append((connection, copy))
        for connection, copy in opened:
            with contextlib.closing(sqlite3.connect(copy)) as target:
                connection.backup(target)
    return [copy for _, copy in present]


def _put_sqlite(store: Store, data_dir: Path, folder: Path, about: Backup) -> None:
    targets = {MAIN_FILE: _sqlite_path(store), QUEUE_FILE: data_dir / QUEUE_FILE}
    for name in about.files:
        _check_sqlite(folder / name)
    store.close()
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    for target in targets.values():
        if target.exists():
            _fold_log(target)
            target.rename(target.with_name(f"{target.name}.before-{stamp}"))
    for name in about.files:
        (folder / name).replace(targets[name])


def _fold_log(path: Path) -> None:
    """Bring what stands in its log into the file: a log that stays behind would be taken for the new file's."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=LOCKED_FOR)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:  # a netclinic that is starting is not told of as one that serves
        raise DatabaseError(f"{path} is in use ({error}): stop the netclinic that serves with it first.") from error


def _check_sqlite(path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            (said,) = connection.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        raise NoBackupError(f"The backup's {path.name} is damaged ({said}): take another backup.")


def _pack(path: Path, about: Backup, parts: list[Path]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive:
            written = path.with_name(ABOUT)
            written.write_text(json.dumps(asdict(about), indent=1), encoding="utf-8")
            for part in (written, *parts):
                archive.add(part, arcname=part.name)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, "r:gz") as archive:
            yield archive
    except FileNotFoundError:
        raise NoBackupError(f"There is no {path}: name a file that `netclinic database backup` wrote.") from None
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.filename and Path(error.filename) != path:
            raise
        raise _damaged(path, str(error)) from error


def _damaged(path: Path, why: str) -> BackupError:
    return NoBackupError(f"{path} is no whole backup of netclinic's ({why}): take another.")


def _about(archive: tarfile.TarFile, path: Path) -> Backup:
    member = archive.next()
    file = archive.extractfile(member) if member and member.name == ABOUT and member.size <= LARGEST_ABOUT else None
    if file is None:
        raise _damaged(path, f"it does not begin with {ABOUT}")
    try:
        about = Backup(**_known(json.loads(file.read())))
    except (ValueError, TypeError) as error:
        raise _damaged(path, f"{ABOUT} cannot be read") from error
    if about.form > FORM or about.tables > newest_version():
        raise NoBackupError(
            f"{path} was made by netclinic {about.netclinic}, which is newer: put it back with that one."
        )
    if not set(about.files) <= {MAIN_FILE, QUEUE_FILE, DUMP} or not about.files:
        raise _damaged(path, "it names files that no backup has")
    return about


def _known(told: Any) -> dict[str, Any]:
    if not isinstance(told, dict) or not isinstance(told.get("files"), dict):
        raise ValueError("no object")
    return {name: told[name] for name in Backup.__dataclass_fields__ if name in told}


def _extract(archive: tarfile.TarFile, name: str, to: Path, digest: str, path: Path) -> None:
    try:
        source = archive.extractfile(name)
    except KeyError:
        source = None
    if source is None:
        raise _damaged(path, f"{name} is missing")
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        shutil.copyfileobj(source, file, _CHUNK)
    if _digest(to) != digest:
        raise _damaged(path, f"{name} is not what was written")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
