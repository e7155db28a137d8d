"""Settings: where they come from, what is masked, and what is told of a wrong one."""

from pathlib import Path

import pytest

from bot.app import App
from bot.settings import MASK, SettingsError, load_settings, shown_settings, variables


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder and an environment without any of our settings."""
    for name in variables().values():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str) -> None:
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
    write('netclinic_deadline = 3\nnetclinic_embedding_model = "from-file"\n')
    monkeypatch.setenv("NETCLINIC_DEADLINE", "7")
    settings = load_settings()
    assert (settings.deadline, settings.embedding_model) == (7, "from-file")
    assert rows()["NETCLINIC_DEADLINE"] == ("7", "environment")
    assert rows()["NETCLINIC_EMBEDDING_MODEL"] == ("from-file", "netclinic.toml")


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    write("netclinic_deadline = 3\n")
    monkeypatch.setenv("NETCLINIC_DEADLINE", "")
    assert load_settings().deadline == 3
    assert rows()["NETCLINIC_DEADLINE"] == ("3", "netclinic.toml")


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"])
def test_secrets_are_masked_wherever_they_come_from(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "xoxb-1")
    assert rows()[name] == (MASK, "environment")
    monkeypatch.delenv(name)
    write(f'{name.lower()} = "xoxb-1"\n')
    assert rows()[name] == (MASK, "netclinic.toml")
    assert "xoxb-1" not in repr(load_settings())


def test_a_database_s_password_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCLINIC_DATABASE_URL", "postgresql://me:pa:ss@db.local/x")
    assert rows()["NETCLINIC_DATABASE_URL"][0] == f"postgresql://me:{MASK}@db.local/x"
    monkeypatch.setenv("NETCLINIC_DATABASE_URL", "postgresql://db.local/x?user=me&password=pa%3Ass&sslmode=require")
    masked = f"postgresql://db.local/x?user=me&password={MASK}&sslmode=require"
    assert rows()["NETCLINIC_DATABASE_URL"][0] == masked


WRONG_FILES = {
    "netclinic_deadlin = 3": "netclinic_deadlin in netclinic.toml is not a setting (did you mean netclinic_deadline?)",
    "NETCLINIC_DEADLINE = 3": "NETCLINIC_DEADLINE in netclinic.toml is not a setting (did you mean netclinic_deadl",
    "[slack]\nbot_token = 'x'": "slack in netclinic.toml is not a setting",
    "netclinic_deadline = 'soon'": "NETCLINIC_DEADLINE in netclinic.toml is malformed: input should be a valid number",
    "netclinic_deadline = 601": "NETCLINIC_DEADLINE in netclinic.toml is malformed: input should be less than",
    "netclinic_deadline = ": "netclinic.toml is no TOML: invalid value (at end of document)",
    "netclinic_knowledge_dir = '/nowhere'": "NETCLINIC_KNOWLEDGE_DIR names /nowhere, which is no folder",
    "slack_bot_token = ['xoxb-1']": "SLACK_BOT_TOKEN in netclinic.toml is malformed",
}


@pytest.mark.parametrize("text", WRONG_FILES)
def test_a_wrong_file_is_one_sentence_that_names_the_setting(text: str) -> None:
    write(text)
    with pytest.raises(SettingsError) as told:
        load_settings()
    assert str(told.value).startswith(WRONG_FILES[text])
    assert "\n" not in str(told.value)
    assert "xoxb" not in str(told.value)


def test_a_folder_in_place_of_the_file_is_told() -> None:
    Path("netclinic.toml").mkdir()
    with pytest.raises(SettingsError, match=r"netclinic.toml cannot be read \(Is a directory\)"):
        load_settings()


def test_an_unknown_variable_names_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCLINIC_KNOWLEDGE", "/x")
    with pytest.raises(SettingsError, match=r"NETCLINIC_KNOWLEDGE is not a setting \(did you mean NETCLINIC_KNOW"):
        load_settings()


def test_variables_of_others_are_none_of_our_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", "x")
    monkeypatch.setenv("KUBE_EDITOR", "vi")
    load_settings()


def test_malformed_settings_are_still_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCLINIC_DEADLINE", "soon")
    assert rows()["NETCLINIC_DEADLINE"] == ("soon", "environment")


def test_a_kubeconfig_of_the_file_reaches_the_client(monkeypatch: pytest.MonkeyPatch, bare: Path) -> None:
    import os

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
