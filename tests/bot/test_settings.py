"""Settings: where they come from, what is masked, and what is told of a wrong one."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.app import App
from bot.settings import MASK, Settings, SettingsError, load_settings, shown_settings, variables
from bot.settings_files import HARMLESS, read_files
from tests.command_line import Netclinic


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder and an environment without any of our settings."""
    for name in variables().values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str) -> str:
    """The user's own file; its path."""
    path = Path.home() / ".config" / "netclinic" / "netclinic.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def write_here(text: str) -> None:
    Path("netclinic.toml").write_text(text, encoding="utf-8")


def rows() -> dict[str, tuple[str, str]]:
    return {row.name: (row.value, row.source) for row in shown_settings()}


def test_without_anything_the_defaults_hold() -> None:
    settings = load_settings()
    assert settings.deadline == 10
    assert settings.knowledge_dir is None
    assert settings.data_dir.name == "netclinic"
    assert {source for _, source in rows().values()} == {"default"}


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    file = write('netclinic_deadline = 3\nnetclinic_embedding_model = "from-file"\n')
    monkeypatch.setenv("NETCLINIC_DEADLINE", "7")
    settings = load_settings()
    assert (settings.deadline, settings.embedding_model) == (7, "from-file")
    assert rows()["NETCLINIC_DEADLINE"] == ("7", "environment")
    assert rows()["NETCLINIC_EMBEDDING_MODEL"] == ("from-file", file)


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    file = write("netclinic_deadline = 3\n")
    monkeypatch.setenv("NETCLINIC_DEADLINE", "")
    assert load_settings().deadline == 3
    assert rows()["NETCLINIC_DEADLINE"] == ("3", file)


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"])
def test_secrets_are_masked_wherever_they_come_from(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "xoxb-1")
    assert rows()[name] == (MASK, "environment")
    monkeypatch.delenv(name)
    file = write(f'{name.lower()} = "xoxb-1"\n')
    assert rows()[name] == (MASK, file)
    assert "xoxb-1" not in repr(load_settings())


def test_a_database_s_password_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCLINIC_DATABASE_URL", "postgresql://me:pa:ss@db.local/x")
    assert rows()["NETCLINIC_DATABASE_URL"][0] == f"postgresql://me:{MASK}@db.local/x"
    monkeypatch.setenv("NETCLINIC_DATABASE_URL", "postgresql://db.local/x?user=me&password=pa%3Ass&sslmode=require")
    masked = f"postgresql://db.local/x?user=me&password={MASK}&sslmode=require"
    assert rows()["NETCLINIC_DATABASE_URL"][0] == masked


WRONG_FILES = {
    "netclinic_deadlin = 3": "netclinic_deadlin in FILE is not a setting (did you mean netclinic_deadline?)",
    "NETCLINIC_DEADLINE = 3": "NETCLINIC_DEADLINE in FILE is not a setting (did you mean netclinic_deadl",
    "netclinic_config = '/x'": "netclinic_config in FILE is not a setting",
    "[slack]\nbot_token = 'x'": "slack in FILE is not a setting",
    "netclinic_deadline = 'soon'": "NETCLINIC_DEADLINE in FILE is malformed: write a number.",
    "netclinic_deadline = 601": "NETCLINIC_DEADLINE in FILE is malformed: write 600 or less.",
    "netclinic_deadline = ": "FILE is no TOML: invalid value (at end of document)",
    f"netclinic_deadline = {'[' * 100_000}": "FILE is no TOML: ",
    f"# {'x' * (1 << 20)}": "FILE cannot be read (it is larger than 1 MB)",
    "netclinic_knowledge_dir = '/nowhere'": "NETCLINIC_KNOWLEDGE_DIR names /nowhere, which is no folder",
    "netclinic_channels = ' ,'": "NETCLINIC_CHANNELS in FILE is malformed: write at least one name, or leave it empty.",
    "netclinic_may_audit = ','": "NETCLINIC_MAY_AUDIT in FILE is malformed: write at least one name, or leave it emp",
    "netclinic_oncall_channel = 'inc-*'": "NETCLINIC_ONCALL_CHANNEL in FILE is malformed: write one name or id",
    "slack_bot_token = ['xoxb-1']": "SLACK_BOT_TOKEN in FILE is malformed: write text, in quotes.",
}


