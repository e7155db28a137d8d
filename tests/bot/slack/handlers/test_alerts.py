"""Alerts of bots in channels: storms, and what must never be answered."""

import pytest

from bot.slack.handlers.alerts import says_it_is_over
from tests.scenes import SECONDS, OpenScene, Scene

SETTINGS = {"NETCLINIC_ALERT_BOTS": "Alerts,Prometheus"}
TEXT = "pods stuck in ContainerCreating, InvalidVSwitchId.IpNotEnough"


async def posts(scene: Scene, number: int) -> str:
    attachment = {
        "title": f"[FIRING:1] KubePodNotReady shop/web-{number}",
        "text": TEXT,
        "fields": [{"title": "cluster", "value": "prod"}, {"title": "pod", "value": f"web-{number}"}],
    }
    return await scene.slack.people.say("alerts", "inc-shop", "", attachments=[attachment], blocks=[])


@pytest.mark.parametrize("number", [12, pytest.param(200, marks=pytest.mark.slow)])
async def test_a_storm_is_one_case_with_a_count(open_scene: OpenScene, number: int) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}, settings=SETTINGS) as scene:
        said = [await posts(scene, each) for each in range(number)]

        def counted() -> bool:
            replies = [reply.plain for ts in said for reply in scene.slack.replies("inc-shop", ts)]
            return any(f"{number} alerts like this one on prod: KubePodNotReady ×{number}." in text for text in replies)

        await scene.slack.until(counted, 5 * SECONDS)
        await scene.idle()
        threads = [ts for ts in said if scene.slack.replies("inc-shop", ts)]
        assert len(threads) == 1
        replies = [reply.plain for reply in scene.slack.replies("inc-shop", threads[0])]
        assert len(replies) == 2
        assert sum("CONFIRMED" in text for text in replies) == 1


async def test_a_webhook_by_its_name_and_nobody_in_threads(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}, settings=SETTINGS) as scene:
        webhook = scene.slack.people.webhook
        unlisted = await webhook("inc-shop", TEXT, username="Grafana")
        listed = await webhook("inc-shop", TEXT, username="Prometheus")
        await scene.answer("inc-shop", listed, "CONFIRMED")
        await webhook("inc-shop", TEXT, username="Prometheus", thread=listed)
        await scene.idle()
        assert scene.slack.replies("inc-shop", unlisted) == []
        bot = scene.slack.team.bot.bot_id
        assert len([reply for reply in scene.slack.replies("inc-shop", listed) if reply.bot_id == bot]) == 1


@pytest.mark.parametrize(
    ("words", "is_over"),
    [
        ("[RESOLVED] KubePodNotReady", True),
        ("\N{WHITE HEAVY CHECK MARK} Resolved #12: DNS latency", True),
        ("[OK] CoreDNS latency", True),
        ("【已恢复】节点 NotReady", True),
        ("恢复正常：CoreDNS", True),
        ("[FIRING:1] NamesNotResolved", False),
        ("[FIRING:1] Resolved names are stale", False),
        ("okd-router is down", False),
        ("", False),
    ],
)
def test_what_is_over_says_so_first(words: str, is_over: bool) -> None:
    assert says_it_is_over(words) is is_over


async def test_an_alert_that_is_counted_shows_what_was_found_and_that_it_is_over(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}, settings=SETTINGS) as scene:
        first, second = await posts(scene, 1), await posts(scene, 2)
        answer = await scene.slack.until(
            lambda: next((found for ts in (first, second) if (found := scene.slack.reply("inc-shop", ts))), None),
            SECONDS,
        )

        def shown() -> list[list[str]]:
            team, channel = scene.slack.team, scene.slack.team.channel("inc-shop").id
            messages = [team.find(channel, ts) for ts in (first, second)]
            return [[name for name, by in each.reactions.items() if team.bot.id in by] for each in messages if each]

        await scene.slack.until(lambda: shown() == [["red_circle"], ["red_circle"]], SECONDS)
        await scene.slack.people.say("ada", "inc-shop", "@netclinic resolve", answer.thread_ts)
        await scene.slack.until(lambda: shown() == [["white_check_mark"], ["white_check_mark"]], SECONDS)
