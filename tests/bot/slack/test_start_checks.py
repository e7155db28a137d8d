"""`netclinic settings`, `serve --check` and `serve` say the same sentence of a wrong setting, with the same code.

Each fault is planted alone. What starts a real process for each of them is left to ``make test-slow``, but for a few.
"""

import asyncio
import re
import socket
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from bot.settings import variables
from bot.slack.queue import dbos_engine
from bot.store import DatabaseError, open_store
from bot.store.opening import check_store
from bot.store.rights import check_serving_rights
from tests.command_line import Netclinic, Ran
from tests.processes import tokens
from tests.workspace import Workspace

NOWHERE = "http://127.0.0.1:9/api"  # nobody is Slack
GIVEN = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "SLACK_API_URL": NOWHERE,
    "NETCLINIC_HEALTH_ADDRESS": "off",
}
ROLES = Path(__file__).parents[3] / "deploy" / "postgresql" / "roles.sql"
MISSING = "HERE/nowhere"  # HERE is the test's own folder
KUBECONFIG = "HERE/kubeconfig"  # whose only context is prod
# What is set, what the sentence begins with or holds, and the exit code.
FAULTS: list[tuple[dict[str, str], str, int]] = [
    # no such setting, or not there
    ({"NETCLINIC_DEADLIN": "3"}, "NETCLINIC_DEADLIN is not a setting (did you mean NETCLINIC_DEADLINE?)", 2),
    ({"netclinic_deadline": "3"}, "netclinic_deadline is not a setting", 2),
    ({"NETCLINIC_CONFIG": MISSING}, f"NETCLINIC_CONFIG names {MISSING}, where no settings file is", 2),
    # not of its kind, or out of its range
    *[
        ({name: value}, f"{name} in the environment is malformed", 2)
        for name in (
            "NETCLINIC_DEADLINE",
            "NETCLINIC_SOCKET_SILENCE",
            "NETCLINIC_UNASKED_CONFIDENCE",
            "NETCLINIC_BUTTONS_EXPIRE_HOURS",
            "NETCLINIC_AUDIT_ANCHOR_HOURS",
            "NETCLINIC_HANDOFF_DEADLINE",
            "NETCLINIC_HANDOFF_REMIND_MINUTES",
            "NETCLINIC_CLOUD_DEADLINE",
        )
        for value in ("soon", "-1", "inf", "nan", "1e9")
    ],
    ({"NETCLINIC_LOG_LEVEL": "loud"}, "NETCLINIC_LOG_LEVEL in the environment is malformed", 2),
    ({"NETCLINIC_AUDIT_QUESTIONS": "burn"}, "NETCLINIC_AUDIT_QUESTIONS in the environment is malformed", 2),
    ({"NETCLINIC_TIME_ZONE": "Mars/Base"}, "NETCLINIC_TIME_ZONE in the environment is malformed", 2),
    *[
        ({name: "inc shop"}, f"{name} in the environment is malformed", 2)
        for name in (
            "NETCLINIC_CHANNELS",
            "NETCLINIC_INCIDENT_CHANNELS",
            "NETCLINIC_CLUSTERS",
            "NETCLINIC_ONCALL_GROUP",
            "NETCLINIC_ONCALL_CHANNEL",
            "NETCLINIC_AUDIT_ANCHOR_CHANNEL",
            "NETCLINIC_FLEET_CHANNEL",
            "NETCLINIC_DEFAULT_CLUSTER",
            "NETCLINIC_MAY_ASK",
            "NETCLINIC_MAY_RECHECK",
            "NETCLINIC_MAY_RESOLVE",
            "NETCLINIC_MAY_AUDIT",
            "NETCLINIC_SLACK_CONNECT",
        )
    ],
    ({"NETCLINIC_CHANNEL_CLUSTERS": "ops"}, "NETCLINIC_CHANNEL_CLUSTERS in the environment is malformed", 2),
    ({"NETCLINIC_ALERTS_CHANNELS": "a,b"}, "NETCLINIC_ALERTS_CHANNELS in the environment is malformed", 2),
    ({"NETCLINIC_ALERTS_TOKEN": "short"}, "NETCLINIC_ALERTS_TOKEN is too short", 2),
    ({"NETCLINIC_CLOUD": "yes"}, "NETCLINIC_CLOUD in the environment is malformed", 2),
    ({"NETCLINIC_CLOUD_PROFILES": "prod"}, "NETCLINIC_CLOUD_PROFILES in the environment is malformed", 2),
    ({"NETCLINIC_CLOUD_ENDPOINT": "127.0.0.1:8443"}, "NETCLINIC_CLOUD_ENDPOINT is no address", 2),
    ({"NETCLINIC_PROMETHEUS_URL": "prometheus:9090"}, "NETCLINIC_PROMETHEUS_URL is no address", 2),
    ({"NETCLINIC_PROMETHEUS_URL": "http://mei:pw@p"}, "NETCLINIC_PROMETHEUS_URL holds a name or password", 2),
    ({"NETCLINIC_PROMETHEUS_TOKEN": "t"}, "NETCLINIC_PROMETHEUS_TOKEN is set and NETCLINIC_PROMETHEUS_URL is not", 2),
    (
        {"NETCLINIC_PROMETHEUS_URL": "http://p", "NETCLINIC_PROMETHEUS_BASIC_AUTH": "mei"},
        "NETCLINIC_PROMETHEUS_BASIC_AUTH holds no USER:PASSWORD",
        2,
    ),
    (
        {"NETCLINIC_PROMETHEUS_URL": "http://p", "NETCLINIC_PROMETHEUS_LABEL": "prod"},
        "NETCLINIC_PROMETHEUS_LABEL is malformed",
        2,
    ),
    (
        {"KUBECONFIG": KUBECONFIG, "NETCLINIC_PROMETHEUS_URL": "staging=http://p"},
        "NETCLINIC_PROMETHEUS_URL names staging, which the kubeconfig lacks",
        2,
    ),
    ({"NETCLINIC_ALERTMANAGER_URL": "alertmanager:9093"}, "NETCLINIC_ALERTMANAGER_URL is no address", 2),
    ({"NETCLINIC_ALERTMANAGER_URL": "http://mei:pw@am:x/"}, "NETCLINIC_ALERTMANAGER_URL is no address", 2),
    ({"SLACK_BOT_TOKEN": "xoxp-1"}, "SLACK_BOT_TOKEN is no bot token", 2),
    ({"SLACK_APP_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN is no app-level token", 2),
    ({"SLACK_SIGNING_SECRET": "a b"}, "SLACK_SIGNING_SECRET holds characters", 2),
    ({"SLACK_BOT_TOKEN": "xoxb-1…"}, "SLACK_BOT_TOKEN holds characters", 2),
    ({"SLACK_API_URL": "slack at home"}, "SLACK_API_URL is 'slack at home', which is no address", 2),
    ({"SLACK_API_URL": "http://[::1/api"}, "SLACK_API_URL is 'http://[::1/api', which is no address", 2),
    ({"SLACK_API_URL": "http://slack:port/"}, "SLACK_API_URL is 'http://slack:port/', which is no address", 2),
    ({"NETCLINIC_HEALTH_ADDRESS": "here"}, "NETCLINIC_HEALTH_ADDRESS is 'here', which is no address", 2),
    ({"NETCLINIC_HEALTH_ADDRESS": "127.0.0.1:²"}, "NETCLINIC_HEALTH_ADDRESS is '127.0.0.1:²', which is no add", 2),
    ({"NETCLINIC_HTTP_ADDRESS": "here:70000"}, "NETCLINIC_HTTP_ADDRESS is 'here:70000', which is no address", 2),
    ({"NETCLINIC_DATABASE_URL": "somewhere"}, "NETCLINIC_DATABASE_URL is no database URL", 2),
    ({"NETCLINIC_DATABASE_URL": "mysql://db/x"}, "NETCLINIC_DATABASE_URL names mysql", 2),
    ({"NETCLINIC_DATABASE_URL": "postgresql://db:x/x"}, "NETCLINIC_DATABASE_URL is no database URL", 2),
    ({"NETCLINIC_HANDOFF_SCHEDULE": "daily", "NETCLINIC_ONCALL_CHANNEL": "ops"}, "NETCLINIC_HANDOFF_SCHEDULE is", 2),
    ({"NETCLINIC_HANDOFF_SCHEDULE": "0 0 30 2 *", "NETCLINIC_ONCALL_CHANNEL": "ops"}, "NETCLINIC_HANDOFF_SCH", 2),
    ({"NETCLINIC_FLEET_SCHEDULE": "daily", "NETCLINIC_ONCALL_CHANNEL": "ops"}, "NETCLINIC_FLEET_SCHEDULE is", 2),
    ({"NETCLINIC_ONCALL": "ada and bob"}, "NETCLINIC_ONCALL cannot be read", 2),
    ({"NETCLINIC_ONCALL": "U07MEI every 12h from noon"}, "NETCLINIC_ONCALL cannot be read", 2),
    ({"OTEL_EXPORTER_OTLP_ENDPOINT": "mei:hidden@c:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT is no address", 2),
    # not together
    ({"NETCLINIC_HANDOFF_SCHEDULE": "0 9 * * *"}, "NETCLINIC_HANDOFF_SCHEDULE needs a channel", 2),
    ({"NETCLINIC_FLEET_SCHEDULE": "0 9 * * *"}, "NETCLINIC_FLEET_SCHEDULE needs a channel", 2),
    ({"NETCLINIC_AUDIT_QUESTIONS": "hash"}, "NETCLINIC_AUDIT_QUESTIONS is hash, which needs NETCLINIC_AUDIT_KEY", 2),
    ({"NETCLINIC_AUDIT_QUESTIONS": "hash", "NETCLINIC_AUDIT_KEY": "short"}, "NETCLINIC_AUDIT_QUESTIONS is hash", 2),
    ({"NETCLINIC_CLUSTERS": "a,b", "NETCLINIC_DEFAULT_CLUSTER": "c"}, "NETCLINIC_DEFAULT_CLUSTER names c", 2),
    ({"NETCLINIC_CLUSTERS": "a", "NETCLINIC_CHANNEL_CLUSTERS": "x=c"}, "NETCLINIC_CHANNEL_CLUSTERS names c", 2),
    ({"NETCLINIC_CHANNELS": "inc-*", "NETCLINIC_INCIDENT_CHANNELS": "ops"}, "NETCLINIC_INCIDENT_CHANNELS names ops", 2),
    ({"NETCLINIC_ALERTS_TOKEN": "a-token-of-sixteen"}, "NETCLINIC_ALERTS_TOKEN is set and NETCLINIC_ALERTS_CHAN", 2),
    (
        {"NETCLINIC_ALERTS_TOKEN": "a-token-of-sixteen", "NETCLINIC_ALERTS_CHANNELS": "inc"},
        "NETCLINIC_HTTP_ADDRESS is not set",
        2,
    ),
    ({"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": "s3cret"}, "NETCLINIC_HTTP_ADDRESS is not set", 2),
    # not there, or out of reach
    ({"NETCLINIC_KNOWLEDGE_DIR": MISSING}, f"NETCLINIC_KNOWLEDGE_DIR names {MISSING}, which is no folder", 2),
    ({"NETCLINIC_KNOWLEDGE_DIR": "HERE/broken"}, "HERE/broken/bad.md:1: ", 2),
    ({"NETCLINIC_DATA_DIR": "/proc/nowhere"}, "The data directory /proc/nowhere cannot be written", 1),
    ({"NETCLINIC_DATA_DIR": KUBECONFIG}, f"The data directory {KUBECONFIG} cannot be written", 1),
    ({"NETCLINIC_DATABASE_URL": "sqlite:////proc/x.sqlite"}, "The database sqlite:////proc/x.sqlite cannot be used", 1),
    ({"NETCLINIC_DATABASE_URL": f"sqlite:///{KUBECONFIG}"}, "cannot be used (file is not a database)", 1),
    ({"NETCLINIC_DATABASE_URL": "postgresql://bot:hidden@127.0.0.1:9/x"}, "127.0.0.1:9/x cannot be used", 1),
    ({"KUBECONFIG": MISSING}, f"KUBECONFIG names {MISSING}, where no file is", 2),
    ({"KUBECONFIG": "HERE/broken/bad.md"}, "HERE/broken/bad.md is not a readable kubeconfig", 2),
    ({"KUBECONFIG": KUBECONFIG, "NETCLINIC_CLUSTERS": "staging"}, "NETCLINIC_CLUSTERS names staging", 2),
    ({"KUBECONFIG": KUBECONFIG, "NETCLINIC_DEFAULT_CLUSTER": "staging"}, "NETCLINIC_DEFAULT_CLUSTER names st", 2),
    ({"KUBECONFIG": KUBECONFIG, "NETCLINIC_CHANNEL_CLUSTERS": "ops=staging"}, "NETCLINIC_CHANNEL_CLUSTERS names", 2),
    ({"NETCLINIC_HEALTH_ADDRESS": "192.0.2.1:8080"}, "NETCLINIC_HEALTH_ADDRESS is 192.0.2.1:8080, where nothing", 2),
    ({"NETCLINIC_HEALTH_ADDRESS": "no.such.host.invalid:8080"}, "where nothing can listen", 2),
    ({"NETCLINIC_EMBEDDING_MODEL": "/nowhere"}, "There is no embedding model folder /nowhere", 2),
    ({"NETCLINIC_INDEX_DIR": "/proc/nowhere"}, "The cache folder /proc/nowhere cannot be written", 2),
    ({"NETCLINIC_INDEX_DIR": KUBECONFIG}, f"The cache folder {KUBECONFIG} cannot be written", 2),
]
# Any text is one: whom to ask, and what bots are called.
FREE = {"NETCLINIC_CONTACT", "NETCLINIC_ALERT_BOTS"}
# Started as a process whenever tests run; the slow tier starts a dozen: all are told by the checks that serve makes.
QUICK = {"NETCLINIC_DEADLIN": "3"}
STARTED = [QUICK, *(changes for changes, _, _ in FAULTS[::6] if changes != QUICK)]
BROKEN_KUBECONFIG = "{ broken: ["
GOOD_KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: prod
clusters: [{name: c, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: u, user: {}}]
contexts: [{name: prod, context: {cluster: c, user: u}}]
"""


@pytest.fixture
def told(tmp_path: Path, data_dir: Path) -> Callable[[dict[str, str]], dict[str, str]]:
    """``told(changes)``: the environment of a command in which these settings are planted."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "bad.md").write_text(BROKEN_KUBECONFIG, encoding="utf-8")
    (tmp_path / "kubeconfig").write_text(GOOD_KUBECONFIG, encoding="utf-8")
    own = {"NETCLINIC_DATA_DIR": str(tmp_path / "data"), "NETCLINIC_INDEX_DIR": str(data_dir / "index")}
    return lambda changes: {
        **GIVEN,
        **own,
        **{name: value.replace("HERE", str(tmp_path)) for name, value in changes.items()},
    }


def sentence(ran: Ran) -> str:
    """What was told on standard error, apart from the log."""
    lines = [line for line in ran.err.splitlines() if not line.startswith("{")]
    assert lines, ran.out
    return lines[0]


def test_every_setting_that_can_be_wrong_is_planted() -> None:
    planted = {name for changes, _, _ in FAULTS for name in changes}
    assert set(variables().values()) - planted == FREE


@pytest.mark.parametrize(("changes", "said", "code"), FAULTS, ids=lambda item: str(item)[:70])
def test_settings_and_check_tell_the_fault(
    netclinic: Netclinic,
    told: Callable[[dict[str, str]], dict[str, str]],
    tmp_path: Path,
    changes: dict[str, str],
    said: str,
    code: int,
) -> None:
    said = said.replace("HERE", str(tmp_path))
    settings = netclinic("settings", **told(changes))
    assert (settings.code, said in sentence(settings)) == (code, True), settings.err
    assert "NETCLINIC_DEADLINE" in settings.out or "NETCLINIC_CONFIG" in changes, "the table stands above it"
    check = netclinic("serve", "--check", **told(changes))
    assert check.code == code
    assert sentence(settings) in check.out + check.err
    assert "hidden" not in check.out + check.err + settings.err
    assert "All is well" not in check.out


@pytest.mark.parametrize(
    "changes",
    [pytest.param(changes, marks=[] if changes is QUICK else [pytest.mark.slow]) for changes in STARTED],
    ids=lambda item: str(item)[:70],
)
def test_serve_ends_with_that_sentence_and_code(
    netclinic: Netclinic, told: Callable[[dict[str, str]], dict[str, str]], changes: dict[str, str]
) -> None:
    settings = netclinic("settings", **told(changes))
    served = netclinic.process("serve", **told(changes))
    assert (served.code, sentence(served)) == (settings.code, sentence(settings))
    assert served.out == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"SLACK_BOT_TOKEN": ""},
        pytest.param({"SLACK_APP_TOKEN": ""}, marks=pytest.mark.slow),
    ],
)
def test_what_only_serving_needs_is_told_by_serve_and_its_check(
    netclinic: Netclinic, told: Callable[[dict[str, str]], dict[str, str]], changes: dict[str, str]
) -> None:
    assert netclinic("settings", **told(changes)).code == 0
    served = netclinic.process("serve", **told(changes))
    check = netclinic("serve", "--check", **told(changes))
    assert (served.code, check.code) == (2, 2)
    assert sentence(served) in check.out


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", pytest.param("SLACK_APP_TOKEN", marks=pytest.mark.slow)])
async def test_what_slack_does_not_accept_is_told_alike(
    netclinic: Netclinic, told: Callable[[dict[str, str]], dict[str, str]], name: str
) -> None:
    async with Workspace() as slack:
        wrong = f"{getattr(slack, name.lower()[6:])[:5]}else"
        planted = told({**tokens(slack), name: wrong})
        served = await asyncio.to_thread(lambda: netclinic.process("serve", **planted))
        check = await asyncio.to_thread(lambda: netclinic("serve", "--check", **planted))
    assert (served.code, check.code) == (2, 2)
    assert f"{name} is not accepted" in sentence(served)
    assert sentence(served) in check.out
    assert wrong not in served.err + check.out


