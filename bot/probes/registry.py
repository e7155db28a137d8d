"""How a probe is declared: an async function whose signature is its parameters and whose docstring is its manual.

The declaration that entries are checked against, the reference documentation and the ClusterRole all come from here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.cloud.requests import Action
from bot.cluster.declared_reads import Annotation, ConfigKey, DeclaredReads, Label, declared_reads
from bot.cluster.facts import cloud_calls as cloud_calls_of_facts
from bot.cluster.facts import declared_facts
from bot.cluster.facts.registry import ODD_SHAPES, Permission
from bot.cluster.facts.registry import permissions as fact_permissions
from bot.cluster.session import ClusterSession
from bot.cluster.transport import ReadError
from bot.probes.declaration import Ask, Strings, declaration_of, manual_of
from bot.probes.failure_checks import failure_check_permissions
from bot.probes.findings import Evidence, Finding
from knowledge.call_validation import COMMON_PARAMETERS, duration, fact_to_probe
from knowledge.declarations import DeclarationError, place_of
from knowledge.logic import Outcome
from knowledge.model import Call, Condition, Entry, Value
from knowledge.vocabulary import ProbeDeclaration, Vocabulary

__all__ = [
    "Arguments",
    "Permission",
    "Strings",
    "absent",
    "ask",
    "count",
    "present",
    "probe",
    "some",
    "unknown",
    "vocabulary",
]


Arguments = Mapping[str, Any]
Names = Callable[[Arguments], Iterable[Label | Annotation | ConfigKey]]
Metrics = Callable[[Arguments], Iterable[str]]
METRICS = "metrics"  # the other system that they are read from


@dataclass(frozen=True)
class Probe:
    """A declared probe with the function that asks it."""

    declaration: ProbeDeclaration
    function: Ask
    reads: tuple[Permission, ...]
    manual: str
    names: "Names | None" = None
    calls: tuple[Action, ...] = ()
    metrics: "Metrics | None" = None


_PROBES: dict[str, Probe] = {}
_COMMON = {parameter.name for parameter in COMMON_PARAMETERS}


def probe(
    *,
    nature: Literal["sign", "condition", "state"],
    reads: tuple[Permission, ...] | None,
    cost: Literal["narrow", "wide"] = "narrow",
    names: Names | None = None,
    calls: tuple[Action, ...] = (),
    metrics: Metrics | None = None,
) -> Callable[[Ask], Ask]:
    """Declare a probe under the function's name.

    ``names``: where an entry's arguments name an annotation or a ConfigMap's key, which ones, so that recordings keep
    them. What a probe reads of itself is declared by ``label``, ``annotation`` and ``config_key``. ``reads`` is
    ``None`` where only the question is looked at. ``calls``: what it asks the cloud, of ``bot/cloud/actions.py``.
    ``metrics``: which of a Prometheus it reads, given an entry's arguments; where none is configured, entries are
    judged as if they did not ask for such a probe.

    Raises:
        DeclarationError: the declaration is wrong, or the name is taken; the message says what to mend.
    """

    def register(function: Ask) -> Ask:
        declaration = replace(declaration_of(function, nature, cost, reads), asks_cloud=bool(calls))
        _refuse_taken_name(function)
        _PROBES[declaration.name] = Probe(
            declaration, function, reads or (), manual_of(function), names, calls, metrics
        )
        return function

    return register


def _refuse_taken_name(function: Ask) -> None:
    name = function.__name__
    taken = place_of(_PROBES[name].function) if name in _PROBES else None
    if taken is None and name in map(fact_to_probe, declared_facts()):
        taken = "the facts"
    if taken:
        raise DeclarationError(f"{place_of(function)}: probe {name}: that name is taken by {taken}: choose another.")


def vocabulary() -> Vocabulary:
    """All probes and facts, the facts as probes too (``terway.mode`` is asked as ``terway_mode()``)."""
    facts = declared_facts()
    probes = {name: declared.declaration for name, declared in sorted(_PROBES.items())}
    for name, meaning in facts.items():
        asked = fact_to_probe(name)
        probes[asked] = ProbeDeclaration(
            name=asked, nature="fact", summary=meaning, asks_cloud=bool(cloud_calls_of_facts(name))
        )
    return Vocabulary(probes=probes, facts=facts)


def manuals() -> dict[str, Probe]:
    """Every probe by name, for the reference documentation."""
    return dict(sorted(_PROBES.items()))


def required_permissions() -> set[Permission]:
    """Everything that probes, looks for what fails and facts read."""
    of_probes = {permission for declared in _PROBES.values() for permission in declared.reads}
    return of_probes | failure_check_permissions() | fact_permissions()


def required_calls() -> set[Action]:
    """Everything that probes and facts ask the cloud."""
    return {action for declared in _PROBES.values() for action in declared.calls} | cloud_calls_of_facts()


def entries_calling(entries: Iterable[Entry], action: Action) -> list[str]:
    """The ids of the entries that ask a probe or a fact which makes this call of the cloud."""
    return sorted(entry.id for entry in entries if action in _calls_of_cloud(entry))


def _calls_of_cloud(entry: Entry) -> set[Action]:
    names = {fact_to_probe(name): name for name in declared_facts()}
    asked = [call.probe for call in all_calls(entry)]
    of_facts = {*(names[probe] for probe in asked if probe in names), *entry.facts}
    of_probes = {action for probe in asked if probe in _PROBES for action in _PROBES[probe].calls}
    return of_probes | {action for name in of_facts for action in cloud_calls_of_facts(name)}


def entries_needing(entries: Iterable[Entry], permission: Permission) -> list[str]:
    """The ids of the entries that ask a probe or a fact which needs this permission."""
    return sorted(entry.id for entry in entries if any(permission in reads for reads in _reads_of(entry)))


def _reads_of(entry: Entry) -> Iterator[Iterable[Permission]]:
    names = {fact_to_probe(name): name for name in declared_facts()}
    for call in all_calls(entry):
        yield fact_permissions(names[call.probe]) if call.probe in names else _PROBES[call.probe].reads
    for name in entry.facts:
        yield fact_permissions(name)


def calls(condition: Condition | None) -> Iterator[Call]:
    """Every probe and fact that a condition asks for."""
    if isinstance(condition, Call):
        yield condition
    elif condition is not None:
        for member in condition.members:
            yield from calls(member)


def all_calls(entry: Entry) -> Iterator[Call]:
    """Every probe and fact that an entry asks for, with the cloud and without."""
    for condition in (entry.applies, entry.confirmed_by, entry.confirmed_with_cloud):
        yield from calls(condition)


def reads_of(entries: Iterable[Entry]) -> DeclaredReads:
    """What is read of labels, annotations and ConfigMaps, with those that the entries name."""
    asked = [call for entry in entries for call in all_calls(entry)]
    return declared_reads().and_of(name for call in asked for name in _named_by(call))


def _named_by(call: Call) -> Iterable[Label | Annotation | ConfigKey]:
    declared = _PROBES.get(call.probe)
    if declared is None or declared.names is None:
        return ()
    return declared.names(_typed_arguments(declared.declaration, _own_arguments(call)))


def _own_arguments(call: Call) -> dict[str, Value]:
    return {name: value for name, value in dict(call.arguments).items() if name not in _COMMON}


def metrics_of(entries: Iterable[Entry]) -> list[str]:
    """The metrics that the entries' probes read, by name: all that a Prometheus is ever asked for them."""
    asked = [call for entry in entries for call in (*calls(entry.applies), *calls(entry.confirmed_by))]
    found = [(declared, call) for call in asked if (declared := _PROBES.get(call.probe)) and declared.metrics]
    named = (
        name
        for declared, call in found
        if declared.metrics
        for name in declared.metrics(_typed_arguments(declared.declaration, _own_arguments(call)))
    )
    return sorted(set(named))


