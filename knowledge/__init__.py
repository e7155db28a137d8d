"""What netclinic knows: the entries of the container-networking FAQ and how they are loaded, checked and rendered.

This package imports neither ``index`` nor ``bot``: knowledge is data, and whoever uses it brings the probes.
"""

from pathlib import Path

RECORDINGS_FOLDER = Path(__file__).parent / "recordings"
"""The saved clusters that prove the built-in entries, a folder each."""
