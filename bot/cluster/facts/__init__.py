"""Cluster facts: what kind of cluster this is, each with the object that it was read from.

Every module here is imported, so that a file of facts is all that a new fact takes.
"""

from bot.cluster.facts.registry import (
    Fact,
    FactValue,
    cloud_calls,
    core_facts,
    declared_facts,
    facts_here,
    permissions,
    read_fact,
)
from knowledge.declarations import import_declarations

__all__ = [
    "Fact",
    "FactValue",
    "cloud_calls",
    "core_facts",
    "declared_facts",
    "facts_here",
    "permissions",
    "read_fact",
]

import_declarations(__name__, __path__)
