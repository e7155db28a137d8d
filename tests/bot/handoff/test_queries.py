"""What is told of a case whose answers changed, and of causes that were there before; on both databases."""

from datetime import timedelta

from sqlalchemy import update

from bot.handoff.queries import read_facts
from bot.handoff.records import CurrentState
from bot.handoff.time_range import Span
from bot.slack.blocks.handoff import handoff_message
from bot.store.cases import JOINED, Cases
from bot.store.schema import cases
from tests.bot.handoff.conftest import JONAS, MEI, Shift
from tests.databases import postgresql_is_slow

pytestmark = postgresql_is_slow

OUT = {"terway-vswitch-out-of-ips": 0.9}
GUIDE = {"terway-acceleration-mode": 0.9}
SICK, WELL, HIDDEN = "terway-out-of-ips", "terway-healthy", "terway-out-of-ips-hidden"


async def test_a_guide_asked_for_in_the_same_thread_settles_nothing(shift: Shift) -> None:
    await shift.asked("1.1", "pods stuck", OUT, before=90, recording=SICK, cluster="prod")
    await shift.asked("1.1", "which mode?", GUIDE, before=60, recording=WELL, cluster="prod")
    (case,) = (await shift.handed_off()).handoff.open
    assert (case.entry, case.outcome, case.question) == ("terway-vswitch-out-of-ips", "confirmed", "pods stuck")
    assert case.seen is not None


async def test_what_was_cleared_at_a_second_look_keeps_its_cause(shift: Shift) -> None:
    await shift.asked("1.1", "pods stuck", OUT, before=90, recording=SICK, cluster="prod")
    await shift.asked("1.1", "pods stuck", OUT, before=60, recording=WELL, cluster="prod", kind="recheck")
    kept = await shift.handed_off()
    (case,) = kept.handoff.open
    assert (case.found, case.outcome) == ("confirmed", "ruled_out")
    assert "Confirmed at first, ruled out since on cluster `prod`" in kept.text


async def test_what_was_ruled_out_when_it_was_asked_is_unexplained_not_cleared(shift: Shift) -> None:
    await shift.asked("1.1", "pods stuck", OUT, before=90, recording=WELL, cluster="prod")
    kept = await shift.handed_off({"prod": WELL})
    (case,) = kept.handoff.unexplained
    assert (case.found, case.state.now) == ("ruled_out", CurrentState.RULED_OUT)
    assert (kept.handoff.open, kept.handoff.counts.open, kept.handoff.counts.unexplained) == ((), 0, 1)
    assert kept.text.startswith("# Handoff: 1 open (1 unexplained)\n")
    assert "**“pods stuck”**" in kept.text
    assert "Cause unknown: “The vSwitch behind Terway has run out of IP addresses” (`terway-vsw" in kept.text
    assert "**Now: still ruled out.**" in kept.text
    assert "cleared" not in kept.text
    (bar,) = kept.handoff.timeline
    assert (bar.entry, bar.outcome, bar.cleared) == ("", "ruled_out", False)
    assert f"{case.ref.id} cause unknown, ruled out, open" in kept.text


async def test_what_was_ruled_out_and_is_there_now_is_an_open_case(shift: Shift) -> None:
    await shift.asked("1.1", "pods stuck", OUT, before=90, recording=WELL, cluster="prod")
    kept = await shift.handed_off({"prod": SICK})
    assert kept.text.startswith("# Handoff: 1 open\n")
    assert "**Now: now confirmed.**" in kept.text
    assert "Ruled out at first on cluster `prod`" in kept.text
    (bar,) = kept.handoff.timeline
    assert (bar.entry, bar.outcome) == ("terway-vswitch-out-of-ips", "confirmed")


async def test_a_suspicion_that_is_gone_is_not_told_as_cleared(shift: Shift) -> None:
    await shift.asked("1.1", "pods stuck", OUT, before=90, recording=HIDDEN, cluster="prod")
    kept = await shift.handed_off({"prod": WELL})
    assert kept.text.startswith("# Handoff: 1 open (1 ruled out by now)\n")
    assert "**Now: ruled out.**" in kept.text
    assert "what would settle it" not in kept.text


