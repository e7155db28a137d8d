"""Who may: by user, by group, everyone; and what is said to those who may not."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.slack.permissions import MembershipUnknown, Permissions, Right

ANN, BOB = "U0ANN00001", "U0BOB00002"


@dataclass(frozen=True)
class Handles:
    """Groups as Slack's replies would tell them."""

    groups: Mapping[str, frozenset[str]]

    async def members(self, group: str) -> frozenset[str]:
        if group not in self.groups:
            raise MembershipUnknown(f"Slack knows no user group {group}.")
        return self.groups[group]


def permissions(right: Right = "ask", *allowed: str, channels: tuple[str, ...] = (), contact: str = "") -> Permissions:
    return Permissions(Handles({"@oncall": frozenset({ANN})}), {right: allowed}, channels, contact)


async def test_everyone_may_where_nothing_is_set() -> None:
    assert await permissions().refusal("ask", ANN) is None
    assert await permissions().refusal("resolve", ANN) is None
    assert await permissions("ask", "everyone", BOB).refusal("ask", ANN) is None


async def test_a_named_person_may_and_another_hears_who_may() -> None:
    only = permissions("resolve", BOB, "@oncall", contact="@platform")
    assert await only.refusal("resolve", BOB) is None
    assert await only.refusal("resolve", ANN) is None, "through the group"
    refused = await only.refusal("resolve", "U0EVE00009")
    assert refused is not None
    assert refused.rule == "NETCLINIC_MAY_RESOLVE"
    assert refused.sentence == (
        "Only U0BOB00002 and @oncall may do this (resolving a case). Ask @platform to change that."
    )


async def test_a_right_says_nothing_of_another() -> None:
    assert await permissions("resolve", BOB).refusal("ask", ANN) is None


async def test_what_slack_cannot_tell_is_a_refusal_that_says_so() -> None:
    unknown = permissions("recheck", "@gone")
    refused = await unknown.refusal("recheck", ANN)
    assert refused is not None
    assert refused.sentence == (
        "I cannot tell whether you may: Slack knows no user group @gone. "
        "Ask whoever runs netclinic here to change that."
    )


async def test_one_group_that_tells_is_enough() -> None:
    assert await permissions("recheck", "@gone", "@oncall").refusal("recheck", ANN) is None


def test_channels() -> None:
    some = permissions(channels=("inc-*", "#ops", "C0SECRET01"))
    assert some.channel_refusal("C1", "inc-shop") is None
    assert some.channel_refusal("C1", "ops") is None
    assert some.channel_refusal("C0SECRET01", "") is None
    assert permissions().channel_refusal("C1", "random") is None
    refused = some.channel_refusal("C1", "random")
    assert refused is not None
    assert refused.rule == "NETCLINIC_CHANNELS"
    assert refused.sentence.startswith("I answer only in #inc-*, #ops, C0SECRET01 and in direct messages.")
