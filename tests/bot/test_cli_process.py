"""What only a process of its own can show: its exit code, standard streams as bytes, and what it loads at its start."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.command_line import SECONDS, START, Netclinic

QUESTION = "pods stuck in ContainerCreating, InvalidVSwitchId.IpNotEnough"
# What takes long to import belongs to those that use it.
HEAVY = {"torch", "sklearn", "transformers", "matplotlib", "dbos", "slack_bolt", "kubernetes", "onnxruntime", "faiss"}
SLOW = {"asyncio", "pydantic", "sqlalchemy", "yaml"}  # less so, and still more than help and completion may take
LOADED = "; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
IMPORTED = "import sys, bot.cli" + LOADED
COMPLETED = (
    "import sys, bot.cli; from bot.terminal import completion as c; "
    "assert c.recordings('t') and c.actions('c') and c.sections('t')" + LOADED
)


def test_a_question_is_answered_as_in_the_other_tests(indexed: Netclinic) -> None:
    question = ("ask", QUESTION, "--recording", "terway-out-of-ips", "-o", "json")
    ran = indexed.process(*question)
    assert (ran.code, ran.err) == (0, "")
    answers = [ran.json, indexed(*question).json]
    first, second = (
        [(item["entry"], item["verdict"], item["steps"]) for item in answer["diagnoses"]] for answer in answers
    )
    assert first == second
    assert list(answers[0]) == list(answers[1])


def test_odd_bytes_come_in_as_arguments_and_on_standard_input(indexed: Netclinic) -> None:
    text = b"\xff\xfe caf\xe9 \x1b[31m"
    by_argument = indexed.process("match", text, "-o", "json")
    by_stream = indexed.process("match", "-", "-o", "json", stdin=text)
    assert (by_argument.code, by_stream.code) == (0, 0)
    assert by_argument.json["text"] == by_stream.json["text"] == text.decode(errors="replace")


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "said"),
    [
        (("ask",), {}, 2, "Missing argument"),
        (("facts",), {"NETCLINIC_DEADLINE": "soon"}, 2, "NETCLINIC_DEADLINE in the environment is malformed"),
        (("facts", "--kubeconfig", "/nowhere/config"), {}, 2, "There is no kubeconfig file /nowhere/config"),
    ],
)
def test_the_exit_code_tells_bad_usage_and_settings(
    netclinic: Netclinic, arguments: tuple[str, ...], environment: dict[str, str], code: int, said: str
) -> None:
    ran = netclinic.process(*arguments, **environment)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_database_that_is_away_fails(netclinic: Netclinic, tmp_path: Path) -> None:
    url = "postgresql://bot:hunter2@127.0.0.1:1/netclinic"
    ran = netclinic.process("audit", "verify", NETCLINIC_DATABASE_URL=url, NETCLINIC_DATA_DIR=str(tmp_path))
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1
    assert "hunter2" not in ran.err


def test_reading_a_cluster_takes_half_of_its_client(netclinic: Netclinic) -> None:
    loaded = netclinic.python("import sys, bot.terminal.ask" + LOADED)
    assert loaded.code == 0, loaded.err
    assert {"requests", "oauthlib", "croniter"}.isdisjoint(loaded.out.split())


def test_its_start_loads_nothing_heavy(netclinic: Netclinic) -> None:
    loaded = netclinic.python(IMPORTED)
    assert loaded.code == 0, loaded.err
    assert (HEAVY | SLOW).isdisjoint(loaded.out.split())


def test_completion_loads_nothing_heavy(netclinic: Netclinic) -> None:
    loaded = netclinic.python(COMPLETED)
    assert loaded.code == 0, loaded.err
    assert (HEAVY | SLOW).isdisjoint(loaded.out.split())


def test_match_says_on_a_terminal_what_it_waits_for(indexed: Netclinic) -> None:
    ours, its = pty.openpty()
    os.write(ours, b"no IP addresses available in range set\n\x04")
    with os.fdopen(its, "rb") as terminal:
        ran = subprocess.run(
            [*START, "match", "-o", "json"],
            stdin=terminal,
            capture_output=True,
            cwd=indexed.home,
            env=indexed.environment({}),
            timeout=SECONDS,
            check=False,
        )
    os.close(ours)
    assert ran.returncode == 0
    assert ran.stderr.decode() == "Type a symptom a line; Ctrl-D ends. Or: netclinic match YOUR WORDS\n"
    assert [json.loads(line)["in_scope"] for line in ran.stdout.splitlines()] == [True]
