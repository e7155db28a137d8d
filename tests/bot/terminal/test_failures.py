"""What goes wrong at 3 a.m.: one sentence with the way out, the agreed exit code, nothing but answers on stdout."""

import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import START

Run = Callable[..., Any]
SECONDS = 60  # a busy machine's patience
QUESTION = "pods stuck in ContainerCreating, InvalidVSwitchId.IpNotEnough"


def kubeconfig(path: Path, server: str) -> str:
    """A file with one context, ``prod``."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "prod",
        "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t0ken"}}],
    }
    path.write_text(json.dumps(content))
    return str(path)


class Refusing(BaseHTTPRequestHandler):
    """Knows nobody: what an API server answers to an expired token."""

    def do_GET(self) -> None:
        body = b'{"kind":"Status","status":"Failure","message":"Unauthorized","code":401}'
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture(scope="module")
def refusing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def hanging() -> Iterator[str]:
    """Accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(scope="module")
def closed() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


BAD_USAGE = {
    ("ask",): "Missing argument",
    ("ask", "x", "--loud"): "No such option",
    ("ask", "x", "-o", "yaml"): "'yaml' is not one of",
    ("ask", ""): "The symptom is empty: say what is wrong",
    ("ask", " \n\t"): "The symptom is empty",
    ("match", ""): "The symptom is empty",
    ("facts", "--recording", "flannel-ip-leek"): "did you mean flannel-ip-leak",
    ("facts", "--recording", "x", "--context", "y"): "leave --kubeconfig and --context out",
    ("facts",): "No kubeconfig was found: set KUBECONFIG, pass --kubeconfig FILE",
    ("facts", "--kubeconfig", "/nowhere/config"): "There is no kubeconfig file /nowhere/config",
    ("check", "flannel-ip-leek"): "Did you mean flannel-ip-leak?",
    ("knowledge", "show", "flannel-ip-leek"): "Did you mean flannel-ip-leak?",
    ("knowledge", "probes", "pod_waitin"): "Did you mean pod_waiting?",
    ("replay", "nowhere"): "`netclinic recordings` lists the shipped ones",
    ("replay", "flannel-ip-leak", "--port", "99999"): "--port",
    ("diagnose",): "No such command",
}


@pytest.fixture(scope="module")
def misused(netclinic: Run) -> dict[tuple[str, ...], Any]:
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(BAD_USAGE, pool.map(lambda arguments: netclinic(*arguments), BAD_USAGE), strict=True))


@pytest.mark.parametrize("arguments", BAD_USAGE, ids=" ".join)
def test_bad_usage_is_told_with_the_way_out(misused: dict[tuple[str, ...], Any], arguments: tuple[str, ...]) -> None:
    ran = misused[arguments]
    assert (ran.code, ran.out) == (2, "")
    assert BAD_USAGE[arguments] in ran.err
    assert "Traceback" not in ran.err


BAD_SETTINGS = {
    ("NETCLINIC_DEADLINE", "soon"): "NETCLINIC_DEADLINE in the environment is malformed: write a number.",
    ("NETCLINIC_DEADLINE", "0"): "write more than 0.",
    ("NETCLINIC_LOG_LEVEL", "loud"): "write 'debug', 'info', 'warning' or 'error'.",
    ("NETCLINIC_DEDLINE", "3"): "did you mean NETCLINIC_DEADLINE?",
    ("NETCLINIC_KNOWLEDGE_DIR", "/nowhere"): "NETCLINIC_KNOWLEDGE_DIR names /nowhere, which is no folder",
    ("KUBECONFIG", "/nowhere"): "KUBECONFIG names /nowhere, where no file is",
}


@pytest.mark.parametrize("setting", BAD_SETTINGS, ids="=".join)
def test_a_wrong_setting_is_one_sentence(netclinic: Run, setting: tuple[str, str]) -> None:
    ran = netclinic("facts", **dict([setting]))
    assert (ran.code, ran.out) == (2, "")
    assert BAD_SETTINGS[setting] in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_damaged_settings_file_is_one_sentence(netclinic: Run, tmp_path: Path) -> None:
    (tmp_path / "netclinic.toml").write_bytes(b"\xff = ")
    ran = netclinic("facts", cwd=tmp_path)
    assert ran.code == 2
    assert ran.err.startswith("netclinic.toml is no TOML: ")


def test_an_unknown_context_names_the_known_ones(netclinic: Run, tmp_path: Path, closed: str) -> None:
    config = kubeconfig(tmp_path / "config", f"http://{closed}")
    ran = netclinic("facts", "--context", "prid", KUBECONFIG=config)
    assert ran.code == 2
    assert ran.err == f"There is no context 'prid' in {config}; it has: prod.\n"


def test_the_kubeconfig_of_the_settings_file_is_used(netclinic: Run, tmp_path: Path, closed: str) -> None:
    config = kubeconfig(tmp_path / "config", f"http://{closed}")
    (tmp_path / "netclinic.toml").write_text(f'kubeconfig = "{config}"\n')
    ran = netclinic("facts", NETCLINIC_CONFIG=str(tmp_path))
    assert ran.code == 1
    assert ran.err.startswith("Cluster prod could not be read: ")


