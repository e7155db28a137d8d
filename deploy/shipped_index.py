"""Builds the index that ships with netclinic: ``python deploy/shipped_index.py FOLDER``.

From nothing, over the shipped entries, whatever settings are in force: the same sources give the same files.
"""

import shutil
import sys
from pathlib import Path

from bot.probes import vocabulary
from index.search import open_index
from knowledge.loading import BUILTIN_FOLDER, load_entries


def main() -> None:
    """The command."""
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    open_index(load_entries([BUILTIN_FOLDER], vocabulary()), cache_dir=folder)


if __name__ == "__main__":
    main()
