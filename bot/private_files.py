"""What is stored is for its owner alone: people's words, and addresses at which Slack still listens.

The process makes files with a umask of 077; what an older version left open to others is corrected here.
"""

import os
import stat
from pathlib import Path

UMASK = 0o077
_OPEN_TO_OTHERS = 0o077
_OURS = ("*.sqlite", "*.sqlite-wal", "*.sqlite-shm", "slack-identity.json")


def make_private_folder(folder: Path) -> None:
    """The folder, with its parents; it and our files in it are closed to other users, where they are ours to close.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close(folder)
    for pattern in _OURS:
        for file in folder.glob(pattern):
            _close(file)


def write_private_file(path: Path, content: bytes) -> None:
    """The file with this content, for its owner alone whatever the umask; one that was there is closed first.

    Raises:
        OSError: it cannot be written.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        _close(path)
        file.truncate()
        file.write(content)


def _close(path: Path) -> None:
    """A folder that everybody may write to (``/tmp``) or that is somebody else's (a volume's) stays as it is."""
    status = path.stat()
    is_shared = path.is_dir() and status.st_mode & stat.S_ISVTX
    if status.st_mode & _OPEN_TO_OTHERS and status.st_uid == os.geteuid() and not is_shared:
        path.chmod(stat.S_IMODE(status.st_mode) & ~_OPEN_TO_OTHERS)
