"""Which cluster a question is about."""

import pytest

from bot.slack.cluster_choice import Ambiguous, Chosen, Clusters, Unknown, fits

THREE = ("prod-hz", "staging-bj", "Lab")


def clusters(known: tuple[str, ...] = THREE, default: str = "", **channels: str) -> Clusters:
    by_channel = tuple((name.replace("_", "-").replace("X", "*"), to) for name, to in channels.items())
    return Clusters(lambda: known, default=default, by_channel=by_channel)


def test_the_words_win_over_thread_channel_and_default() -> None:
    several = clusters(default="prod-hz", ops="prod-hz")
    assert several.choose(given="Lab", thread="staging-bj", channel_name="ops") == Chosen("Lab")
    assert several.choose(thread="staging-bj", channel_name="ops") == Chosen("staging-bj")


def test_the_channel_wins_over_the_default() -> None:
    several = clusters(default="prod-hz", inc_X="Lab", C1="staging-bj")
    assert several.choose(channel="C2", channel_name="inc-shop") == Chosen("Lab")
    assert several.choose(channel="C1", channel_name="ops") == Chosen("staging-bj")
    assert several.choose(channel="C2", channel_name="ops") == Chosen("prod-hz")


def test_where_the_channels_name_is_not_told_it_is_asked_for() -> None:
    several = clusters(default="prod-hz", inc_X="Lab", C1="staging-bj")
    assert several.choose(channel="C2") == Ambiguous(THREE)
    assert several.choose(channel="C1") == Chosen("staging-bj")
    assert several.choose(channel="D2") == Chosen("prod-hz")
    assert clusters(default="prod-hz").choose(channel="C2") == Chosen("prod-hz")


def test_the_only_cluster_needs_no_name() -> None:
    assert clusters(("one",)).choose() == Chosen("one")


def test_no_cluster_at_all_is_no_cluster() -> None:
    assert clusters(()).choose() == Chosen("")
    assert clusters(()).choose(given="prod") == Unknown("prod", "There is no cluster 'prod': none is configured here.")


def test_several_and_nothing_said_is_asked_for() -> None:
    assert clusters().choose(channel="C9", channel_name="random") == Ambiguous(THREE)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    choice = clusters().choose(given="prod-hs")
    assert isinstance(choice, Unknown)
    assert choice.sentence == (
        "There is no cluster 'prod-hs'; I can read prod-hz, staging-bj, Lab. Did you mean prod-hz?"
    )
    far = clusters().choose(given="mars")
    assert isinstance(far, Unknown)
    assert "Did you mean" not in far.sentence


def test_letters_case_does_not_matter_unless_it_tells_two_apart() -> None:
    assert clusters().choose(given="lab") == Chosen("Lab")
    assert clusters(("a", "A")).choose(given="A") == Chosen("A")
    assert isinstance(clusters(("ab", "aB")).choose(given="AB"), Unknown)


def test_a_name_in_the_settings_that_is_none_is_refused_too() -> None:
    """A default that was renamed in the kubeconfig must not send the question to some other cluster."""
    assert isinstance(clusters(default="gone").choose(), Unknown)
    assert isinstance(clusters(("only",), ops="gone").choose(channel_name="ops"), Unknown)


@pytest.mark.parametrize(
    ("pattern", "channel", "name", "meant"),
    [
        ("C1", "C1", "", True),
        ("#inc-shop", "C1", "inc-shop", True),
        ("inc-*", "C1", "inc-shop", True),
        ("inc-*", "C1", "incident", False),
        ("*", "C1", "", False),
        ("inc-shop", "C1", "", False),
    ],
)
def test_channels_by_id_name_or_pattern(pattern: str, channel: str, name: str, meant: bool) -> None:
    assert fits(pattern, channel, name) is meant
