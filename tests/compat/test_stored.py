"""What version 0.1 stored, read by the present command line: its audit log holds, its handoffs read as they did."""

import hashlib
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.command_line import Netclinic
from tests.compat.conftest import slack_then, text

FIELDS = (
    *("time", "action", "actor_kind", "actor_id", "actor_name", "channel", "team", "case", "cluster", "entry"),
    *("request_id", "outcome", "detail", "words", "prev"),
)


def hash_of(row: dict[str, Any]) -> str:
    """As version 0.1 hashed: all fields but the hash, the form's version, keys in order, compact, UTF-8."""
    form = {"v": 1, "seq": row["seq"], **{name: row[name] for name in FIELDS}}
    return hashlib.sha256(
        json.dumps(form, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


def frozen(name: str = "netclinic") -> sqlite3.Connection:
    """The frozen database, in memory."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(text(f"{name}.sql.gz"))
    connection.row_factory = sqlite3.Row
    return connection


def rows(query: str) -> list[dict[str, Any]]:
    with closing(frozen()) as connection:
        return [dict(row) for row in connection.execute(query)]


def test_the_audit_log_holds_with_the_anchor_that_was_posted(thawed: Netclinic) -> None:
    said = [message.get("text", "") for message in slack_then()["messages"]]
    (anchor,) = {found for words in said for found in re.findall(r"anchor (\d+:[0-9a-f]{64}) at", words)}
    ran = thawed("audit", "verify", "--anchor", anchor)
    assert ran.code == 0, ran.err + ran.out
    assert "1 anchor checked" in ran.out
    last = rows("SELECT hash FROM audit_records ORDER BY seq DESC LIMIT 1")[0]
    assert last["hash"] in ran.out.replace("\n", "")


def test_records_are_listed_shown_and_given_out(thawed: Netclinic) -> None:
    stored = rows("SELECT * FROM audit_records ORDER BY seq")
    listed = thawed("audit", "list", "--limit", "1000", "--action", "verdict", "-o", "json")
    assert listed.code == 0, listed.err
    verdicts = [row for row in stored if row["action"] == "verdict.reached"]
    assert [record["hash"] for record in listed.json] == [row["hash"] for row in reversed(verdicts)]
    asked = next(row for row in stored if row["action"] == "question.received")
    shown = thawed("audit", "show", str(asked["seq"]), "-o", "json").json
    assert shown[0]["hash"] == asked["hash"]
    assert "pods stuck in ContainerCreating" in json.dumps(shown)
    given = thawed("audit", "export")
    assert given.code == 0, given.err
    hashes = [line["annotations"]["netclinic/hash"] for line in given.lines]
    assert hashes[: len(stored)] == [row["hash"] for row in stored]


def test_handoffs_read_as_they_did(thawed: Netclinic, tmp_path: Path) -> None:
    for row in rows("SELECT id, text, picture FROM handoffs"):
        shown = thawed("handoff", "--show", row["id"], "--out", str(tmp_path))
        assert shown.code == 0, shown.err
        assert (tmp_path / f"{row['id']}.md").read_text(encoding="utf-8") == row["text"]
        if row["picture"]:
            assert (tmp_path / f"{row['id']}.png").read_bytes() == row["picture"]


def test_what_is_stored_goes_on(thawed: Netclinic) -> None:
    """A handoff is made of the cases and answers of that time; its records go on with their chain, hashed as they
    were; no migration has taken anything away."""
    made = thawed("handoff", "12h", "--no-recheck", "-o", "json")
    assert made.code == 0, made.err
    told = json.dumps(made.json, ensure_ascii=False)
    for row in rows("SELECT id FROM cases WHERE state = 'open'"):
        assert row["id"] in told
    assert "It says nothing of the quota." in told

    with closing(sqlite3.connect(thawed.data_dir / "netclinic.sqlite")) as after, closing(frozen()) as before:
        after.row_factory = sqlite3.Row
        stored = [dict(row) for row in after.execute("SELECT * FROM audit_records ORDER BY seq")]
        assert len(stored) > len(rows("SELECT seq FROM audit_records"))
        prev = stored[0]["prev"]
        for row in stored:
            assert (row["hash"], row["prev"]) == (hash_of(row), prev)
            prev = row["hash"]
        for table, columns in _columns(before).items():
            assert columns <= _columns(after)[table], table
            if table != "alembic_version":
                count = f'SELECT count(*) FROM "{table}"'  # noqa: S608
                assert after.execute(count).fetchone()[0] >= before.execute(count).fetchone()[0], table


def _columns(connection: sqlite3.Connection) -> dict[str, set[str]]:
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: {row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')} for table in tables}
