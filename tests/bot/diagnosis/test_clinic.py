"""The flow: from words and a cluster to an ordered answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
from aiohttp import web

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget, Request
from bot.cluster.transport import Transport
from bot.diagnosis.answer import Answer, evidence_for
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.matching import MOST_MATCHES, MatchScores
from bot.diagnosis.report import make_report
from bot.diagnosis.wording import word_of
from bot.recordings import load, serve
from knowledge.model import Entry, Kind

Entries = Mapping[str, Entry]
Meaning = Callable[[Mapping[str, float]], Any]
OUT_OF_IPS = "terway-vswitch-out-of-ips"


@contextlib.asynccontextmanager
async def opened(recording: str, observers: Any = ()) -> AsyncIterator[Cluster]:
    async with serve(load(recording)) as server, connect_to(server.kubeconfig, recording) as link:
        yield Cluster(Transport(link.client), recording, observers)


async def ask(clinic: Clinic, recording: str, question: str = "it is broken", namespace: str | None = None) -> Answer:
    async with opened(recording) as cluster:
        return await clinic.ask(question, cluster, namespace)


def verdicts(answer: Answer) -> list[tuple[str, str]]:
    return [(item.entry.id, str(item.verdict)) for item in answer.diagnoses]


async def test_what_the_cluster_confirms_comes_first(entries: Entries, meaning: Meaning) -> None:
    clinic = Clinic(entries, meaning({"terway-mac-not-found": 0.5, "terway-pod-lifecycle": 0.4, OUT_OF_IPS: 0.1}))
    answer = await ask(clinic, "terway-out-of-ips", "the pods of this cluster")
    assert verdicts(answer) == [
        (OUT_OF_IPS, "confirmed"),
        ("terway-mac-not-found", "ruled_out"),
        ("terway-pod-lifecycle", "answered"),
    ]
    assert answer.outcome == "confirmed"


async def test_what_was_asked_about_and_is_not_so_comes_first_on_a_healthy_cluster(
    entries: Entries, meaning: Meaning
) -> None:
    clinic = Clinic(entries, meaning({"terway-mac-not-found": 0.9, "terway-pod-lifecycle": 0.5}))
    answer = await ask(clinic, "terway-healthy", "the pods of this cluster")
    assert verdicts(answer) == [("terway-mac-not-found", "ruled_out"), ("terway-pod-lifecycle", "answered")]


@pytest.mark.parametrize("recording", ["terway-healthy", "terway-ipvlan", "terway-policy-off"])
async def test_where_no_pod_waits_and_nothing_was_refused_the_answer_says_what_cannot_be_seen(
    entries: Entries, meaning: Meaning, recording: str
) -> None:
    first = (await ask(Clinic(entries, meaning({OUT_OF_IPS: 0.9})), recording)).diagnoses[0]
    assert (first.entry.id, first.verdict) == (OUT_OF_IPS, "ruled_out")
    assert "how many are left, only the VPC console shows" in first.judgement.reason


async def test_words_about_another_plugin_are_ruled_out_for_that_reason(entries: Entries, meaning: Meaning) -> None:
    answer = await ask(Clinic(entries, meaning({"flannel-ip-leak": 0.9})), "terway-healthy")
    assert verdicts(answer) == [("flannel-ip-leak", "ruled_out")]
    assert answer.diagnoses[0].judgement.reason.startswith("It does not apply here: network plugin: terway")


async def test_what_fails_is_brought_up_though_the_words_were_about_something_else(
    entries: Entries, meaning: Meaning
) -> None:
    answer = await ask(Clinic(entries, meaning({"cluster-domain": 0.9})), "terway-out-of-ips")
    assert verdicts(answer) == [(OUT_OF_IPS, "confirmed"), ("cluster-domain", "answered")]
    assert [item.score for item in answer.diagnoses] == [None, 1.0]


async def test_a_risky_setting_is_never_brought_up_unasked(entries: Entries, meaning: Meaning) -> None:
    words = "a pod cannot reach itself through its own Service"
    asked = await ask(Clinic(entries, meaning({"flannel-hairpin-off": 0.9})), "flannel-hairpin-off", words)
    assert verdicts(asked) == [("flannel-hairpin-off", "confirmed")]
    vague = await ask(Clinic(entries, meaning({"flannel-hairpin-off": 0.4})), "flannel-hairpin-off")
    assert verdicts(vague) == [("flannel-hairpin-off", "suspected")]
    unasked = await ask(Clinic(entries, meaning({"cluster-domain": 0.9})), "flannel-hairpin-off")
    assert verdicts(unasked) == [("cluster-domain", "answered")]


@pytest.mark.parametrize(
    "recording",
    [
        "terway-healthy",
        "terway-dual-stack",
        "terway-ipvlan",
        "terway-exclusive-eni",
        "terway-dedicated",
        "flannel-healthy",
    ],
)
async def test_a_healthy_cluster_confirms_nothing_whatever_is_asked(entries: Entries, recording: str) -> None:
    async with opened(recording) as cluster:
        answer = await Clinic(entries).check([], cluster, words_are_clear=True)
    assert [id_ for id_, verdict in verdicts(answer) if verdict == "confirmed"] == []
    assert len(answer.diagnoses) > 20


async def test_words_out_of_scope_read_nothing(entries: Entries, meaning: Meaning) -> None:
    answer = await ask(Clinic(entries, meaning({})), "terway-out-of-ips", "lunch?")
    assert (answer.outcome, answer.diagnoses, answer.requests, answer.cluster) == ("unmatched", (), 0, None)


async def test_any_trace_of_a_cluster_has_what_fails_decide(entries: Entries, meaning: Meaning) -> None:
    for words in ("the network is broken", "下单一直报错"):
        answer = await ask(Clinic(entries, meaning({})), "terway-out-of-ips", words)
        assert verdicts(answer) == [(OUT_OF_IPS, "confirmed")]
    told = await ask(Clinic(entries, meaning({})), "flannel-notready-pleg", "the network is broken")
    assert (told.outcome, told.diagnoses) == ("unmatched", ())
    assert "PLEG is not healthy" in told.failing[0].message
    quiet = await ask(Clinic(entries, meaning({})), "terway-healthy", "the network is broken")
    assert (quiet.outcome, quiet.failing) == ("unmatched", ())
    assert "pods that wait for their network" in quiet.looked_at


async def test_a_risky_setting_is_not_what_vague_words_mean(entries: Entries, meaning: Meaning) -> None:
    answer = await ask(Clinic(entries, meaning({})), "flannel-hairpin-off", "the network is broken")
    assert (answer.outcome, answer.diagnoses, answer.failing) == ("unmatched", (), ())


async def test_what_is_well_is_the_headline(entries: Entries, meaning: Meaning) -> None:
    answer = await ask(Clinic(entries, meaning({OUT_OF_IPS: 0.9})), "terway-healthy", "pods stuck")
    assert make_report(answer).headline == "No pod is stuck in ContainerCreating on terway-healthy."
    hidden = await ask(Clinic(entries, meaning({OUT_OF_IPS: 0.9})), "terway-out-of-ips-hidden", "pods stuck")
    assert make_report(hidden).headline == ""
    taint = await ask(Clinic(entries, meaning({"flannel-node-network-unavailable": 0.9})), "flannel-healthy", "taint")
    assert make_report(taint).headline == "No node is NotReady on flannel-healthy."


async def test_the_headline_is_about_what_was_asked(entries: Entries, meaning: Meaning) -> None:
    async def headline(recording: str, words: str, score: float = 0.9) -> str:
        answer = await ask(Clinic(entries, meaning({OUT_OF_IPS: score} if score else {})), recording, words)
        return make_report(answer).headline

    unready = "why is my node NotReady?"
    assert await headline("terway-healthy", unready, 0) == "No node is NotReady on terway-healthy."
    assert await headline("terway-healthy", unready) == "No node is NotReady on terway-healthy."
    assert await headline("terway-healthy", "为什么节点 NotReady") == "terway-healthy 上没有 NotReady 的节点。"
    assert await headline("terway-healthy", "Pod 卡住了") == "terway-healthy 上没有卡在 ContainerCreating 的 Pod。"
    assert await headline("flannel-notready-pleg", unready, 0) == ""
    assert await headline("flannel-ip-nodes-forbidden", unready, 0) == ""
    assert await headline("terway-healthy", "the network is broken", 0) == ""


@pytest.mark.parametrize(
    ("words", "headline"),
    [
        ("terway crashes on one node", "No component of the network crashes or is unready on terway-healthy."),
        ("is kube-proxy down?", "No component of the network crashes or is unready on terway-healthy."),
        ("coredns 一直重启", "terway-healthy 上没有崩溃或未就绪的网络组件。"),
        ("since coredns restarted, pods are stuck", "No pod is stuck in ContainerCreating on terway-healthy."),
        ("重启 coredns 之后 pod 卡住", "terway-healthy 上没有卡在 ContainerCreating 的 Pod。"),
        ("our shop app crashes", "No pod is stuck in ContainerCreating on terway-healthy."),
    ],
)
async def test_a_component_that_is_said_to_crash_is_the_headline(
    entries: Entries, meaning: Meaning, words: str, headline: str
) -> None:
    answer = await ask(Clinic(entries, meaning({OUT_OF_IPS: 0.9})), "terway-healthy", words)
    assert make_report(answer).headline == headline


async def test_of_a_healthy_cluster_a_faint_suspicion_is_no_headline(entries: Entries, meaning: Meaning) -> None:
    async def headline(score: float, recording: str = "terway-healthy") -> str:
        scores = dict.fromkeys(entries, 0.02) | {"conntrack-table-full": score}
        return make_report(await ask(Clinic(entries, meaning(scores)), recording, "node network problem?")).headline

    assert await headline(0.4) == "Nothing is seen failing on terway-healthy."
    assert await headline(0.8) == "", "the words plainly describe it"
    assert await headline(0.4, "flannel-notready-pleg") == ""


async def test_what_is_for_other_clusters_has_no_headline_and_says_so(entries: Entries, meaning: Meaning) -> None:
    answer = await ask(Clinic(entries, meaning({"flannel-ip-leak": 0.9})), "terway-healthy")
    assert make_report(answer).headline == ""
    (first,) = answer.to_json()["diagnoses"]
    assert (first["verdict"], first["applies"]) == ("ruled_out", False)
    assert word_of(make_report(answer).diagnoses[0]).word == "DOES NOT APPLY"


async def test_evidence_is_not_told_twice_in_text(entries: Entries, meaning: Meaning) -> None:
    answer = await ask(Clinic(entries, meaning({OUT_OF_IPS: 0.9})), "terway-out-of-ips", "pods stuck")
    assert answer.failing
    assert make_report(answer).failing_untold == ()


async def test_an_event_said_again_for_another_reason_is_no_more_evidence(entries: Entries, meaning: Meaning) -> None:
    answer = await ask(Clinic(entries, meaning({OUT_OF_IPS: 0.9})), "terway-out-of-ips", "pods stuck")
    told = [piece.excerpt for piece in evidence_for(answer.diagnoses[0])]
    assert [excerpt.partition(" ")[0] for excerpt in told[:2]] == ["FailedCreatePodSandBox", "CreateENIFailed"]


async def test_doubtful_words_about_ipv6_do_not_apply_where_there_is_none(entries: Entries, meaning: Meaning) -> None:
    doubtful = meaning({"ipv6-no-egress": 0.3}, confidence=0.66, in_scope=False)
    clinic = Clinic(entries, doubtful)
    (first,) = (await ask(clinic, "terway-healthy", "IPv6 客户端连不上我们的负载均衡")).to_json()["diagnoses"]
    assert (first["entry"], first["verdict"], first["applies"]) == ("ipv6-no-egress", "ruled_out", False)
    for words in ("which IPv6 range do the firewall people open?", "clients cannot reach our load balancer"):
        assert (await ask(clinic, "terway-healthy", words)).outcome == "unmatched"
    unlikely = Clinic(entries, meaning({"ipv6-no-egress": 0.3}, confidence=0.3, in_scope=False))
    assert (await ask(unlikely, "terway-healthy", "IPv6 客户端连不上我们的负载均衡")).outcome == "unmatched"


async def test_without_a_cluster_nothing_is_confirmed(entries: Entries, meaning: Meaning) -> None:
    answer = await Clinic(entries, meaning({OUT_OF_IPS: 0.9, "terway-pod-lifecycle": 0.5})).ask("words")
    assert verdicts(answer) == [(OUT_OF_IPS, "suspected"), ("terway-pod-lifecycle", "answered")]
    assert answer.diagnoses[0].judgement.reason == "No cluster was read. Only the words point to it."
    assert answer.diagnoses[0].steps
    assert answer.diagnoses[0].settle


async def test_what_permissions_hide_is_suspected_and_named(entries: Entries, meaning: Meaning) -> None:
    answer = await ask(Clinic(entries, meaning({OUT_OF_IPS: 0.9})), "terway-out-of-ips-hidden")
    assert verdicts(answer) == [(OUT_OF_IPS, "suspected")]
    assert [line for line in answer.unread if line.startswith("netclinic may not read ")] == [
        "netclinic may not read Terway's nodes, events and pod logs here"
    ]
    assert answer.diagnoses[0].settle


async def test_steps_name_this_cluster_s_objects(entries: Entries, meaning: Meaning) -> None:
    first = (await ask(Clinic(entries, meaning({"flannel-ip-leak": 0.9})), "flannel-ip-leak")).diagnoses[0]
    commands = [step.command or "" for step in (*first.steps, *first.verify)]
    assert "kubectl cordon cn-hangzhou.172.16.0.11" in commands
    assert not any("NODE" in command for command in commands)


async def test_what_is_ruled_out_gets_no_steps(entries: Entries, meaning: Meaning) -> None:
    first = (await ask(Clinic(entries, meaning({"terway-mac-not-found": 0.9})), "terway-healthy")).diagnoses[0]
    assert (first.settle, first.steps, first.verify, first.caution) == ((), (), (), ())


async def test_the_deadline_turns_what_is_left_into_unknown(entries: Entries, meaning: Meaning) -> None:
    deadline = 3.0  # a busy machine takes long to answer even the first read

    class Slow:
        """An observer that keeps every read but the first waiting until the deadline has passed."""

        async def before(self, request: Request) -> None:
            await asyncio.sleep(0 if request.resource == "version" else deadline)

        async def after(self, request: Request, outcome: str, size: int, seconds: float) -> None:
            pass

    clinic = Clinic(entries, meaning({OUT_OF_IPS: 0.9}), Budget(seconds=deadline))
    async with opened("terway-out-of-ips", [Slow()]) as cluster:
        answer = await clinic.ask("words", cluster)
    assert answer.outcome == "suspected"
    assert any("deadline" in line for line in answer.unread)


async def test_no_more_requests_than_the_budget_allows(entries: Entries, meaning: Meaning) -> None:
    clinic = Clinic(entries, meaning({OUT_OF_IPS: 0.9}), Budget(requests=4))
    answer = await ask(clinic, "terway-out-of-ips")
    assert answer.requests == 4
    assert answer.outcome == "suspected"
    assert any("budget of 4 requests" in line for line in answer.unread)


async def test_a_namespace_narrows_what_pods_count(entries: Entries, meaning: Meaning) -> None:
    clinic = Clinic(entries, meaning({OUT_OF_IPS: 0.9}))
    assert (await ask(clinic, "terway-out-of-ips", namespace="shop")).outcome == "confirmed"
    assert (await ask(clinic, "terway-out-of-ips", namespace="elsewhere")).outcome != "confirmed"


async def test_a_namespace_without_pods_tells_nothing(entries: Entries, meaning: Meaning) -> None:
    answer = await ask(Clinic(entries, meaning({OUT_OF_IPS: 0.9})), "terway-healthy", namespace="shpo")
    assert verdicts(answer)[0] == (OUT_OF_IPS, "suspected")
    assert "namespace shpo holds no pod, or does not exist" in answer.diagnoses[0].judgement.reason
    assert [line for line in answer.unread if line.startswith("namespace shpo: it holds no pod")]


async def test_the_same_question_gives_the_same_answer(entries: Entries, meaning: Meaning) -> None:
    clinic = Clinic(entries, meaning({OUT_OF_IPS: 0.9, "terway-mac-not-found": 0.3}))
    first, second = [await ask(clinic, "terway-out-of-ips") for _ in range(2)]
    assert _told(first) == _told(second)


def _told(answer: Answer) -> list[tuple[object, ...]]:
    return [(item.entry.id, item.judgement.reason, item.steps, item.verify) for item in answer.diagnoses]


async def test_checking_judges_what_is_named_or_every_fault(entries: Entries) -> None:
    async with opened("terway-healthy") as cluster:
        named = await Clinic(entries).check(["terway-mac-not-found"], cluster)
        every = await Clinic(entries).check([], cluster)
    assert verdicts(named) == [("terway-mac-not-found", "ruled_out")]
    assert {item.entry.id for item in every.diagnoses} == {e.id for e in entries.values() if e.kind is Kind.FAULT}


async def test_asking_needs_an_index(entries: Entries) -> None:
    with pytest.raises(ValueError, match="without an index"):
        await Clinic(entries).ask("words")


async def test_vague_words_are_not_about_what_cannot_happen_here(entries: Entries, meaning: Meaning) -> None:
    vague = meaning({"flannel-ip-leak": 0.45, OUT_OF_IPS: 0.4})
    assert [id_ for id_, _ in verdicts(await ask(Clinic(entries, vague), "terway-healthy"))] == [OUT_OF_IPS]
    assert [id_ for id_, _ in verdicts(await ask(Clinic(entries, vague), "flannel-healthy"))] == ["flannel-ip-leak"]


def test_only_what_the_words_point_to_is_meant() -> None:
    scores = {f"entry-{number}": 1.0 - number / 10 for number in range(9)} | {"noise": 0.05}
    assert list(MatchScores(scores).best()) == [f"entry-{number}" for number in range(MOST_MATCHES)]
    assert list(MatchScores({"noise": 0.1, "one": 0.9}).best()) == ["one"]
    assert list(MatchScores({"one": 0.0, "two": 0.0}, named=True).best()) == ["one", "two"]
    assert MatchScores({}).best() == {}


def test_only_plain_words_describe_an_entry() -> None:
    words = MatchScores({"one": 0.6, "two": 0.3})
    assert [words.plainly_describe(id_) for id_ in ("one", "two", "three")] == [True, False, False]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "Status", "status": "Failure", "message": "no"},
        {"error": "session expired"},
        {"kind": "Pod", "metadata": {"name": "web-0"}},
    ],
)
async def test_a_cluster_that_answers_something_else_is_not_judged_by_it(entries: Entries, body: Any) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response({"gitVersion": "v1.32.1-aliyun.1"} if request.path == "/version" else body)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    kubeconfig = {
        "clusters": [{"name": "odd", "cluster": {"server": f"http://127.0.0.1:{runner.addresses[0][1]}"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "odd", "context": {"cluster": "odd", "user": "u"}}],
        "current-context": "odd",
    }
    try:
        async with connect_to(kubeconfig, "odd") as link:
            found = await Clinic(entries).check((), Cluster(Transport(link.client), "odd"))
    finally:
        await runner.cleanup()
    judged = [
        f"{item.entry.id}: {item.judgement.reason}" for item in found.diagnoses if str(item.verdict) != "suspected"
    ]
    assert judged == []
    assert any("pods: the reply to " in why for why in found.unread)
