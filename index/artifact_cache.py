"""Folders of built files in the user's cache: whole or absent, never trusted without a look.

A folder is built beside its place and moved there in one step, with the SHA-256 of every file in its manifest. What
does not match its manifest is built again; a lock lets one process build while the others wait for its result.
"""

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from knowledge.errors import UserFacingError

MANIFEST = "manifest.json"
KEEP = 3


class CacheError(UserFacingError):
    """The cache folder cannot be used; the message names it and the way out."""


def get_or_build(
    root: Path,
    kind: str,
    key: str,
    build: Callable[[Path], None],
    fits: Callable[[Path], bool] = lambda folder: True,
) -> Path:
    """The folder ``kind-key`` below the root, as ``build`` fills it; built where it is not there whole, or unfit."""
    folder = artifact_path(root, kind, key)
    if is_intact(folder) and fits(folder):
        return folder
    from filelock import FileLock

    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / f".{folder.name}.lock"):
            if not (is_intact(folder) and fits(folder)):  # another process may have built it while this one waited
                _remove_abandoned_drafts(root, folder)
                _build(folder, build)
                _prune(root, kind, folder)
    except OSError as error:
        raise CacheError(
            f"The cache folder {root} cannot be written ({error.strerror or error}); free or allow it, "
            "or name another place in NETCLINIC_INDEX_DIR or NETCLINIC_DATA_DIR."
        ) from error
    return folder


def artifact_path(root: Path, kind: str, key: str) -> Path:
    """Where the folder of that key belongs."""
    return root / f"{kind}-{key[:20]}"


def is_intact(folder: Path) -> bool:
    """Every file that the manifest names is there, unchanged."""
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        files = {str(name): str(digest) for name, digest in manifest["files"].items()}
        with ThreadPoolExecutor() as pool:  # hashing releases the interpreter lock: large files beside small ones
            return all(pool.map(lambda item: file_sha256(folder / item[0]) == item[1], files.items()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def file_sha256(path: Path) -> str:
    """The file's digest; in this process it is not read again before it has changed."""
    found = path.stat()
    return _sha256(path, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


@lru_cache(maxsize=128)
def _sha256(path: Path, *_: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    path.write_bytes(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


def read_json(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


def _build(folder: Path, build: Callable[[Path], None]) -> None:
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        build(draft)
        names = sorted(path.name for path in draft.iterdir())
        write_json(draft / MANIFEST, {"files": {name: file_sha256(draft / name) for name in names}})
        _replace(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _remove_abandoned_drafts(root: Path, folder: Path) -> None:
    """What builds left that were killed: of this folder, whose lock is held here, and of those that nobody builds."""
    from filelock import FileLock, Timeout

    for draft in root.glob(".*-*.*/"):
        name = draft.name.split(".")[1]
        with contextlib.suppress(Timeout), contextlib.ExitStack() as stack:
            if name != folder.name:
                stack.enter_context(FileLock(root / f".{name}.lock", timeout=0))
            shutil.rmtree(draft, ignore_errors=True)


def _replace(draft: Path, folder: Path) -> None:
    if folder.exists():  # damaged or unfit, or it would not have been built again
        shutil.rmtree(folder)
    draft.chmod(0o755)
    draft.replace(folder)


def _prune(root: Path, kind: str, current: Path) -> None:
    """Folders of earlier entries, models and versions, but for the last few: other processes may be reading them."""
    others = [path for path in root.glob(f"{kind}-*") if path != current and path.is_dir()]
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[KEEP - 1 :]:
        shutil.rmtree(path, ignore_errors=True)
