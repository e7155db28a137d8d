"""What fails on a cluster that a test makes up."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.diagnosis.failing import FailingHere, what_fails


@pytest.fixture(scope="session")
def look(session_on: Any) -> Callable[..., Any]:
    async def looked(objects: Any, **how: Any) -> FailingHere:
        async with session_on(objects, **how) as session:
            return await what_fails(session)

    return looked
