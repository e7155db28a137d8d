"""Pages of the audit log before anything draws them: what is shown, of how many, and what must be known to read it."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.audit.chain import Fault
from bot.audit.page import (
    RecordPage,
    VerificationPage,
    complete_reading,
    local_time,
    name_fields,
    record_row,
    verification_page,
    without_others_words,
)
from bot.audit.records import Record
from bot.audit.verify import Verification

RECORD = Record(
    seq=7,
    time="2026-11-22T12:00:00.000000Z",
    action="question.received",
    actor_kind="slack",
    actor_id="U1",
    actor_name="bob",
    channel="C1",
    team="",
    case="NC-7F3K2Q",
    cluster="",
    entry="",
    request_id="9f2c",
    outcome="",
    detail='{"flags":[]}',
    words="digest",
    prev="0" * 64,
    hash="f" * 64,
    kept='{"question":"dns is slow"}',
)
WHOLE = Verification(
    first=1,
    last=3,
    count=3,
    head="f" * 64,
    pruned=0,
    words_kept=2,
    words_erased=1,
    anchors=0,
    anchors_out_of_reach=0,
    seconds=0.5,
    fault=None,
)


def page(verified: Verification) -> VerificationPage:
    return verification_page(verified, anchor_option="--anchor SEQ:HASH")


def test_a_heading_says_how_many_of_how_many() -> None:
    records = RecordPage(records=[RECORD], fit=1200, zone=UTC, about="Case NC-7F3K2Q")
    assert records.heading(20) == "Case NC-7F3K2Q: 20 of 1,200 records"
    assert records.heading(1200) == "Case NC-7F3K2Q: 1,200 records"
    assert records.notes == ()
    assert "NETCLINIC_MAY_AUDIT" in replace(records, hides=True).notes[0]


def test_a_row_has_people_s_words_apart() -> None:
    row = record_row(RECORD, ZoneInfo("Asia/Shanghai"))
    assert (row.words, row.detail, row.is_read) == (["“dns is slow”"], {"flags": []}, False)
    assert row.at is not None
    assert f"{row.at:%H:%M}" == "20:00"


def test_a_time_that_somebody_changed_is_none() -> None:
    assert local_time(replace(RECORD, time="yesterday"), UTC) is None
    assert local_time(RECORD, UTC) == datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_fields_have_the_names_of_filters_and_empty_ones_are_left_out() -> None:
    assert name_fields(RECORD) == [("channel", "C1"), ("case", "NC-7F3K2Q"), ("request", "9f2c")]


def test_other_people_s_words_are_left_out() -> None:
    own, others = without_others_words([RECORD, replace(RECORD, actor_id="U2")], "U1")
    assert own.details["question"] == "dns is slow"
    assert others.details == {"flags": [], "words": "left out"}


def test_a_whole_chain_has_a_title_notes_and_its_anchor() -> None:
    found = page(replace(WHOLE, first=3, count=1))
    assert (found.title, found.why) == ("The chain holds: 1 record, 3 to 3", "")
    assert found.anchor == f"3:{'f' * 64}"
    assert [note.split(":")[0] for note in found.notes] == [
        "People's words",
        "No anchor was given (--anchor SEQ",
    ]
    assert page(replace(WHOLE, anchors=1, anchors_out_of_reach=2)).notes[-1] == (
        "1 anchor checked, 2 in the pruned part."
    )


def test_a_broken_chain_has_its_reason_and_how_far_it_was_read() -> None:
    fault = Fault(4, "changed", "Record 4 was changed: its fields do not give its hash.")
    broken = replace(WHOLE, fault=fault, all_read=False)
    found = page(broken)
    assert (found.title, found.why, found.anchor) == ("BROKEN at record 4", fault.why, "")
    assert found.notes == ("Up to there 3 records hold; what comes after was not checked.",)
    assert complete_reading(broken) == ""
    unproven = replace(WHOLE, fault=replace(fault, what="unproven"))
    assert (page(unproven).title, page(unproven).notes) == ("NOT PROVEN", ())
    assert complete_reading(unproven) == "All was read: as a chain 3 records hold, 1 to 3."


def test_an_empty_log_has_an_empty_page() -> None:
    assert page(replace(WHOLE, count=0)) == VerificationPage()
