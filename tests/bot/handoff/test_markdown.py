"""The pages of a quiet, a busy and a messy shift, whole. After a change of words:

REWRITE=1 python -m pytest tests/bot/handoff/test_markdown.py && git diff tests/bot/handoff/pages
"""

import json
import os
import re
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.audit import Actor, AuditLog, Draft
from bot.handoff.records import Handoff
from bot.handoff.repository import StoredHandoff
from bot.handoff.text import PICTURES_OFF
from bot.slack.blocks.handoff import handoff_message
from bot.store import Store
from tests.bot.handoff.conftest import END, JONAS, MEI, Shift
from tests.databases import postgresql_is_slow

pytestmark = postgresql_is_slow

PAGES = Path(__file__).parent / "pages"
OUT_OF_IPS = {"terway-vswitch-out-of-ips": 0.9}
LEAK = {"flannel-ip-leak": 0.8}


def in_time(text: str) -> str:
    """A busy machine takes some seconds to read a cluster, whose clock goes on."""
    return re.sub(r"\b(\d)\d s ago", r"\g<1>0 s ago", text)


def stands(kept: StoredHandoff, name: str) -> None:
    page = PAGES / f"{name}.md"
    if os.environ.get("REWRITE"):
        PAGES.mkdir(exist_ok=True)
        page.write_text(kept.text, encoding="utf-8")
        page.with_suffix(".png").unlink(missing_ok=True)
    if folder := os.environ.get("PICTURES"):
        Path(folder, f"{name}.png").write_bytes(kept.picture)
    assert in_time(kept.text) == in_time(page.read_text(encoding="utf-8"))


async def test_an_empty_shift(shift: Shift) -> None:
    kept = await shift.handed_off({})
    stands(kept, "empty")
    assert kept.handoff.is_empty
    assert kept.picture == b""


async def test_a_quiet_shift(shift: Shift) -> None:
    case = await shift.asked(
        "1763650000.000100",
        "pods stuck in ContainerCreating",
        OUT_OF_IPS,
        before=400,
        recording="terway-out-of-ips",
        cluster="prod-hz",
    )
    shift.resolved(case, before=310)
    stands(await shift.handed_off({}, handed_from=(MEI,), handed_to=(JONAS,)), "quiet")


async def busy(shift: Shift) -> None:
    """Two open, one of them cleared by now, one suspected; two resolved of one cause, one of them from before."""
    first = await shift.asked(
        "1763640000.000100",
        "pods stuck in ContainerCreating since 10 min",
        OUT_OF_IPS,
        before=60 * 20,
        recording="terway-out-of-ips",
        cluster="prod-hz",
        namespace="shop",
    )
    shift.cases.assign(first.id, MEI, first.opened_at)
    await shift.asked(
        "1763650000.000200",
        "no IP addresses available in range set",
        LEAK,
        before=300,
        recording="flannel-ip-leak",
        cluster="prod-bj",
    )
    await shift.asked(
        "1763651000.000300",
        "新建的Pod一直ContainerCreating",
        OUT_OF_IPS,
        before=150,
        recording="terway-out-of-ips-hidden",
        cluster="staging",
    )
    for number, before in enumerate((500, 200)):
        case = await shift.asked(
            f"176365200{number}.000400",
            "can't found dev by mac",
            {"terway-mac-not-found": 0.9},
            before=before,
            recording="terway-mac-missing",
            cluster="prod-hz",
        )
        shift.resolved(case, before=before - 45, by=JONAS)


async def test_a_busy_shift(shift: Shift) -> None:
    await busy(shift)
    now = {"prod-hz": "terway-out-of-ips", "prod-bj": "flannel-healthy", "staging": "terway-out-of-ips-hidden"}
    stands(await shift.handed_off(now, handed_from=(MEI,), handed_to=(JONAS,)), "busy")


def ago(minutes: float) -> datetime:
    return END - timedelta(minutes=minutes)


