"""Questions in Slack: what reaches the cluster, what is stored and recorded, and what is said when something fails."""

import asyncio
import re

from sqlalchemy import text

from bot.store.cases import Cases
from index.search import Index
from tests.scenes import SECONDS, OpenScene, Scene

STUCK = "@netclinic pods stuck in ContainerCreating"


def records(scene: Scene) -> list[tuple[str, str, str]]:
    """Every audit record: action, request and case."""
    with scene.services.store.reading() as connection:
        found = connection.execute(text('SELECT action, request_id, "case" FROM audit_records ORDER BY seq'))
        return [(str(row[0]), str(row[1]), str(row[2])) for row in found]


STATUS = "assistant.threads.setStatus"


async def test_a_status_says_that_it_looks_and_the_answer_is_one_fresh_message(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
        answer = await scene.answer("inc-shop", ts)
        assert "CONFIRMED" in answer.plain
        assert (answer.edited, answer.versions) == (None, [])
        await scene.idle()
        methods = [call.method for call in scene.slack.calls]
        assert (methods.count("chat.postMessage"), methods.count("chat.update")) == (1, 0)
        set_ = [call.args["status"] for call in scene.slack.calls if call.method == STATUS]
        assert set_[0] == "is looking at prod…"
        assert all(words.startswith("is looking at prod: ") for words in set_[1:] if words)
        assert scene.slack.status("inc-shop", ts) == ""


async def test_unasked_failures_leave_no_status(open_scene: OpenScene) -> None:
    """Nobody waits for a word of ours; so nothing takes the status away but we."""
    settings = {"NETCLINIC_INCIDENT_CHANNELS": "inc-*"}
    async with open_scene({"prod": "terway-out-of-ips"}, settings=settings) as scene:
        with scene.services.store.writing() as connection:
            connection.execute(text("ALTER TABLE diagnoses RENAME TO elsewhere"))
        words = "pods stuck in ContainerCreating, InvalidVSwitchId.IpNotEnough"
        ts = await scene.slack.people.say("ada", "inc-shop", words)
        await scene.slack.until(lambda: [c for c in scene.slack.calls if c.method == STATUS and c.args["status"] == ""])
        await scene.idle()
        assert scene.slack.replies("inc-shop", ts) == []
        assert scene.slack.status("inc-shop", ts) == ""
        message = next(m for m in scene.slack.messages("inc-shop") if m.ts == ts)
        await scene.slack.until(lambda: not message.reactions)
        with scene.services.store.writing() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO diagnoses"))


async def test_what_is_looked_at_in_silence_is_on_record_and_shows_nowhere(open_scene: OpenScene) -> None:
    settings = {"NETCLINIC_INCIDENT_CHANNELS": "inc-*", "NETCLINIC_UNASKED_CONFIDENCE": "1"}
    async with open_scene({"prod": "terway-healthy"}, settings=settings) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", "pods stuck in ContainerCreating since 10 min")
        await scene.slack.until(lambda: "verdict.reached" in [action for action, _, _ in records(scene)], SECONDS)
        await scene.idle()
        actions = [(action, case) for action, _, case in records(scene) if not action.startswith(("audit", "settings"))]
        assert {"question.received", "entries.considered", "cluster.read"} <= {action for action, _ in actions}
        assert {case for _, case in actions} == {""}
        shown = {STATUS, "reactions.add", "chat.postMessage", "chat.postEphemeral"}
        assert not shown & {call.method for call in scene.slack.calls}
        assert scene.slack.replies("inc-shop", ts) == []
        assert Cases(scene.services.store).for_thread(scene.slack.team.id, "C0INCSHOP1", ts) is None


async def test_where_slack_takes_no_status_one_message_says_that_it_looks_and_becomes_the_answer(
    open_scene: OpenScene,
) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        scene.slack.fail(STATUS, "refused", error="unknown_method", times=None)
        ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
        answer = await scene.answer("inc-shop", ts)
        assert "CONFIRMED" in answer.plain
        assert answer.versions[0].startswith("Looking at “pods stuck in ContainerCreating” on prod.")
        assert len(scene.slack.replies("inc-shop", ts)) == 1
        assert [call.method for call in scene.slack.calls].count("chat.postMessage") == 1
        again = await scene.slack.people.say("lin", "ops", STUCK)
        await scene.answer("ops", again)
        assert [call.method for call in scene.slack.calls].count(STATUS) == 1, "it is not asked again"


async def test_what_was_asked_and_answered_is_kept_with_its_thread(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", f"{STUCK} ns=shop")
        answer = await scene.answer("inc-shop", ts)
        cases, channel = Cases(scene.services.store), answer.channel
        await scene.slack.until(lambda: (cases.for_thread(scene.slack.team.id, channel, ts) or answer).link)
        case = cases.for_thread(scene.slack.team.id, channel, ts)
        assert case is not None
        assert case.id in answer.plain
        assert (case.cluster, case.namespace, case.outcome) == ("prod", "shop", "confirmed")
        assert (case.question, case.opened_by) == ("pods stuck in ContainerCreating", "U0ADA00001")
        assert case.link.endswith(f"p{ts.replace('.', '')}")
        (kept,) = cases.answers(case.id)
        assert (kept.id, kept.message_ts, kept.kind) == (f"{scene.slack.team.id}:{channel}:{ts}", answer.ts, "ask")


async def test_the_audit_log_holds_every_step_in_its_order(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
        answer = await scene.answer("inc-shop", ts)
        request = f"{scene.slack.team.id}:{answer.channel}:{ts}"
        await scene.slack.until(lambda: ("message.posted", request) in [record[:2] for record in records(scene)])
        mine = [record for record in records(scene) if record[1] == request]
        actions = list(dict.fromkeys(action for action, _, _ in mine))
        assert actions == [
            "question.received",
            "entries.considered",
            "cluster.read",
            "cluster.read.done",
            "verdict.reached",
            "message.posting",
            "message.posted",
        ]
        reads = [action for action, _, _ in mine if action == "cluster.read"]
        assert len(reads) == len(scene.clusters.servers["prod"].requests)
        assert {case for action, _, case in mine if action.startswith(("cluster", "verdict"))} == {
            re.findall(r"NC-\w+", answer.plain)[0]
        }


async def test_in_a_crowded_channel_each_question_has_one_message_that_is_its_answer(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        people = scene.slack.people
        scene.slack.fail(STATUS, "refused", error="unknown_method", times=None)
        asked = await asyncio.gather(*(people.say("ada", "inc-shop", f"{STUCK} since {n + 5} min") for n in range(8)))
        answers = [await scene.answer("inc-shop", ts) for ts in asked]
        assert [len(scene.slack.replies("inc-shop", ts)) for ts in asked] == [1] * 8
        assert [answer for answer in answers if len(answer.versions) == 0]
        (last,), cases = [each for each in answers if "Same as NC-" not in each.plain], Cases(scene.services.store)
        thread = last.thread_ts
        await scene.slack.until(lambda: (cases.for_thread(scene.slack.team.id, last.channel, thread) or last).link)
        (kept,) = cases.answers(re.findall(r"NC-\w+", last.plain)[0])
        assert kept.message_ts == last.ts
        await people.press("lin", last, "Resolve")
        await scene.answer("inc-shop", thread, "Resolved by")
        assert len(scene.slack.replies("inc-shop", thread)) == 1


async def test_the_same_question_within_the_minute_shares_the_look(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        people = scene.slack.people
        first, second, other = await asyncio.gather(
            people.say("ada", "inc-shop", STUCK),
            people.say("lin", "inc-shop", "@netclinic Pods  stuck in containercreating"),
            people.say("sam", "ops", STUCK),
        )
        answers = [await scene.answer("inc-shop", ts) for ts in (first, second)]
        answers.append(await scene.answer("ops", other))
        assert all("CONFIRMED" in answer.plain for answer in answers)
        assert sum("Same as NC-" in answer.plain for answer in answers) == 2
        versions = [served for served in scene.clusters.servers["prod"].requests if served.path == "/version"]
        assert len(versions) == 2, "one look for each channel"


async def test_a_first_message_that_is_too_old_to_be_changed_does_not_stay_beside_the_answer(
    open_scene: OpenScene,
) -> None:
    """As after a night in which the bot was down: workspaces may let nobody edit what is older than some minutes."""
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        scene.slack.fail(STATUS, "refused", times=None)
        scene.slack.fail("chat.update", "status", times=None)
        ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating")
        first = await scene.slack.until(lambda: scene.slack.reply("inc-shop", ts), 60)
        first.is_too_old = True
        scene.slack.heal()
        answer = await scene.answer("inc-shop", ts, "CONFIRMED")
        await scene.idle()
        assert [message.ts for message in scene.slack.replies("inc-shop", ts)] == [answer.ts]
        assert answer.ts != first.ts


async def test_an_answer_whose_first_message_somebody_deleted_is_posted_anew(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        scene.slack.fail(STATUS, "refused", times=None)
        scene.slack.fail("chat.update", "status", times=None)
        ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
        first = await scene.slack.until(lambda: scene.slack.reply("inc-shop", ts))
        await scene.slack.until(lambda: any(call.method == "chat.update" for call in scene.slack.calls))
        scene.slack.team.remove(first)
        scene.slack.heal()
        answer = await scene.answer("inc-shop", ts)
        assert answer.ts != first.ts
        await scene.slack.people.press("lin", answer, "Resolve")
        await scene.answer("inc-shop", ts, "Resolved by")
        assert [one.ts for one in scene.slack.replies("inc-shop", ts)] == [answer.ts]


async def test_edits_joins_other_bots_and_silence_between_people_get_nothing(open_scene: OpenScene) -> None:
    settings = {"NETCLINIC_INCIDENT_CHANNELS": "inc-*"}
    async with open_scene({"prod": "terway-out-of-ips"}, settings=settings) as scene:
        people = scene.slack.people
        ts = await people.say("ada", "inc-shop", "lunch?")
        await people.edit("ada", "inc-shop", ts, "lunch at noon?")
        await people.webhook("inc-shop", "pods stuck in ContainerCreating, InvalidVSwitchId.IpNotEnough")
        await people.say("alerts", "inc-shop", f"{STUCK}")
        await people.join("sam", "inc-shop")
        asked = await people.say("lin", "inc-shop", STUCK)
        await scene.answer("inc-shop", asked)
        bot = scene.slack.team.bot.bot_id
        assert [m.thread_ts for m in scene.slack.messages("inc-shop") if m.bot_id == bot] == [asked]
        assert {request for action, request, _ in records(scene) if action == "question.received"} == {
            f"{scene.slack.team.id}:C0INCSHOP1:{asked}"
        }


async def test_an_unexpected_failure_ends_with_a_sentence_and_an_id(open_scene: OpenScene) -> None:
    class Torn:
        """A matcher whose index is torn."""

        def match(self, words: str) -> object:
            raise RuntimeError("the index is torn")

    async with open_scene({"prod": "terway-out-of-ips"}, matcher=Torn()) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
        answer = await scene.answer("inc-shop", ts, "This could not be answered")
        assert "torn" not in answer.plain
        assert f"{scene.slack.team.id}:{answer.channel}:{ts}" in answer.plain
        assert len(scene.slack.replies("inc-shop", ts)) == 1


async def test_what_cannot_be_recorded_is_not_done(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        with scene.services.store.writing() as connection:
            connection.execute(text("ALTER TABLE audit_records RENAME TO elsewhere"))
        ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
        await scene.answer("inc-shop", ts, "This could not be answered")
        assert scene.clusters.servers["prod"].requests == []
        with scene.services.store.writing() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO audit_records"))


async def test_a_picture_and_a_file_of_somebody_else_are_not_read(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        people = scene.slack.people
        ts = await people.say("ada", "inc-shop", "@netclinic", files=[("screen.png", b"\x89PNG")])
        answer = await scene.answer("inc-shop", ts, "screen.png is no text, so it was not read")
        assert scene.clusters.servers["prod"].requests == []
        scene.slack.team.files_url = "http://127.0.0.1:1"  # Slack's own hosts alone get the token
        ts = await people.say("ada", "inc-shop", "@netclinic pods stuck", files=[("app.log", "error")])
        answer = await scene.answer("inc-shop", ts, "app.log was not read: paste the lines with the error.")
        assert "the file is kept somewhere else" in answer.plain


async def test_without_any_cluster_the_knowledge_is_given(open_scene: OpenScene, shared_index: Index) -> None:
    async with open_scene({}) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", f"{STUCK}, InvalidVSwitchId.IpNotEnough")
        answer = await scene.answer("inc-shop", ts, "SUSPECTED")
        assert "No cluster was read" in answer.plain


async def test_unasked_questions_are_stored_while_slack_does_not_say_where_they_were_asked(
    open_scene: OpenScene,
) -> None:
    settings = {"NETCLINIC_INCIDENT_CHANNELS": "inc-*"}
    async with open_scene({"prod": "terway-out-of-ips"}, settings=settings) as scene:
        scene.slack.fail("conversations.info", "status", times=None)
        words = "pods stuck in ContainerCreating, InvalidVSwitchId.IpNotEnough"
        elsewhere = await scene.slack.people.say("sam", "ops", words)
        ts = await scene.slack.people.say("ada", "inc-shop", words)
        await scene.slack.until(lambda: [call.method for call in scene.slack.calls].count("conversations.info") >= 4)
        await scene.slack.until(lambda: all(sent.acknowledged for sent in scene.slack.delivery.sent))
        scene.slack.heal()
        await scene.answer("inc-shop", ts)
        assert scene.slack.replies("ops", elsewhere) == []


async def test_a_start_while_slack_is_away_still_stores_what_slack_delivers(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}, by_http=True) as scene:
        await scene.bot.stop()
        scene.slack.fail("*", "status", times=None)
        await scene.bot.start()
        ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
        await scene.slack.until(lambda: all(sent.acknowledged for sent in scene.slack.delivery.sent))
        scene.slack.heal()
        await scene.answer("inc-shop", ts)
        assert len(scene.slack.replies("inc-shop", ts)) == 1


async def test_all_records_of_a_question_bear_the_case_of_its_cluster(open_scene: OpenScene) -> None:
    """In a thread about two clusters, also the first record, which is made before the case is."""
    async with open_scene({"prod-a": "terway-out-of-ips", "prod-b": "terway-out-of-ips"}) as scene:
        people, team, channel = scene.slack.people, scene.slack.team.id, "C0INCSHOP1"
        ts = await people.say("ada", "inc-shop", f"{STUCK} on prod-a")
        await scene.answer("inc-shop", ts, "CONFIRMED on prod-a")
        other = await people.say("ada", "inc-shop", "@netclinic and on prod-b?", ts)
        await scene.answer("inc-shop", ts, "CONFIRMED on prod-b")
        await scene.idle()
        more = await people.say("ada", "inc-shop", "@netclinic pods on prod-a in namespace shop are stuck", ts)
        await scene.slack.until(lambda: len(scene.slack.replies("inc-shop", ts)) == 3, SECONDS)
        over = await people.say("ada", "inc-shop", "@netclinic fixed on prod-b", ts)
        await scene.answer("inc-shop", ts, "Resolved on prod-b")
        none = await people.say("ada", "inc-shop", "@netclinic and on prod-c?", ts)
        await scene.answer("inc-shop", ts, "There is no cluster prod-c")
        await scene.idle()
        cases = {case.cluster: case.id for case in Cases(scene.services.store).of_thread(team, channel, ts)}
        assert cases.keys() == {"prod-a", "prod-b"}
        for asked, cluster in ((ts, "prod-a"), (other, "prod-b"), (more, "prod-a"), (over, "prod-b"), (none, "prod-a")):
            request = f"{team}:{channel}:{asked}"
            found = {case for _, made_by, case in records(scene) if made_by == request}
            assert found == {cases[cluster]}, (asked, cluster)
