"""Answers on a phone of 400 pixels: what to do now and the buttons are seen without much scrolling.

Of all entries on the recordings that prove them, these have the lowest first steps and buttons.
"""

import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Browser

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.report import Report, make_report
from bot.probes import vocabulary
from bot.recordings import load, serve
from bot.slack.api.client import SlackClient, make_client, make_session
from bot.slack.blocks.answer import answer_message
from bot.slack.blocks.case import CaseLine
from knowledge.loading import BUILTIN_FOLDER, load_entries
from tests.browsers import PATIENCE
from tests.conversations.test_in_browser import BUTTONS, FIRST_STEP, PHONE
from tests.workspace import Workspace

pytestmark = pytest.mark.asyncio(loop_scope="session")
LONG = (
    ("terway-mac-not-found", "terway-mac-eni-deleted"),
    ("terway-vswitch-out-of-ips", "terway-daemon-unreachable"),
    ("terway-eni-quota-blocks-new-vswitch", "terway-eni-limit-one-vswitch"),
    ("terway-eni-quota-blocks-new-vswitch", "terway-cloud-eni-foreign"),
    ("flannel-cni-version-missing", "flannel-cni-version-pending"),
    ("flannel-cni-version-missing", "flannel-cni-version-crashloop"),
    ("flannel-node-network-unavailable", "flannel-cloud-route-denied"),
    ("flannel-ip-leak", "flannel-ip-duplicate"),
)
MEASURED = """() => [...document.querySelectorAll('#thread .message')].slice(1).map(message => {
    const top = message.getBoundingClientRect().top
    const leaves = [...message.querySelectorAll('*')].filter(each => !each.children.length)
    const step = leaves.find(each => /^(Do now|To do it|Settle it first)/.test(each.textContent))
    const row = [...message.querySelectorAll('.actions')].pop()
    return {step: step.getBoundingClientRect().top - top, buttons: row.getBoundingClientRect().bottom - top}
})"""


async def reports() -> AsyncIterator[Report]:
    """The answers, each as if its words had been plain."""
    clinic = Clinic({entry.id: entry for entry in load_entries([BUILTIN_FOLDER], vocabulary())})
    for entry, recording in LONG:
        store = load(recording)
        async with serve(store) as server, connect_to(server.kubeconfig, "prod") as connection:
            cluster = Cluster(Transport(connection.client), "prod", cloud=store.cloud)
            answer = await clinic.check([entry], cluster, words_are_clear=True, words=store.question)
        yield replace(make_report(answer), question="pods stuck")


async def test_the_longest_answers_fit_a_phone(browser: Browser) -> None:
    async with Workspace(limits="off") as slack, make_session() as session:
        client = SlackClient(make_client(slack.bot_token, session, slack.environment["SLACK_API_URL"]))
        channel = slack.team.channel("inc-shop").id
        root = await client.call("chat.postMessage", channel=channel, text="pods stuck")
        async for report in reports():
            case = CaseLine(id="NC-7HL4UD", answer="T1:C1:1.1", at=datetime.now(UTC))
            message = answer_message(report, case=case, asker="U0ADA00001")
            said: dict[str, Any] = {"text": message.text, "blocks": message.richer or message.blocks}
            await client.call("chat.postMessage", channel=channel, thread_ts=root["ts"], **said)
        context = await browser.new_context(viewport=PHONE, locale="en-GB", timezone_id="UTC")
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        await page.goto(slack.url)
        await page.get_by_role("button", name=re.compile("replies")).first.click()
        shown = page.locator("#thread .message")
        await shown.nth(len(LONG)).wait_for()
        if folder := os.environ.get("SCREENSHOTS"):
            for number, (_, recording) in enumerate(LONG, 1):
                await shown.nth(number).screenshot(path=f"{folder}/phone-{recording}.png")
        found = dict(zip(LONG, await page.evaluate(MEASURED), strict=True))
        too_low = {name: at for name, at in found.items() if at["step"] > FIRST_STEP or at["buttons"] > BUTTONS}
        assert not too_low
        await context.close()
