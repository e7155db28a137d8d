"""A workspace with the bot in it, and a collector that it sends spans to."""

from tests.collector import collector
from tests.scenes import open_scene, shared_index

__all__ = ["collector", "open_scene", "shared_index"]