@pytest.mark.parametrize("text", WRONG_FILES, ids=range(len(WRONG_FILES)))
def test_a_wrong_file_is_one_sentence_that_names_the_setting(text: str) -> None:
    file = write(text)
    with pytest.raises(SettingsError) as told:
        load_settings()
    assert str(told.value).startswith(WRONG_FILES[text].replace("FILE", file))
    assert "\n" not in str(told.value)
    assert "xoxb" not in str(told.value)


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: os.mkfifo(path)], ids=["folder", "pipe"])
def test_what_is_no_file_in_place_of_the_file_is_told(make: Callable[[Path], None]) -> None:
    make(Path("netclinic.toml"))
    with pytest.raises(SettingsError, match=r"netclinic.toml cannot be read \(it is no file\)"):
        load_settings()


VALUES = {"netclinic_log_level": '"debug"', "netclinic_time_zone": '"Asia/Shanghai"'}


def test_the_current_folder_s_file_sets_what_is_harmless() -> None:
    write("netclinic_deadline = 3\nnetclinic_log_level = 'error'\nslack_bot_token = 'xoxb-1'\n")
    write_here("".join(f"{key} = {VALUES.get(key, 7)}\n" for key in sorted(HARMLESS)))
    settings = load_settings()
    assert (settings.deadline, settings.log_level, settings.time_zone) == (7, "debug", "Asia/Shanghai")
    assert rows()["NETCLINIC_DEADLINE"] == ("7", "netclinic.toml")
    assert settings.slack_bot_token is not None, "what it does not set comes from the user's own"


@pytest.mark.parametrize("variable", sorted({*variables().values()} - {key.upper() for key in HARMLESS}))
def test_anything_else_in_the_current_folder_is_refused_and_not_in_force(variable: str, bare: Path) -> None:
    write_here(f'netclinic_deadline = 3\n{variable.lower()} = "{bare}"\n')
    with pytest.raises(SettingsError) as told:
        load_settings()
    if variable == "NETCLINIC_CONFIG":
        assert str(told.value).startswith("netclinic_config in netclinic.toml is not a setting")
        return
    assert str(told.value) == (
        f"{variable} is set by netclinic.toml in the current folder, where anybody may have put it, and is not taken "
        f"from there: set it in the environment, in {bare}/home/.config/netclinic/netclinic.toml or in "
        "/etc/netclinic/netclinic.toml, or name a file that you trust with NETCLINIC_CONFIG."
    )
    assert rows()[variable][1] == "default"
    assert str(bare) not in {str(value) for name, value in Settings() if name != "data_dir"}


def test_a_kubeconfig_of_the_current_folder_runs_no_plugin(netclinic: Netclinic, bare: Path) -> None:
    (bare / "config").write_text(
        f"""
apiVersion: v1
kind: Config
current-context: trap
clusters: [{{name: c, cluster: {{server: "http://127.0.0.1:9"}}}}]
users:
- name: u
  user:
    exec: {{apiVersion: client.authentication.k8s.io/v1, command: touch, args: ["{bare}/ran"]}}
contexts: [{{name: trap, context: {{cluster: c, user: u}}}}]
""",
        encoding="utf-8",
    )
    write_here(f'kubeconfig = "{bare}/config"\n')
    data = str(bare / "data")
    for command in (["facts"], ["ask", "dns times out"], ["serve", "--check"], ["settings"], ["rbac", "--check"]):
        ran = netclinic(*command, cwd=bare, NETCLINIC_DATA_DIR=data)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert ran.err.startswith("KUBECONFIG is set by netclinic.toml in the current folder")
    assert not (bare / "ran").exists()
    ran = netclinic("facts", NETCLINIC_DATA_DIR=data, KUBECONFIG=str(bare / "config"))
    assert (bare / "ran").exists(), ran.err


