"""A workspace with the bot in it."""

from tests.scenes import open_scene, shared_index

__all__ = ["open_scene", "shared_index"]