async def test_a_resolved_case_is_no_proof_of_what_was_ruled_out(shift: Shift) -> None:
    asked = await shift.asked("1.1", "pods stuck", OUT, before=90, recording=WELL, cluster="prod")
    shift.resolved(asked, before=50, by=JONAS)
    kept = await shift.handed_off()
    assert kept.text.startswith("# Handoff: nothing open, 1 resolved\n")
    assert f"- “pods stuck” ([{asked.id}]({asked.link})): cause unknown, “The vSwitch behind" in kept.text
    assert "was ruled out on `prod`, resolved after 40 min by Jonas." in kept.text


async def test_a_question_counts_as_unexplained_until_something_explains_it_or_it_is_resolved(shift: Shift) -> None:
    await shift.asked("1.1", "slow", {}, before=95)
    await shift.asked("2.1", "slower", {}, before=94)
    await shift.asked("2.1", "dns slow", OUT, before=90, recording=WELL, cluster="prod")  # rules one cause out
    done = await shift.asked("3.1", "slowest", {}, before=93)
    shift.resolved(done, before=50)
    handoff = (await shift.handed_off()).handoff
    assert [gap.question for gap in handoff.unanswered] == ["slow"]
    assert [case.question for case in handoff.unexplained] == ["slower"]
    assert [(gap.question, gap.later) for gap in handoff.answered_late] == [("slowest", "resolved since")]


async def test_cases_of_one_cause_on_one_cluster_are_one_item(shift: Shift) -> None:
    for number in range(15):
        case = await shift.asked(
            f"1.{number:02}", "stuck", OUT, before=90 - number, recording=SICK, cluster="prod", namespace="shop"
        )
    Cases(shift.store).assign(case.id, MEI, shift.ago(50))
    elsewhere = await shift.asked("2.1", "stuck", OUT, before=90, recording=SICK, cluster="staging")
    kept = await shift.handed_off({"prod": SICK, "staging": SICK})
    page = kept.text.partition("## Open")[2].partition("\n## ")[0]
    assert page.startswith(": 16\n")
    assert page.count("\n- **") == page.count("**Now: still there.**") == 2
    assert "(15 cases, `terway-vswitch-out-of-ips`)" in page
    assert "on cluster `prod`, namespace `shop`; open for up to 90 min; on it: Mei; nobody on the other 14." in page
    assert f"First 01:32, last 01:46; the newest first: [{case.id}]({case.link}), [" in page
    assert page.count(" and 10 more\n") == 1
    assert elsewhere.id in page


async def test_who_asks_in_other_threads_is_counted_with_the_case_that_stands(shift: Shift) -> None:
    first = await shift.asked("1.1", "pods stuck", OUT, before=90, recording=SICK, cluster="prod")
    again = await shift.asked("2.1", "pods stuck", OUT, before=80, recording=SICK, cluster="prod", user=JONAS)
    with shift.store.writing() as connection:
        joined = update(cases).where(cases.c.id == again.id)
        connection.execute(joined.values(state=JOINED, same_as=first.id))
    kept = await shift.handed_off({"prod": SICK})
    (case,) = kept.handoff.open
    assert (case.ref.id, case.askers, kept.handoff.counts.opened) == (first.id, (MEI, JONAS), 1)
    assert "open for 90 min; 2 people ask; on it: nobody." in kept.text
    assert again.id not in kept.text
    assert "2 people ask" in str(handoff_message(kept.handoff).blocks)


async def test_a_resolved_case_is_remembered_for_what_was_wrong(shift: Shift) -> None:
    asked = await shift.asked("1.1", "pods stuck", OUT, before=90, recording=SICK, cluster="prod")
    await shift.asked("1.1", "pods stuck", OUT, before=60, recording=WELL, cluster="prod", kind="recheck")
    shift.resolved(asked, before=50, by=JONAS)
    (case,) = (await shift.handed_off()).handoff.resolved
    assert (case.entry, case.outcome, case.resolved_by) == ("terway-vswitch-out-of-ips", "confirmed", JONAS)


async def test_a_case_that_was_resolved_before_the_span_is_not_told(shift: Shift) -> None:
    asked = await shift.asked("1.1", "pods stuck", OUT, before=60 * 20, recording=SICK, cluster="prod")
    shift.resolved(asked, before=60 * 13)
    assert (await shift.handed_off()).handoff.is_empty


