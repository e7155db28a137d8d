"""Modals and Home: opening with a trigger, filling in, submitting, what the acknowledgement does, closing."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.workspace import App, NotAcknowledged, Workspace
from tests.workspace_tests.bots import bolt, client_of, connected

ADA = "U0ADA00001"


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def field(block: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block,
        "label": plain(block),
        "element": {"action_id": "in", **element},
        **more,
    }


OPTIONS = [{"text": plain(name.upper()), "value": name} for name in ("blue", "green")]
FORM: dict[str, Any] = {
    "type": "modal",
    "callback_id": "ask_form",
    "title": plain("Ask"),
    "submit": plain("Ask"),
    "private_metadata": "from ops",
    "notify_on_close": True,
    "blocks": [
        field("symptom", {"type": "plain_text_input", "max_length": 20}),
        field("cluster", {"type": "static_select", "options": OPTIONS, "initial_option": OPTIONS[0]}),
        field("namespace", {"type": "plain_text_input"}, optional=True),
    ],
}


def titled(title: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "modal", "title": plain(title), "blocks": list(blocks)}


@pytest.fixture
def app(slack: Workspace) -> AsyncApp:
    """Opens the form at the shortcut ``ask``."""
    made = bolt(slack)

    @made.shortcut("ask")
    async def ask(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    return made


@pytest.fixture
async def opened(slack: Workspace, app: AsyncApp) -> AsyncIterator[AsyncApp]:
    async with connected(slack, app):
        await slack.people.global_shortcut("ada", "ask")
        await slack.until(lambda: slack.modals("ada"))
        yield app


async def test_a_form_is_filled_in_and_submitted(slack: Workspace, opened: AsyncApp) -> None:
    bodies: list[dict[str, Any]] = []

    @opened.view("ask_form")
    async def submitted(ack: Any, body: dict[str, Any]) -> None:
        bodies.append(body)
        await ack()

    assert await slack.people.submit("ada", {"symptom": "no DNS", "cluster": "GREEN"}) == {}
    assert slack.modals("ada") == []
    view = bodies[0]["view"]
    assert (bodies[0]["type"], view["private_metadata"], view["callback_id"]) == (
        "view_submission",
        "from ops",
        "ask_form",
    )
    assert view["state"]["values"] == {
        "symptom": {"in": {"type": "plain_text_input", "value": "no DNS"}},
        "cluster": {"in": {"type": "static_select", "selected_option": OPTIONS[1]}},
        "namespace": {"in": {"type": "plain_text_input", "value": None}},
    }


async def test_slack_itself_asks_for_required_fields_and_lengths(slack: Workspace, opened: AsyncApp) -> None:
    assert await slack.people.submit("ada") == {"symptom": "Please complete this required field."}
    assert await slack.people.submit("ada", {"symptom": "x" * 21}) == {"symptom": "Please enter at most 20 characters."}
    assert [s.payload["type"] for s in slack.delivery.sent] == ["shortcut"]
    with pytest.raises(KeyError, match="there is no field colour in Ask"):
        await slack.people.submit("ada", {"colour": "red"})
    with pytest.raises(KeyError, match="there is no option red"):
        await slack.people.submit("ada", {"cluster": "red"})


ACKNOWLEDGEMENTS: dict[str, tuple[dict[str, Any], list[str], dict[str, str]]] = {
    "errors": ({"response_action": "errors", "errors": {"symptom": "No."}}, ["Ask"], {"symptom": "No."}),
    "errors of unknown blocks": (
        {"response_action": "errors", "errors": {"symptoms": "No."}},
        ["Ask"],
        {"": "We had some trouble connecting. Try again?"},
    ),
    "update": ({"response_action": "update", "view": titled("Done")}, ["Done"], {}),
    "push": ({"response_action": "push", "view": titled("Next")}, ["Ask", "Next"], {}),
    "clear": ({"response_action": "clear"}, [], {}),
    "a view that cannot be": (
        {"response_action": "update", "view": titled("x" * 25)},
        ["Ask"],
        {"": "We had some trouble connecting. Try again?"},
    ),
}


@pytest.mark.parametrize("case", ACKNOWLEDGEMENTS)
async def test_what_an_acknowledgement_does(slack: Workspace, opened: AsyncApp, case: str) -> None:
    reply, titles, errors = ACKNOWLEDGEMENTS[case]

    @opened.view("ask_form")
    async def submitted(ack: Any) -> None:
        await ack(**reply)

    assert await slack.people.submit("ada", {"symptom": "no DNS"}) == errors
    assert [view.title for view in slack.modals("ada")] == titles


async def test_a_submission_without_an_answer_stays_open(slack: Workspace, opened: AsyncApp) -> None:
    @opened.view("ask_form")
    async def submitted() -> None:
        pass

    with pytest.raises(NotAcknowledged):
        await slack.people.submit("ada", {"symptom": "no DNS"})
    (modal,) = slack.modals("ada")
    assert modal.errors == {"": "We had some trouble connecting. Try again?"}


async def test_closing_is_told_to_who_asked_for_it(slack: Workspace, opened: AsyncApp) -> None:
    bodies: list[dict[str, Any]] = []

    @opened.view_closed("ask_form")
    async def closed(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        bodies.append(body)

    await slack.people.close("ada")
    assert (slack.modals("ada"), bodies[0]["type"], bodies[0]["is_cleared"]) == ([], "view_closed", False)
    with pytest.raises(KeyError, match="ada has no modal open"):
        await slack.people.close("ada")


async def test_a_changed_form_keeps_what_was_filled_in(
    slack: Workspace, opened: AsyncApp, client: AsyncWebClient
) -> None:
    @opened.view("ask_form")
    async def submitted(ack: Any) -> None:
        await ack(response_action="errors", errors={"symptom": "No."})

    (modal,) = slack.modals("ada")
    await slack.people.submit("ada", {"symptom": "no DNS", "cluster": "green"})
    old = modal.hash
    await client.views_update(view_id=modal.id, view={**FORM, "blocks": FORM["blocks"][:2]}, hash=old)
    assert set(modal.state) == {"symptom", "cluster"}
    assert modal.state["symptom"]["in"]["value"] == "no DNS"
    assert modal.state["cluster"]["in"]["selected_option"] == OPTIONS[1]
    assert modal.errors == {}
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_update(view_id=modal.id, view=FORM, hash=old)
    with pytest.raises(SlackApiError, match="not_found"):
        await client.views_update(view_id="V0GONE", view=FORM)


async def test_buttons_in_a_modal_bring_the_view_and_can_push_three_deep(slack: Workspace, opened: AsyncApp) -> None:
    bodies: list[dict[str, Any]] = []
    errors: list[str] = []
    more = {
        "type": "actions",
        "block_id": "b",
        "elements": [{"type": "button", "text": plain("More"), "action_id": "more"}],
    }

    @opened.action("more")
    async def pressed(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        bodies.append(body)
        try:
            await client.views_push(trigger_id=body["trigger_id"], view=titled("Deeper", more))
        except SlackApiError as error:
            errors.append(error.response["error"])

    (modal,) = slack.modals("ada")
    slack.surfaces.change(modal, titled("First", more))
    for depth in (2, 3):
        await slack.people.press("ada", slack.modals("ada")[-1], "More")
        await slack.until(lambda depth=depth: len(slack.modals("ada")) == depth)
    await slack.people.press("ada", slack.modals("ada")[-1], "More")
    await slack.until(lambda: errors)
    assert errors == ["push_limit_reached"]
    top = bodies[-1]["view"]
    assert (bodies[0]["container"], top["root_view_id"]) == ({"type": "view", "view_id": modal.id}, modal.id)
    assert top["previous_view_id"] == slack.modals("ada")[1].id
    await slack.people.close("ada")
    assert len(slack.modals("ada")) == 2


async def test_inputs_tell_only_when_they_shall(slack: Workspace, opened: AsyncApp) -> None:
    told: list[str] = []

    @opened.action("in")
    async def chosen(ack: Any, action: dict[str, Any]) -> None:
        await ack()
        told.append(action["selected_option"]["value"])

    (modal,) = slack.modals("ada")
    await slack.people.choose("ada", modal, "in", "green", block="cluster")
    telling = {**FORM["blocks"][1], "dispatch_action": True}
    slack.surfaces.change(modal, {**FORM, "blocks": [telling]})
    await slack.people.choose("ada", modal, "in", "blue", block="cluster")
    assert told == ["blue"]


async def test_a_trigger_is_good_for_one_modal_and_for_seconds() -> None:
    async with Workspace(trigger_seconds=0.2) as slack:
        client = client_of(slack)
        trigger = slack.triggers.issue(ADA)
        await client.views_open(trigger_id=trigger, view=titled("One"))
        with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
            await client.views_open(trigger_id=trigger, view=titled("Two"))
        with pytest.raises(SlackApiError, match="invalid_trigger_id"):
            await client.views_open(trigger_id="1.2.made-up", view=titled("Two"))
        late = slack.triggers.issue(ADA)
        slack.triggers.seconds = 0.0
        with pytest.raises(SlackApiError, match="expired_trigger_id"):
            await client.views_open(trigger_id=late, view=titled("Two"))
        assert [v.title for v in slack.modals("ada")] == ["One"]


async def test_a_wrong_view_is_refused_with_reasons(slack: Workspace, client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.views_open(trigger_id=slack.triggers.issue(ADA), view=titled("x" * 25))
    assert caught.value.response["error"] == "invalid_arguments"
    expected = ["[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"]
    assert caught.value.response["response_metadata"]["messages"] == expected


async def test_home_is_published_and_replaced(slack: Workspace, client: AsyncWebClient) -> None:
    home = {"type": "home", "blocks": [{"type": "header", "text": plain("Open cases")}]}
    first = await client.views_publish(user_id=ADA, view=home)
    second = await client.views_publish(user_id=ADA, view={**home, "private_metadata": "x"}, hash=first["view"]["hash"])
    assert first["view"]["id"] == second["view"]["id"]
    shown = slack.home("ada")
    assert shown is not None
    assert shown.plain == "Open cases"
    assert slack.home("lin") is None
    assert slack.modals("ada") == []
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_publish(user_id=ADA, view=home, hash=first["view"]["hash"])
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await client.views_publish(user_id=ADA, view=titled("no home"))


async def test_an_app_without_home_or_interactivity() -> None:
    async with Workspace(App(home_tab=False, interactive=False)) as slack:
        with pytest.raises(SlackApiError, match="not_enabled"):
            await client_of(slack).views_publish(user_id=ADA, view={"type": "home", "blocks": []})
        with pytest.raises(NotAcknowledged, match="not configured to handle interactive responses"):
            await slack.people.global_shortcut("ada", "ask")
