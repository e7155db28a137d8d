"""What a handoff says in a line."""

from datetime import timedelta

from bot.handoff.records import Handoff, NearLimit, ShiftNote
from bot.handoff.text import headline
from tests.bot.handoff.conftest import END, MEI


def test_what_is_handed_over_without_a_case_stands_in_the_headline() -> None:
    left = Handoff(
        id="HO-1",
        since=END - timedelta(hours=12),
        until=END,
        zone="UTC",
        shift_notes=(ShiftNote(user=MEI, note="node 3 is being replaced", at=END),),
        near_limits=(NearLimit(cluster="prod", text="Node n1: 60 of 64 pods"),),
        more_silences=2,
    )
    assert (
        headline(left) == "Nothing to hand over, but 1 note, 1 setting near a limit, 2 silences end in the next shift"
    )
