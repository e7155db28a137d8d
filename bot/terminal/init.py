"""``netclinic init``: asks for what serving needs, checks each answer at once, and writes the settings file, and each
secret into a file of its own beside it.

Nothing is written before the last answer, so that Ctrl-C leaves everything as it was. What the environment sets is
not asked for: it would win over the file.
"""

import asyncio
import contextlib
import getpass
import os
import shlex
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.settings import MASK, Settings, load_settings
from bot.settings_files import NAMED, OF_FILE, files_if, read_secret, user_file, values_of
from bot.terminal.console import say, say_command
from bot.terminal.errors import OutOfReach, UsageProblem
from bot.terminal.settings_writing import write_secret, write_settings
from knowledge.errors import UserFacingError

NONE = "-"  # typed to take a value away


@dataclass(frozen=True)
class Question:
    """``setting``: the environment's name. ``checks``: those of `serve --check` that tell of the answer, by how their
    names begin. ``unless``: another setting, with which this one is not needed."""

    setting: str
    words: str
    is_secret: bool = False
    checks: tuple[str, ...] = ()
    unless: str = ""

    @property
    def key(self) -> str:
        """The setting's name in the file."""
        return self.setting.lower()

    @property
    def file_key(self) -> str:
        """The same where the file names another one that holds the secret."""
        return self.key + OF_FILE.lower()


TOKENS = (
    Question("SLACK_BOT_TOKEN", "Bot token (xoxb-…, page OAuth & Permissions)", True, checks=("bot token", "scopes")),
    Question("SLACK_APP_TOKEN", "App token (xapp-…, page Basic Information)", True, checks=("app token",)),
    Question("SLACK_SIGNING_SECRET", "Without an app token: signing secret, for HTTP", True, unless="slack_app_token"),
)
CLUSTERS = (
    Question("KUBECONFIG", "Kubeconfig file; kubectl's own if empty", checks=("clusters",)),
    Question("NETCLINIC_CLUSTERS", "Clusters that Slack may ask about; all if empty", checks=("clusters",)),
    Question("NETCLINIC_DEFAULT_CLUSTER", "The cluster that is meant where none is named", checks=("clusters",)),
)
CHANNELS = (
    Question("NETCLINIC_CHANNELS", "Channels where it answers, like ops,inc-*; all if empty", checks=("channel",)),
    Question("NETCLINIC_INCIDENT_CHANNELS", "Channels where it answers unasked too, like inc-*", checks=("channel",)),
    Question("NETCLINIC_ONCALL_CHANNEL", "Channel that hears of cases handed over", checks=("channel",)),
)
QUESTIONS = (*TOKENS, *CLUSTERS, *CHANNELS)


def run_init(config: Path | None, given: Mapping[str, str], *, yes: bool) -> None:
    """Ask, write, and end as `netclinic serve --check` does, with its exit code.

    ``given``: answers by setting, from options, which are not asked for. ``yes``: ask nothing.

    Raises:
        UsageProblem: nobody can be asked here.
        SettingsError: an answer that was given cannot be meant; nothing is written.
    """
    from bot.terminal.admin import check_serving

    path = _target(config)
    if not yes and not sys.stdin.isatty():
        raise UsageProblem(
            "netclinic init asks at a terminal, and there is none: give options and --yes; `netclinic init --help` "
            "lists them."
        )
    interview = Interview(path, values_of(path), given, asks=not yes)
    _introduce(interview.console, path)
    for question in QUESTIONS:
        interview.put(question)
    interview.write()
    if path != user_file():
        os.environ[NAMED] = str(path)
    _tell_next(interview.console, path, is_named=NAMED in os.environ)
    check_serving("text")


def secret_of(option: str, path: Path | None) -> str:
    """What a file holds that an option names; ``-`` is standard input. Empty where the option was left out.

    Raises:
        SettingsError: it cannot be read, or is empty.
    """
    if path is None:
        return ""
    return sys.stdin.readline().strip() if str(path) == "-" else read_secret(option, path)


