"""Settings from the environment and ``netclinic.toml``, each with the source it came from, secrets masked."""

from pathlib import Path
from typing import Any

import platformdirs
from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

FILE = "netclinic.toml"
MASK = "********"


class SettingsError(Exception):
    """A setting is unknown or malformed; the message names it and the way out."""


def _named(variable: str, default: Any, about: str) -> Any:
    return Field(default=default, description=about, validation_alias=AliasChoices(variable.lower(), variable))


class Settings(BaseSettings):
    """Every setting of netclinic. Names in the environment are those in ``netclinic.toml``, in upper case."""

    model_config = SettingsConfigDict(toml_file=FILE, extra="ignore", case_sensitive=False, hide_input_in_errors=True)

    data_dir: Path = _named(
        "NETCLINIC_DATA_DIR", Path(platformdirs.user_data_dir("netclinic", appauthor=False)), "database and caches"
    )
    database_url: str = _named("NETCLINIC_DATABASE_URL", "", "another database; SQLite in the data directory by default")
    knowledge_dir: Path | None = _named("NETCLINIC_KNOWLEDGE_DIR", None, "a folder of your own entries")
    embedding_model: str = _named("NETCLINIC_EMBEDDING_MODEL", "", "another sentence-transformers model, by name or path")
    deadline: float = _named("NETCLINIC_DEADLINE", 10.0, "seconds that reading the cluster for one question may take")
    kubeconfig: str = _named("KUBECONFIG", "", "kubeconfig files as kubectl reads them")
    slack_bot_token: SecretStr | None = _named("SLACK_BOT_TOKEN", None, "Slack bot token")
    slack_app_token: SecretStr | None = _named("SLACK_APP_TOKEN", None, "Slack app token (Socket Mode)")
    slack_signing_secret: SecretStr | None = _named("SLACK_SIGNING_SECRET", None, "Slack signing secret (HTTP mode)")
    slack_api_url: str = _named("SLACK_API_URL", "", "another base URL of Slack's Web API")

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], **sources: PydanticBaseSettingsSource
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        return sources["env_settings"], TomlConfigSettingsSource(settings_cls)