def entries_measuring(entries: Iterable[Entry]) -> list[str]:
    """The ids of the entries that read a metric."""
    return sorted(entry.id for entry in entries if metrics_of([entry]))


def configured(condition: Condition, session: ClusterSession) -> Condition | None:
    """The condition without what asks a Prometheus where none is configured; ``None`` where nothing is left."""
    if session.reader.other(METRICS) is not None:
        return condition
    if isinstance(condition, Call):
        declared = _PROBES.get(condition.probe)
        return None if declared and declared.metrics else condition
    members = [left for member in condition.members if (left := configured(member, session)) is not None]
    return replace(condition, members=tuple(members)) if members else None


def is_state(call: Call) -> bool:
    """Whether it shows what is asked about itself, as the addresses of a Service: nothing else explains that."""
    return call.probe in _PROBES and _PROBES[call.probe].declaration.nature == "state"


def is_wide(call: Call) -> bool:
    """Whether it is asked only when the words call for it."""
    if call.probe not in _PROBES:
        return False
    return _PROBES[call.probe].declaration.cost == "wide" or ("on", "all") in call.arguments


async def ask(session: ClusterSession, call: Call) -> Finding:
    """The finding of one probe; a read that failed is unknown with its reason."""
    declared = _PROBES[call.probe]
    arguments = dict(call.arguments)
    absence, presence = arguments.pop("absence", None), arguments.pop("presence", None)
    try:
        found = await declared.function(session, **_typed_arguments(declared.declaration, arguments))
    except ReadError as error:
        found = replace(unknown(str(error)), is_unread=True)
    except ODD_SHAPES as error:
        found = unknown(f"an object that {call.probe} looks at has an unexpected shape ({error})")
    found = replace(
        found,
        probe=str(call),
        is_sign=declared.declaration.nature == "sign",
        is_of_cloud=declared.declaration.asks_cloud,
    )
    if found.outcome is Outcome.ABSENT and absence == "unknown":
        return found.as_unknown("which does not exclude it")
    if found.outcome is Outcome.PRESENT and presence == "unknown":
        return replace(found.as_unknown("which alone does not prove it"), is_hint=True)
    return found


