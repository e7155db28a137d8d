"""The vocabulary: what an entry may ask of a cluster. Each probe is read-only, parametric and under a page.

Every module here is imported, so that a file of probes is all that a new probe takes.
"""

from bot.probes.registry import (
    ask,
    entries_calling,
    entries_measuring,
    entries_needing,
    reads_of,
    required_calls,
    required_permissions,
    vocabulary,
)
from knowledge.declarations import import_declarations

__all__ = [
    "ask",
    "entries_calling",
    "entries_measuring",
    "entries_needing",
    "reads_of",
    "required_calls",
    "required_permissions",
    "vocabulary",
]

import_declarations(__name__, __path__)
