"""From an entry and a cluster to a verdict: probes are asked at once, joined by three-valued logic, and weighed.

An entry that rests on conditions alone (settings under which something can fail) is confirmed only when the words
clearly describe its symptom and no everyday cause explains the same. What could not be read leaves the verdict open;
it never rules anything out.
"""

import asyncio
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.cluster.facts import Fact, facts_here, read_fact
from bot.cluster.facts.labels import fact_label
from bot.cluster.resources import denied, denied_kinds, merge_denied
from bot.cluster.session import EMPTY_NAMESPACE, ClusterSession
from bot.diagnosis.settling import GivenAnswer, is_meant_in_doubt, spoken, weighed_words, with_words
from bot.probes import ask
from bot.probes.everyday import everyday_causes
from bot.probes.findings import Evidence, Finding
from bot.probes.metrics import NOT_CONFIGURED
from bot.probes.registry import calls, configured, is_state, is_wide
from knowledge.call_validation import fact_to_probe
from knowledge.fact_comparison import compare
from knowledge.logic import Outcome, all_of, any_of, negate, none_of
from knowledge.model import Call, Condition, Entry, Group, Kind, SettlingQuestion, format_value
from knowledge.settling import WORDS_PROBE

PLUGIN = "network_plugin"
UNDECIDED = "The cluster could not decide: "
NOT_HERE = "It does not apply here"
_JOIN = {"all": all_of, "any": any_of, "none": none_of}


