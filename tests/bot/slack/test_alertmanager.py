"""Alerts by the webhook, by the real Alertmanager and Prometheus: one thread an alert, whatever happens."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.store.cases import Cases
from tests.alertmanager import Alertmanager, needs_alertmanager, needs_prometheus
from tests.clusters import Clusters
from tests.processes import SECONDS, Served, tokens
from tests.scenes import OpenScene, Scene
from tests.workspace import Message, Workspace

TOKEN = "a-token-of-tests-and-nothing-else"
LABELS = {"alertname": "KubePodNotReady", "cluster": "prod", "namespace": "shop", "pod": "web-5f7d9c6b8-k2x9q"}
SUMMARY = "pods stuck in ContainerCreating, InvalidVSwitchId.IpNotEnough"
SETTINGS = {"NETCLINIC_ALERTS_TOKEN": TOKEN, "NETCLINIC_ALERTS_CHANNELS": "inc-shop,team=ops:ops"}


def posted(status: str = "firing", fingerprint: str = "f1", at: str = "2026-11-29T01:00:00Z", **labels: str) -> Any:
    told = {"status": status, "labels": {**LABELS, **labels}, "annotations": {"summary": SUMMARY}, "startsAt": at}
    return {**told, "endsAt": "0001-01-01T00:00:00Z", "fingerprint": fingerprint}


async def post(body: Any, token: str = TOKEN) -> tuple[int, str]:
    where = os.environ.get("NETCLINIC_HTTP_ADDRESS") or os.environ["NETCLINIC_HEALTH_ADDRESS"]
    url = f"http://{where}/alerts"
    data = {"data": body} if isinstance(body, bytes) else {"json": body}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as session, session.post(url, headers=headers, **data) as reply:
        return reply.status, await reply.text()


def roots(slack: Workspace, channel: str = "inc-shop") -> list[Message]:
    bot = slack.team.bot.bot_id
    return [m for m in slack.messages(channel) if m.bot_id == bot and m.thread_ts in (None, m.ts)]


async def thread_with(slack: Workspace, words: str, channel: str = "inc-shop") -> list[Message]:
    """The bot's replies in the one thread of the channel, once one of them holds these words."""

    def there() -> list[Message] | None:
        replies = [reply for root in roots(slack, channel) for reply in slack.replies(channel, root.ts)]
        return replies if any(words in reply.plain for reply in replies) else None

    found: list[Message] = await slack.until(there, SECONDS)
    return found


async def test_who_has_no_token_is_turned_away_before_anything_is_read(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}, settings=SETTINGS) as scene:
        for token in ("", "wrong", TOKEN[:-1], TOKEN + "x"):
            assert (await post(b"no json", token))[0] == 401
        for body in (b"no json", {}, {"alerts": [{}]}, {"alerts": {}}, [], {"alerts": [{**posted(), "labels": 1}]}):
            status, sentence = await post(body)
            assert status == 400
            assert sentence.startswith("These are no alerts as Alertmanager's webhook posts them: ")
            assert "\n" not in sentence
        assert await post({"alerts": []}) == (200, "0 alerts stored")
        await scene.idle()
        assert roots(scene.slack) == []


async def test_without_a_token_nothing_answers(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-healthy"}):
        assert (await post({"alerts": [posted()]}))[0] == 404


@pytest.mark.parametrize("by_http", [False, True])
async def test_fires_is_told_again_is_over_and_fires_again(open_scene: OpenScene, by_http: bool) -> None:
    served = {"prod": "terway-out-of-ips", "calm": "terway-healthy"}
    async with open_scene(served, settings=SETTINGS, by_http=by_http) as scene:
        assert await post({"alerts": [posted()]}) == (200, "1 alert stored")
        await thread_with(scene.slack, "CONFIRMED")
        [root] = roots(scene.slack)
        assert "Alert KubePodNotReady on prod" in root.plain
        assert "pod shop/web-5f7d9c6b8-k2x9q" in root.plain
        await scene.slack.until(lambda: "red_circle" in root.reactions)
        await post({"alerts": [posted()]})
        await thread_with(scene.slack, "told 2 times")
        await scene.clusters.serve("terway-healthy", "prod")
        await post({"alerts": [posted("resolved")]})
        await thread_with(scene.slack, "✓ KubePodNotReady is resolved on prod, says Alertmanager.")
        await thread_with(scene.slack, "KubePodNotReady is not firing any more on prod: told 2 times")
        await scene.idle()
        await scene.slack.until(lambda: "white_circle" in root.reactions)
        replies = await thread_with(scene.slack, "resolved")
        assert not [reply for reply in replies[3:] if "CONFIRMED: " in reply.plain]
        await post({"alerts": [posted(at="2026-11-29T03:00:00Z")]})
        await thread_with(scene.slack, "KubePodNotReady fires again on prod.")
        await scene.idle()
        assert len(roots(scene.slack)) == 1


async def test_whose_cause_stands_in_a_thread_says_so_and_opens_no_case_once_it_is_over(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}, settings=SETTINGS) as scene:
        asked = await scene.slack.people.say("ada", "ops", "@netclinic pods stuck in ContainerCreating")
        standing = await scene.answer("ops", asked, "CONFIRMED")
        await scene.idle()
        await post({"alerts": [posted()]})
        await thread_with(scene.slack, "Same as NC-")
        await scene.slack.until(lambda: "1 alert says so" in standing.plain, SECONDS)
        await scene.clusters.serve("terway-healthy", "prod")
        await post({"alerts": [posted("resolved")]})
        await thread_with(scene.slack, "✓ KubePodNotReady is resolved on prod, says Alertmanager.")
        await post({"alerts": [posted(at="2026-11-29T03:00:00Z")]})
        await thread_with(scene.slack, "KubePodNotReady fires again on prod.")
        await scene.idle()
        replies = await thread_with(scene.slack, "fires again")
        assert len(replies) == 3
        assert not [reply for reply in replies if "I look at the cluster again" in reply.plain]
        assert len(Cases(scene.services.store).list_open(scene.slack.team.id, "U0ADA00001")) == 1


