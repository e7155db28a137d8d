"""Where the shipped recordings are, and the one file that makes a folder a recording."""

from pathlib import Path

from knowledge import RECORDINGS_FOLDER

SETTINGS = "recording.yaml"


def shipped_folder() -> Path:
    """They lie beside the entries that they prove, in a source tree and in an installed wheel alike."""
    return RECORDINGS_FOLDER.resolve()