class Verdict(StrEnum):
    """What is said of an entry on this cluster."""

    CONFIRMED = "confirmed"
    SUSPECTED = "suspected"
    RULED_OUT = "ruled_out"
    ANSWERED = "answered"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A verdict with one sentence of reason; ``rests_on_sign`` when something is failing now.

    ``found``: what each of the entry's probes came to, where a sentence of the entry may say it better than the reason;
    ``telling``: of these, what that sentence is made of, or what rules the entry out.
    ``preface`` stands in front of it, ``aside`` behind: why the cloud could not decide.
    ``is_riddle`` where it is open only because something else fails that nobody knows: no step is to be taken on it.
    ``asks`` is what would settle it, where only the words leave it open; ``given`` tells who has answered that.
    """

    verdict: Verdict
    reason: str
    findings: tuple[Finding, ...] = ()
    rests_on_sign: bool = False
    asks: SettlingQuestion | None = None
    given: str = ""
    found: Mapping[Call, Finding] = field(default_factory=dict)
    is_riddle: bool = False
    telling: tuple[Finding, ...] = ()
    preface: str = ""
    aside: str = ""

    def objects(self) -> Mapping[str, Sequence[str]]:
        """What the findings name, the most exact ones first: the names that steps are about."""
        return {kind: list(dict.fromkeys(itertools.chain(*names))) for kind, names in self._named().items()}

    def told_objects(self) -> Mapping[str, Sequence[str]]:
        """What a sentence is about: of each kind what the most exact finding names, not all that wait beside it."""
        return {kind: names[0] for kind, names in self._named().items()}

    def _named(self) -> Mapping[str, list[Sequence[str]]]:
        """The names of each finding by kind: present ones first, of these the one that names the fewest."""
        named: dict[str, list[tuple[bool, Sequence[str]]]] = {}
        for finding in self.findings:
            for kind, names in finding.objects.items():
                named.setdefault(kind, []).append((finding.outcome is not Outcome.PRESENT, names))
        exact_first = {kind: sorted(each, key=lambda one: (one[0], len(one[1]))) for kind, each in named.items()}
        return {kind: [names for _, names in each] for kind, each in exact_first.items()}


class Judge:
    """Judges entries on one cluster for one question; the same probe is asked once."""

    def __init__(
        self,
        session: ClusterSession,
        facts: Mapping[str, str],
        given: Mapping[str, GivenAnswer] | None = None,
        likeness: Mapping[str, float] | None = None,
    ) -> None:
        """``facts``: fact names by the probe names under which entries ask them; ``given``: answers by entry.

        ``likeness``: of entries that have look-alikes how far the words mean them rather than those.
        """
        self._session = session
        self._given = given or {}
        self._likeness = likeness or {}
        self._fact_names = {fact_to_probe(name): name for name in facts}

    async def judge(
        self, entry: Entry, *, words_are_clear: bool, in_doubt: bool = False, with_cloud: bool = True
    ) -> Judgement:
        """The verdict; ``words_are_clear`` when the question plainly describes this entry's symptom.

        ``in_doubt``: whether it is about the network at all is not sure; then its words alone confirm nothing.
        ``with_cloud``: whether the cloud may be asked, too, where it is read and the entry knows what to ask.
        """
        by_kubernetes = self._judge(entry, words_are_clear, in_doubt)
        if not (with_cloud and entry.confirmed_with_cloud and self._session.reader.cloud):
            return await by_kubernetes
        # What reads of Kubernetes can only confirm, the cloud may rule out.
        with_it = replace(entry, confirmed_by=entry.confirmed_with_cloud, absence="ruled_out")
        return _of_both(*await asyncio.gather(self._judge(with_it, words_are_clear, in_doubt), by_kubernetes))

    async def _judge(self, entry: Entry, words_are_clear: bool, in_doubt: bool) -> Judgement:
        entry = self._with_configured(entry)
        applies, about = await self._condition(entry.applies)
        if applies is Outcome.ABSENT:
            return _ruled_out(f"{NOT_HERE}: {_reasons(entry.applies, about, Outcome.ABSENT)}.", about)
        if entry.kind is Kind.GUIDE:
            return await self._answered(entry)
        if entry.confirmed_by is None:
            return replace(_suspected("Kubernetes cannot show this; look at what is listed first.", about), found=about)
        _, findings = await self._condition(entry.confirmed_by)
        likeness = self._likeness.get(entry.id)
        is_meant = is_meant_in_doubt(findings, likeness)
        findings = weighed_words(findings, self._session.scope.text, likeness)
        given = self._given.get(entry.id)
        if entry.asks is not None and given is not None:
            return await self._answered_by_person(entry, entry.asks, given, {**about, **findings})
        if self._session.scope.text and (is_meant or not in_doubt):
            # Where an entry says what the words must carry, that decides, not its score.
            words_are_clear = words_are_clear or bool(spoken(findings))
        judgement = _verdict(entry, _outcome(entry, {**about, **findings}), {**about, **findings}, words_are_clear)
        is_open = judgement.verdict is Verdict.SUSPECTED
        if is_open and _outcome(entry, with_words({**about, **findings}, Outcome.PRESENT)) is Outcome.PRESENT:
            judgement = _left_open_by_words(judgement, entry.asks, findings)
        return await self._weighed(entry, judgement)

    async def _answered_by_person(
        self, entry: Entry, asks: SettlingQuestion, given: GivenAnswer, findings: Mapping[Call, Finding]
    ) -> Judgement:
        """The answer counts as words: it confirms where all else holds, and rules out what no sign speaks for."""
        told, confirms = given.sentence(asks), given.confirms(asks)
        known = with_words(findings, Outcome.PRESENT if confirms else Outcome.ABSENT, told.rstrip("."))
        outcome = _outcome(entry, known)
        if not confirms and outcome is not Outcome.PRESENT:
            return _ruled_out(told, known)
        return replace(await self._weighed(entry, _verdict(entry, outcome, known, words_are_clear=True)), given=told)

    async def _weighed(self, entry: Entry, judgement: Judgement) -> Judgement:
        """A setting alone confirms only what nothing everyday explains: what is named was looked at, and is well."""
        asked = list(calls(entry.confirmed_by))
        is_sure = judgement.rests_on_sign or any(map(is_state, asked))
        asks_words = any(call.probe == WORDS_PROBE for call in asked)
        is_open = judgement.verdict is Verdict.CONFIRMED or (judgement.verdict is Verdict.SUSPECTED and asks_words)
        if is_sure or not is_open:
            return judgement
        causes = await everyday_causes(self._session)
        is_confirmed = judgement.verdict is Verdict.CONFIRMED
        reason = judgement.reason if not is_confirmed else f"The setting is there, too: {judgement.reason}"
        if causes.explaining:
            preface = _capital(f"{causes.explaining[0].message.rstrip('.')}, which explains the same.")
        elif causes.unclear and is_confirmed:
            preface = f"Something else may explain the same: {causes.unclear[0]}."
        else:
            return judgement
        return replace(judgement, verdict=Verdict.SUSPECTED, reason=f"{preface} {reason}", preface=preface, asks=None)

    def _with_configured(self, entry: Entry) -> Entry:
        """The entry as it is without the witnesses that nobody has configured."""
        if entry.confirmed_by is None:
            return entry
        left = configured(entry.confirmed_by, self._session)
        return entry if left == entry.confirmed_by else replace(entry, confirmed_by=left)

    async def applies(self, entry: Entry) -> bool:
        """Whether the entry can apply to this cluster, as far as its facts tell."""
        return (await self._condition(entry.applies))[0] is not Outcome.ABSENT

    async def words_speak_of(self, entry: Entry) -> bool:
        """Whether the question carries all that the entry wants of its words. Nothing is read for it."""
        asked = [call for call in calls(entry.confirmed_by) if call.probe == WORDS_PROBE]
        found = {call: await self._ask(call) for call in asked}
        said = weighed_words(found, self._session.scope.text, self._likeness.get(entry.id))
        return bool(said) and all(each.outcome is Outcome.PRESENT for each in said.values())

    def is_wide(self, entry: Entry) -> bool:
        """Whether judging it takes reads that are too dear to be made unasked."""
        return any(is_wide(call) for part in (entry.applies, entry.confirmed_by) for call in calls(part))

    async def _answered(self, entry: Entry) -> Judgement:
        names = facts_here(self._session, entry.facts)
        facts = await asyncio.gather(*(read_fact(self._session, name) for name in names))
        facts = [fact for fact in facts if fact.value is not None or fact.reason != NOT_CONFIGURED]
        told = [fact for fact in facts if fact.value is not None]
        told = [fact for fact in told if fact.name != PLUGIN] or told  # it stands beside the cluster's name
        known = [f"{fact_label(fact.name)}: {fact.value}" for fact in told]
        reason = f"On this cluster: {'; '.join(known)}." if known else "This is general advice; it needs no reading."
        findings = tuple(self._fact_finding(fact) for fact in facts if fact in told or fact.value is None)
        return Judgement(verdict=Verdict.ANSWERED, reason=reason, findings=findings)

    async def _condition(self, condition: Condition | None) -> tuple[Outcome, dict[Call, Finding]]:
        found = list(dict.fromkeys(calls(condition)))
        answers = await asyncio.gather(*(self._ask(call) for call in found))
        findings = dict(zip(found, answers, strict=True))
        return (Outcome.PRESENT if condition is None else outcome_of(condition, findings)), findings

    async def _ask(self, call: Call) -> Finding:
        if call.probe in self._fact_names:
            fact = await read_fact(self._session, self._fact_names[call.probe])
            return _compare_fact(call, fact, self._fact_finding(fact))
        return await self._session.once(call, lambda: ask(self._session, call))

    def _fact_finding(self, fact: Fact) -> Finding:
        label = fact_label(fact.name)
        if fact.value is None:
            return Finding(probe=fact.name, outcome=Outcome.UNKNOWN, summary=f"{label}: unknown, {fact.reason}")
        seen = Evidence(
            object=fact.source,
            excerpt=fact.excerpt or f"{fact.name}: {fact.value}",
            seen=self._session.now(),
            check=fact.kubectl,
        )
        summary = f"{label}: {fact.value} ({fact.source})"
        return Finding(probe=fact.name, outcome=Outcome.PRESENT, summary=summary, evidence=(seen,))


def _compare_fact(call: Call, fact: Fact, finding: Finding) -> Finding:
    outcome = compare(fact.value, call.operator, call.operand)
    if outcome is Outcome.UNKNOWN and fact.value is not None:
        finding = replace(
            finding, summary=f"{finding.summary}, which cannot be compared with {format_value(call.operand)}"
        )
    return replace(finding, probe=str(call), outcome=outcome)


def _of_both(with_cloud: Judgement, by_kubernetes: Judgement) -> Judgement:
    """The cloud's word where it could be read. Else what Kubernetes has decided by itself stays decided."""
    unread = [found for found in with_cloud.findings if found.is_unread and found.is_of_cloud]
    if with_cloud.verdict is not Verdict.SUSPECTED or not unread:
        return with_cloud
    known = {found.probe for found in by_kubernetes.findings}
    more = tuple(found for found in with_cloud.findings if found.probe not in known)
    asides = merge_denied(f"{_capital(found.summary)}." for found in unread if found in more)
    return replace(by_kubernetes, findings=(*by_kubernetes.findings, *more), aside=" ".join(asides[:1]))


