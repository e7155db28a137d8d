"""The files that settings are read from, and what each of them may set.

A ``netclinic.toml`` that merely lies in the current folder may be anybody's: it came with a checkout or an archive, or
somebody else wrote it in a folder that all may write to. What runs code (a kubeconfig names plugins), sends data
elsewhere, opens a door or names people is therefore refused there.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from knowledge.errors import UserFacingError

FILE = "netclinic.toml"
NAMED = "NETCLINIC_CONFIG"  # names the one file that is read instead of all others
SYSTEM_FOLDER = Path("/etc/netclinic")
LARGEST = 1 << 20  # bytes
# What the current folder's file may set: how long, how much is logged and whose clock, never where, who or with what.
HARMLESS = frozenset(
    {
        "netclinic_cloud_deadline",
        "netclinic_deadline",
        "netclinic_handoff_deadline",
        "netclinic_handoff_remind_minutes",
        "netclinic_log_level",
        "netclinic_time_zone",
    }
)


OF_FILE = "_FILE"  # ends the environment's name of a file that holds a secret
LARGEST_SECRET = 1 << 16  # bytes


class SettingsError(UserFacingError):
    """A setting is unknown or malformed; the message names it and the way out."""


@dataclass(frozen=True)
class SettingsFile:
    """``name`` is what people are told; ``values`` by the settings' names in lower case, as they stand there."""

    name: str
    values: Mapping[str, Any]

    @property
    def refused(self) -> list[str]:
        """The keys that this file may not set."""
        return sorted(set(self.values) - HARMLESS) if self.name == FILE else []


def read_files(system_folder: Path = SYSTEM_FOLDER) -> list[SettingsFile]:
    """The files that are there; what an earlier one sets counts.

    Raises:
        SettingsError: one cannot be read, or the one that ``NETCLINIC_CONFIG`` names is not there.
    """
    if named := os.environ.get(NAMED):
        return [_read_named(Path(named).expanduser())]
    trusted = [_user_folder() / FILE, system_folder / FILE]
    here = Path(FILE)
    paths = trusted if any(_is_same(here, path) for path in trusted) else [here, *trusted]
    return [SettingsFile(str(path), values) for path in paths if (values := _read(path)) is not None]


def user_file() -> Path:
    """The file that is written for this user: the one that ``NETCLINIC_CONFIG`` names, else in the config folder."""
    named = os.environ.get(NAMED)
    path = Path(named).expanduser().absolute() if named else _user_folder() / FILE
    return path / FILE if path.is_dir() else path


def values_of(path: Path) -> dict[str, Any]:
    """What a settings file says; nothing where there is none.

    Raises:
        SettingsError: it cannot be read.
    """
    return _read(path) or {}


def files_if(path: Path, values: Mapping[str, Any]) -> list[SettingsFile]:
    """The files that would be read if this one held these values: alone, unless it is the user's own.

    Raises:
        SettingsError: another one cannot be read.
    """
    written = SettingsFile(str(path), values)
    if os.environ.get(NAMED) or path != _user_folder() / FILE:
        return [written]
    others = [file for file in read_files() if file.name != str(path)]
    here = [file for file in others if file.name == FILE]
    return [*here, written, *(file for file in others if file.name != FILE)]


def read_secret(name: str, path: Path) -> str:
    """What a file holds that the environment names in place of a secret, without the line's end.

    Raises:
        SettingsError: it cannot be read, is empty or no text.
    """
    try:
        if not path.is_file():
            raise SettingsError(f"{name} names {path}, where no file is: correct or unset it.")
        with path.open("rb") as file:
            content = file.read(LARGEST_SECRET + 1)
        value = content.decode("utf-8").strip()
    except OSError as error:
        raise SettingsError(
            f"{name} names {path}, which cannot be read ({error.strerror}): mend its rights."
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{name} names {path}, which is no text: write the secret alone into it.") from error
    if not value or len(content) > LARGEST_SECRET:
        what = "is empty" if not value else "is larger than 64 kB"
        raise SettingsError(f"{name} names {path}, which {what}: write the secret alone into it.")
    return value


def refuse_unsafe(files: Sequence[SettingsFile]) -> None:
    """Hold the file of the current folder to what is harmless there.

    Raises:
        SettingsError: it sets something else.
    """
    for key in (key for file in files for key in file.refused):
        raise SettingsError(
            f"{key.upper()} is set by {FILE} in the current folder, where anybody may have put it, and is not taken "
            f"from there: set it in the environment, in {_user_folder() / FILE} or in {SYSTEM_FOLDER / FILE}, or name "
            f"a file that you trust with {NAMED}."
        )


def _user_folder() -> Path:
    return Path(platformdirs.user_config_dir("netclinic", appauthor=False))


def _read_named(path: Path) -> SettingsFile:
    file = path / FILE if path.is_dir() else path
    values = _read(file)
    if values is None:
        raise SettingsError(f"{NAMED} names {path}, where no settings file is: correct or unset it.")
    return SettingsFile(str(file.absolute()), values)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _read(path: Path) -> dict[str, Any] | None:
    """What the file says; ``None`` where there is none."""
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise SettingsError(f"{path} cannot be read (it is no file): correct it or move it away.")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise SettingsError(f"{path} cannot be read (it is larger than 1 MB): correct it or move it away.")
        return tomllib.loads(content.decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        said = str(error)
        raise SettingsError(f"{path} is no TOML: {said[:1].lower()}{said[1:]}; correct it or move it away.") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}): correct it or move it away.") from error
