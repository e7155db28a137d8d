"""A Slack that does not know every method: what is not needed for an answer is done without."""

import pytest

from tests.scenes import OpenScene
from tests.workspace import Workspace

OUT = {"prod": "terway-out-of-ips"}
BARE = (
    "assistant.threads.setStatus",
    "chat.getPermalink",
    "conversations.info",
    "conversations.list",
    "files.getUploadURLExternal",
    "reactions.add",
    "reactions.remove",
    "usergroups.list",
    "users.info",
    "views.publish",
)


def impoverish(slack: Workspace) -> None:
    """From now on those calls meet a server that has no such page."""
    for method in BARE:
        slack.fail(method, "status", status=404, times=None)


@pytest.mark.parametrize("settings", [{}, {"NETCLINIC_INCIDENT_CHANNELS": "inc-*", "NETCLINIC_ONCALL_CHANNEL": "ops"}])
async def test_questions_and_buttons_need_few_methods(open_scene: OpenScene, settings: dict[str, str]) -> None:
    async with open_scene(OUT, settings=settings) as scene:
        impoverish(scene.slack)
        ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating")
        answer = await scene.answer("inc-shop", ts)
        assert "CONFIRMED" in answer.plain
        await scene.slack.people.press("lin", answer, "Re-check")
        await scene.answer("inc-shop", ts, "Still there")
        await scene.idle()
        await scene.slack.people.press("lin", answer, "Resolve")
        await scene.answer("inc-shop", ts, "Resolved by")
        assert len(scene.slack.replies("inc-shop", ts)) == 3


async def test_commands_and_handoffs_need_few_methods(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        impoverish(scene.slack)
        await scene.slack.people.command("ada", "inc-shop", "/netclinic ask pods stuck in ContainerCreating")
        await scene.alone("ada", "CONFIRMED")
        await scene.slack.people.command("ada", "inc-shop", "/netclinic handoff 12h")
        await scene.slack.until(
            lambda: any("Nothing to hand over" in m.plain for m in scene.slack.messages("inc-shop"))
        )
        await scene.slack.people.command("ada", "inc-shop", "/netclinic cases")
        await scene.alone("ada", "None is open")
