"""What a newcomer sees first."""

import asyncio
import re
import signal
import sys

import aiohttp
import pytest

from tests.command_line import ROOT, Netclinic


@pytest.mark.slow
async def test_the_page_opens_with_a_question_and_its_answer(indexed: Netclinic) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.demo", "--port", "0"),
        cwd=ROOT,
        env=indexed.environment({}),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        said = await asyncio.wait_for(process.stdout.readuntil(b"(Ctrl-C ends it)"), 300)
        url = re.search(r"The workspace is open at (\S+)/", said.decode())
        assert url, said
        async with aiohttp.ClientSession() as session, session.get(f"{url[1]}/control/state") as reply:
            state = await reply.json()
    finally:
        process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 60) == 0
    opening = state["opening"]
    thread = [one for one in state["messages"][opening["channel"]] if one.get("thread_ts") == opening["ts"]]
    assert any("CONFIRMED" in str(one.get("blocks")) for one in thread)
    settled = [str(one.get("blocks")) for said in state["messages"].values() for one in said]
    assert any("CONFIRMED" in text and "ngw-bp1nat" in text for text in settled)
