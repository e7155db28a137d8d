"""A workspace that is quick to repeat itself, and a client in it."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.workspace import Workspace
from tests.workspace_tests.bots import client_of


@pytest.fixture
async def slack() -> AsyncIterator[Workspace]:
    async with Workspace(ack_seconds=3.0, retry_after=(0.1, 0.2, 0.3), limits="off") as open_workspace:
        yield open_workspace


@pytest.fixture
def client(slack: Workspace) -> AsyncWebClient:
    return client_of(slack)
