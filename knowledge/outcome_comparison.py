"""What an entry's own probes came to, compared like a fact: ``pod_waiting() == "absent"``.

Sentences and steps are chosen by it, with as many of a probe's arguments as tell it from the entry's other probes.
"""

from collections.abc import Collection, Iterator, Mapping

from knowledge.call_validation import check_call, declaration_of
from knowledge.errors import ExpressionError
from knowledge.fact_comparison import compare, evaluate
from knowledge.logic import Outcome, all_of, any_of
from knowledge.model import Call, Condition, Group, Value
from knowledge.vocabulary import Vocabulary

HINTED = "hinted"  # seen, and unknown only because the entry says that it proves nothing alone
OUTCOMES = (*map(str, Outcome), HINTED)
Outcomes = Mapping[Call, str]
Facts = Mapping[str, Value | None]


def holds(condition: Condition, outcomes: Outcomes, facts: Facts, *, is_open: bool = False) -> Outcome:
    """Whether a condition over facts and outcomes holds.

    ``is_open``: an outcome that is not known leaves it open, unless the condition names "unknown" itself.
    """
    if isinstance(condition, Group):
        join = all_of if condition.quantifier == "all" else any_of
        return join(holds(member, outcomes, facts, is_open=is_open) for member in condition.members)
    if not is_of_outcome(condition):
        return evaluate(condition, facts)
    found = [outcome for call, outcome in outcomes.items() if is_meant(condition, call)]
    if is_open:
        found = found or [str(Outcome.UNKNOWN)]
        if str(Outcome.UNKNOWN) not in _operands(condition) and set(found) == {str(Outcome.UNKNOWN)}:
            return Outcome.UNKNOWN
    join = all_of if condition.operator in ("!=", "not in") else any_of
    return join(compare(outcome, condition.operator, condition.operand) for outcome in found)


def calls_in(condition: Condition | None) -> Iterator[Call]:
    """Every probe and fact that a condition names."""
    if isinstance(condition, Call):
        yield condition
    elif condition is not None:
        for member in condition.members:
            yield from calls_in(member)


def is_of_outcome(call: Call) -> bool:
    """Whether an outcome is compared, not a fact's value; no fact has these values."""
    return all(operand in OUTCOMES for operand in _operands(call))


def _operands(call: Call) -> tuple[object, ...]:
    return call.operand if isinstance(call.operand, tuple) else (call.operand,)


def is_meant(compared: Call, call: Call) -> bool:
    """Whether the entry's probe is one that the comparison is about: it has all of its arguments."""
    return compared.probe == call.probe and set(compared.arguments) <= set(call.arguments)


def check_comparison(call: Call, asked: Collection[Call], vocabulary: Vocabulary | None) -> None:
    """Raise :class:`ExpressionError` unless it compares a fact, or the outcome of a probe that the entry asks."""
    if not is_of_outcome(call) and (vocabulary is None or _is_fact(call, vocabulary)):
        if vocabulary is not None:
            check_call(call, vocabulary)
        return
    bare = Call(probe=call.probe, arguments=call.arguments)
    if call.operator not in ("==", "!=", "in", "not in") or not is_of_outcome(call):
        wanted = f'compare what it came to, with one of {", ".join(OUTCOMES)}: {bare} == "absent"'
        raise ExpressionError(f"`{call}` does not fit: {wanted}")
    if not any(is_meant(call, one) for one in asked):
        raise ExpressionError(f"the entry does not ask {bare}: name one of its own probes")


def _is_fact(call: Call, vocabulary: Vocabulary) -> bool:
    return declaration_of(call.probe, vocabulary).nature == "fact"
