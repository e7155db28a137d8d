"""Reading facts from small clusters."""

from typing import Any

import pytest

from bot.cluster.facts import read_fact

RUNS = {"desiredNumberScheduled": 3, "numberReady": 3}


@pytest.fixture
def read(session_on: Any) -> Any:
    async def facts(objects: list[Any], *names: str, **how: Any) -> Any:
        async with session_on(objects, **how) as session:
            found = [await read_fact(session, name) for name in names]
        return found[0].value if len(found) == 1 else [fact.value for fact in found]

    return facts