PROBLEMS = {
    "closed": ("http", "could not be reached", "check network and VPN"),
    "refusing": ("http", "did not accept the credentials (401)", "log in again or renew the token"),
    "closed to TLS": ("https", "TLS certificate was not accepted", "check certificate-authority-data"),
    "hanging": ("http", "/version did not answer within ", ""),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_cluster_out_of_reach_still_gets_the_knowledge(
    indexed: Run, tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    scheme, problem, way_out = PROBLEMS[name]
    address = request.getfixturevalue(name.replace("closed to TLS", "refusing"))
    config = kubeconfig(tmp_path / "config", f"{scheme}://{address}")
    ran = indexed("ask", QUESTION, "-o", "json", KUBECONFIG=config, NETCLINIC_DEADLINE="1")
    assert ran.code == 0
    answer = ran.json
    assert answer["cluster"] == {"context": "prod", "reachable": False, "facts": {}}
    assert answer["outcome"] == "suspected"
    item = answer["diagnoses"][0]
    assert item["entry"] == "terway-vswitch-out-of-ips"
    assert problem in item["reason"]
    assert way_out in item["reason"]
    assert item["steps"]
    assert "t0ken" not in ran.out + ran.err


def test_the_page_of_a_cluster_out_of_reach_says_so_first(indexed: Run, tmp_path: Path, refusing: str) -> None:
    ran = indexed("ask", QUESTION, KUBECONFIG=kubeconfig(tmp_path / "config", f"http://{refusing}"))
    lines = " ".join(ran.out.split())
    assert lines.startswith("Cluster prod could not be read: the API server did not accept the credentials (401)")
    assert lines.count("did not accept") == 1
    assert lines.index("knowledge alone") < lines.index("SUSPECTED") < lines.index("Steps")


@pytest.mark.parametrize("command", ["check", "facts", "rbac --check", "record --out x"])
def test_what_needs_the_cluster_fails_with_its_reason(
    netclinic: Run, tmp_path: Path, refusing: str, command: str
) -> None:
    config = kubeconfig(tmp_path / "config", f"http://{refusing}")
    ran = netclinic(*command.split(), cwd=tmp_path, KUBECONFIG=config)
    assert (ran.code, ran.out) == (1, "")
    assert "(401): log in again or renew the token" in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not (tmp_path / "x").exists()


def test_a_data_directory_that_cannot_be_written_is_told(netclinic: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = netclinic("ask", QUESTION, NETCLINIC_DATA_DIR=str(tmp_path / "file"))
    assert ran.code == 2
    assert str(tmp_path / "file") in ran.err
    assert "NETCLINIC_DATA_DIR" in ran.err
    assert "Traceback" not in ran.err


def test_wrong_entries_of_a_team_are_all_told_at_once(netclinic: Run, tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text("no front matter")
    (tmp_path / "two.md").write_text("---\nid: two\nkind: riddle\n---\n")
    ran = netclinic("knowledge", "list", NETCLINIC_KNOWLEDGE_DIR=str(tmp_path))
    assert (ran.code, ran.out) == (2, "")
    assert str(tmp_path / "one.md") in ran.err
    assert str(tmp_path / "two.md") in ran.err
    assert "`netclinic knowledge lint` tells more" in ran.err


def test_a_long_log_is_read_and_a_memory_dump_refused(indexed: Run) -> None:
    line = b"E1120 eni.go:412] assign ip failed: InvalidVSwitchId.IpNotEnough vsw-bp1aaa \xff\n"
    long = (line * 2000)[:100_000]
    ran = indexed("ask", "-", "--recording", "terway-out-of-ips", "-o", "json", stdin=long)
    assert ran.code == 0
    assert ran.json["diagnoses"][0]["entry"] == "terway-vswitch-out-of-ips"
    refused = indexed("ask", "-", "--recording", "terway-out-of-ips", stdin=line * 20_000)
    assert (refused.code, refused.out) == (2, "")
    assert "longer than 200,000 characters" in refused.err


def test_odd_bytes_are_answered_like_any_words(indexed: Run) -> None:
    text = b"\xff\xfe\x80 caf\xe9 [red]\x1b[31m " + "\N{GRINNING FACE}".encode()
    ran = indexed("ask", text, "-o", "json", "--recording", "terway-healthy")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["question"] == text.decode(errors="replace")
    assert ran.json["outcome"] == "unmatched"


def test_a_reader_that_has_seen_enough_is_no_failure(netclinic: Any) -> None:
    with subprocess.Popen(
        [*START, "knowledge", "probes"], env=netclinic.environment({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == b""


def test_ctrl_c_ends_quietly_and_at_once(netclinic: Any, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(SECONDS)
        config = kubeconfig(tmp_path / "config", f"http://127.0.0.1:{server.getsockname()[1]}")
        environment = netclinic.environment({"KUBECONFIG": config, "NETCLINIC_DEADLINE": "60", "TMPDIR": str(tmp_path)})
        python, option, code = START
        heard = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {code}"
        with subprocess.Popen(  # a shell has what it runs in the background ignore the signal
            [python, option, heard, "facts"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            reading, _ = server.accept()
            assert reading.recv(1)  # it has asked, and waits
            os.kill(process.pid, signal.SIGINT)
            out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (130, b""), err
    assert b"Traceback" not in err
    assert not any(tmp_path.glob("netclinic-*"))


def test_a_terminal_without_our_letters_shows_question_marks(indexed: Any) -> None:
    ran = indexed.process("ask", QUESTION, "--recording", "terway-out-of-ips", PYTHONIOENCODING="ascii")
    assert ran.code == 0
    assert ran.out.startswith("Cluster terway-out-of-ips ? Kubernetes 1.32.1-aliyun.1 ?")
