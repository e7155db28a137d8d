"""The reference of the vocabulary, generated from the declarations so that it cannot be out of date."""

from bot.probes.registry import Probe, manuals, vocabulary
from knowledge.call_validation import fact_to_probe
from knowledge.errors import UserFacingError, nearest_name

_HEAD = """\
# Probes

Every probe also takes `absence="unknown"` (not seeing it proves nothing) and
`presence="unknown"` (seeing it only hints).

"""
_FACTS = """
# Facts

Asked as `terway_mode() == "shared"`: the first dot becomes an underscore.

| fact | meaning |
| --- | --- |
"""


class UnknownProbe(UserFacingError):
    """No probe or fact of that name; the message names the nearest."""


def reference(name: str = "") -> str:
    """Markdown about one probe or fact, or about all of them.

    Raises:
        UnknownProbe: there is none of that name.
    """
    found = manuals()
    if not name:
        facts = "".join(f"| `{fact}` | {meaning} |\n" for fact, meaning in vocabulary().facts.items())
        return _HEAD + "\n".join(_section(probe) for probe in found.values()) + _FACTS + facts
    facts_by_probe = {fact_to_probe(fact): fact for fact in vocabulary().facts}
    if fact_to_probe(name) in facts_by_probe:
        return _fact_section(facts_by_probe[fact_to_probe(name)])
    if name not in found:
        near = nearest_name(name, [*found, *facts_by_probe])
        hint = f"Did you mean {near}?" if near else "Leave the name out to see all."
        raise UnknownProbe(f"There is no probe or fact {name!r}. {hint}")
    return _section(found[name])


def _fact_section(fact: str) -> str:
    asked = fact_to_probe(fact)
    meaning = vocabulary().facts[fact]
    use = f'A fact. In conditions: `{asked}() == "..."`. In texts: `{{{{ {fact} }}}}`.'
    return f"## {fact}\n\n{meaning}\n\n{use}\n"


def _section(probe: Probe) -> str:
    declared = probe.declaration
    text, _, _ = probe.manual.partition("\n\nArgs:")
    nature = f"Nature: {declared.nature}. Cost: {declared.cost}. Reads: {_reads(probe)}."
    if probe.calls:
        nature += f" Asks the cloud: {', '.join(sorted(action.permission for action in probe.calls))}."
    lines = [f"## {declared.name}\n", text, f"\n{nature}\n"]
    for parameter in declared.parameters:
        choices = f" ({', '.join(parameter.choices)})" if parameter.choices else ""
        need = ", required" if parameter.required else ""
        lines.append(f"- `{parameter.name}`: {parameter.type}{choices}{need}. {parameter.doc}")
    return "\n".join(lines) + "\n"


def _reads(probe: Probe) -> str:
    return ", ".join(sorted({f"{item.verb} {item.resource.plural}" for item in probe.reads}))