def _outcome(entry: Entry, findings: Mapping[Call, Finding]) -> Outcome:
    """Whether it applies and is confirmed, given all findings; the latest measurement decides where there is one."""
    if (measured := _measured(findings)) is not None:
        return findings[measured].outcome
    parts = [part for part in (entry.applies, entry.confirmed_by) if part is not None]
    return all_of(outcome_of(part, findings) for part in parts)


def _measured(findings: Mapping[Call, Finding]) -> Call | None:
    """The probe that measured it later than all else that the entry asks for."""
    return next((call for call, finding in findings.items() if finding.overrules), None)


def outcome_of(condition: Condition, findings: Mapping[Call, Finding]) -> Outcome:
    """The condition's outcome, given the findings of its calls."""
    if isinstance(condition, Call):
        return findings[condition].outcome
    return _JOIN[condition.quantifier](outcome_of(member, findings) for member in condition.members)


def deciding_findings(condition: Condition, findings: Mapping[Call, Finding]) -> Iterator[Finding]:
    """The findings by which the condition came to its outcome."""
    if isinstance(condition, Call):
        yield findings[condition]
        return
    for member in deciding_members(condition, findings):
        yield from deciding_findings(member, findings)


def deciding_members(group: Group, findings: Mapping[Call, Finding]) -> list[Condition]:
    """The members that have the outcome by which the group came to its own."""
    outcome = outcome_of(group, findings)
    wanted = negate(outcome) if group.quantifier == "none" else outcome
    return [member for member in group.members if outcome_of(member, findings) is wanted]


