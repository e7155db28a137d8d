"""Settings from the environment and the settings files, each with the source it came from, secrets masked."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

import platformdirs
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.settings_files import NAMED, OF_FILE, SettingsFile, read_files, read_secret, refuse_unsafe
from bot.settings_files import SettingsError as SettingsError
from bot.validation import describe_problem
from knowledge.errors import nearest_name

MASK = "********"
ENVIRONMENT = "environment"  # the source of what is set there
PREFIX = "NETCLINIC_"
SHORTEST_KEY = 16  # characters of NETCLINIC_AUDIT_KEY
_PERSON = re.compile(r"@?[\w.-]+")
_SERVICE = re.compile(r"NETCLINIC_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)")
_SERVICE_PORT = re.compile(r"NETCLINIC_(?:\w+_)?PORT")
_PASSWORD = re.compile(r"(://[^:/@]{0,256}:)[^@]{0,1024}(?=@)|([?&][^=&?]{0,64}password=)[^&]*")


def _setting(variable: str, default: Any, about: str, **limits: Any) -> Any:
    return Field(default=default, description=about, validation_alias=variable.lower(), **limits)


def parse_list(text: str) -> tuple[str, ...]:
    """The items of a list in a setting."""
    return tuple(item.strip() for item in text.split(",") if item.strip())


def parse_pairs(text: str) -> tuple[tuple[str, str], ...]:
    """The pairs of a map in a setting: ``a=b,c=d``."""
    pairs = (item.partition("=") for item in parse_list(text))
    return tuple((name.strip(), to.strip()) for name, _, to in pairs)


def _refuse_no_items(text: str) -> str:
    """Commas alone would mean the same as nothing, which for most lists is all."""
    if text and not parse_list(text):
        raise ValueError("write at least one name, or leave it empty")
    return text


def _names(text: str) -> str:
    if any(" " in item for item in parse_list(text)):
        raise ValueError("separate names by commas")
    return _refuse_no_items(text)


def _name(text: str) -> str:
    if any(mark in text for mark in " ,*"):
        raise ValueError("write one name or id, without blanks")
    return text


def _pairs(text: str) -> str:
    if not all(name and to for name, to in parse_pairs(text)):
        raise ValueError("write name=value, several separated by commas")
    return text


def _routes(text: str) -> str:
    """A channel, or ``label=value:channel``: with one channel alone at most, the default."""
    items = [item.rpartition(":") for item in parse_list(text)]
    is_written_so = all(
        channel.strip() and not re.search(r"\s", channel) and (not colon or re.fullmatch(r"[A-Za-z_]\w*=.+", rule))
        for rule, colon, channel in items
    )
    if not is_written_so or sum(1 for _, colon, _ in items if not colon) > 1:
        raise ValueError("write the default channel and label=value:channel, separated by commas")
    return text


def _people(text: str) -> str:
    if not all(_PERSON.fullmatch(item) for item in parse_list(text)):
        raise ValueError("write user ids (U...), group handles (@oncall) or everyone, separated by commas")
    return _refuse_no_items(text)


def _zone(text: str) -> str:
    try:
        return text and ZoneInfo(text).key
    except (LookupError, ValueError, OSError):
        raise ValueError("write a time zone such as Asia/Shanghai, or UTC") from None


Name = Annotated[str, AfterValidator(_name)]
Names = Annotated[str, AfterValidator(_names)]
Pairs = Annotated[str, AfterValidator(_pairs)]
Routes = Annotated[str, AfterValidator(_routes)]
People = Annotated[str, AfterValidator(_people)]
Zone = Annotated[str, AfterValidator(_zone)]


class Settings(BaseSettings):
    """Every setting of netclinic. The keys of ``netclinic.toml`` are the environment's names in lower case."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    config: Path | None = _setting(NAMED, None, "a settings file, read instead of all others; by the environment alone")
    data_dir: Path = _setting(
        "NETCLINIC_DATA_DIR", Path(platformdirs.user_data_dir("netclinic", appauthor=False)), "database and caches"
    )
    index_dir: Path | None = _setting(
        "NETCLINIC_INDEX_DIR", None, "where the index is kept; `index` in the data directory if empty"
    )
    database_url: str = _setting(
        "NETCLINIC_DATABASE_URL", "", "another database; SQLite in the data directory if empty"
    )
    knowledge_dir: Path | None = _setting("NETCLINIC_KNOWLEDGE_DIR", None, "a folder of your team's own entries")
    embedding_model: str = _setting(
        "NETCLINIC_EMBEDDING_MODEL", "", "another sentence-transformers model: name or path; takes netclinic[build]"
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
    http_address: str = _setting(
        "NETCLINIC_HTTP_ADDRESS",
        "",
        "HOST:PORT where Slack's requests arrive in HTTP mode; the health address if empty",
    )
    health_address: str = _setting(
        "NETCLINIC_HEALTH_ADDRESS",
        "127.0.0.1:8080",
        "HOST:PORT of /healthz, /livez, /readyz and /metrics while serving; off for none",
    )
    socket_silence: float = _setting(
        "NETCLINIC_SOCKET_SILENCE",
        600.0,
        "seconds without events after which the Slack socket is renewed",
        ge=1,
        le=86400,
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "NETCLINIC_LOG_LEVEL", "info", "least level of the log while serving: debug, info, warning or error"
    )
    channels: Names = _setting(
        "NETCLINIC_CHANNELS", "", "Slack channels where it answers: names, ids or patterns; all if empty"
    )
    incident_channels: Names = _setting(
        "NETCLINIC_INCIDENT_CHANNELS", "", "channels where it answers unasked too: names, ids or patterns like inc-*"
    )
    unasked_confidence: float = _setting(
        "NETCLINIC_UNASKED_CONFIDENCE",
        0.95,
        "how sure it must be to answer unasked; below it, the cluster has to confirm",
        ge=0.5,
        le=1,
    )
    alert_bots: str = _setting(
        "NETCLINIC_ALERT_BOTS", "", "bots whose alerts are answered unasked in the thread: names or ids (B..., A...)"
    )
    alerts_token: SecretStr | None = _setting(
        "NETCLINIC_ALERTS_TOKEN", None, "bearer token of Alertmanager's webhook, POST /alerts; 16 characters or more"
    )
    alerts_channels: Routes = _setting(
        "NETCLINIC_ALERTS_CHANNELS", "", "where these alerts are posted: inc-network, or by label team=shop:inc-shop"
    )
    clusters: Names = _setting(
        "NETCLINIC_CLUSTERS", "", "contexts that Slack may ask about; all of the kubeconfig if empty"
    )
    default_cluster: Name = _setting("NETCLINIC_DEFAULT_CLUSTER", "", "the cluster that is meant where none is named")
    channel_clusters: Pairs = _setting(
        "NETCLINIC_CHANNEL_CLUSTERS", "", "the cluster of a channel: inc-shop=prod-hz,ops=staging"
    )
    may_ask: People = _setting("NETCLINIC_MAY_ASK", "everyone", "who may ask: user ids, group handles or everyone")
    may_recheck: People = _setting("NETCLINIC_MAY_RECHECK", "", "who may check an answer again; if empty, who may ask")
    may_resolve: People = _setting("NETCLINIC_MAY_RESOLVE", "", "who may resolve a case; if empty, who may ask")
    may_audit: People = _setting(
        "NETCLINIC_MAY_AUDIT",
        "",
        "who may read the audit log; if empty, who may ask, and other people's words are left out",
    )
    slack_connect: Names = _setting(
        "NETCLINIC_SLACK_CONNECT",
        "",
        "where people of other companies may see answers: channels (names, ids or patterns) or their teams (T...)",
    )
    contact: str = _setting("NETCLINIC_CONTACT", "", "whom a refusal names: a person or team to ask")
    oncall_group: Name = _setting("NETCLINIC_ONCALL_GROUP", "", "user group that a case is handed to: handle or id")
    oncall_channel: Name = _setting(
        "NETCLINIC_ONCALL_CHANNEL", "", "channel that hears of it: id or name; the case's thread if empty"
    )
    buttons_expire_hours: float = _setting(
        "NETCLINIC_BUTTONS_EXPIRE_HOURS", 72.0, "hours after which an answer's buttons do nothing", gt=0, le=8760
    )
    audit_questions: Literal["keep", "hash", "drop"] = _setting(
        "NETCLINIC_AUDIT_QUESTIONS", "keep", "people's words in the audit log: keep, hash (needs the key) or drop"
    )
    audit_key: SecretStr | None = _setting(
        "NETCLINIC_AUDIT_KEY", None, "secret that digests of people's words are made with, 16 characters or more"
    )
    audit_anchor_channel: Name = _setting(
        "NETCLINIC_AUDIT_ANCHOR_CHANNEL", "", "channel where the audit log's latest hash is posted: id or name"
    )
    audit_anchor_hours: float = _setting(
        "NETCLINIC_AUDIT_ANCHOR_HOURS", 24.0, "hours between two of these", gt=0, le=8760
    )
    time_zone: Zone = _setting(
        "NETCLINIC_TIME_ZONE", "", "time zone of clock times and schedules, like Asia/Shanghai; the machine's if empty"
    )
    handoff_schedule: str = _setting(
        "NETCLINIC_HANDOFF_SCHEDULE", "", "when a handoff is posted to the on-call channel: cron, like 0 9,21 * * *"
    )
    handoff_deadline: float = _setting(
        "NETCLINIC_HANDOFF_DEADLINE", 20.0, "seconds that looking at all open cases again may take", gt=0, le=600
    )
    handoff_remind_minutes: float = _setting(
        "NETCLINIC_HANDOFF_REMIND_MINUTES", 30.0, "minutes until one reminder if nobody has it; 0: none", ge=0, le=1440
    )
    fleet_schedule: str = _setting(
        "NETCLINIC_FLEET_SCHEDULE", "", "when a digest of all clusters is posted: cron, like 0 9 * * 1-5"
    )
    fleet_channel: Name = _setting(
        "NETCLINIC_FLEET_CHANNEL", "", "channel of that digest: id or name; the on-call channel if empty"
    )
    cloud: Literal["off", "on"] = _setting(
        "NETCLINIC_CLOUD",
        "off",
        "whether Alibaba Cloud's API is asked what Kubernetes cannot show, read-only: on or off",
    )
    cloud_endpoint: str = _setting(
        "NETCLINIC_CLOUD_ENDPOINT", "", "http(s)://HOST:PORT for all its products; each one's own if empty"
    )
    cloud_deadline: float = _setting(
        "NETCLINIC_CLOUD_DEADLINE", 4.0, "seconds that the cloud may take for one question", gt=0, le=60
    )
    cloud_profiles: Pairs = _setting(
        "NETCLINIC_CLOUD_PROFILES",
        "",
        "profile of ~/.aliyun/config.json by cluster: prod-hz=ops,staging=off; the credentials chain for others",
    )
    alertmanager_url: str = _setting(
        "NETCLINIC_ALERTMANAGER_URL", "", "base URL of an Alertmanager: the handoff tells which silences end soon"
    )
    prometheus_url: str = _setting(
        "NETCLINIC_PROMETHEUS_URL",
        "",
        "base URL of a Prometheus that watches the nodes, or by cluster prod-hz=https://…,staging=service://NS/NAME:PORT",
    )
    prometheus_token: SecretStr | None = _setting(
        "NETCLINIC_PROMETHEUS_TOKEN", None, "bearer token for it; by cluster one a line, CLUSTER=TOKEN"
    )
    prometheus_basic_auth: SecretStr | None = _setting(
        "NETCLINIC_PROMETHEUS_BASIC_AUTH", None, "USER:PASSWORD for it; by cluster one a line, CLUSTER=USER:PASSWORD"
    )
    prometheus_label: str = _setting(
        "NETCLINIC_PROMETHEUS_LABEL",
        "",
        'label of a cluster\'s series where one Prometheus has many: cluster="prod", or prod-hz=cluster="prod",…',
    )
    oncall: str = _setting(
        "NETCLINIC_ONCALL", "", "who is on call, without a user group: U1, U2 every 12h from 2026-11-16 09:00"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, and nothing else: :func:`load_settings` reads environment and files."""
        return (init_settings,)


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


def secret_variables() -> list[str]:
    """The settings that are secrets or hold one: a file may be named in their place (``SLACK_BOT_TOKEN_FILE``)."""
    fields = Settings.model_fields
    return [
        variable
        for name, variable in variables().items()
        if SecretStr in get_args(fields[name].annotation) or name == "database_url"
    ]


def load_settings(files: Sequence[SettingsFile] | None = None) -> Settings:
    """The settings in force, or what they would be with these files: the environment wins over the files, and the
    first file over the next.

    Raises:
        SettingsError: one is unknown or malformed, or stands where it may not.
    """
    files = read_files() if files is None else files
    _refuse_unknown(files)
    refuse_unsafe(files)
    try:
        settings = Settings(**{key: value for key, (value, _) in _given(files).items()})
    except ValidationError as error:
        raise SettingsError(_sentence(error, files)) from error
    if settings.knowledge_dir is not None and not settings.knowledge_dir.is_dir():
        raise SettingsError(
            f"NETCLINIC_KNOWLEDGE_DIR names {settings.knowledge_dir}, which is no folder: create or unset it."
        )
    if settings.audit_questions == "hash" and len(_key(settings)) < SHORTEST_KEY:
        raise SettingsError(
            f"NETCLINIC_AUDIT_QUESTIONS is hash, which needs NETCLINIC_AUDIT_KEY: {SHORTEST_KEY} characters or more."
        )
    return settings


def _key(settings: Settings) -> str:
    return settings.audit_key.get_secret_value() if settings.audit_key else ""


def _given(files: Sequence[SettingsFile]) -> dict[str, tuple[Any, str]]:
    """By name in lower case what is set, and by what: the environment, or a file."""
    given: dict[str, tuple[Any, str]] = {}
    for variable in variables().values():
        if value := os.environ.get(variable):
            given[variable.lower()] = value, ENVIRONMENT
    for variable in secret_variables():
        if path := os.environ.get(variable + OF_FILE):
            if variable.lower() in given:
                raise SettingsError(f"{variable} and {variable}{OF_FILE} are both set: leave one of them out.")
            given[variable.lower()] = read_secret(variable + OF_FILE, Path(path)), path
    for file in files:
        for key in set(file.values) - set(file.refused):
            given.setdefault(key, (file.values[key], file.name))
        _add_secrets_named_by(file, given)
    return given


def _add_secrets_named_by(file: SettingsFile, given: dict[str, tuple[Any, str]]) -> None:
    """What stands in files that a settings file names; a path there begins at its own folder.

    Raises:
        SettingsError: one cannot be read, or the secret stands in the settings file as well.
    """
    for secret in map(str.lower, secret_variables()):
        key = secret + OF_FILE.lower()
        if key not in file.values or key in file.refused:
            continue
        if secret in file.values:
            raise SettingsError(f"{secret} and {key} are both set in {file.name}: leave one of them out.")
        if secret not in given:
            path = Path(file.name).parent / Path(str(file.values[key])).expanduser()
            given[secret] = read_secret(f"{key} in {file.name}", path), str(path)
        given.pop(key, None)


def _refuse_unknown(files: Sequence[SettingsFile]) -> None:
    known = set(variables().values())
    files_of_secrets = {name + OF_FILE for name in secret_variables()}
    for name in sorted(os.environ):
        if name in files_of_secrets:
            continue
        if name.upper().startswith(PREFIX) and name not in known and not _is_of_a_service(name, os.environ[name]):
            near = _nearest(name.upper(), known)
            raise SettingsError(f"{name} is not a setting{near}; `netclinic settings` lists them.")
    keys = {name.lower() for name in (known | files_of_secrets) - {NAMED}}
    for file in files:
        for key in sorted(set(file.values) - keys):
            near = _nearest(key.lower(), keys)
            raise SettingsError(f"{key} in {file.name} is not a setting{near}; `netclinic settings` lists them.")


def _is_of_a_service(name: str, value: str) -> bool:
    """Whether Kubernetes set it: a pod beside a Service ``netclinic`` or ``netclinic-…`` finds that one described.

    https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
    """
    return _SERVICE.fullmatch(name) is not None or (_SERVICE_PORT.fullmatch(name) is not None and "://" in value)


def _nearest(name: str, known: set[str]) -> str:
    close = nearest_name(name, sorted(known))
    return f" (did you mean {close}?)" if close else ""


def _sentence(error: ValidationError, files: Sequence[SettingsFile]) -> str:
    key = str(error.errors()[0]["loc"][0])
    source = _given(files)[key][1]
    where = "in the environment" if source == ENVIRONMENT else f"in {source}"
    return f"{key.upper()} {where} is malformed: {describe_problem(error)}."


def shown_settings() -> list[Shown]:
    """Every setting as it was given (secrets masked) and where: malformed ones too, so that they can be found."""
    given = _given(read_files())
    return [_describe_setting(name, variable, given) for name, variable in variables().items()]


def _describe_setting(name: str, variable: str, given: Mapping[str, tuple[Any, str]]) -> Shown:
    declared = Settings.model_fields[name]
    value, source = given.get(variable.lower(), (declared.default, "default"))
    return Shown(
        variable,
        _mask(value, is_secret=SecretStr in get_args(declared.annotation)),
        source,
        declared.description or "",
    )


def _mask(value: Any, *, is_secret: bool) -> str:
    text = "" if value is None else str(value)
    return MASK if is_secret and text else _PASSWORD.sub(rf"\1\2{MASK}", text)
