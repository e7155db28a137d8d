"""What people answered to the question that settles an entry counts in the handoff's look, as it does in a re-check."""

from collections.abc import Collection

import pytest

from bot.handoff.records import CurrentState, OpenCase
from bot.store.cases import Case
from tests.bot.handoff.conftest import JONAS, Shift
from tests.databases import postgresql_is_slow

pytestmark = postgresql_is_slow

HAIRPIN = "flannel-hairpin-off"
THERE, GONE = "flannel-hairpin-off", "flannel-healthy"
SILENT = "something is slow here"
ANSWERED = 'Mei answered "Does it fail only from the pods behind the Service, and not from other pods too?" with'


async def asked(shift: Shift, thread: str, before: float = 90, words: str = SILENT, cluster: str = "prod") -> Case:
    return await shift.asked(thread, words, {HAIRPIN: 0.95}, before=before, recording=THERE, cluster=cluster)


async def looked_at(shift: Shift, recording: str = THERE) -> dict[str, OpenCase]:
    handoff = (await shift.handed_off({"prod": recording})).handoff
    return {case.ref.id: case for case in (*handoff.open, *handoff.unexplained)}


@pytest.mark.parametrize(
    ("yes", "now"), [(True, CurrentState.WORSE), (False, CurrentState.RULED_OUT), (None, CurrentState.UNCLEAR)]
)
async def test_an_answer_that_was_pressed_settles_it(shift: Shift, yes: bool | None, now: CurrentState) -> None:
    case = await asked(shift, "1.1")
    if yes is not None:
        shift.settled(case, HAIRPIN, yes=yes, before=80)
    (found,) = (await looked_at(shift)).values()
    assert found.state.now is now
    assert (ANSWERED in found.state.reason) is (yes is not None)


async def test_a_setting_that_is_gone_is_gone_whatever_was_answered(shift: Shift) -> None:
    shift.settled(await asked(shift, "1.1"), HAIRPIN, yes=True, before=80)
    (found,) = (await looked_at(shift, GONE)).values()
    assert found.state.now is CurrentState.RULED_OUT


async def test_an_answer_speaks_for_its_own_case_and_entry_alone(shift: Shift) -> None:
    settled, denied, silent, other = [await asked(shift, f"{number}.1", 90 + number) for number in range(4)]
    shift.settled(settled, HAIRPIN, yes=True, before=80)
    shift.settled(denied, HAIRPIN, yes=False, before=80, user=JONAS)
    shift.settled(other, "ipvs-udp-timeout", yes=False, before=80)
    found = await looked_at(shift)
    assert [found[case.id].state.now for case in (settled, denied, silent, other)] == [
        CurrentState.WORSE,
        CurrentState.RULED_OUT,
        CurrentState.UNCLEAR,
        CurrentState.UNCLEAR,
    ]
    assert found[denied.id].state.reason.startswith("Jonas answered ")


async def test_the_newest_answer_to_the_same_question_counts(shift: Shift) -> None:
    case = await asked(shift, "1.1")
    shift.settled(case, HAIRPIN, yes=False, before=80)
    await shift.asked("1.1", SILENT, {HAIRPIN: 0.95}, before=60, recording=THERE, cluster="prod", kind="recheck")
    shift.settled(case, HAIRPIN, yes=True, before=50)
    (found,) = (await looked_at(shift)).values()
    assert found.state.now is CurrentState.WORSE


async def test_an_answer_to_other_words_of_the_thread_does_not_count(shift: Shift) -> None:
    case = await asked(shift, "1.1")
    shift.settled(case, HAIRPIN, yes=False, before=80)
    await asked(shift, "1.1", 60, "another thing is slow, too")
    (found,) = (await looked_at(shift)).values()
    assert found.state.now is CurrentState.UNCLEAR


async def test_who_pressed_is_among_the_people_of_the_handoff(shift: Shift) -> None:
    shift.settled(await asked(shift, "1.1"), HAIRPIN, yes=True, before=80, user="U09ADA")
    looked: set[str] = set()

    async def names(ids: Collection[str]) -> dict[str, str]:
        looked.update(ids)
        return {"U09ADA": "Ada"}

    kept = await shift.handed_off({"prod": THERE}, names=names)
    assert "U09ADA" in looked
    assert "Ada answered " in kept.handoff.open[0].state.reason