class Interview:
    """The questions' answers, over what the file said before."""

    def __init__(self, path: Path, before: Mapping[str, Any], given: Mapping[str, str], *, asks: bool) -> None:
        self.path, self.before, self.given, self.asks = path, dict(before), given, asks
        self.values = dict(before)
        self.outside = frozenset(name for name in os.environ if os.environ[name])
        self.console = Console(stderr=True)

    def put(self, question: Question) -> None:
        """Have one answer, checked; an option's counts as typed."""
        if question.unless and self._has(question.unless):
            return
        if named := {question.setting, question.setting + OF_FILE} & self.outside:
            say(self.console, f"{min(named)} is set in the environment and stays there.")
            return
        if (answer := self.given.get(question.setting, "")) or not self.asks:
            self._take(question, answer)
            self.check_form()
            return
        while not self._is_settled(question, self._ask(question)):
            pass

    def check_form(self) -> Settings:
        """The settings as they would be in force.

        Raises:
            UserFacingError: they cannot be meant, or name a cluster that is not there.
        """
        from bot.slack.setting_rules import check_settings
        from bot.slack.start_checks import check_clusters

        settings = load_settings(files_if(self.path, self.values))
        check_settings(settings)
        with _kubeconfig_of(settings):
            check_clusters(settings)
        return settings

    def _has(self, key: str) -> bool:
        file_key = key + OF_FILE.lower()
        there = self.values.get(key) or self.values.get(file_key)
        return bool(there) or not self.outside.isdisjoint({key.upper(), file_key.upper()})

    def write(self) -> None:
        """The file and those of new secrets, where anything is new, and where the person agrees."""
        new = {key for key in {*self.values, *self.before} if self.values.get(key) != self.before.get(key)}
        if not new:
            say(self.console, f"Nothing is new: {self.path} stays as it is.")
            return
        say(self.console, f"New in {self.path}: {', '.join(sorted(new))}.")
        if self.asks and not _agrees("Write it?", default=True):
            raise UsageProblem("Nothing was written, as you said: type `netclinic init` to begin anew.")
        secrets = {each.key: each for each in QUESTIONS if each.is_secret and each.key in new & self.values.keys()}
        try:
            for key, question in secrets.items():
                write_secret(self.path.parent / key, str(self.values.pop(key)))
                self.values[question.file_key] = key
            write_settings(self.path, self.values)
        except OSError as error:
            raise OutOfReach(
                f"{self.path} cannot be written ({error.strerror}): name another with --config."
            ) from error
        beside = f", and the secrets to files beside it ({', '.join(sorted(secrets))})" if secrets else ""
        say(self.console, f"Written to {self.path}{beside}, for you alone to read.")

    def _is_settled(self, question: Question, answer: str) -> bool:
        """Whether the answer may stay; why it may not is said. What only the outside world knows may be kept."""
        kept = dict(self.values)
        self._take(question, answer)
        if self.values == kept and answer != NONE:
            return True
        try:
            settings = self.check_form()
        except UserFacingError as error:
            say(self.console, error.message(), style="red")
            self.values = kept
            return False
        if all(self._tell(name, told, ok) for name, told, ok in _asked_outside(question, settings)):
            return True
        if _agrees("Keep it all the same?", default=False):
            return True
        self.values = kept
        return False

    def _tell(self, name: str, told: str, ok: bool) -> bool:
        say(self.console, f"{name}: {told}", mark="ok" if ok else "MISSING", style="" if ok else "red")
        return ok

    def _take(self, question: Question, answer: str) -> None:
        if answer:
            self.values.pop(question.file_key, None)
        if answer == NONE:
            self.values.pop(question.key, None)
        elif answer:
            self.values[question.key] = _whole_paths(answer) if question.setting == "KUBECONFIG" else answer

    def _ask(self, question: Question) -> str:
        """What was typed; empty keeps what is there."""
        default = str(self.values.get(question.key, "") or self.values.get(question.file_key, ""))
        shown = f" [{MASK if question.is_secret else default}]" if default else ""
        if question.setting == "NETCLINIC_CLUSTERS" and (names := self._contexts()):
            say(self.console, f"The kubeconfig has {', '.join(names)}.")
        read: Callable[[str], str] = getpass.getpass if question.is_secret else input
        return read(f"{question.words}{shown}: ").strip()

    def _contexts(self) -> list[str]:
        from bot.cluster.connection import contexts

        with contextlib.suppress(UserFacingError), _kubeconfig_of(load_settings(files_if(self.path, self.values))):
            return contexts()
        return []


def _asked_outside(question: Question, settings: Settings) -> Iterator[tuple[str, str, bool]]:
    """What Slack says of the answer: name, sentence, whether it is well."""
    from bot.slack.preflight import check_slack
    from bot.slack.setting_rules import secret_value

    if not question.checks or question.checks == ("clusters",) or not secret_value(settings.slack_bot_token):
        return
    for found in asyncio.run(check_slack(settings)):
        if found.name.startswith(question.checks) and _is_about(question, settings, found.name):
            yield found.name, found.told, found.ok


def _is_about(question: Question, settings: Settings, check: str) -> bool:
    """A channel's check names the channel; of the others there is one each."""
    if question.checks != ("channel",):
        return True
    value = str(getattr(settings, question.key.removeprefix("netclinic_")))
    return check == "channels" or check.removeprefix("channel ") in [item.strip() for item in value.split(",")]


def _whole_paths(answer: str) -> str:
    """Files that are found from every folder."""
    return os.pathsep.join(str(Path(part).expanduser().absolute()) for part in answer.split(os.pathsep))


def _agrees(words: str, *, default: bool) -> bool:
    """Asked again until it is one of both: what was meant otherwise would lose all answers."""
    while answer := input(f"{words} [{'Y/n' if default else 'y/N'}]: ").strip().lower():
        if answer in ("y", "yes", "n", "no"):
            return answer[0] == "y"
    return default


@contextlib.contextmanager
def _kubeconfig_of(settings: Settings) -> Iterator[None]:
    """The client reads its file's name from the environment."""
    before = os.environ.get("KUBECONFIG")
    if settings.kubeconfig:
        os.environ["KUBECONFIG"] = settings.kubeconfig
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("KUBECONFIG", None)
        else:
            os.environ["KUBECONFIG"] = before


def _target(config: Path | None) -> Path:
    if config is None:
        return user_file()
    path = config.expanduser().absolute()
    return path / user_file().name if path.is_dir() else path


def manifest() -> Path | None:
    """The Slack app's manifest: in a checkout, else where the wheel put it."""
    places = (
        Path(__file__).parents[2] / "deploy" / "slack" / "manifest.yaml",
        Path(sysconfig.get_path("data")) / "share" / "netclinic" / "slack" / "manifest.yaml",
    )
    return next((place for place in places if place.is_file()), None)


def _introduce(console: Console, path: Path) -> None:
    say(console, f"Settings go to {path}. Enter keeps what is in brackets or skips; {NONE} takes a value away.")
    if place := manifest():
        say(console, f"The Slack app: https://api.slack.com/apps, Create New App, From a manifest, paste {place}")


def _tell_next(console: Console, path: Path, *, is_named: bool) -> None:
    say(console, "On each cluster, the reads that netclinic needs; bind the role to its user:")
    say_command(console, "netclinic rbac | kubectl apply -f -", indent=2)
    if is_named:
        say(console, "Every command reads this file with:")
        say_command(console, f"export {NAMED}={shlex.quote(str(path))}", indent=2)
