"""One line a record, with what it is about, and never a secret."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.slack import logs

SECRETS = ["local-signing-secret", "p:ss/word"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root, kept = logging.getLogger(), (logging.getLogger().handlers[:], logging.getLogger().level)
    yield io.StringIO()
    root.handlers[:], level = kept
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_what_it_is_about(stream: io.StringIO) -> None:
    logs.configure_logging("info", stream=stream, replica="r1")
    with logs.log_context(request_id="T1:C1:1.1", case="NC-7F3K2Q"):
        logging.getLogger("netclinic.work").warning("Two\nlines of %s", "it", extra={"step": "post"})
    [line] = lines(stream)
    assert line["message"] == "Two\nlines of it"
    assert {key: line[key] for key in ("level", "logger", "replica", "request_id", "case", "step")} == {
        "level": "warning",
        "logger": "netclinic.work",
        "replica": "r1",
        "request_id": "T1:C1:1.1",
        "case": "NC-7F3K2Q",
        "step": "post",
    }
    assert line["time"].endswith("Z")


def test_what_it_is_about_ends_with_the_block(stream: io.StringIO) -> None:
    logs.configure_logging("info", stream=stream)
    with logs.log_context(case="NC-7F3K2Q"):
        pass
    logging.getLogger("netclinic").info("Later.")
    assert "case" not in lines(stream)[0]


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcBrzbqgy",
        "xoxe.xoxb-1-Mi0yLTE3NjUzNjcyNDgx",
        "xapp-1-A1B2C3-1234567890-abcdef0123456789",
        "xoxp-23984754863-2348975623103",
        "local-signing-secret",
        "p:ss/word",
    ],
)
def test_no_secret_is_in_a_line_wherever_it_came_from(stream: io.StringIO, secret: str) -> None:
    logs.configure_logging("debug", SECRETS, stream)
    log = logging.getLogger("slack_sdk.web.async_client")
    log.error("Token %s was refused", secret)
    log.error("Headers: %s", {"Authorization": f"Bearer {secret}"}, extra={"arguments": {"token": secret}})
    try:
        raise SlackApiError(f"The request with {secret} failed", {"error": "invalid_auth", "token": secret})
    except SlackApiError:
        log.exception("It failed")
    assert secret not in stream.getvalue()
    assert len(lines(stream)) == 3
    assert "SlackApiError" in lines(stream)[2]["exception"]


@pytest.mark.parametrize("text", ["postgresql://bot:s3cr%2Fet@db:5432/x", "postgresql+psycopg://bot:s3cr%2Fet@db/x"])
def test_a_password_in_a_url_is_masked_and_the_rest_stays(stream: io.StringIO, text: str) -> None:
    logs.configure_logging("info", stream=stream)
    logging.getLogger("sqlalchemy").error("cannot connect to %s", text)
    assert "s3cr" not in stream.getvalue()
    assert "bot:********@db" in stream.getvalue()


@pytest.mark.parametrize(
    "text", ["the pod xoxo-love is pending", "http://10.0.0.1:8080/healthz@x", "case NC-7F3K2Q", "a bearer of news"]
)
def test_what_only_looks_like_a_secret_stays(stream: io.StringIO, text: str) -> None:
    logs.configure_logging("info", SECRETS, stream)
    logging.getLogger("netclinic").info("%s", text)
    assert lines(stream)[0]["message"] == text


def test_libraries_are_quiet_unless_in_trouble(stream: io.StringIO) -> None:
    logs.configure_logging("debug", stream=stream)
    bolt = logging.getLogger("slack_bolt.AsyncApp")
    bolt.level = logging.DEBUG  # as bolt itself does
    bolt.warning("As you gave `client` as well, `token` will be unused.")
    logging.getLogger("dbos").info("DBOS launched!")
    logging.getLogger("dbosnotours").info("Not of DBOS.")
    bolt.error("A listener failed")
    assert [line["message"] for line in lines(stream)] == ["Not of DBOS.", "A listener failed"]


def test_a_record_whose_arguments_do_not_fit_is_logged_all_the_same(stream: io.StringIO) -> None:
    logs.configure_logging("info", stream=stream)
    logging.getLogger("netclinic").info("%d pods", "many")
    assert lines(stream)[0]["message"] == "%d pods"


def test_a_terminal_gets_text(stream: io.StringIO) -> None:
    terminal = Terminal()
    logs.configure_logging("info", SECRETS, terminal)
    with logs.log_context(case="NC-7F3K2Q"):
        logging.getLogger("netclinic").warning("Given up with xoxb-1-abc")
    assert "Given up with ********  (case=NC-7F3K2Q)" in terminal.getvalue()