def test_where_nothing_is_wrong_nothing_is_told(
    netclinic: Netclinic, told: Callable[[dict[str, str]], dict[str, str]], tmp_path: Path
) -> None:
    ran = netclinic("settings", **told({"KUBECONFIG": KUBECONFIG, "NETCLINIC_DEFAULT_CLUSTER": "PROD"}))
    assert (ran.code, ran.err) == (0, "")
    assert not list((tmp_path / "data").glob("*.sqlite")), "looking makes no database"


def test_a_port_in_use_is_told(netclinic: Netclinic, told: Callable[[dict[str, str]], dict[str, str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = netclinic("settings", **told({"NETCLINIC_HEALTH_ADDRESS": f"127.0.0.1:{port}"}))
    assert ran.code == 2
    assert sentence(ran).startswith(f"NETCLINIC_HEALTH_ADDRESS is 127.0.0.1:{port}, where nothing can listen (Address")


# PostgreSQL's rights


@pytest.fixture
def role(postgresql: str) -> Iterator[Callable[[str], tuple[str, str]]]:
    """``role(grants)``: the URLs of a new database for its owner and for a user with these grants alone."""
    made: list[tuple[str, str]] = []
    with psycopg.connect(postgresql, autocommit=True) as server:

        def make(grants: str = "") -> tuple[str, str]:
            name, user = (f"netclinic_{uuid.uuid4().hex[:12]}" for _ in range(2))
            server.execute(f'CREATE DATABASE "{name}"'.encode())
            server.execute(f"CREATE USER {user} PASSWORD 'hidden'".encode())
            made.append((name, user))
            url = make_url(postgresql).set(database=name)
            with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as owner:
                if grants:
                    owner.execute(grants.replace("USER", user).replace("DATABASE", f'DATABASE "{name}"').encode())
            theirs = url.set(username=user, password="hidden")
            return url.render_as_string(hide_password=False), theirs.render_as_string(hide_password=False)

        yield make
        for name, user in made:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
            server.execute(f"DROP USER {user}".encode())


def as_owner(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        for statement in statements:
            owner.execute(statement.encode())


def missing(url: str, tmp_path: Path) -> str:
    """What the user at this URL lacks; empty where nothing."""
    try:
        check_store(url, tmp_path)
    except DatabaseError as error:
        return str(error)
    return ""


def test_a_user_who_may_make_nothing_is_told_before_anything_is_made(
    role: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    _, theirs = role()
    said = missing(theirs, tmp_path)
    assert re.search(r"does not let netclinic_\w+ make netclinic's tables, which are not there yet: run", said)
    assert "hidden" not in said


def test_the_shipped_role_is_all_that_serving_needs(role: Callable[..., tuple[str, str]], tmp_path: Path) -> None:
    owner, theirs = role()
    open_store(owner, tmp_path).close()  # as `netclinic audit list` does: no queue is made
    assert "roles.sql" in missing(theirs, tmp_path)
    user = make_url(theirs).username
    as_owner(owner, ROLES.read_text(encoding="utf-8"), f"GRANT netclinic_bot TO {user}")
    assert missing(theirs, tmp_path) == ""
    for url in (theirs, owner, theirs):  # whoever made the queue's tables
        dbos_engine.launch_engine(url, tmp_path, "replica", 1.0)
        dbos_engine.stop_engine()
    assert missing(theirs, tmp_path) == ""


@pytest.mark.parametrize(
    ("taken", "said"),
    [
        ("REVOKE INSERT ON cases FROM netclinic_bot", "INSERT in table cases"),
        ("REVOKE DELETE ON replicas FROM netclinic_bot", "DELETE in table replicas"),
        ("REVOKE INSERT ON audit_records FROM netclinic_bot", "INSERT in table audit_records"),
        ("REVOKE USAGE ON SCHEMA dbos FROM netclinic_bot", "use the schema dbos"),
        ("REVOKE UPDATE ON dbos.workflow_status FROM netclinic_bot", "UPDATE in table dbos.workflow_status"),
        ("DROP SCHEMA dbos CASCADE", "make the schema dbos of pending work, which is not there yet"),
        ("UPDATE alembic_version SET version_num = '0001'", "upgrade netclinic's tables, which an older version made"),
        ("UPDATE alembic_version SET version_num = '9999'", "made by a newer netclinic"),
    ],
)
def test_each_right_that_is_missing_is_named(
    role: Callable[..., tuple[str, str]], tmp_path: Path, taken: str, said: str
) -> None:
    owner, theirs = role()
    open_store(owner, tmp_path).close()
    dbos_engine.launch_engine(owner, tmp_path, "replica", 1.0)
    dbos_engine.stop_engine()
    as_owner(owner, ROLES.read_text(encoding="utf-8"), f"GRANT netclinic_bot TO {make_url(theirs).username}")
    assert missing(theirs, tmp_path) == ""
    as_owner(owner, taken)
    assert said in missing(theirs, tmp_path)


def test_a_file_of_ones_own_needs_no_rights(tmp_path: Path) -> None:
    store = open_store("", tmp_path)
    check_serving_rights(store)
    store.close()


def test_settings_check_and_serve_tell_a_missing_right_alike(
    netclinic: Netclinic,
    told: Callable[[dict[str, str]], dict[str, str]],
    role: Callable[..., tuple[str, str]],
    tmp_path: Path,
) -> None:
    owner, theirs = role()
    open_store(owner, tmp_path).close()
    planted = told({"NETCLINIC_DATABASE_URL": theirs})
    settings = netclinic("settings", **planted)
    check = netclinic("serve", "--check", **planted)
    served = netclinic.process("serve", **planted)
    assert (settings.code, check.code, served.code) == (1, 1, 1)
    assert "permission denied for table alembic_version" in sentence(settings)
    assert sentence(settings) == sentence(served)
    assert sentence(settings) in check.out