def _typed_arguments(declaration: ProbeDeclaration, arguments: dict[str, Value]) -> dict[str, Any]:
    types = {parameter.name: parameter.type for parameter in declaration.parameters}
    return {name: _convert(types[name], value) for name, value in arguments.items()}


def _convert(kind: str, value: Value) -> Any:
    if kind in ("strings", "wordings"):
        return value if isinstance(value, tuple) else (str(value),)
    return duration(str(value)) if kind == "duration" else value


def present(
    summary: str, evidence: tuple[Evidence, ...] | list[Evidence] = (), **objects: tuple[str, ...] | list[str]
) -> Finding:
    """Seen. ``objects`` by the singular word that steps use, e.g. ``node=[...]``."""
    named = {kind: tuple(dict.fromkeys(names)) for kind, names in objects.items() if names}
    return Finding(probe="", outcome=Outcome.PRESENT, summary=summary, evidence=tuple(evidence), objects=named)


def absent(
    summary: str, evidence: tuple[Evidence, ...] | list[Evidence] = (), **objects: tuple[str, ...] | list[str]
) -> Finding:
    """Looked for and not there. ``objects``: what was seen instead, for the entry's sentences."""
    return replace(present(summary, evidence, **objects), outcome=Outcome.ABSENT)


def unknown(
    why: str, evidence: tuple[Evidence, ...] | list[Evidence] = (), **objects: tuple[str, ...] | list[str]
) -> Finding:
    """Could not be told."""
    return replace(present(why, evidence, **objects), outcome=Outcome.UNKNOWN)


def count(number: int, thing: str) -> str:
    """``1 pod``, ``2 pods``."""
    return f"{number} {thing}" + ("" if number == 1 else "s")


def some(names: list[str] | tuple[str, ...], most: int = 3) -> str:
    """The first few names and how many more."""
    unique = list(dict.fromkeys(names))
    rest = len(unique) - most
    return ", ".join(unique[:most]) + (f" and {rest} more" if rest > 0 else "")