def first_deciders(condition: Condition, findings: Mapping[Call, Finding]) -> Iterator[Finding]:
    """Where one finding is enough to exclude, the first one alone: the others would only repeat it."""
    if isinstance(condition, Call):
        yield findings[condition]
        return
    members = deciding_members(condition, findings)
    one_is_enough = condition.quantifier == "all" and outcome_of(condition, findings) is Outcome.ABSENT
    for member in members[:1] if one_is_enough else members:
        yield from first_deciders(member, findings)


def _reasons(condition: Condition | None, findings: Mapping[Call, Finding], outcome: Outcome, most: int = 3) -> str:
    """The deciding findings in words. Inside ``none`` the deciding outcome is the opposite one."""
    if condition is None:
        return ""
    decided = list(first_deciders(condition, findings))
    told = [finding for finding in decided if finding.outcome is outcome] or decided
    return "; ".join(merge_denied(finding.summary for finding in told)[:most])


def _verdict(entry: Entry, outcome: Outcome, findings: Mapping[Call, Finding], words_are_clear: bool) -> Judgement:
    whole = Group("all", tuple(part for part in (entry.applies, entry.confirmed_by) if part is not None))
    measured = _measured(findings)
    condition: Condition = measured or whole
    every = tuple(findings.values())
    reasons = _reasons(measured or entry.confirmed_by or whole, findings, outcome)
    if outcome is Outcome.UNKNOWN:
        return _undecided(condition, findings)
    if outcome is Outcome.ABSENT:
        if entry.absence == "suspected" and measured is None:
            why = f"Nothing in the cluster proves it, and nothing excludes it: {reasons}."
            return replace(_suspected(why, findings, every), found=findings)
        decided = tuple(first_deciders(condition, findings))
        return replace(_ruled_out(f"{_capital(reasons)}.", findings), found=findings, telling=decided)
    has_sign = any(
        finding.is_sign for finding in deciding_findings(condition, findings) if finding.outcome is Outcome.PRESENT
    )
    if not has_sign and not words_are_clear:
        why = f"The setting under which it happens is there ({reasons}); nothing is seen failing."
        return replace(_suspected(why, findings, every), found=findings)
    why = f"{_capital(reasons)}."
    return Judgement(verdict=Verdict.CONFIRMED, reason=why, findings=every, rests_on_sign=has_sign, found=findings)


def _left_open_by_words(
    judgement: Judgement, asks: SettlingQuestion | None, findings: Mapping[Call, Finding]
) -> Judgement:
    """With the question that settles it: what the cluster shows would do."""
    silent = [found.summary for found in spoken(findings) if found.outcome is Outcome.UNKNOWN]
    if not silent:
        return replace(judgement, asks=asks)
    why = f"The setting under which it happens is there, but {silent[0]}."
    return replace(judgement, asks=asks, reason=why)


def _undecided(condition: Condition, findings: Mapping[Call, Finding]) -> Judgement:
    """What netclinic may not read is named in one sentence; no sentence of the entry says more."""
    unknown = [found for found in deciding_findings(condition, findings) if found.outcome is Outcome.UNKNOWN]
    refused = list(dict.fromkeys(kind for found in unknown for kind in denied_kinds(found.summary)))
    if refused:
        return _suspected(f"Undecided: {denied(refused)}.", findings)
    if mistyped := next((found.summary for found in unknown if EMPTY_NAMESPACE in found.summary), ""):
        return _suspected(f"Undecided: {mistyped}.", findings)
    why = f"{UNDECIDED}{_reasons(condition, findings, Outcome.UNKNOWN)}."
    return replace(_suspected(why, findings), found=findings)


def _capital(text: str) -> str:
    """Object names keep their spelling: only a plain first word is raised."""
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first.isalpha() else text


def _ruled_out(reason: str, findings: Mapping[Call, Finding]) -> Judgement:
    return Judgement(verdict=Verdict.RULED_OUT, reason=reason, findings=tuple(findings.values()))


def _suspected(reason: str, findings: Mapping[Call, Finding], every: tuple[Finding, ...] = ()) -> Judgement:
    return Judgement(verdict=Verdict.SUSPECTED, reason=reason, findings=every or tuple(findings.values()))
