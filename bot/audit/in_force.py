"""What is in force at a start, for the record: with it the rest of the log can be judged."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bot.settings import shown_settings


def settings_in_force() -> Mapping[str, Any]:
    """netclinic's version, and every setting that somebody has made, secrets masked."""
    try:
        ours = version("netclinic")
    except PackageNotFoundError:
        ours = "not installed"
    made = {row.name: {"value": row.value, "source": row.source} for row in shown_settings() if row.source != "default"}
    return {"version": ours, "settings": made}