async def test_the_label_says_the_channel_and_an_unknown_cluster_is_asked_for(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips", "calm": "terway-healthy"}, settings=SETTINGS) as scene:
        await post({"alerts": [posted(team="ops", cluster="mars")]})
        replies = await thread_with(scene.slack, "There is no cluster mars here.", "ops")
        assert "CONFIRMED" not in "".join(reply.plain for reply in replies)
        assert roots(scene.slack) == []


async def is_one_storm(scene: Scene, number: int) -> None:
    await thread_with(scene.slack, f"{number} alerts like this one on prod")
    await scene.idle()
    replies = await thread_with(scene.slack, f"{number} alerts like this one on prod")
    assert len(roots(scene.slack)) == 1
    assert sum("CONFIRMED" in reply.plain for reply in replies) == 1
    assert len(replies) == 2


@pytest.mark.slow
async def test_a_storm_is_one_case_with_a_count(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}, settings=SETTINGS) as scene:
        names = ("KubePodNotReady", "KubeDeploymentReplicasMismatch")
        storm = [posted(fingerprint=f"f{n}", pod=f"web-{n}", alertname=names[n % 2]) for n in range(200)]
        assert await post({"alerts": storm}) == (200, "200 alerts stored")
        await is_one_storm(scene, 200)


@needs_alertmanager
@needs_prometheus
@pytest.mark.slow
async def test_prometheus_and_alertmanager(open_scene: OpenScene, tmp_path: Path) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}, settings=SETTINGS) as scene:
        url = f"http://{os.environ['NETCLINIC_HEALTH_ADDRESS']}/alerts"
        alerting = Alertmanager(tmp_path / "alerting", url, TOKEN)
        try:
            await alerting.start()
            labels = {name: value for name, value in LABELS.items() if name != "alertname"}
            rule = {"alert": "KubePodNotReady", "labels": labels, "annotations": {"summary": SUMMARY}}
            await alerting.start_prometheus({**rule, "expr": "vector(1)"})
            await thread_with(scene.slack, "CONFIRMED")
            alerting.write_rule({**rule, "expr": "vector(1) > 2"})
            await thread_with(scene.slack, "✓ KubePodNotReady is resolved on prod")
            await scene.idle()
            assert len(roots(scene.slack)) == 1
        finally:
            alerting.end()


Stage = tuple[Workspace, Served, Alertmanager]


@pytest.fixture
async def stage(tmp_path: Path, data_dir: Path) -> AsyncIterator[Stage]:
    async with contextlib.AsyncExitStack() as stack:
        clusters = Clusters(tmp_path / "kubeconfig", stack)
        await clusters.serve("terway-out-of-ips", "prod")
        slack = await stack.enter_async_context(Workspace())
        environment = {
            **tokens(slack),
            **SETTINGS,
            "KUBECONFIG": str(clusters.path),
            "NETCLINIC_INDEX_DIR": str(data_dir / "index"),
        }
        bot = Served(tmp_path, environment)
        stack.callback(bot.end)
        alerting = Alertmanager(tmp_path / "alerting", f"http://127.0.0.1:{bot.port}/alerts", TOKEN)
        stack.callback(alerting.end)
        yield slack, bot, alerting


