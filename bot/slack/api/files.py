"""The text of a file that was sent with a message, as far as we read one.

The bot's token goes to Slack alone: to its own hosts, or to the one that ``SLACK_API_URL`` names. Redirects are not
followed: without the scope ``files:read`` Slack sends to its page to sign in.
https://docs.slack.dev/messaging/working-with-files/, https://docs.slack.dev/reference/objects/file-object/
"""

import asyncio
from urllib.parse import urlsplit

import aiohttp

from bot.slack.api.client import TIMEOUT, SlackClient, find_proxy, make_session
from bot.slack.api.errors import SlackUnavailable, slack_refused, to_slack_error
from bot.slack.pastes import MOST_READ

MISSING_SCOPE = "missing_scope"
HOSTS = (".slack.com", ".slack-gov.com")
WHAT = "reading a file"


class FileReader:
    """Reads files with the token of ``slack``."""

    def __init__(self, slack: SlackClient) -> None:
        self._slack = slack

    async def read_text(self, file: str, url: str) -> str:
        """Its text, cut where it is too long; ``url`` is ``url_private``, asked for by its id where that is empty.

        Raises:
            SlackUnavailable: Slack cannot be reached, or is not well.
            SlackRefused: it is none of Slack's, or Slack shows it to nobody with our token.
        """
        address = url or str(((await self._slack.call("files.info", file=file)).get("file") or {}).get("url_private"))
        if not self.is_slacks(address):
            raise slack_refused(WHAT, "file_elsewhere")
        return (await self._download(address)).decode("utf-8", "replace")

    def is_slacks(self, url: str) -> bool:
        """Whether it is an address of Slack's, which may see the token."""
        own = urlsplit(str(self._slack.client.base_url))
        try:
            where = urlsplit(url)
            is_slack = where.scheme == "https" and (where.hostname or "").endswith(HOSTS) and where.port is None
        except ValueError:
            return False
        return is_slack or (where.scheme, where.netloc) == (own.scheme, own.netloc)

    async def _download(self, url: str) -> bytes:
        session = self._slack.client.session or make_session()
        headers = {"Authorization": f"Bearer {self._slack.client.token}"}
        try:
            async with (
                asyncio.timeout(TIMEOUT + 1),
                session.get(url, headers=headers, allow_redirects=False, proxy=find_proxy(url)) as reply,
            ):
                status, kind = reply.status, reply.content_type
                content = await _first(reply.content) if status == 200 else b""
        except Exception as error:
            raise to_slack_error(WHAT, error) from error
        if status == 429 or status >= 500:
            raise SlackUnavailable(f"Slack is not well: it answered {WHAT} with status {status}.")
        if status in (301, 302, 303, 307, 401, 403) or kind == "text/html":
            raise slack_refused(WHAT, MISSING_SCOPE)
        if status != 200:
            raise slack_refused(WHAT, "file_not_found")
        return content


async def _first(stream: aiohttp.StreamReader) -> bytes:
    """As much as is read of it; a character may take four bytes."""
    content = bytearray()
    async for chunk in stream.iter_chunked(16_384):
        content += chunk
        if len(content) > 4 * MOST_READ:
            break
    return bytes(content)