async def test_a_cause_is_new_once(shift: Shift) -> None:
    await shift.asked("1.1", "pods stuck", OUT, before=60 * 20, recording=SICK, cluster="prod")
    await shift.asked("2.1", "pods stuck", OUT, before=60, recording=SICK, cluster="prod")
    assert (await shift.handed_off(words="12h")).handoff.new_causes == ()
    (new,) = (await shift.handed_off(words="1d", key="b")).handoff.new_causes
    assert len(new.cases) == 2


async def test_what_was_only_suspected_is_no_new_cause(shift: Shift) -> None:
    await shift.asked("1.1", "pods stuck", OUT, before=60, recording=HIDDEN, cluster="prod")
    handoff = (await shift.handed_off()).handoff
    assert handoff.new_causes == ()
    assert handoff.open[0].settle


async def test_a_cluster_that_could_not_be_read_and_can_again_is_not_blind(shift: Shift) -> None:
    await shift.asked("1.1", "pods stuck", OUT, before=90, recording="gone", cluster="prod")
    assert [item.cluster for item in (await shift.handed_off()).handoff.unreachable] == ["prod"]
    assert (await shift.handed_off({"prod": SICK}, key="b")).handoff.unreachable == ()
    await shift.asked("2.1", "pods stuck", OUT, before=60, recording=SICK, cluster="prod")
    assert (await shift.handed_off(key="c")).handoff.unreachable == ()


async def test_a_question_that_fits_nothing_on_a_cluster_out_of_reach_is_no_case(shift: Shift) -> None:
    await shift.asked("1.1", "are the pods fine", {}, before=90, recording="gone", cluster="prod")
    handoff = (await shift.handed_off()).handoff
    assert (handoff.counts.all_open, handoff.counts.unanswered, handoff.open, handoff.unanswered) == (0, 0, (), ())
    assert [(item.cluster, item.ref) for item in handoff.unreachable] == [("prod", None)], "that is worth knowing"


async def test_old_open_cases_that_nobody_touches_are_counted_and_those_of_this_week_told(shift: Shift) -> None:
    day = 60 * 24
    for number, days in enumerate((30, 20, 12, 11, 10, 9, 8)):
        await shift.asked(f"{number}.1", "pods stuck", OUT, before=days * day, recording=SICK, cluster="prod")
    await shift.asked("9.1", "pods stuck", OUT, before=3 * day, recording=SICK, cluster="prod")
    handoff = (await shift.handed_off()).handoff
    assert (handoff.counts.open, handoff.counts.stale, len(handoff.open), len(handoff.stale)) == (8, 7, 1, 5)


async def test_an_open_case_stays_open_after_a_week_whatever_was_asked_for_later_in_its_thread(shift: Shift) -> None:
    await shift.asked("1.1", "pods stuck", OUT, before=60 * 24 * 5, recording=SICK, cluster="prod")
    await shift.asked("1.1", "which mode?", GUIDE, before=60 * 24 * 5 - 5, recording=WELL, cluster="prod")
    await shift.asked("2.1", "which mode?", GUIDE, before=60 * 24 * 5, recording=WELL, cluster="prod")
    counts = (await shift.handed_off()).handoff.counts
    assert (counts.open, counts.stale) == (1, 0)
    later = await shift.handed_off(key="b", at=shift.end + timedelta(days=4))
    assert (later.handoff.counts.open, later.handoff.counts.stale) == (1, 1)
    assert later.text.startswith("# Handoff: 1 open\n")


async def test_an_old_open_case_that_is_told_in_full_is_counted_once(shift: Shift) -> None:
    """That somebody calls its answer no help is news of it."""
    old = await shift.asked("1.1", "pods stuck", OUT, before=60 * 24 * 10, recording=SICK, cluster="prod")
    quiet = await shift.asked("2.1", "pods stuck", OUT, before=60 * 24 * 9, recording=SICK, cluster="staging")
    shift.unhelpful(old, "no", before=60, entry="terway-vswitch-out-of-ips")
    kept = await shift.handed_off()
    assert kept.text.startswith("# Handoff: 2 open\n")
    assert [case.ref.id for case in kept.handoff.open] == [old.id]
    assert ([ref.id for ref in kept.handoff.stale], kept.handoff.counts.stale) == ([quiet.id], 1)


