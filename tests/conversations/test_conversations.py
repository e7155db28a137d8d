"""Every transcript, over Socket Mode and over signed HTTP."""

from pathlib import Path

import pytest

from tests.conversations.transcript import Player, read
from tests.scenes import OpenScene

FOLDER = Path(__file__).parent
TRANSCRIPTS = sorted(path.stem for path in FOLDER.glob("*.txt"))


@pytest.mark.parametrize("way", ["socket", "http"])
@pytest.mark.parametrize("name", TRANSCRIPTS)
async def test_conversation(name: str, way: str, open_scene: OpenScene) -> None:
    transcript = read(FOLDER / f"{name}.txt")
    served = {name: recording for name, recording in transcript.clusters.items() if recording != "unreachable"}
    dead = [name for name, recording in transcript.clusters.items() if recording == "unreachable"]
    async with open_scene(served, settings=transcript.settings, by_http=way == "http", dead=dead) as scene:
        await Player(scene).play(transcript)


def test_there_are_conversations() -> None:
    assert len(TRANSCRIPTS) >= 10
