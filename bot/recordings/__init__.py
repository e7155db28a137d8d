"""Recordings: saved clusters, replayed as a Kubernetes API on loopback for tests, the demo and post-mortems.

They sit below everything that reads a cluster and know nothing of it: a reader is only ever given an address.
"""

from bot.recordings.api_server import RecordingServer, Served, serve
from bot.recordings.catalog import NamedRecording, load, own_recordings, shipped_names, shipped_recordings
from bot.recordings.load import load_folder
from bot.recordings.objects import LogKey, Recording, RecordingError
from bot.recordings.save import save

__all__ = [
    "LogKey",
    "NamedRecording",
    "Recording",
    "RecordingError",
    "RecordingServer",
    "Served",
    "load",
    "load_folder",
    "own_recordings",
    "save",
    "serve",
    "shipped_names",
    "shipped_recordings",
]