async def test_an_old_case_that_is_told_again_is_told_with_its_cause(shift: Shift) -> None:
    old = await shift.asked("1.1", "pods stuck", OUT, before=60 * 24 * 10, recording=SICK, cluster="prod")
    await shift.asked("1.1", "which mode?", GUIDE, before=60 * 24 * 10 - 5, recording=WELL, cluster="prod")
    shift.unhelpful(old, "no", before=60, entry="terway-acceleration-mode")
    (case,) = (await shift.handed_off()).handoff.open
    assert (case.entry, case.outcome) == ("terway-vswitch-out-of-ips", "confirmed")
    assert case.seen is not None


async def test_one_workspace_does_not_hear_of_another(shift: Shift) -> None:
    await shift.asked("1.1", "pods stuck", OUT, before=90, recording=SICK, cluster="prod")
    assert (await shift.handed_off(team="T0OTHER")).handoff.is_empty
    assert len((await shift.handed_off(team="T0TEAM", key="b")).handoff.open) == 1


async def test_a_direct_message_is_told_without_its_words(shift: Shift) -> None:
    await shift.asked("1.1", "my secret words", OUT, before=90, recording=SICK, cluster="prod", channel="D0MEI")
    kept = await shift.handed_off()
    assert len(kept.handoff.open) == 1
    assert "secret" not in str(kept.handoff.to_json())
    assert kept.handoff.open[0].assignee == ""


async def test_what_was_said_of_an_answer_in_a_direct_message_is_nobody_elses_business(shift: Shift) -> None:
    direct = await shift.asked("1.1", "q", OUT, before=90, recording=SICK, cluster="prod", channel="D0MEI")
    shift.unhelpful(direct, "my secret note", before=80, entry="terway-vswitch-out-of-ips", user=MEI)
    kept = await shift.handed_off()
    assert "secret" not in f"{kept.handoff.to_json()} {kept.text} {handoff_message(kept.handoff).blocks}"
    assert f"([{direct.id}]({direct.link})): Mei, in a direct message\n" in kept.text
    assert "1 answer marked as no help" in str(handoff_message(kept.handoff).blocks)


async def test_whatever_people_write_in_a_direct_message_is_never_read(shift: Shift) -> None:
    """Whoever uses these facts cannot give away what they do not hold."""
    for minute, outcome in enumerate((OUT, {}, GUIDE)):
        asked = await shift.asked(f"{minute}.1", "secret", outcome, before=90 - minute, channel="D0MEI")
        shift.unhelpful(asked, "secret", before=70, entry="", user=MEI)
    old = await shift.asked("8.1", "secret", OUT, before=60 * 24 * 10, recording=SICK, cluster="prod", channel="D0MEI")
    facts = read_facts(shift.store, Span(shift.ago(60 * 12), shift.end))
    assert (len(facts.unhelpful), len(facts.answers), [case.id for case in facts.stale]) == (3, 3, [old.id])
    assert "secret" not in str(facts)


async def test_names_known_by_an_earlier_handoff_are_used_again(shift: Shift) -> None:
    case = await shift.asked("1.1", "pods stuck", OUT, before=90, recording=SICK, cluster="prod")
    Cases(shift.store).assign(case.id, MEI, shift.ago(80))
    first = await shift.handed_off()
    assert "on it: Mei" in first.text
    from bot.handoff.make import HandoffGenerator, HandoffRequest
    from tests.bot.handoff.conftest import END, SHANGHAI

    again = await HandoffGenerator(shift.store).make(HandoffRequest(key="b", words="12h", now=END, zone=SHANGHAI))
    assert "on it: Mei" in again.text


async def test_cases_of_one_cause_whose_state_differs_now_are_told_apart(shift: Shift) -> None:
    for number in range(4):
        recording = (SICK, HIDDEN)[number % 2]
        await shift.asked(f"1.{number}", "stuck", OUT, before=90 - number, recording=recording, cluster="prod")
    kept = await shift.handed_off({"prod": SICK})
    page = kept.text.partition("## Open")[2].partition("\n## ")[0]
    assert page.count("(2 cases, `terway-vswitch-out-of-ips`)") == 2
    assert page.index("**Now: still there.**") < page.index("**Now: now confirmed.**")
