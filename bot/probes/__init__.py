"""The vocabulary: what an entry may ask of a cluster. Each probe is read-only, parametric and under a page."""

from bot.probes import config, events, logs, nodes, pods, policies, services, terway  # noqa: F401  (they register their probes)
from bot.probes.registry import ask, entries_needing, needed, vocabulary

__all__ = ["ask", "entries_needing", "needed", "vocabulary"]
