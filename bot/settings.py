"""Settings from the environment and ``netclinic.toml``, each with the source it came from, secrets masked."""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

FILE = "netclinic.toml"
MASK = "********"
PREFIX = "NETCLINIC_"
_PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")


class SettingsError(Exception):
    """A setting is unknown or malformed; the message names it and the way out."""


def _setting(variable: str, default: Any, about: str, **limits: Any) -> Any:
    return Field(default=default, description=about, validation_alias=variable.lower(), **limits)


class Settings(BaseSettings):
    """Every setting of netclinic. The keys of ``netclinic.toml`` are the environment's names in lower case."""

    model_config = SettingsConfigDict(
        toml_file=FILE, extra="ignore", case_sensitive=False, hide_input_in_errors=True, env_ignore_empty=True
    )

    data_dir: Path = _setting(
        "NETCLINIC_DATA_DIR", Path(platformdirs.user_data_dir("netclinic", appauthor=False)), "database and caches"
    )
    database_url: str = _setting(
        "NETCLINIC_DATABASE_URL", "", "another database; SQLite in the data directory if empty"
    )
    knowledge_dir: Path | None = _setting("NETCLINIC_KNOWLEDGE_DIR", None, "a folder of your team's own entries")
    embedding_model: str = _setting(
        "NETCLINIC_EMBEDDING_MODEL", "", "another sentence-transformers model: name or path"
    )
    deadline: float = _setting(
        "NETCLINIC_DEADLINE", 10.0, "seconds that reading for one question may take", gt=0, le=600
    )
    kubeconfig: str = _setting("KUBECONFIG", "", "kubeconfig files, as kubectl reads them")
    slack_bot_token: SecretStr | None = _setting("SLACK_BOT_TOKEN", None, "Slack bot token")
    slack_app_token: SecretStr | None = _setting("SLACK_APP_TOKEN", None, "Slack app token, for Socket Mode")
    slack_signing_secret: SecretStr | None = _setting(
        "SLACK_SIGNING_SECRET", None, "Slack signing secret, for HTTP mode"
    )
    slack_api_url: str = _setting("SLACK_API_URL", "", "another base URL of Slack's Web API")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        return env_settings, TomlConfigSettingsSource(settings_cls)


@dataclass(frozen=True)
class Shown:
    """One setting as people see it."""

    name: str
    value: str
    source: str
    about: str


def variables() -> dict[str, str]:
    """The environment's name of each setting."""
    return {name: str(field.validation_alias).upper() for name, field in Settings.model_fields.items()}


def load_settings() -> Settings:
    """The settings in force.

    Raises:
        SettingsError: one is unknown or malformed.
    """
    in_file = set(_file())
    _refuse_unknown(in_file)
    try:
        settings = Settings()
    except ValidationError as error:
        raise SettingsError(_sentence(error, in_file)) from error
    if settings.knowledge_dir is not None and not settings.knowledge_dir.is_dir():
        raise SettingsError(
            f"NETCLINIC_KNOWLEDGE_DIR names {settings.knowledge_dir}, which is no folder: create or unset it."
        )
    return settings


def _file() -> dict[str, Any]:
    try:
        return tomllib.loads(Path(FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{FILE} is no TOML: {_first_lower(str(error))}; correct it or move it away.") from error
    except OSError as error:
        raise SettingsError(f"{FILE} cannot be read ({error.strerror}): correct it or move it away.") from error


def _first_lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _refuse_unknown(in_file: set[str]) -> None:
    known = set(variables().values())
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            raise SettingsError(f"{name} is not a setting{_nearest(name, known)}; `netclinic settings` lists them.")
    keys = {name.lower() for name in known}
    for key in sorted(in_file - keys):
        near = _nearest(key.lower(), keys)
        raise SettingsError(f"{key} in {FILE} is not a setting{near}; `netclinic settings` lists them.")


def _nearest(name: str, known: set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _sentence(error: ValidationError, in_file: set[str]) -> str:
    first = error.errors()[0]
    key = str(first["loc"][0])
    where = f"in {FILE}" if key in in_file and key.upper() not in os.environ else "in the environment"
    return f"{key.upper()} {where} is malformed: {first['msg'].lower()}."


def shown_settings() -> list[Shown]:
    """Every setting as it was given (secrets masked) and where: malformed ones too, so that they can be found."""
    in_file = _file()
    return [_shown(name, variable, in_file) for name, variable in variables().items()]


def _shown(name: str, variable: str, in_file: Mapping[str, Any]) -> Shown:
    declared = Settings.model_fields[name]
    if os.environ.get(variable):
        value, source = os.environ[variable], "environment"
    elif variable.lower() in in_file:
        value, source = in_file[variable.lower()], FILE
    else:
        value, source = declared.default, "default"
    return Shown(
        variable,
        _masked(value, is_secret=SecretStr in get_args(declared.annotation)),
        source,
        declared.description or "",
    )


def _masked(value: Any, *, is_secret: bool) -> str:
    text = "" if value is None else str(value)
    return MASK if is_secret and text else _PASSWORD.sub(rf"\1{MASK}@", text)