@needs_alertmanager
@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "accepted", "times"),
    [
        ("conversations.list", False, 1),  # stored and acknowledged, its channel is being looked up
        ("chat.postMessage", False, 1),  # about to post the alert
        ("chat.postMessage", True, 1),  # the alert is posted, and the reply is lost
        ("chat.getPermalink", False, 1),  # all is said
    ],
)
async def test_killed_at_each_step(stage: Stage, method: str, accepted: bool, times: int) -> None:
    slack, bot, alerting = stage
    bot.start(quick=True)
    await bot.serving()
    await alerting.start()
    slack.fail(method, "hang", accepted=accepted, times=None)
    await alerting.alert(LABELS, summary=SUMMARY)
    await slack.until(lambda: sum(call.method == method for call in slack.calls) >= times, SECONDS)
    await asyncio.sleep(0.2)
    bot.kill()
    slack.heal()
    bot.start(quick=True)
    await bot.serving()
    await thread_with(slack, "CONFIRMED")
    await asyncio.sleep(2.0)
    replies = await thread_with(slack, "CONFIRMED")
    assert len(roots(slack)) == 1
    assert sum("CONFIRMED" in reply.plain for reply in replies) == 1


async def told_of_an_alert(stage: Stage) -> Stage:
    """The bot serves, and all is said about one alert."""
    slack, bot, alerting = stage
    bot.start(quick=True)
    await bot.serving()
    await alerting.start()
    await alerting.alert(LABELS, summary=SUMMARY)
    await thread_with(slack, "CONFIRMED")
    await slack.until(lambda: "chat.getPermalink" in [call.method for call in slack.calls], SECONDS)
    return stage


async def dies_during(slack: Workspace, bot: Served, method: str, accepted: bool, told: Callable[[], Any]) -> None:
    """``kill -9`` while Slack keeps the reply to what is done about what was ``told``; then the next start."""
    before = sum(call.method == method for call in slack.calls)
    slack.fail(method, "hang", accepted=accepted, times=None)
    await told()
    await slack.until(lambda: sum(call.method == method for call in slack.calls) > before, SECONDS)
    bot.kill()
    slack.heal()
    bot.start(quick=True)
    await bot.serving()


@needs_alertmanager
@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "accepted"),
    [
        ("chat.postMessage", False),  # about to say that it is over
        ("chat.postMessage", True),  # that is said, and the reply is lost
        ("chat.update", False),  # looked again, and about to show that in the first answer
    ],
)
async def test_killed_while_it_is_resolved(stage: Stage, method: str, accepted: bool) -> None:
    slack, bot, alerting = await told_of_an_alert(stage)
    await dies_during(slack, bot, method, accepted, lambda: alerting.alert(LABELS, summary=SUMMARY, is_over=True))
    await thread_with(slack, "Still there on prod after")
    await thread_with(slack, "Still there: ")  # in the first answer, which is brought up to date
    await asyncio.sleep(2.0)
    said = [reply.plain for reply in await thread_with(slack, "is resolved on prod")]
    assert len(roots(slack)) == 1
    once = ("CONFIRMED on prod", "is resolved on prod", "Still there on prod after")
    assert [sum(words in text for text in said) for words in once] == [1, 1, 1]


@needs_alertmanager
@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "accepted"),
    [
        ("chat.postMessage", False),  # about to say how many there are
        ("chat.postMessage", True),  # that is said, and the reply is lost
        ("chat.update", True),  # the number is brought up to date, and nobody knows
    ],
)
async def test_killed_while_a_storm_is_counted(stage: Stage, method: str, accepted: bool) -> None:
    slack, bot, alerting = await told_of_an_alert(stage)

    async def more() -> None:
        for number in range(3):
            await alerting.alert({**LABELS, "pod": f"web-{number}"}, summary=SUMMARY)

    await dies_during(slack, bot, method, accepted, more)
    await thread_with(slack, "4 alerts like this one on prod")
    await asyncio.sleep(2.0)
    said = [reply.plain for reply in await thread_with(slack, "4 alerts like this one on prod")]
    assert len(roots(slack)) == 1
    assert [sum(words in text for text in said) for words in ("CONFIRMED", "alerts like this one")] == [1, 1]


@needs_alertmanager
@pytest.mark.slow
async def test_killed_before_it_is_stored(stage: Stage) -> None:
    """Alertmanager finds nobody there, and comes again."""
    slack, bot, alerting = stage
    await alerting.start()
    await alerting.alert(LABELS, summary=SUMMARY)
    await asyncio.sleep(2.0)
    bot.start(quick=True)
    await thread_with(slack, "CONFIRMED")
    assert len(roots(slack)) == 1
