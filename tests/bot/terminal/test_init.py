"""``netclinic init``: what it asks at a terminal, what it checks at once, and what it writes."""

import asyncio
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import stat
import subprocess
import termios
import tomllib
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.terminal.init import manifest
from bot.terminal.settings_writing import merged
from tests.clusters import Clusters
from tests.command_line import SECONDS, START, Netclinic, Ran
from tests.workspace import Workspace

HEALTHY = "terway-healthy"
PATIENCE = 60  # seconds that a busy machine may say nothing


def _take_terminal() -> None:
    """As a shell starts what a person types, whatever has started the tests: in the background, Ctrl-C is ignored."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """A command at a terminal of its own; both of its output streams are seen there."""

    def __init__(self, netclinic: Netclinic, *arguments: str, **environment: str) -> None:
        self._ours, its = pty.openpty()
        self.seen = ""
        self._read_up_to = 0
        self._process = subprocess.Popen(
            [*START, *arguments],
            stdin=its,
            stdout=its,
            stderr=its,
            cwd=netclinic.home,
            env=netclinic.environment({"COLUMNS": "200", **environment}),
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(its)

    def until(self, words: str) -> None:
        """Wait for these words after those that were waited for last."""
        while (found := self.seen.find(words, self._read_up_to)) < 0:
            assert self._read_more(), f"{words!r} never came:\n{self.seen}"
        self._read_up_to = found + len(words)

    def answer(self, question: str, typed: str) -> None:
        self.until(question)
        os.write(self._ours, f"{typed}\n".encode())

    def interrupt(self, question: str) -> None:
        """Press Ctrl-C, and again as a person would: one that comes just before Python waits for input is not seen."""
        self.until(question)
        for _ in range(6):
            self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(30)  # a second press would end a busy machine's process on its way out
                return

    def end(self) -> int:
        """The exit code, once all was read."""
        while self._read_more():
            pass
        os.close(self._ours)
        return self._process.wait(SECONDS)

    def _read_more(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], PATIENCE)
        if not ready:
            self._process.kill()
        try:
            more = os.read(self._ours, 1 << 16)
        except OSError:  # how a terminal ends whose processes are gone
            return False
        self.seen = re.sub(r"\s+", " ", self.seen + more.decode(errors="replace"))  # lines are broken anywhere
        return bool(more)


class Place:
    """A workspace, a cluster and a home without settings."""

    def __init__(self, slack: Workspace, clusters: Clusters, netclinic: Netclinic, folder: Path) -> None:
        self.slack, self.folder = slack, folder
        self.netclinic = Netclinic(folder, netclinic.data_dir)
        self.file = folder / "settings" / "netclinic.toml"
        self.environment = {
            "SLACK_API_URL": slack.environment["SLACK_API_URL"],
            "KUBECONFIG": str(clusters.path),
            "NETCLINIC_HEALTH_ADDRESS": "off",
        }

    def terminal(self, **environment: str) -> Terminal:
        told = {**self.environment, **environment}
        return Terminal(self.netclinic, "init", "--config", str(self.file), **told)

    def secret(self, name: str, value: str) -> str:
        path = self.folder / name
        path.write_text(value + "\n")
        return str(path)

    async def run(self, *arguments: str, **environment: str) -> Ran:
        told = {**self.environment, **environment}
        return await asyncio.to_thread(lambda: self.netclinic("init", "--config", str(self.file), *arguments, **told))

    def write(self, text: str) -> None:
        self.file.parent.mkdir()
        self.file.write_text(text)


@pytest.fixture
async def place(stack: AsyncExitStack, healthy_cluster: Clusters, tmp_path: Path, netclinic: Netclinic) -> Place:
    return Place(await stack.enter_async_context(Workspace()), healthy_cluster, netclinic, tmp_path)


async def test_each_answer_is_checked_at_once_and_all_are_written_at_the_end(place: Place) -> None:
    def talk() -> tuple[int, str]:
        terminal = place.terminal()
        terminal.until("deploy/slack/manifest.yaml")
        terminal.answer("Bot token", "xapp-of-another-kind")
        terminal.until("SLACK_BOT_TOKEN is no bot token: these start with xoxb-.")
        terminal.answer("Bot token", "xoxb-not-known-here")
        terminal.until("SLACK_BOT_TOKEN is not accepted (invalid_auth)")
        terminal.answer("Keep it all the same? [y/N]", "")
        terminal.answer("Bot token", place.slack.bot_token)
        terminal.until("It is that of @netclinic")
        terminal.answer("App token", place.slack.environment["SLACK_APP_TOKEN"])
        terminal.until("Socket Mode can be opened with it.")
        terminal.until("KUBECONFIG is set in the environment and stays there.")
        terminal.until(f"The kubeconfig has {HEALTHY}.")
        terminal.answer("Clusters that Slack may ask about", "nowhere")
        terminal.until("NETCLINIC_CLUSTERS names nowhere, which the kubeconfig lacks")
        terminal.answer("Clusters that Slack may ask about", HEALTHY)
        terminal.answer("The cluster that is meant", "")
        terminal.answer("Channels where it answers, like", "ops,nowhere")
        terminal.until("NETCLINIC_CHANNELS names it, and there is no such channel")
        terminal.answer("Keep it all the same?", "n")
        terminal.answer("Channels where it answers, like", "ops,inc-shop")
        terminal.answer("Channels where it answers unasked", "inc-shop")
        terminal.answer("Channel that hears of cases", "")
        assert not place.file.exists()
        terminal.answer("Write it? [Y/n]", "")
        terminal.until("netclinic rbac | kubectl apply -f -")
        terminal.until(f"export NETCLINIC_CONFIG={place.file}")
        terminal.until("All is well.")
        return terminal.end(), terminal.seen

    code, seen = await asyncio.to_thread(talk)
    assert code == 0
    app_token = place.slack.environment["SLACK_APP_TOKEN"]
    assert place.slack.bot_token not in seen
    assert app_token not in seen
    assert "signing secret" not in seen  # with an app token there is no need of one
    assert stat.S_IMODE(place.file.stat().st_mode) == 0o600
    assert place.slack.bot_token not in place.file.read_text()
    for name, token in (("slack_bot_token", place.slack.bot_token), ("slack_app_token", app_token)):
        secret = place.file.with_name(name)
        assert (secret.read_text().strip(), stat.S_IMODE(secret.stat().st_mode)) == (token, 0o600)
    assert f"Written to {place.file}, and the secrets to files beside it" in " ".join(seen.split())
    assert tomllib.loads(place.file.read_text()) == {
        "slack_bot_token_file": "slack_bot_token",
        "slack_app_token_file": "slack_app_token",
        "netclinic_clusters": HEALTHY,
        "netclinic_channels": "ops,inc-shop",
        "netclinic_incident_channels": "inc-shop",
    }


async def test_whoever_mistypes_all_of_it_is_asked_again_and_loses_nothing(place: Place) -> None:
    cluster = place.environment["KUBECONFIG"]

    def talk() -> int:
        terminal = place.terminal(KUBECONFIG="", NO_COLOR="1")  # sentences whole, wherever they are wrapped
        terminal.answer("Bot token", place.slack.bot_token)
        terminal.answer("App token", "xapp-1 2")
        terminal.until("SLACK_APP_TOKEN holds characters that no such secret has")
        terminal.answer("App token", place.slack.environment["SLACK_APP_TOKEN"])
        terminal.answer("Kubeconfig file", str(place.folder))
        terminal.until(f"KUBECONFIG names {place.folder}, where no file is: correct or unset it.")
        terminal.answer("Kubeconfig file", cluster)
        terminal.answer("Clusters that Slack may ask about", HEALTHY)
        terminal.answer("The cluster that is meant", "nowhere")
        terminal.until(f"names nowhere, which is none of NETCLINIC_CLUSTERS ({HEALTHY}): correct either.")
        terminal.answer("The cluster that is meant", HEALTHY)
        terminal.answer("Channels where it answers, like", ",")
        terminal.until("malformed: write at least one name, or leave it empty.")
        terminal.answer("Channels where it answers, like", "ops,inc-*")
        terminal.answer("Channels where it answers unasked", "inc-*")
        terminal.answer("Channel that hears of cases", "inc-*")
        terminal.until("malformed: write one name or id, without blanks.")
        terminal.answer("Channel that hears of cases", "ops")
        terminal.answer("Write it? [Y/n]", "perhaps")
        terminal.answer("Write it? [Y/n]", "yes")
        terminal.until("All is well.")
        return terminal.end()

    assert await asyncio.to_thread(talk) == 0
    assert tomllib.loads(place.file.read_text())["kubeconfig"] == cluster


async def test_ctrl_c_leaves_everything_as_it_was(place: Place) -> None:
    before = '# ours\nnetclinic_channels = "ops"\n'
    place.write(before)

    def talk() -> int:
        terminal = place.terminal()
        terminal.answer("Bot token", place.slack.bot_token)
        terminal.until("It is that of @netclinic")
        terminal.interrupt("App token")
        return terminal.end()

    assert await asyncio.to_thread(talk) == 130
    assert place.file.read_text() == before
    assert list(place.file.parent.iterdir()) == [place.file]


async def test_what_is_there_is_the_default_and_stays(place: Place) -> None:
    before = f'# ours\nslack_bot_token = "{place.slack.bot_token}"\nnetclinic_channels = "ops"\n'
    place.write(before)

    def talk() -> tuple[int, str]:
        terminal = place.terminal()
        terminal.answer("Bot token (xoxb-…, page OAuth & Permissions) [********]:", "")
        for question in ("App token", "signing secret", "Clusters that", "The cluster that"):
            terminal.answer(question, "")
        terminal.answer("all if empty [ops]:", "")
        terminal.answer("unasked too", "")
        terminal.answer("Channel that hears", "")
        terminal.until("Nothing is new")
        terminal.until("Neither SLACK_APP_TOKEN (for Socket Mode) nor SLACK_SIGNING_SECRET")
        return terminal.end(), terminal.seen

    code, seen = await asyncio.to_thread(talk)
    assert code == 2  # that of `serve --check`
    assert place.slack.bot_token not in seen
    assert place.file.read_text() == before


async def test_without_questions_options_are_written_and_the_rest_is_kept(place: Place) -> None:
    place.write('# ours\nnetclinic_log_level = "debug"  # while we look\nnetclinic_channels = "ops"\n')
    ran = await place.run(
        "--yes",
        *("--bot-token-file", place.secret("bot", place.slack.bot_token)),
        *("--app-token-file", place.secret("app", place.slack.environment["SLACK_APP_TOKEN"])),
        *("--clusters", HEALTHY, "--channels", "ops,inc-*"),
    )
    assert ran.code == 0, ran.out + ran.err
    assert ran.out.endswith("All is well.\n")
    assert place.slack.bot_token not in ran.out + ran.err
    text = place.file.read_text()
    assert text.startswith('# ours\nnetclinic_log_level = "debug"  # while we look\n')
    assert tomllib.loads(text)["netclinic_channels"] == "ops,inc-*"
    assert tomllib.loads(text)["slack_bot_token_file"] == "slack_bot_token"
    assert place.file.with_name("slack_bot_token").read_text() == f"{place.slack.bot_token}\n"
    again = await place.run("--yes", "--channels", "ops")  # what is there is kept, the secrets' files too
    assert again.code == 0, again.out + again.err
    assert tomllib.loads(place.file.read_text())["slack_bot_token_file"] == "slack_bot_token"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--yes", "--clusters", "nowhere"), "NETCLINIC_CLUSTERS names nowhere, which the kubeconfig lacks"),
        (("--yes", "--channels", "ops inc"), "NETCLINIC_CHANNELS in {file} is malformed: separate names by commas."),
        (("--yes", "--bot-token-file", "/nowhere"), "--bot-token-file names /nowhere, where no file is"),
        ((), "netclinic init asks at a terminal, and there is none: give options and --yes"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_and_writes_nothing(
    netclinic: Netclinic, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    config = tmp_path / "config"
    config.write_text('{"contexts": [{"name": "prod", "context": {}}], "clusters": [], "users": []}')
    file = tmp_path / "netclinic.toml"
    ran = netclinic("init", "--config", str(file), *arguments, KUBECONFIG=str(config))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1].startswith(told.format(file=file))
    assert not file.exists()


async def test_what_the_environment_sets_is_not_written(place: Place) -> None:
    ran = await place.run("--yes", "--channels", "ops", **place.slack.environment)
    assert ran.code == 0, ran.out + ran.err
    assert "SLACK_BOT_TOKEN is set in the environment" in ran.err
    assert tomllib.loads(place.file.read_text()) == {"netclinic_channels": "ops"}


def test_a_kubeconfig_is_found_from_every_folder(netclinic: Netclinic, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text('{"contexts": [{"name": "prod", "context": {}}], "clusters": [], "users": []}')
    ran = netclinic("init", "--config", ".", "--yes", "--kubeconfig", "mine", cwd=tmp_path)
    assert ran.code == 2  # no tokens: that of `serve --check`
    assert tomllib.loads((tmp_path / "netclinic.toml").read_text()) == {"kubeconfig": str(tmp_path / "mine")}


def test_a_place_that_cannot_be_written_is_one_sentence(netclinic: Netclinic, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    file = tmp_path / "file" / "netclinic.toml"
    ran = netclinic("init", "--config", str(file), "--yes", "--channels", "ops")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.splitlines()[-1] == f"{file} cannot be written (File exists): name another with --config."


def test_the_manifest_is_the_one_of_the_checkout() -> None:
    found = manifest()
    assert found is not None
    assert "display_information" in found.read_text()


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        ("", {"a": "x"}, 'a = "x"\n'),
        ('# why\na = "x" # so\nb = 2\n', {"a": "x", "b": 3}, '# why\na = "x" # so\nb = 3\n'),
        ('a = "x"\n', {}, "\n"),
        ("a = 1\n'b' = 2", {"a": 1, "b": 3}, "a = 1\nb = 3\n"),
        ('a = """x\ny"""\n', {"a": 'q"\\\n\u200b'}, 'a = "q\\"\\\\\\n\u200b"\n'),
    ],
)
def test_what_is_not_new_keeps_its_line(before: str, values: dict[str, object], after: str) -> None:
    assert merged(before, values) == after
    assert tomllib.loads(after) == values
