"""A setting that the words leave open: the question is asked, and a person's answer counts as words, no more."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.transport import Transport
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.settling import GivenAnswer
from bot.recordings import load, serve
from tests.conftest import Match

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

    async def judged(
        entry: str, recording: str, given: GivenAnswer | None = None, words: str = SILENT, likeness: float | None = None
    ) -> Any:
        matcher = meaning({entry: 0.95}, likeness={} if likeness is None else {entry: likeness})
        clinic = Clinic(entries, matcher, given={entry: given} if given else {})
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


@pytest.mark.parametrize(
    ("words", "likeness", "verdict"),
    [
        ("the pod times out when it calls itself through its own Service", 0.1, "suspected"),
        ("the pod times out when it calls itself through its own Service", 0.6, "confirmed"),
        ("orders asks orders and hears nothing, invoices asks orders and is answered", 0.97, "confirmed"),
        ("orders asks orders and hears nothing, invoices asks orders and is answered", 0.5, "suspected"),
        ("orders asks orders and hears nothing, the certificate has expired", 0.8, "suspected"),
        ("orders asks orders and hears nothing, the certificate has expired", 0.99, "confirmed"),
        ("orders asks orders and hears nothing in theory, just curious: why?", 0.99, "suspected"),
        ("orders asked orders and heard nothing, we set hairpinMode, closing this", 0.99, "suspected"),
    ],
)
async def test_likeness_to_look_alikes_is_weighed_with_the_wordings(
    told: Any, words: str, likeness: float, verdict: str
) -> None:
    item = await told("flannel-hairpin-off", "flannel-hairpin-off", None, words, likeness)
    assert str(item.verdict) == verdict
    assert bool(item.asks) == (verdict == "suspected")


@dataclass(frozen=True)
class Doubtful:
    """An index for which the words may be about something else; these entries are its best."""

    scores: Mapping[str, float]
    in_scope: bool = False
    confidence: float = 0.4
    likeness: Mapping[str, float] = field(default_factory=dict)

    def match(self, _: str) -> "Doubtful":
        return self

    @property
    def matches(self) -> list[Match]:
        return [Match(*item) for item in self.scores.items()]


@pytest.fixture
def doubted(entries: Any) -> Any:
    """The answer to words of which the index is not sure."""

    async def asked(
        words: str, recording: str, scores: Mapping[str, float], given: GivenAnswer | None = None
    ) -> Answer:
        known = dict.fromkeys(scores, given) if given else {}
        clinic = Clinic(entries, Doubtful(scores), given=known)
        async with serve(load(recording)) as server, connect_to(server.kubeconfig, recording) as link:
            return await clinic.ask(words, Cluster(Transport(link.client), recording))

    return asked


def verdicts(answer: Answer) -> list[tuple[str, str]]:
    return [(item.entry.id, str(item.verdict)) for item in answer.diagnoses]


OWN = "all callers get through to the api, except from the api pods themselves"


@pytest.mark.parametrize(
    ("words", "recording", "entry"),
    [
        (OWN, "flannel-hairpin-off", "flannel-hairpin-off"),
        ("除了 api 自己的 pod，谁都能连上 api", "flannel-hairpin-misplaced", "flannel-hairpin-off"),
        ("lookups became a lottery after I killed one coredns pod", "kube-proxy-udp-timeout", "ipvs-udp-timeout"),
        ("pods time out on our public url, my phone opens it", "terway-ipvlan-lb-off", "terway-ipvlan-in-cluster-lb"),
    ],
)
async def test_doubtful_words_that_speak_of_a_setting_are_asked_and_confirm_nothing(
    doubted: Any, words: str, recording: str, entry: str
) -> None:
    for scores in ({entry: 0.97, "ipvs-scheduler": 0.02}, {"ipvs-scheduler": 0.97}):
        answer = await doubted(words, recording, scores)
        assert (verdicts(answer), answer.in_scope) == ([(entry, "suspected")], True)
        assert answer.diagnoses[0].asks == answer.diagnoses[0].entry.asks.sentence


async def test_words_that_only_hint_are_asked_where_the_index_means_the_entry(doubted: Any) -> None:
    entry, words = "terway-network-policy-latency", "new containers come up deaf for some moments"
    assert verdicts(await doubted(words, "terway-policy-on-new-pods", {entry: 0.6})) == [(entry, "suspected")]
    assert verdicts(await doubted(words, "terway-policy-on-new-pods", {"ipvs-scheduler": 0.6})) == []


@pytest.mark.parametrize(
    ("words", "score", "told"),
    [
        ("Errors at the edge now and then, since coredns was redeployed", 0.8, True),
        ("入口偶尔报 504，重启 coredns 之后才出现", 0.8, True),
        ("Errors at the edge now and then, since coredns was redeployed", 0.3, False),
        ("Errors at the edge now and then for weeks, and coredns was redeployed", 0.8, False),
        ("Errors at the edge now and then, since redis was redeployed", 0.8, False),
    ],
)
async def test_what_words_say_by_half_is_asked_where_the_index_means_the_entry(
    doubted: Any, words: str, score: float, told: bool
) -> None:
    entry = "ipvs-udp-timeout"
    answer = await doubted(words, "kube-proxy-udp-timeout", {entry: score, "ipvs-scheduler": 0.9 - score})
    assert verdicts(answer) == ([(entry, "suspected")] if told else [])


@pytest.mark.parametrize(
    ("words", "recording"),
    [
        (SILENT, "flannel-hairpin-off"),
        ("other pods time out, too, and the api pod itself", "flannel-hairpin-off"),
        (OWN, "flannel-healthy"),
        (OWN, "flannel-hairpin-forbidden"),
    ],
)
async def test_doubtful_words_say_nothing_where_words_or_setting_are_missing(
    doubted: Any, words: str, recording: str
) -> None:
    answer = await doubted(words, recording, {"flannel-hairpin-off": 0.97})
    assert (verdicts(answer), answer.in_scope) == ([], False)


async def test_what_fails_comes_before_doubtful_words(doubted: Any) -> None:
    answer = await doubted(OWN, "flannel-ip-leak", {"flannel-hairpin-off": 0.97})
    assert verdicts(answer) == [("flannel-ip-leak", "confirmed")]


async def test_an_answer_settles_doubtful_words(doubted: Any) -> None:
    scores = {"flannel-hairpin-off": 0.97}
    for words in (OWN, SILENT):
        confirmed = await doubted(words, "flannel-hairpin-off", scores, YES)
        assert (verdicts(confirmed), confirmed.in_scope) == ([("flannel-hairpin-off", "confirmed")], True)
    denied = await doubted(OWN, "flannel-hairpin-off", scores, NO)
    assert (verdicts(denied), denied.in_scope) == ([("flannel-hairpin-off", "ruled_out")], True)


def test_an_answer_that_confirms_may_be_no(entries: Any) -> None:
    asks = replace(entries["flannel-hairpin-off"].asks, yes="ruled_out", no="confirmed")
    assert (YES.confirms(asks), NO.confirms(asks)) == (False, True)
