"""Whatever happens to the process, a question that Slack delivered is answered once.

The real process is killed (``kill -9``) at each step of a question; where it is, is told by what Slack, or the cluster,
keeps from it: a call that never comes back holds it there.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.clusters import Clusters
from tests.ports import free_port
from tests.processes import SECONDS, Served, tokens
from tests.workspace import Message, Workspace
from tests.workspace.calls import Call
from tests.workspace.methods import METHODS

CLUSTER = "terway-out-of-ips"
ASKED = "@netclinic pods stuck in ContainerCreating"
ANSWERED = "CONFIRMED"
STATUS = "assistant.threads.setStatus"


@dataclass
class Stage:
    """A workspace, a cluster, and a bot that may be killed."""

    slack: Workspace
    clusters: Clusters
    bot: Served

    async def starts(self, *, quick: bool = False, **more: str) -> None:
        self.bot.start(quick=quick, **more)
        await self.bot.serving()

    async def asks(self, words: str = ASKED, channel: str = "inc-shop") -> str:
        return await self.slack.people.say("ada", channel, words)

    async def called(self, method: str, times: int = 1) -> None:
        """Slack has got this call (and may be keeping the reply)."""
        await self.slack.until(lambda: self.calls(method) >= times, SECONDS)

    def calls(self, method: str) -> int:
        return sum(1 for call in self.slack.calls if call.method == method)

    async def answered_once(self, ts: str, channel: str = "inc-shop") -> Message:
        """The one answer; some time later it is still the only one."""

        def there() -> Message | None:
            found = self.slack.reply(channel, ts)
            return found if found is not None and ANSWERED in found.plain else None

        answer = await self.slack.until(there, SECONDS)
        await asyncio.sleep(1.5)
        assert [reply.ts for reply in self.slack.replies(channel, ts)] == [answer.ts]
        assert self.slack.status(channel, ts) == ""
        return answer

    async def shows_what_was_found(self, ts: str, channel: str = "inc-shop") -> None:
        """The question bears one emoji of the bot, and it is the right one."""
        message = next(each for each in self.slack.messages(channel) if each.ts == ts)
        await self.slack.until(lambda: message.reactions == {"red_circle": [self.slack.team.bot.id]}, SECONDS)

    def takes_no_status(self) -> None:
        """So that a first message says that it looks, and becomes the answer."""
        self.slack.fail(STATUS, "refused", times=None)


@pytest.fixture
async def stage(tmp_path: Path, database_url: str, data_dir: Path) -> AsyncIterator[Stage]:
    async with contextlib.AsyncExitStack() as stack:
        clusters = Clusters(tmp_path / "kubeconfig", stack)
        await clusters.serve(CLUSTER)
        slack = await stack.enter_async_context(Workspace(retry_after=(1.0, 2.0, 5.0, 10.0, 20.0)))
        environment = {
            **tokens(slack),
            "KUBECONFIG": str(clusters.path),
            "NETCLINIC_INDEX_DIR": str(data_dir / "index"),
            "NETCLINIC_CHANNELS": "inc-*,ops",  # so that it asks for a channel's name before it says anything
            "NETCLINIC_DATABASE_URL": database_url if database_url.startswith("postgresql") else "",
        }
        bot = Served(tmp_path, environment)
        stack.callback(bot.end)
        yield Stage(slack, clusters, bot)


only_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
slow = pytest.mark.slow


@dataclass(frozen=True)
class Death:
    """``kill -9`` while Slack has a call, which it had ``accepted`` or not, and keeps the reply."""

    method: str
    accepted: bool


async def dies_during(stage: Stage, *deaths: Death, quick: bool = False, by_status: bool = True) -> None:
    """Each is survived: the next start answers once, and is the one that dies next."""
    await stage.starts(quick=quick)
    for death in deaths:
        if not by_status:
            stage.takes_no_status()
        stage.slack.fail(death.method, "hang", accepted=death.accepted, times=None)
        before = stage.calls(death.method)
        ts = await stage.asks()
        await stage.called(death.method, before + 1)
        await asyncio.sleep(0.2)
        stage.bot.kill()
        stage.slack.heal()
        if not by_status:
            stage.takes_no_status()
        await stage.starts(quick=quick)
        await stage.answered_once(ts)
        await stage.shows_what_was_found(ts)


@only_sqlite
async def test_posted_and_killed_before_it_knows(stage: Stage) -> None:
    await dies_during(stage, Death("chat.postMessage", accepted=True), quick=True)


@only_sqlite
@slow
async def test_killed_while_slack_sets_the_status(stage: Stage) -> None:
    await dies_during(stage, Death(STATUS, accepted=True), quick=True)


@slow
@only_sqlite
async def test_before_it_is_stored(stage: Stage) -> None:
    await stage.starts()
    stage.bot.processes[-1].send_signal(signal.SIGSTOP)
    ts = await stage.asks()
    await stage.slack.until(lambda: any(sent.attempts for sent in stage.slack.delivery.sent))
    stage.bot.kill()
    await stage.starts()
    await stage.answered_once(ts)


@slow
@pytest.mark.parametrize(
    "deaths",
    [
        [
            Death("conversations.info", accepted=False),  # stored and acknowledged, nothing said yet
            Death("reactions.add", accepted=False),  # about to show that it looks
            Death("reactions.add", accepted=True),  # that is shown, and nobody knows
            Death(STATUS, accepted=False),
        ],
        [
            Death(STATUS, accepted=True),
            Death("chat.postMessage", accepted=False),  # looked, and about to post the answer, which is noted
            Death("chat.postMessage", accepted=True),  # the answer is posted, and nobody knows
            Death("reactions.remove", accepted=True),  # answered, and about to show what was found
        ],
    ],
    ids=["before it looks", "when it has looked"],
)
async def test_during_a_call_to_slack(stage: Stage, deaths: list[Death]) -> None:
    await dies_during(stage, *deaths)


@slow
async def test_during_a_call_to_slack_that_takes_no_status(stage: Stage) -> None:
    await dies_during(
        stage,
        Death("chat.postMessage", accepted=False),  # about to post the first message, which is noted, and not posted
        Death("chat.postMessage", accepted=True),  # posted, and the reply is lost
        Death("chat.update", accepted=False),  # looked, and about to show the answer
        Death("chat.update", accepted=True),  # the answer is shown, and nobody knows
        by_status=False,
    )


@slow
@only_sqlite
@pytest.mark.parametrize(("method", "accepted"), [("chat.postMessage", True), ("chat.update", False)])
async def test_while_a_private_answer_is_shared(stage: Stage, method: str, accepted: bool) -> None:
    await stage.starts()
    await stage.slack.people.command("ada", "ops", "/netclinic ask pods stuck in ContainerCreating")
    seen = stage.slack.ephemerals
    private = await stage.slack.until(lambda: next((m for m in seen("ada") if ANSWERED in m.plain), None), SECONDS)
    stage.slack.fail(method, "hang", accepted=accepted, times=None)
    await stage.slack.people.press("ada", private, "Share to channel")
    await stage.called(method)
    stage.bot.kill()
    stage.slack.heal()
    await stage.starts()
    await stage.slack.until(lambda: "Shared to the channel" in private.plain, SECONDS)
    (shared,) = stage.slack.messages("ops")
    assert ANSWERED in shared.plain
    assert "Resolve" in shared.plain


@slow
@only_sqlite
@pytest.mark.parametrize(
    ("button", "line"), [("I'm on it", "is on it."), ("Re-check", "Still there"), ("Resolve", "Resolved by")]
)
async def test_a_line_in_the_thread_is_posted_and_nobody_knows(stage: Stage, button: str, line: str) -> None:
    """It stands there once, and the answer is brought up to it, also where Slack takes no status."""
    await stage.starts()
    stage.takes_no_status()
    ts = await stage.asks()
    answer = await stage.answered_once(ts)
    before = stage.calls("chat.postMessage")
    stage.slack.fail("chat.postMessage", "hang", accepted=True, times=None)
    await stage.slack.people.press("lin", answer, button)
    await stage.called("chat.postMessage", before + 1)
    await asyncio.sleep(0.2)
    stage.bot.kill()
    stage.slack.heal()
    stage.takes_no_status()
    await stage.starts()
    await stage.slack.until(lambda: line in stage.slack.replies("inc-shop", ts)[-1].plain, SECONDS)
    said = {"I'm on it": "on it: <@U0LIN00002>", "Re-check": "Still there", "Resolve": "Resolved by"}[button]
    await stage.slack.until(lambda: said in stage.slack.replies("inc-shop", ts)[0].plain, SECONDS)
    await asyncio.sleep(1.5)
    assert len([reply for reply in stage.slack.replies("inc-shop", ts) if line in reply.plain and reply != answer]) == 1
    assert len(stage.slack.replies("inc-shop", ts)) == 2


@slow
@only_sqlite
async def test_while_the_cluster_is_being_read(stage: Stage) -> None:
    reading = asyncio.Event()

    async def hang(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        reading.set()
        await asyncio.Event().wait()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    good = stage.clusters.path.read_text(encoding="utf-8")
    url = stage.clusters.servers[CLUSTER].url
    stage.clusters.path.write_text(
        good.replace(url, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"), encoding="utf-8"
    )
    await stage.starts()
    ts = await stage.asks()
    await asyncio.wait_for(reading.wait(), SECONDS)
    stage.bot.kill()
    stage.clusters.path.write_text(good, encoding="utf-8")
    await stage.starts()
    await stage.answered_once(ts)
    server.close()


@slow
@only_sqlite
async def test_again_and_again_while_ten_questions_are_under_way(stage: Stage) -> None:
    await stage.starts()
    asked = [await stage.asks(f"{ASKED} number {number}", ("inc-shop", "ops")[number % 2]) for number in range(10)]
    for pause in (0.3, 1.1):  # what dies a third time in the same step is set aside: test_recovery.py
        await asyncio.sleep(pause)
        stage.bot.kill()
        await stage.starts()
    for number, ts in enumerate(asked):
        await stage.answered_once(ts, ("inc-shop", "ops")[number % 2])


@pytest.mark.parametrize("how", ["status", "ratelimited", "drop"])
@slow
@only_sqlite
async def test_slack_away_for_a_while_is_waited_for(stage: Stage, how: str) -> None:
    await stage.starts()
    stage.slack.fail("*", how, times=None)
    ts = await stage.asks()
    await stage.called("conversations.info", 3)
    stage.slack.heal()
    await stage.answered_once(ts)


@slow
@only_sqlite
async def test_the_same_event_delivered_again_is_answered_once(stage: Stage) -> None:
    await stage.starts()
    ts = await stage.asks()
    await stage.answered_once(ts)
    sent = [item for item in stage.slack.delivery.sent if item.payload.get("event", {}).get("ts") == ts]
    assert {item.payload["event"]["type"] for item in sent} == {"message", "app_mention"}
    for item in sent:
        stage.slack.delivery.event(item.payload)
    await stage.slack.until(lambda: all(item.acknowledged for item in stage.slack.delivery.sent), SECONDS)
    await stage.answered_once(ts)


@slow
@only_sqlite
async def test_after_sigterm_it_ends_in_order_and_the_next_start_goes_on(stage: Stage) -> None:
    await stage.starts()
    stage.slack.fail("chat.postMessage", "status", times=None)
    ts = await stage.asks()
    await stage.called("chat.postMessage", 2)
    stage.bot.processes[-1].terminate()
    assert await asyncio.to_thread(stage.bot.processes[-1].wait, SECONDS) == 0
    stage.slack.heal()
    await stage.starts()
    await stage.answered_once(ts)


@slow
@pytest.mark.parametrize("quick", [True, False])
@only_postgresql
async def test_a_second_replica_goes_on_with_the_work_of_one_that_was_killed(stage: Stage, quick: bool) -> None:
    await stage.starts(quick=quick)
    stage.slack.fail("chat.postMessage", "hang", accepted=True, times=None)
    asked = [await stage.asks(f"{ASKED} number {number}", ("inc-shop", "ops")[number]) for number in range(2)]
    await stage.called("chat.postMessage", 2)
    other = free_port()
    stage.bot.start(port=other, quick=quick, NETCLINIC_DATA_DIR=str(stage.bot.folder / "elsewhere"))
    await stage.bot.serving(other)
    stage.bot.processes[0].kill()
    stage.slack.heal()
    for number, ts in enumerate(asked):
        await stage.answered_once(ts, ("inc-shop", "ops")[number])


@slow
@only_postgresql
async def test_a_handoff_by_schedule_is_posted_once_by_two_replicas(stage: Stage) -> None:
    due = datetime.now(UTC) + timedelta(seconds=120)
    settings = {
        "NETCLINIC_HANDOFF_SCHEDULE": f"{due.minute} {due.hour} * * *",
        "NETCLINIC_TIME_ZONE": "UTC",
        "NETCLINIC_ONCALL_CHANNEL": "ops",
    }
    await stage.starts(**settings)
    other = free_port()
    stage.bot.start(port=other, NETCLINIC_DATA_DIR=str(stage.bot.folder / "elsewhere"), **settings)
    await stage.bot.serving(other)
    await stage.answered_once(await stage.asks())
    assert datetime.now(UTC) < due.replace(second=0), "this machine is too slow for the test"
    posted = await stage.slack.until(lambda: stage.slack.messages("ops"), SECONDS + 120)
    await stage.slack.until(lambda: len(stage.slack.thread("ops", posted[0].ts)) == 3, SECONDS)
    await asyncio.sleep(5)
    (handoff,) = [message for message in stage.slack.messages("ops") if not message.thread_ts]
    assert handoff.plain.startswith("Handoff: 1 open")
    _, *below = stage.slack.thread("ops", handoff.ts)
    assert [file.name.rpartition(".")[2] for message in below for file in message.files] == ["png", "md"]


def digest_just_due() -> dict[str, str]:
    """Settings by which a digest of the clusters was due a minute ago: it is made up for at the start."""
    due = datetime.now(UTC) - timedelta(minutes=1)
    schedule = f"{due.minute} {due.hour} * * *"
    return {
        "NETCLINIC_FLEET_SCHEDULE": schedule,
        "NETCLINIC_FLEET_CHANNEL": "ops",
        "NETCLINIC_TIME_ZONE": "UTC",
    }


async def digest_posted_once(stage: Stage) -> None:
    (first, *_) = await stage.slack.until(lambda: stage.slack.messages("ops"), SECONDS)
    await stage.answered_once(await stage.asks())  # which takes longer than another digest would
    assert [message.ts for message in stage.slack.messages("ops")] == [first.ts]
    assert first.plain.startswith("1 of 1 cluster is not well.")


@slow
@pytest.mark.parametrize("accepted", [True, False])
@only_sqlite
async def test_a_digest_of_the_clusters_is_posted_once_though_its_process_is_killed(
    stage: Stage, accepted: bool
) -> None:
    settings = digest_just_due()
    stage.slack.fail("chat.postMessage", "hang", accepted=accepted, times=None)
    await stage.starts(quick=True, **settings)
    await stage.called("chat.postMessage")
    stage.bot.kill()
    stage.slack.heal()
    await stage.starts(quick=True, **settings)
    await digest_posted_once(stage)


@slow
@only_postgresql
async def test_a_digest_of_the_clusters_is_posted_once_by_two_replicas(stage: Stage) -> None:
    settings = digest_just_due()
    await stage.starts(quick=True, **settings)
    other = free_port()
    stage.bot.start(port=other, quick=True, NETCLINIC_DATA_DIR=str(stage.bot.folder / "elsewhere"), **settings)
    await stage.bot.serving(other)
    await digest_posted_once(stage)


@slow
@pytest.mark.parametrize("quick", [True, False])
@only_sqlite
async def test_a_first_message_that_slack_posts_after_two_kills_does_not_stay_beside_the_answer(
    stage: Stage, quick: bool
) -> None:
    """The first process gave the call to Slack, the second one answered and was killed while it looked out for it."""
    await stage.starts(quick=quick)
    stage.takes_no_status()
    stage.slack.fail("chat.postMessage", "hang", times=None)
    ts = await stage.asks()
    await stage.called("chat.postMessage")
    (given,) = [call for call in stage.slack.calls if call.method == "chat.postMessage"]
    stage.bot.kill()
    stage.slack.heal()
    stage.takes_no_status()
    await stage.starts()  # which looks out for longer than the test takes
    answer = await stage.slack.until(
        lambda: next((m for m in stage.slack.replies("inc-shop", ts) if ANSWERED in m.plain), None), SECONDS
    )
    stage.bot.kill()
    METHODS["chat.postMessage"].answer(Call(stage.slack, "chat.postMessage", given.args))
    assert "Looking" in stage.slack.replies("inc-shop", ts)[-1].plain
    await stage.starts(quick=quick)
    await stage.slack.until(lambda: len(stage.slack.replies("inc-shop", ts)) == 1, SECONDS)
    assert stage.slack.replies("inc-shop", ts)[0].ts == answer.ts
    assert ANSWERED in stage.slack.replies("inc-shop", ts)[0].plain


@slow
@only_sqlite
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.getPermalink", "chat.update"])
async def test_what_stands_in_another_thread_is_told_once(stage: Stage, method: str) -> None:
    """Killed while it is posted, before the standing case's address is known, or while that case is told."""
    await stage.starts(quick=True)
    first = await stage.asks()
    await stage.answered_once(first)
    stage.slack.fail(method, "hang", accepted=True, times=None)
    before = stage.calls(method)
    again = await stage.asks("@netclinic pods stuck, InvalidVSwitchId.IpNotEnough", "ops")
    await stage.called(method, before + 1)
    await asyncio.sleep(0.2)
    stage.bot.kill()
    stage.slack.heal()
    await stage.starts(quick=True)
    answer = await stage.answered_once(again, "ops")
    assert "Same as NC-" in answer.plain
    (standing,) = stage.slack.replies("inc-shop", first)
    asked = await stage.slack.people.say("sam", "ops", ASKED)
    told = await stage.answered_once(asked, "ops")
    assert "Same as NC-" in told.plain
    await stage.slack.until(lambda: "2 people ask" in standing.plain, SECONDS)


