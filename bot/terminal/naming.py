"""Names that people type: an unknown one is refused with the nearest that there is."""

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.terminal.errors import UsageProblem

if TYPE_CHECKING:
    from bot.app import App


def known_entries(app: "App", ids: Sequence[str]) -> None:
    """Refuse entries that do not exist.

    Raises:
        UsageProblem: one is unknown.
    """
    for id_ in ids:
        if id_ not in app.entries:
            near = difflib.get_close_matches(id_, list(app.entries), n=1, cutoff=0.4)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UsageProblem(f"There is no entry {id_!r}.{hint} `netclinic knowledge list` names them all.")
