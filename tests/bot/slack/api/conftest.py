"""A poster in front of the local workspace."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.slack.api.client import SlackClient, make_client, make_session
from bot.slack.api.poster import Poster
from bot.slack.timing import Timing
from bot.store import Store, open_store
from tests.workspace import Workspace


class Free:
    """The lease of a process that nobody takes over."""

    async def wait_for_lease(self) -> None:
        return

    def holds_lease(self) -> bool:
        return True


@pytest.fixture
async def slack() -> AsyncIterator[Workspace]:
    async with Workspace() as workspace:
        yield workspace


@pytest.fixture
async def slack_client(slack: Workspace) -> AsyncIterator[SlackClient]:
    async with make_session() as session:
        yield SlackClient(make_client(slack.bot_token, session, slack.environment["SLACK_API_URL"]))


@pytest.fixture
def plain_store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def poster(slack_client: SlackClient, plain_store: Store) -> Poster:
    return Poster(slack_client, plain_store, Free(), Timing(cleanup_pauses=(1.0, 2.0, 4.0)))