@slow
@only_sqlite
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_a_question_asked_again_in_its_thread_gets_one_line(stage: Stage, method: str) -> None:
    """Killed while the line is posted, or while the answer above it is brought up to date."""
    await stage.starts(quick=True)
    first = await stage.asks()
    answer = await stage.answered_once(first)
    stage.slack.fail(method, "hang", accepted=True, times=None)
    before = stage.calls(method)
    await stage.slack.people.say("lin", "inc-shop", "@netclinic our pods are stuck in ContainerCreating", first)
    await stage.called(method, before + 1)
    await asyncio.sleep(0.2)
    stage.bot.kill()
    stage.slack.heal()
    await stage.starts(quick=True)

    await stage.slack.until(lambda: "2 people ask" in answer.plain, SECONDS)
    await asyncio.sleep(1.5)
    replies = stage.slack.replies("inc-shop", first)
    assert replies[0].ts == answer.ts
    assert ["Still there" in reply.plain and ANSWERED not in reply.plain for reply in replies[1:]] == [True]


@slow
@only_sqlite
async def test_that_it_is_resolved_is_said_in_the_other_thread_too(stage: Stage) -> None:
    """Killed while the thread is told, and again while the other one is."""
    await stage.starts(quick=True)
    first = await stage.asks()
    standing = await stage.answered_once(first)
    other = await stage.answered_once(await stage.asks("@netclinic pods stuck, IpNotEnough", "ops"), "ops")
    assert "Same as NC-" in other.plain
    stage.slack.fail("chat.postMessage", "hang", accepted=True, times=None)
    before = stage.calls("chat.postMessage")
    await stage.slack.people.press("ada", standing, "Resolve")
    await stage.called("chat.postMessage", before + 1)
    stage.bot.kill()
    stage.slack.heal()
    stage.slack.fail("chat.update", "hang", accepted=False, times=None)
    before = stage.calls("chat.update")
    await stage.starts(quick=True)
    await stage.called("chat.update", before + 1)
    stage.bot.kill()
    stage.slack.heal()
    assert "Resolved by" not in other.plain
    await stage.starts(quick=True)
    await stage.slack.until(lambda: "Resolved by" in other.plain, SECONDS)
    assert "Same as NC-" in other.plain
    assert len(stage.slack.replies("inc-shop", first)) == 2, "the answer, and one line that it is resolved"
