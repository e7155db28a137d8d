"""Every transcript, over Socket Mode and over signed HTTP."""

from pathlib import Path

import pytest

from tests.conversations.transcript import Player, read
from tests.scenes import OpenScene

FOLDER = Path(__file__).parent
TRANSCRIPTS = sorted(path.stem for path in FOLDER.glob("*.txt"))
# What arrives is the same either way; these have every kind of it: messages, commands, buttons, forms and Home.
BY_HTTP = {"cloud", "confirmed_mended_resolved", "form", "home", "slash"}
WAYS = [
    pytest.param(name, way, marks=[pytest.mark.slow] if way == "http" and name not in BY_HTTP else [])
    for name in TRANSCRIPTS
    for way in ("socket", "http")
]


@pytest.mark.parametrize(("name", "way"), WAYS)
async def test_conversation(name: str, way: str, open_scene: OpenScene) -> None:
    transcript = read(FOLDER / f"{name}.txt")
    served = {name: recording for name, recording in transcript.clusters.items() if recording != "unreachable"}
    dead = [name for name, recording in transcript.clusters.items() if recording == "unreachable"]
    settings, cloud = transcript.settings, transcript.cloud
    async with open_scene(served, settings=settings, by_http=way == "http", dead=dead, cloud=cloud) as scene:
        await Player(scene).play(transcript)


def test_there_are_conversations() -> None:
    assert len(TRANSCRIPTS) >= 10
