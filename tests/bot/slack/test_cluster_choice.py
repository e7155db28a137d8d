"""Which cluster a question is about."""

import pytest

from bot.slack.cluster_choice import AmbiguousCluster, ChosenCluster, Clusters, UnknownCluster, matches_channel

THREE = ("prod-hz", "staging-bj", "Lab")


def clusters(known: tuple[str, ...] = THREE, default: str = "", **channels: str) -> Clusters:
    by_channel = tuple((name.replace("_", "-").replace("X", "*"), to) for name, to in channels.items())
    return Clusters(lambda: known, default=default, by_channel=by_channel)


def test_the_words_win_over_thread_channel_and_default() -> None:
    several = clusters(default="prod-hz", ops="prod-hz")
    assert several.choose(given="Lab", thread="staging-bj", channel_name="ops") == ChosenCluster("Lab")
    assert several.choose(thread="staging-bj", channel_name="ops") == ChosenCluster("staging-bj")


def test_the_channel_wins_over_the_default() -> None:
    several = clusters(default="prod-hz", inc_X="Lab", C1="staging-bj")
    assert several.choose(channel="C2", channel_name="inc-shop") == ChosenCluster("Lab")
    assert several.choose(channel="C1", channel_name="ops") == ChosenCluster("staging-bj")
    assert several.choose(channel="C2", channel_name="ops") == ChosenCluster("prod-hz")


def test_where_the_channels_name_is_not_told_it_is_asked_for() -> None:
    several = clusters(default="prod-hz", inc_X="Lab", C1="staging-bj")
    assert several.choose(channel="C2") == AmbiguousCluster(THREE)
    assert several.choose(channel="C1") == ChosenCluster("staging-bj")
    assert several.choose(channel="D2") == ChosenCluster("prod-hz")
    assert clusters(default="prod-hz").choose(channel="C2") == ChosenCluster("prod-hz")


def test_the_only_cluster_needs_no_name() -> None:
    assert clusters(("one",)).choose() == ChosenCluster("one")


def test_no_cluster_at_all_is_no_cluster() -> None:
    assert clusters(()).choose() == ChosenCluster("")
    assert clusters(()).choose(given="prod") == UnknownCluster(
        "prod", "There is no cluster 'prod': none is configured here."
    )


def test_several_and_nothing_said_is_asked_for() -> None:
    assert clusters().choose(channel="C9", channel_name="random") == AmbiguousCluster(THREE)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    choice = clusters().choose(given="prod-hs")
    assert isinstance(choice, UnknownCluster)
    assert choice.sentence == (
        "There is no cluster 'prod-hs'; I can read prod-hz, staging-bj, Lab. Did you mean prod-hz?"
    )
    far = clusters().choose(given="mars")
    assert isinstance(far, UnknownCluster)
    assert "Did you mean" not in far.sentence


def test_letters_case_does_not_matter_unless_it_tells_two_apart() -> None:
    assert clusters().choose(given="lab") == ChosenCluster("Lab")
    assert clusters(("a", "A")).choose(given="A") == ChosenCluster("A")
    assert isinstance(clusters(("ab", "aB")).choose(given="AB"), UnknownCluster)


def test_a_name_in_the_settings_that_is_none_is_refused_too() -> None:
    """A default that was renamed in the kubeconfig must not send the question to some other cluster."""
    assert isinstance(clusters(default="gone").choose(), UnknownCluster)
    assert isinstance(clusters(("only",), ops="gone").choose(channel_name="ops"), UnknownCluster)


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
    assert matches_channel(pattern, channel, name) is meant
