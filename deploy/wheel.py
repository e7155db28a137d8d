"""Puts the built index into the wheel, so that an installation answers at once: hatchling runs this.

`make wheel` builds it into build/index from nothing and then the wheel. A wheel that is made without (`pip install .`)
holds none and says so: such an installation builds its index with netclinic's extra `build`.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INTO = "index/shipped"  # `index.build.SHIPPED`
KINDS = ("encoder", "index")


class ShippedIndex(BuildHookInterface[Any]):
    """The build hook."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folders of encoder and index.

        Raises:
            ValueError: there are several of a kind, so that nobody knows which one is meant.
        """
        if version == "editable":
            return
        built = Path(self.root) / "build" / "index"
        for kind in KINDS:
            folders = sorted(built.glob(f"{kind}-*/"))
            if len(folders) > 1:
                raise ValueError(f"{built} holds {len(folders)} folders {kind}-*; remove it, and run `make wheel`.")
            for folder in folders:
                build_data["force_include"][str(folder)] = f"{INTO}/{folder.name}"
            if not folders:
                self.app.display_warning(
                    f"This wheel holds no {kind}: there is none in {built}; `make wheel` makes it."
                )
