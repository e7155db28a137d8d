"""Mentions: what people type, what Slack stores, and whom a message notifies."""

import pytest

from tests.workspace import Person
from tests.workspace.markup import mentions, rich, typed
from tests.workspace.team import Team, settle


@pytest.fixture(scope="module")
def team() -> Team:
    made = Team(Person("U0BOT", "netclinic", "netclinic", True, "B0BOT", "A0APP"))
    settle(made)
    return made


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("@netclinic a < b & c", "<@U0BOT> a &lt; b &amp; c"),
        ("<@U0BOT> hello", "<@U0BOT> hello"),
        ("@oncall @here in #ops", "<!subteam^S0ONCALL01|@oncall> <!here> in <#C0OPS00002|ops>"),
        ("@nobody mail a@ada.example", "@nobody mail a@ada.example"),
        ("see http://x.example/?a=1&b=2.", "see <http://x.example/?a=1&amp;b=2.>"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
    ],
)
def test_what_is_stored_of_what_is_typed(team: Team, said: str, stored: str) -> None:
    assert typed(team, said) == stored


def test_the_editors_blocks_say_the_same() -> None:
    parts = rich("<@U1> &lt;b&gt; <!here> <https://a.example|A> <#C1|ops>")[0]["elements"][0]["elements"]
    assert parts == [
        {"type": "user", "user_id": "U1"},
        {"type": "text", "text": " <b> "},
        {"type": "broadcast", "range": "here"},
        {"type": "text", "text": " "},
        {"type": "link", "url": "https://a.example", "text": "A"},
        {"type": "text", "text": " "},
        {"type": "channel", "channel_id": "C1"},
    ]


def section(kind: str, text: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": kind, "text": text}}


def test_who_is_notified() -> None:
    assert mentions("<@U1> <!channel> <!subteam^S1|@x> <#C1> &lt;!here&gt;", []) == {"U1", "!channel", "S1"}
    assert mentions("", [section("mrkdwn", "pod <!here>")]) == {"!here"}
    assert mentions("", [section("mrkdwn", "pod &lt;!here&gt;"), section("plain_text", "<!here>")]) == set()
    line = {
        "type": "rich_text_section",
        "elements": [{"type": "text", "text": "<!here>"}, {"type": "usergroup", "usergroup_id": "S1"}],
    }
    assert mentions("", [{"type": "rich_text", "elements": [line]}]) == {"S1"}
