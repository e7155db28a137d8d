"""Whose files are read with the bot's token: Slack's alone."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.api.client import SlackClient
from bot.slack.api.errors import SlackRefused
from bot.slack.api.files import FileReader

SLACK = FileReader(SlackClient(AsyncWebClient("xoxb-1")))
LOCAL = FileReader(SlackClient(AsyncWebClient("xoxb-1", base_url="http://127.0.0.1:9/api/")))


@pytest.mark.parametrize(
    ("reader", "url"),
    [
        (SLACK, "http://files.slack.com/a"),
        (SLACK, "https://files.slack.com.example/a"),
        (SLACK, "https://evilslack.com/a"),
        (SLACK, "https://files.slack.com:8443/a"),
        (SLACK, "https://files.slack.com@example.com/a"),
        (SLACK, "http://127.0.0.1:9/a"),
        (SLACK, "ftp://files.slack.com/a"),
        (SLACK, "https://[files.slack.com/a"),
        (SLACK, "https://files.slack.com:x/a"),
        (LOCAL, "http://127.0.0.1:10/a"),
        (LOCAL, "https://127.0.0.1:9/a"),
        (LOCAL, "file:///etc/passwd"),
    ],
)
async def test_no_other_host_gets_the_token(reader: FileReader, url: str) -> None:
    with pytest.raises(SlackRefused, match="somewhere else"):
        await reader.read_text("F1", url)


@pytest.mark.parametrize(
    "url", ["https://files.slack.com/a", "https://files.slack-gov.com/a", "https://www.slack.com/a"]
)
def test_slacks_own_hosts_do(url: str) -> None:
    assert SLACK.is_slacks(url)
    assert LOCAL.is_slacks("http://127.0.0.1:9/files/F1/a.log")
