"""Archives: old records as a file that stands for itself, one JSON value a line, signed off by its last line.

Each line but the last is ``{"record": …, "hash": …}``: the record in the very form that was hashed, and with
``"kept": …, "salt": …`` the people's words that were still kept with it. The last line, ``{"manifest": …}``, says from
where to where it goes, who made it, and the SHA-256 of all lines before it. SHA-256 of the whole file stands in the
record ``audit.pruned``, by which the log itself vouches for it.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bot.audit.chain import Row, Tombstone, parse_tombstone
from bot.audit.records import TEXTS, canonical
from knowledge.errors import FAILED, UserFacingError


class ArchiveError(UserFacingError):
    """The file cannot be written, or is no whole archive; the message says why and the way out."""

    exit_code = FAILED


@dataclass(frozen=True)
class Archive:
    """A file made by :class:`ArchiveWriter`, whose lines were found to be whole."""

    path: Path
    first: int
    last: int
    sha256: str

    @staticmethod
    def open(path: Path) -> "Archive":
        """The archive in a file.

        Raises:
            ArchiveError: it cannot be read, was cut or changed.
        """
        lines, whole = hashlib.sha256(), hashlib.sha256()
        first, last, manifest = 0, 0, None
        for line in _read_lines(path):
            if manifest is not None:
                raise _damage_error(path, "there are lines after its manifest")
            value = _parse_line(path, line)
            manifest = None if "record" in value else value["manifest"]
            whole.update(line)
            if manifest is None:
                lines.update(line)
                last = _row(path, value)["seq"]
                first = first or last
        if manifest is None:
            raise _damage_error(path, "its manifest is missing, so it was cut")
        if manifest.get("sha256_of_lines") != lines.hexdigest():
            raise _damage_error(path, "its lines are not those that its manifest signs off")
        return Archive(path, first, last, whole.hexdigest())

    def rows(self) -> Iterator[Row]:
        """Its records, as rows of the database."""
        for line in _read_lines(self.path):
            value = _parse_line(self.path, line)
            if "record" in value:
                yield _row(self.path, value)

    def tombstones(self) -> list[Tombstone]:
        """What its records say was taken out of the log."""
        return [tombstone for row in self.rows() if (tombstone := parse_tombstone(row))]

    def number_of_hash(self, hash_: str) -> int | None:
        """The number of the record with this hash."""
        return next((row["seq"] for row in self.rows() if row["hash"] == hash_), None)

    def numbers_after_hash(self, hash_: str) -> list[int]:
        """The numbers of the records that were written after it."""
        return [row["seq"] for row in self.rows() if row["prev"] == hash_]


class ArchiveWriter:
    """Writes an archive beside its place and moves it there when it is whole. One process at a time can."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._unfinished = path.with_name(f".{path.name}.unfinished")
        self._lines_digest = hashlib.sha256()
        self._file_digest = hashlib.sha256()
        _require_absent(path)
        self._file: IO[bytes] = self._open_unfinished()
        try:
            _require_absent(path)  # whoever had the unfinished file before us may have finished
        except ArchiveError:
            self.discard()
            raise

    def add(self, row: Row) -> None:
        """One record."""
        record = {"v": 1, "seq": row["seq"], **{name: row[name] for name in TEXTS}}
        kept = {"kept": row["kept"], "salt": row["salt"]} if row["salt"] is not None else {}
        line = canonical({"record": record, "hash": row["hash"], **kept}) + b"\n"
        self._lines_digest.update(line)
        self._write(line)

    def finish(self, manifest: dict[str, Any]) -> str:
        """Sign it off and put it in its place; the SHA-256 of the whole file.

        Raises:
            ArchiveError: it could not be written.
        """
        self._write(canonical({"manifest": {**manifest, "sha256_of_lines": self._lines_digest.hexdigest()}}) + b"\n")
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            _require_absent(self._path)
            self._unfinished.rename(self._path)
        except OSError as error:
            raise self._write_error(error) from error
        return self._file_digest.hexdigest()

    def discard(self) -> None:
        """Leave nothing unfinished behind."""
        with contextlib.suppress(OSError):  # closing writes what is left: a full disk fails once more
            self._file.close()
        self._unfinished.unlink(missing_ok=True)

    def withdraw(self) -> None:
        """Remove what was finished, but is not signed off."""
        self._path.unlink(missing_ok=True)

    def _open_unfinished(self) -> IO[bytes]:
        try:
            return os.fdopen(os.open(self._unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except FileExistsError as error:
            raise ArchiveError(
                f"Another process is writing the archive {self._path}, so nothing was pruned: name another file, or "
                f"remove {self._unfinished} if a process that was killed has left it behind."
            ) from error
        except OSError as error:
            raise self._write_error(error) from error

    def _write(self, line: bytes) -> None:
        self._file_digest.update(line)
        try:
            self._file.write(line)
        except OSError as error:
            raise self._write_error(error) from error

    def _write_error(self, error: OSError) -> ArchiveError:
        return ArchiveError(
            f"The archive {self._path} cannot be written ({error.strerror}), so nothing was pruned: name another place."
        )


def _require_absent(path: Path) -> None:
    if path.exists():
        raise ArchiveError(f"{path} exists already, so nothing was pruned: name a new file for the archive.")


def _read_lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise ArchiveError(f"The archive {path} cannot be read ({error.strerror}): name another file.") from error


def _parse_line(path: Path, line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise _damage_error(path, "one of its lines is no JSON") from None
    if not isinstance(value, dict) or not ("record" in value or isinstance(value.get("manifest"), dict)):
        raise _damage_error(path, "one of its lines is no record")
    return value


def _row(path: Path, value: dict[str, Any]) -> dict[str, Any]:
    record = value["record"]
    if not isinstance(record, dict) or type(record.get("seq")) is not int or {*TEXTS, "seq", "v"} != record.keys():
        raise _damage_error(path, "one of its records has other fields than records have")
    fields = {name: text for name, text in record.items() if name != "v"}
    return {**fields, "hash": value.get("hash"), "kept": value.get("kept"), "salt": value.get("salt")}


def _damage_error(path: Path, why: str) -> ArchiveError:
    return ArchiveError(f"{path} is no whole archive of the audit log: {why}.")
