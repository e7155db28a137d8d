"""Where the shipped recordings are, and the one file that makes a folder a recording."""

from pathlib import Path

SETTINGS = "recording.yaml"


def shipped_folder() -> Path:
    """In a source tree ``tests/recordings``; an installed wheel carries them inside the package."""
    here = Path(__file__).resolve()
    inside = here.parent / "shipped"
    return inside if inside.is_dir() else here.parents[2] / "tests" / "recordings"
