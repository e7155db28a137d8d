"""A built index answers without what built it: no command that runs needs an extra of netclinic."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command_line import Netclinic
from tests.missing import EXTRAS, without

RUN = without(EXTRAS) + "from bot.cli import main; main()"
QUESTION = "pods stuck in ContainerCreating, InvalidVSwitchId.IpNotEnough"
OWN = """\
---
id: team-mail-gateway
title: The mail gateway rejects its licence
kind: guide
symptoms:
  - the mail gateway rejects its licence
  - mail gateway says licence expired
  - customers get no mail since the licence was renewed
  - 邮件网关许可证无效
---

## Cause
The licence server is asked once a day.

## Steps
1. Restart the mail gateway.
"""


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("match", QUESTION, "-o", "json"), "terway-vswitch-out-of-ips"),
        (("ask", QUESTION, "--recording", "terway-out-of-ips", "-o", "json"), '"outcome":"confirmed"'),
        (("check", "--recording", "flannel-ip-leak", "-o", "json"), "flannel-ip-leak"),
        (("knowledge", "test", "flannel-ip-leak"), "verdicts are as expected"),
        (("knowledge", "lint"), "No problems"),
        (("handoff", "1h", "--no-recheck"), "Nothing to hand over"),
        (("index", "status"), "ready"),
        (("serve", "--check", "-o", "json"), "It is ready in"),
        (("serve", "--check"), "OTEL_EXPORTER_OTLP_ENDPOINT is set, but sending them takes netclinic[traces]"),
    ],
    ids=lambda value: "-".join(value[:2]) if isinstance(value, tuple) else "",
)
def test_no_command_needs_an_extra(
    indexed: Netclinic, put_sqlite: Callable[[Path], Path], tmp_path: Path, command: tuple[str, ...], said: str
) -> None:
    database = f"sqlite:///{put_sqlite(tmp_path)}"
    collector = "http://127.0.0.1:9"
    ran = indexed.python(
        RUN, *command, NETCLINIC_DATABASE_URL=database, OTEL_EXPORTER_OTLP_ENDPOINT=collector, COLUMNS="300"
    )
    assert said in ran.out, ran.err
    assert "Traceback" not in ran.err


def test_what_takes_an_extra_names_it(netclinic: Netclinic, tmp_path: Path) -> None:
    for command in (("match", "x"), ("index", "build"), ("index", "status")):
        ran = netclinic.python(RUN, *command, NETCLINIC_DATA_DIR=str(tmp_path))
        assert (ran.code, ran.out) == (2, "")
        assert len(ran.err.splitlines()) == 1
        assert "netclinic[build]" in ran.err
    ran = netclinic.python(RUN, "match", "x", NETCLINIC_EMBEDDING_MODEL="some/model", NETCLINIC_DATA_DIR=str(tmp_path))
    assert "The embedding model some/model takes sentence_transformers" in ran.err


@pytest.mark.slow
def test_entries_of_ones_own_are_found_without_it_and_the_status_says_how(indexed: Netclinic, tmp_path: Path) -> None:
    own, cache = tmp_path / "own", tmp_path / "cache"
    own.mkdir()
    (own / "team-mail-gateway.md").write_text(OWN, encoding="utf-8")
    cache.mkdir()
    for folder in (indexed.data_dir / "index").iterdir():
        if folder.is_dir():
            shutil.copytree(folder, cache / folder.name)
    settings = {"NETCLINIC_KNOWLEDGE_DIR": str(own), "NETCLINIC_INDEX_DIR": str(cache)}
    before = indexed.python(RUN, "index", "status", **settings)
    assert "not built" in before.out
    found = indexed.python(RUN, "match", "our mail gateway does not accept the new licence", "-o", "json", **settings)
    assert found.code == 0, found.err
    assert found.json["matches"][0]["entry"] == "team-mail-gateway"
    assert found.json["in_scope"]
    status = indexed.python(RUN, "index", "status", **settings)
    assert "ready" in status.out
    assert "1 entry of yours (team-mail-gateway) was added" in status.out
    assert "netclinic[build]" in status.out
