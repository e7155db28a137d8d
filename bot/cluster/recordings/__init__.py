"""Recordings: saved clusters, replayed as a Kubernetes API on loopback for tests, the demo and post-mortems.

They sit below everything that reads a cluster and know nothing of it: a reader is only ever given an address.
"""

from bot.cluster.recordings.loading import load_folder
from bot.cluster.recordings.saving import save
from bot.cluster.recordings.server import RecordingServer, Served, serve
from bot.cluster.recordings.shipped import Shipped, load, shipped, shipped_names
from bot.cluster.recordings.store import LogKey, RecordingError, Store

__all__ = [
    "LogKey",
    "RecordingError",
    "RecordingServer",
    "Served",
    "Shipped",
    "Store",
    "load",
    "load_folder",
    "save",
    "serve",
    "shipped",
    "shipped_names",
]
