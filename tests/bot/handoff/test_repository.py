"""Handoffs are kept as they were made, on both databases, and taken and reminded of once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.handoff.make import HandoffGenerator, HandoffRequest
from bot.handoff.markdown import render_markdown
from bot.handoff.records import Handoff, ShiftNote
from bot.handoff.repository import Handoffs, StoredHandoff, handoff_id
from bot.handoff.time_range import FIRST, SpanError
from bot.slack.blocks.handoff import handoff_message
from bot.store import Store
from bot.store.words import erase
from tests.bot.handoff.conftest import END, JONAS, MEI, SHANGHAI, Shift
from tests.bot.handoff.test_markdown import busy

HOUR = timedelta(hours=1)


async def test_it_is_shown_again_exactly_though_all_has_changed_since(shift: Shift, store: Store) -> None:
    await busy(shift)
    now = {"prod-hz": "terway-out-of-ips", "prod-bj": "flannel-healthy", "staging": "gone"}
    made = await shift.handed_off(now, handed_to=(JONAS,))
    for case in made.handoff.open:
        shift.cases.resolve(case.ref.id, MEI, END + HOUR)
    again = Handoffs(store).get(made.id.lower())
    assert again == made
    assert again is not None
    assert again.handoff == Handoff.from_json(made.handoff.to_json()) == made.handoff
    later = await shift.handed_off({}, key="b", at=END + 2 * HOUR)
    assert later.text != made.text


async def test_the_same_work_makes_one_handoff(shift: Shift, store: Store) -> None:
    first = await shift.handed_off(key="T1:command:1")
    second = await shift.handed_off(key="T1:command:1", at=END + HOUR, words="2d")
    assert second == first
    assert handoff_id("T1:command:1") == first.id != handoff_id("T1:command:2")


async def test_since_the_last_one(shift: Shift, store: Store) -> None:
    first = await shift.handed_off(words="last")
    assert first.handoff.note == FIRST
    assert FIRST.rstrip(".") in first.text
    second = await shift.handed_off(words="", key="b", at=END + 3 * HOUR)
    assert (second.handoff.since, second.handoff.note) == (END, "")


async def test_what_was_only_looked_at_does_not_move_the_next_posted_one(shift: Shift, store: Store) -> None:
    posted = await shift.handed_off(key="posted", channel="C0OPS")
    Handoffs(store).note_posted(posted.id, "C0OPS", "1.1", {"text": "", "blocks": []})
    await shift.handed_off(key="looked", at=END + 5 * HOUR)
    elsewhere = await shift.handed_off(key="elsewhere", channel="C0OTHER", at=END + 5 * HOUR)
    Handoffs(store).note_posted(elsewhere.id, "C0OTHER", "1.1", {"text": "", "blocks": []})
    following = await shift.handed_off(words="last", key="c", channel="C0OPS", at=END + 6 * HOUR)
    assert following.handoff.since == END


async def test_a_handoff_of_this_minute_cannot_be_handed_off_again(shift: Shift) -> None:
    await shift.handed_off()
    with pytest.raises(SpanError, match="less than a minute"):
        await shift.handed_off(words="last", key="b")


async def test_a_scheduled_handoff_covers_its_shift_whatever_was_made_by_hand(shift: Shift, store: Store) -> None:
    async def posted(key: str, hours: float, **more: Any) -> StoredHandoff:
        made = await shift.handed_off(key=key, channel="C0OPS", at=END + hours * HOUR, **more)
        Handoffs(store).note_posted(made.id, "C0OPS", f"{hours}", {"text": "", "blocks": []})
        return made

    first = await posted("evening", 0, words="last", is_due=True)
    assert first.handoff.note == FIRST
    await posted("by hand", 11.5, words="1h", made_by=MEI)
    morning = await posted("morning", 12, words="last", is_due=True)
    assert (morning.handoff.since, morning.handoff.until) == (END, END + 12 * HOUR)


async def test_one_of_many_who_press_at_once_has_it(shift: Shift, store: Store) -> None:
    made = await shift.handed_off()
    handoffs = Handoffs(store)
    with ThreadPoolExecutor(8) as pool:
        people = [f"U{number}" for number in range(8)]
        won = list(pool.map(lambda user: handoffs.acknowledge(made.id, user, END), people))
    assert sum(won) == 1
    kept = handoffs.get(made.id)
    assert kept is not None
    assert (kept.acknowledged_by, kept.acknowledged_at) == (people[won.index(True)], END)


async def test_who_is_to_be_reminded(shift: Shift, store: Store) -> None:
    handoffs = Handoffs(store)
    made: dict[str, StoredHandoff] = {}
    for name in ("posted", "taken", "reminded", "looked at", "old"):
        at = END - 3 * timedelta(days=1) if name == "old" else END
        made[name] = await shift.handed_off(key=name, at=at)
        if name != "looked at":
            handoffs.note_posted(made[name].id, "C0OPS", "1.1", {"text": "", "blocks": []})
    handoffs.acknowledge(made["taken"].id, MEI, END)
    assert handoffs.note_reminded(made["reminded"].id, END)
    assert not handoffs.note_reminded(made["reminded"].id, END)
    assert not handoffs.note_reminded(made["taken"].id, END)
    day_ago = END - timedelta(days=1)
    assert handoffs.unacknowledged(day_ago, END) == [made["posted"].id]
    assert handoffs.unacknowledged(day_ago, END - HOUR) == []


async def test_it_is_placed_once(shift: Shift, store: Store) -> None:
    made = await shift.handed_off()
    handoffs = Handoffs(store)
    for ts in ("1.1", "2.2"):
        handoffs.note_posted(made.id, "C0OPS", ts, {"text": ts, "blocks": [{"type": "divider"}]})
    kept = handoffs.get(made.id)
    assert kept == replace(
        made, channel="C0OPS", message_ts="1.1", posted={"text": "1.1", "blocks": [{"type": "divider"}]}
    )


async def test_a_note_stands_in_record_and_page_and_the_last_one_of_a_person_counts(shift: Shift, store: Store) -> None:
    made = await shift.handed_off()
    handoffs = Handoffs(store)
    names = {MEI: "Mei"}
    assert handoffs.add_note("HO-NONE", ShiftNote(user=MEI, note="x", at=END), names, render_markdown) is None
    handoffs.add_note(made.id, ShiftNote(user=MEI, note="watch *prod*", at=END), names, render_markdown)
    handoffs.add_note(made.id, ShiftNote(user=MEI, note="watch prod-bj", at=END + HOUR), names, render_markdown)
    kept = handoffs.get(made.id)
    assert kept is not None
    assert [(note.user, note.note) for note in kept.handoff.shift_notes] == [(MEI, "watch prod-bj")]
    assert "## Left for the next shift\n\n- “watch prod-bj” Mei, " in kept.text
    handoffs.add_note(made.id, ShiftNote(user=MEI, note="", at=END + HOUR), names, render_markdown)
    again = handoffs.get(made.id)
    assert again is not None
    assert (again.handoff.shift_notes, "watch" in again.text) == ((), False)


async def test_notes_that_are_left_at_the_same_moment_are_all_kept(shift: Shift, store: Store) -> None:
    made = await shift.handed_off()

    def leave(number: int) -> None:
        note = ShiftNote(user=f"U{number}", note=f"note {number}", at=END)
        Handoffs(store).add_note(made.id, note, {}, render_markdown)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(leave, range(8)))
    kept = Handoffs(store).get(made.id)
    assert kept is not None
    assert {note.note for note in kept.handoff.shift_notes} == {f"note {number}" for number in range(8)}
    assert all(f"note {number}" in kept.text for number in range(8))


async def test_erased_words_of_a_person_take_their_notes_along(shift: Shift, store: Store) -> None:
    made = await shift.handed_off()
    for user, note in ((MEI, "zebrafinch"), (JONAS, "quokkatown")):
        Handoffs(store).add_note(made.id, ShiftNote(user=user, note=note, at=END), {}, render_markdown)
    with store.writing() as connection:
        erase(connection, END + HOUR, MEI)
    kept = Handoffs(store).get(made.id)
    assert kept is not None
    assert "zebrafinch" not in f"{kept.handoff.to_json()} {kept.text}"
    assert "quokkatown" in str(kept.handoff.to_json())


async def test_what_an_earlier_version_stored_is_loaded_with_nothing_in_new_fields(shift: Shift) -> None:
    await busy(shift)
    told = (await shift.handed_off()).handoff.to_json()
    for name in ("changes", "near_limits", "silences", "silences_trouble", "more_silences", "shift_notes"):
        del told[name]
    del told["counts"]["hidden"]
    for case in told["open"]:
        del case["next_step"]
    loaded = Handoff.from_json(told)
    assert (loaded.changes, loaded.shift_notes, loaded.counts.hidden) == ((), (), 0)
    assert loaded.open[0].next_step is None
    assert handoff_message(loaded).blocks
    assert render_markdown(loaded)


async def test_cases_of_closed_channels_are_counted_and_not_told(shift: Shift, store: Store) -> None:
    out = {"terway-vswitch-out-of-ips": 0.9}
    seen = await shift.asked("1.1", "public", out, before=90, recording="terway-out-of-ips", cluster="prod")
    secret = await shift.asked(
        "2.1", "secret", out, before=80, recording="terway-out-of-ips", cluster="vault", channel="C0VAULT"
    )
    over = await shift.asked("3.1", "secret", out, before=70, recording="terway-out-of-ips", channel="C0VAULT")
    shift.resolved(over, before=60)

    async def closed(channels: Any) -> set[str]:
        assert set(channels) == {"C0INCIDENT", "C0VAULT"}
        return {"C0VAULT"}

    wish = HandoffRequest(key="k", words="12h", now=END, zone=SHANGHAI)
    kept = await HandoffGenerator(store, closed=closed).make(wish)
    told = f"{kept.handoff.to_json()} {kept.text} {handoff_message(kept.handoff).blocks}"
    assert all(word not in told for word in (secret.id, over.id, "secret", "vault"))
    assert seen.id in told
    assert (kept.handoff.counts.hidden, kept.handoff.counts.all_open) == (1, 2)
    assert "1 more open case in other channels, for their members alone." in kept.text
    assert shift.cases.count_open("T0TEAM") == 2