def acted(store: Store, *cases: str) -> None:
    """What people did, as the log holds it."""
    log = AuditLog(store)
    jonas, mei = (Actor("slack", id_, name, "C0INCIDENT", "T0TEAM") for id_, name in ((JONAS, ""), (MEI, "mei")))
    value = json.dumps({"case": cases[0], "diagnosis": "d", "at": 1})
    button = {"action": "button.pressed", "detail": {"value": value}}
    drafts = [Draft(**button, actor=jonas, outcome="recheck", time=ago(300 - again)) for again in range(3)]
    drafts += [
        Draft(**button, actor=mei, outcome="evidence", time=ago(50)),
        Draft(**button, actor=mei, outcome="hand_over", time=ago(45)),
        Draft(**button, actor=mei, outcome="resolve", request_id="r1", time=ago(41)),
        Draft(action="refused", actor=mei, outcome="NETCLINIC_MAY_RESOLVE", request_id="r1", time=ago(40)),
        Draft(action="case.resolved", actor=jonas, case=cases[1], time=ago(39)),
        Draft(action="case.resolved", actor=jonas, case=cases[2], time=ago(38)),
        Draft(action="cluster.read", actor=mei, cluster="prod-hz", time=ago(37)),
        Draft(action="export.made", actor=Actor("terminal", "1000", "ops <b>", "host"), time=ago(30)),
        Draft(action="permission.failed", actor=mei, cluster="prod-hz", outcome="forbidden", time=ago(60 * 30)),
    ]
    log.append(drafts)
    log.close()


HOSTILE = (
    "`rm -rf` *all* <!channel> [x](https://evil.example) | # no\n# heading \u202e $x^2$ \x1b[31m 生产 " + "very " * 80
)


async def test_a_messy_shift(shift: Shift, store: Store) -> None:
    """Hostile words, clusters gone and hanging, entries nobody knows, guides, gaps, complaints, direct messages."""
    await busy(shift)
    await shift.asked("1763653000.000100", HOSTILE, {}, before=100, user="U0<!here>")
    late = await shift.asked("1763653100.000100", "it is slow", {}, before=95)
    await shift.asked(
        late.thread_ts, "dns slow", OUT_OF_IPS, before=90, recording="terway-out-of-ips", cluster="prod-hz"
    )
    guide = {"terway-acceleration-mode": 0.9}
    asked = await shift.asked(
        "1763653200.000100", "which mode?", guide, before=80, recording="terway-healthy", cluster="prod-hz"
    )
    shift.unhelpful(asked, "told me *nothing* <@U1>", before=79, entry="terway-acceleration-mode")
    shift.unhelpful(late, "", before=78, entry="terway-vswitch-out-of-ips", user=MEI)
    await shift.asked(
        "1763653300.000100", "hmm", OUT_OF_IPS, before=70, recording="gone", cluster="pre`prod` <b>", namespace="shop"
    )
    await shift.asked("1763653400.000100", "secret words", {}, before=60, channel="D0DIRECT")
    private = await shift.asked("1763653500.000100", "only for me", {}, before=50, state="private")
    old = await shift.asked(
        "1762000000.000100", "old", LEAK, before=60 * 24 * 9, recording="flannel-ip-leak", cluster="prod-bj"
    )
    acted(store, old.id, late.id, private.id)
    kept = await shift.handed_off(
        {"prod-hz": "terway-out-of-ips", "prod-bj": "hangs", "pre`prod` <b>": "gone"}, words="24h"
    )
    stands(kept, "messy")
    assert "secret words" not in kept.text
    assert "only for me" not in kept.text


async def test_without_what_draws_page_and_message_say_that_pictures_are_off(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as where it is not installed
    await shift.asked("1763650000.000100", "pods wait", OUT_OF_IPS, before=400, recording="terway-out-of-ips")
    kept = await shift.handed_off()
    assert kept.picture == b""
    assert PICTURES_OFF in kept.text
    assert "![" not in kept.text
    message = str(handoff_message(Handoff.from_json(kept.handoff.to_json())).blocks)
    assert PICTURES_OFF in message
    assert "The picture" not in message