def test_a_named_file_is_read_instead_of_all_others(monkeypatch: pytest.MonkeyPatch, bare: Path) -> None:
    write("netclinic_deadline = 3\n")
    write_here("netclinic_deadline = 4\nkubeconfig = '/x'\n")
    (bare / "trusted").mkdir()
    (bare / "trusted" / "netclinic.toml").write_text("netclinic_contact = 'ada'\n", encoding="utf-8")
    for named in (bare / "trusted", bare / "trusted" / "netclinic.toml", Path("trusted")):
        monkeypatch.setenv("NETCLINIC_CONFIG", str(named))
        assert (load_settings().deadline, load_settings().contact, load_settings().kubeconfig) == (10, "ada", "")
        assert rows()["NETCLINIC_CONTACT"] == ("ada", f"{bare}/trusted/netclinic.toml")
    monkeypatch.setenv("NETCLINIC_CONFIG", "netclinic.toml")
    assert load_settings().kubeconfig == "/x", "whoever names it trusts it, wherever it lies"
    assert rows()["KUBECONFIG"] == ("/x", f"{bare}/netclinic.toml")


def test_a_named_file_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, bare: Path) -> None:
    for named in (bare / "nowhere.toml", bare):
        monkeypatch.setenv("NETCLINIC_CONFIG", str(named))
        with pytest.raises(SettingsError, match=f"NETCLINIC_CONFIG names {named}, where no settings file is"):
            load_settings()


def test_the_user_s_file_wins_over_the_machine_s(bare: Path) -> None:
    (bare / "etc").mkdir()
    (bare / "etc" / "netclinic.toml").write_text("netclinic_deadline = 1\nkubeconfig = '/x'\n", encoding="utf-8")
    user = write("netclinic_deadline = 2\n")
    assert [file.name for file in read_files(bare / "etc")] == [user, f"{bare}/etc/netclinic.toml"]
    write_here("netclinic_deadline = 3\n")
    assert [file.values["netclinic_deadline"] for file in read_files(bare / "etc")] == [3, 2, 1]


def test_the_user_s_own_folder_is_trusted_when_it_is_the_current_one(monkeypatch: pytest.MonkeyPatch) -> None:
    file = write("kubeconfig = '/x'\n")
    monkeypatch.chdir(Path(file).parent)
    assert load_settings().kubeconfig == "/x"
    assert rows()["KUBECONFIG"] == ("/x", file)


def test_an_unknown_variable_names_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCLINIC_KNOWLEDGE", "/x")
    with pytest.raises(SettingsError, match=r"NETCLINIC_KNOWLEDGE is not a setting \(did you mean NETCLINIC_KNOW"):
        load_settings()


def test_a_variable_in_lower_case_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("netclinic_deadline", "3")
    with pytest.raises(SettingsError, match=r"netclinic_deadline is not a setting \(did you mean NETCLINIC_DEADLINE"):
        load_settings()


def test_variables_of_others_are_none_of_our_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", "x")
    monkeypatch.setenv("KUBE_EDITOR", "vi")
    load_settings()


def test_malformed_settings_are_still_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCLINIC_DEADLINE", "soon")
    assert rows()["NETCLINIC_DEADLINE"] == ("soon", "environment")


def test_a_kubeconfig_of_the_file_reaches_the_client(monkeypatch: pytest.MonkeyPatch, bare: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", "")  # put back afterwards
    write(f'kubeconfig = "{bare}/config"\n')
    App.from_environment()
    assert os.environ["KUBECONFIG"] == f"{bare}/config"


def test_a_team_s_folder_is_searched_beside_the_built_in_one(monkeypatch: pytest.MonkeyPatch, bare: Path) -> None:
    monkeypatch.setenv("NETCLINIC_KNOWLEDGE_DIR", str(bare))
    app = App.from_environment()
    assert app.folders[-1] == bare
    assert len(app.folders) == 2
    assert app.index_folder == app.settings.data_dir / "index"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NETCLINIC_PORT", "tcp://10.0.0.7:8080"),
        ("NETCLINIC_SERVICE_HOST", "10.0.0.7"),
        ("NETCLINIC_SERVICE_PORT", "8080"),
        ("NETCLINIC_SERVICE_PORT_HTTP_METRICS", "8080"),
        ("NETCLINIC_PORT_8080_TCP", "tcp://10.0.0.7:8080"),
        ("NETCLINIC_PORT_8080_TCP_ADDR", "10.0.0.7"),
        ("NETCLINIC_PORT_53_UDP_PROTO", "udp"),
        ("NETCLINIC_WEB_SERVICE_HOST", "10.0.0.8"),
        ("NETCLINIC_WEB_PORT", "tcp://10.0.0.8:80"),
    ],
)
def test_what_kubernetes_tells_of_services_is_no_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert load_settings().deadline == 10


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NETCLINIC_PORT", "8080"),
        ("NETCLINIC_HTTP_PORT", "8080"),
        ("NETCLINIC_SERVICE", "x"),
        ("NETCLINIC_SERVICE_HOSTS", "x"),
    ],
)
def test_what_only_looks_like_it_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name} is not a setting"):
        load_settings()


