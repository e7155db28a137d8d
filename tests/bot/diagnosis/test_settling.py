"""A setting that the words leave open: the question is asked, and a person's answer counts as words, no more."""

from dataclasses import replace
from typing import Any

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.settling import GivenAnswer
from bot.recordings import load, serve

YES, NO = GivenAnswer(yes=True, by="Lin"), GivenAnswer(yes=False, by="Lin")
SILENT = "something is slow here"
# The recording on which the setting is there, and one on which more than the words is missing.
SETTINGS = [
    ("flannel-hairpin-off", "flannel-hairpin-off", "flannel-hairpin-forbidden"),
    ("ipvs-udp-timeout", "kube-proxy-udp-timeout", "kube-proxy-udp-upstream-silent"),
    ("terway-hostport-unmapped", "terway-hostport-used", "terway-hostport-hidden"),
    ("terway-upgrade-eip-pool", "terway-eip-pool-on", "terway-eip-pool-hidden"),
    ("terway-network-policy-latency", "terway-policy-on-new-pods", "terway-policy-hidden"),
    ("ipv6-cluster-ip-shows-ipv4", "ipv6-services-single-stack", "ipv6-services-hidden"),
]


@pytest.fixture
def told(entries: Any, meaning: Any) -> Any:
    """The diagnosis of one entry on a recording, with what somebody answered."""

    async def judged(entry: str, recording: str, given: GivenAnswer | None = None, words: str = SILENT) -> Any:
        clinic = Clinic(entries, meaning({entry: 0.95}), given={entry: given} if given else {})
        async with serve(load(recording)) as server, connect_to(server.kubeconfig, recording) as link:
            answer = await clinic.ask(words, Cluster(Transport(link.client), recording))
        return next(item for item in answer.diagnoses if item.entry.id == entry)

    return judged


@pytest.mark.parametrize(("entry", "there", "unclear"), SETTINGS)
async def test_silent_words_are_settled_by_one_answer(told: Any, entry: str, there: str, unclear: str) -> None:
    del unclear
    item = await told(entry, there)
    assert (str(item.verdict), item.asks) == ("suspected", item.entry.asks.sentence)
    assert item.to_json()["steps"][0] == {"text": f"First settle: {item.asks}", "command": None}
    confirmed, denied = await told(entry, there, YES), await told(entry, there, NO)
    assert (str(confirmed.verdict), confirmed.asks) == ("confirmed", "")
    assert f'Lin answered "{item.entry.asks.text}" with yes.' in confirmed.judgement.reason
    assert (str(denied.verdict), denied.asks) == ("ruled_out", "")
    assert denied.judgement.reason == f'Lin answered "{item.entry.asks.text}" with no.'


@pytest.mark.parametrize(("entry", "there", "unclear"), SETTINGS)
async def test_what_else_is_missing_is_not_settled_by_an_answer(
    told: Any, entry: str, there: str, unclear: str
) -> None:
    del there
    item = await told(entry, unclear)
    assert (str(item.verdict), item.asks) == ("suspected", "")
    assert str((await told(entry, unclear, YES)).verdict) == "suspected"
    assert str((await told(entry, unclear, NO)).verdict) == "ruled_out"


async def test_a_setting_that_is_not_there_asks_nothing(told: Any) -> None:
    assert str((await told("flannel-hairpin-off", "flannel-healthy")).verdict) == "ruled_out"
    assert str((await told("flannel-hairpin-off", "flannel-healthy", YES)).verdict) == "ruled_out"


async def test_an_answer_outweighs_words_that_were_misread(told: Any) -> None:
    words = "other pods time out, too"
    assert str((await told("flannel-hairpin-off", "flannel-hairpin-off", None, words)).verdict) == "suspected"
    assert str((await told("flannel-hairpin-off", "flannel-hairpin-off", YES, words)).verdict) == "confirmed"
    said = "the pod times out when it calls itself through its own Service"
    assert str((await told("flannel-hairpin-off", "flannel-hairpin-off", None, said)).verdict) == "confirmed"
    assert str((await told("flannel-hairpin-off", "flannel-hairpin-off", NO, said)).verdict) == "ruled_out"


async def test_a_sign_speaks_louder_than_a_denial(told: Any) -> None:
    """An empty EndpointSlice is seen, whatever anybody answers."""
    item = await told("ipv6-cluster-ip-unreachable", "ipv6-endpoints-only-ipv4", NO)
    assert (str(item.verdict), item.judgement.rests_on_sign) == ("confirmed", True)


def test_an_answer_that_confirms_may_be_no(entries: Any) -> None:
    asks = replace(entries["flannel-hairpin-off"].asks, yes="ruled_out", no="confirmed")
    assert (YES.confirms(asks), NO.confirms(asks)) == (False, True)
