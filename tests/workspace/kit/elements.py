"""The interactive elements of Block Kit and the objects that they are made of."""

from collections.abc import Iterator
from typing import Any

from tests.workspace.kit.rules import (
    Rule,
    anything,
    both,
    flag,
    items,
    one_of,
    plain,
    shape,
    string,
    text,
    whole,
    wrong,
)

CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
_ACTION: dict[str, Rule] = {"action_id": string(255), "confirm": CONFIRM, "focus_on_load": flag}
_PLACEHOLDER: dict[str, Rule] = {"placeholder": plain(150)}


def _option(kind: Rule) -> Rule:
    return shape({"text": kind, "value": string(150)}, {"description": text(75), "url": string(3000)})


OPTION = _option(plain(75))
RICH_OPTION = _option(text(75))
_OPTION_GROUP = shape({"label": plain(75), "options": items(OPTION, 1, 100)}, {})


def _options_or_groups(value: Any, at: str) -> Iterator[str]:
    if ("options" in value) == ("option_groups" in value):
        yield wrong("must define exactly one of `options` or `option_groups`", at)


def _initial_is_there(value: Any, at: str) -> Iterator[str]:
    """An initial option must be one of the options, as it is."""
    groups = value.get("option_groups") or [{"options": value.get("options", [])}]
    offered = [option for group in groups for option in group["options"]]
    chosen = value.get("initial_options") or [value[name] for name in ("initial_option",) if name in value]
    for option in chosen:
        if option not in offered:
            yield wrong("initial option must exactly match one of the options", at)


def _select(more: dict[str, Rule], needed: dict[str, Rule] | None = None) -> Rule:
    return shape(needed or {}, {**_ACTION, **_PLACEHOLDER, **more})


def _static(multi: bool) -> Rule:
    initial: dict[str, Rule] = {"initial_options": items(OPTION)} if multi else {"initial_option": OPTION}
    fields: dict[str, Rule] = {
        "options": items(OPTION, 1, 100),
        "option_groups": items(_OPTION_GROUP, 1, 100),
        **initial,
    }
    if multi:
        fields["max_selected_items"] = whole(1)
    return both(both(_select(fields), _options_or_groups), _initial_is_there)


def _boxes(initial: str, initial_rule: Rule) -> Rule:
    return both(shape({"options": items(RICH_OPTION, 1, 10)}, {**_ACTION, initial: initial_rule}), _initial_is_there)


def _lengths_fit(value: Any, at: str) -> Iterator[str]:
    if value.get("max_length", 3000) < value.get("min_length", 0):
        yield wrong("max_length must be greater than min_length", at)


_BUTTON = shape(
    {"text": plain(75)},
    {
        "action_id": string(255),
        "value": string(2000),
        "url": string(3000),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
_DISPATCH = shape({}, {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 1, 2)})
_INPUT_TEXT: dict[str, Rule] = {
    "action_id": string(255),
    "focus_on_load": flag,
    "placeholder": plain(150),
    "dispatch_action_config": _DISPATCH,
}
_FILTER = shape({}, {"include": items(one_of("im", "mpim", "private", "public")), "exclude_bot_users": flag})

BUTTON: dict[str, Rule] = {"button": _BUTTON}
SELECTS: dict[str, Rule] = {
    "static_select": _static(False),
    "users_select": _select({"initial_user": string()}),
    "channels_select": _select({"initial_channel": string(), "response_url_enabled": flag}),
    "conversations_select": _select(
        {
            "initial_conversation": string(),
            "default_to_current_conversation": flag,
            "response_url_enabled": flag,
            "filter": _FILTER,
        }
    ),
    "external_select": _select({"initial_option": OPTION, "min_query_length": whole(0)}),
}
MULTI: dict[str, Rule] = {
    "multi_static_select": _static(True),
    "multi_users_select": _select({"initial_users": items(string()), "max_selected_items": whole(1)}),
    "multi_channels_select": _select({"initial_channels": items(string()), "max_selected_items": whole(1)}),
    "multi_conversations_select": _select({"initial_conversations": items(string()), "max_selected_items": whole(1)}),
}
CHOICES: dict[str, Rule] = {
    "radio_buttons": _boxes("initial_option", RICH_OPTION),
    "checkboxes": _boxes("initial_options", items(RICH_OPTION)),
    "overflow": shape({"options": items(OPTION, 1, 5)}, {"action_id": string(255), "confirm": CONFIRM}),
}
DATES: dict[str, Rule] = {
    "datepicker": _select({"initial_date": string(10)}),
    "timepicker": _select({"initial_time": string(5), "timezone": string()}),
    "datetimepicker": shape({}, {**_ACTION, "initial_date_time": whole(1_000_000_000)}),
}
INPUTS: dict[str, Rule] = {
    "plain_text_input": both(
        shape(
            {},
            {
                **_INPUT_TEXT,
                "initial_value": string(3000, 0),
                "multiline": flag,
                "min_length": whole(0, 3000),
                "max_length": whole(1, 3000),
            },
        ),
        _lengths_fit,
    ),
    "number_input": shape(
        {"is_decimal_allowed": flag},
        {**_INPUT_TEXT, "initial_value": string(), "min_value": string(), "max_value": string()},
    ),
    "email_text_input": shape({}, {**_INPUT_TEXT, "initial_value": string()}),
    "url_text_input": shape({}, {**_INPUT_TEXT, "initial_value": string()}),
    "rich_text_input": shape({}, {**_INPUT_TEXT, "initial_value": anything}),
    "file_input": shape({}, {"action_id": string(255), "filetypes": items(string()), "max_files": whole(1, 10)}),
}


def _image_source(value: Any, at: str) -> Iterator[str]:
    if ("image_url" in value) == ("slack_file" in value):
        yield wrong("must define either `image_url` or `slack_file`", at)


SLACK_FILE = shape({}, {"id": string(), "url": string()})
IMAGE: dict[str, Rule] = {
    "image": both(
        shape({"alt_text": string(2000)}, {"image_url": string(3000), "slack_file": SLACK_FILE}), _image_source
    )
}
IN_ACTIONS = {**BUTTON, **SELECTS, **MULTI, **CHOICES, **DATES, "workflow_button": anything}
IN_SECTION = {**IN_ACTIONS, **IMAGE}
IN_INPUT = {
    **INPUTS,
    **SELECTS,
    **MULTI,
    **DATES,
    "radio_buttons": CHOICES["radio_buttons"],
    "checkboxes": CHOICES["checkboxes"],
}