def test_a_secret_may_stand_in_a_file_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, content in {"SLACK_BOT_TOKEN": "xoxb-1\n", "NETCLINIC_DATABASE_URL": "postgresql://a:b@h/n\n"}.items():
        (tmp_path / name).write_text(content)
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))
    settings = load_settings()
    assert settings.slack_bot_token is not None
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    assert settings.database_url == "postgresql://a:b@h/n"
    assert rows()["SLACK_BOT_TOKEN"] == (MASK, str(tmp_path / "SLACK_BOT_TOKEN"))
    assert rows()["NETCLINIC_DATABASE_URL"][0] == f"postgresql://a:{MASK}@h/n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "where no file is"),
        (b"", "which is empty"),
        (b" \n", "which is empty"),
        (b"\xff\xfe", "which is no text"),
        (b"x" * 70_000, "larger than 64 kB"),
    ],
)
def test_a_file_that_holds_no_secret_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("SLACK_APP_TOKEN_FILE", str(path))
    with pytest.raises(SettingsError, match=f"SLACK_APP_TOKEN_FILE names {path}.*{said}"):
        load_settings()


def test_a_secret_is_set_once_and_what_is_no_secret_has_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("xapp-1")
    monkeypatch.setenv("SLACK_APP_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-2")
    with pytest.raises(SettingsError, match="SLACK_APP_TOKEN and SLACK_APP_TOKEN_FILE are both set"):
        load_settings()
    monkeypatch.delenv("SLACK_APP_TOKEN")
    monkeypatch.setenv("NETCLINIC_CHANNELS_FILE", str(tmp_path / "token"))
    with pytest.raises(SettingsError, match="NETCLINIC_CHANNELS_FILE is not a setting"):
        load_settings()


def test_a_settings_file_names_files_of_secrets_from_its_own_folder_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    named = tmp_path / "conf" / "netclinic.toml"
    named.parent.mkdir()
    named.write_text('slack_bot_token_file = "bot"\nslack_app_token_file = "/nowhere"\n')
    (named.parent / "bot").write_text("xoxb-1\n")
    monkeypatch.setenv("NETCLINIC_CONFIG", str(named))
    with pytest.raises(SettingsError, match=f"slack_app_token_file in {named} names /nowhere, where no file is"):
        load_settings()
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")  # the environment wins, and that file is not looked for
    settings = load_settings()
    assert settings.slack_bot_token is not None
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    assert rows()["SLACK_BOT_TOKEN"] == (MASK, str(named.parent / "bot"))
    named.write_text('slack_bot_token_file = "bot"\nslack_bot_token = "xoxb-2"\n')
    with pytest.raises(SettingsError, match="slack_bot_token and slack_bot_token_file are both set in"):
        load_settings()
    named.write_text('netclinic_channels_file = "bot"\n')
    with pytest.raises(SettingsError, match=r"netclinic_channels_file in .* is not a setting"):
        load_settings()


def test_the_current_folder_s_file_names_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netclinic.toml").write_text('slack_bot_token_file = "/etc/passwd"\n')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"SLACK_BOT_TOKEN_FILE is set by netclinic\.toml in the current"):
        load_settings()
