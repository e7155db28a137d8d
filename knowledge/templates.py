"""The words a step template may use, and the sandbox that it runs in.

A fact is reached by its dotted name, an object by its word; what is not known answers with :class:`UnknownValue`, so
that a template never fails for want of a fact.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, SupportsIndex, overload

from jinja2 import Template, Undefined, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from knowledge.model import Value
from knowledge.template_rules import TemplateRuleError, parse
from knowledge.values import InsertedValue, ValueMarks, parts_of

# What findings name. "namespace" is that of the first pod, else of the first service; "age" how long the longest has
# waited; "slots" counts ENIs or addresses ("3 of 3"); "other_pod" waits for "other_reason", which is no network;
# "young_pod" was bound seconds ago; "given_to" got an address, "refused_at" none was given; "seen" how often and for
# how long; "about" is what the question names; "instance" is the first node's machine, of "instance_type", in "zone";
# "free_addresses" counts them by vSwitch; "usage" is a gauge against its limit by node, "unmeasured" why metrics do not
# settle it; "missing" is what the way to the internet or to a node's pods lacks, "way_out" what it is, "unsettled" what
# the cloud leaves open; "eip_address" is that of the NAT gateway's other SNAT entries, "route_entries" the number of
# those in a table that may be full. "ecs_private_ip" is the address that the words name, "ecs_instance" what has it,
# with its "security_group"; "refused" is why it lets nobody in. "instance_enis" counts the ENIs of a node's machine,
# with what follows.
OBJECTS = (
    *("node", "pod", "service", "vswitch", "mac", "configmap", "terway_pod", "namespace", "module", "reason"),
    *("age", "slots", "other_pod", "other_reason", "message", "port", "policy", "unused_vswitch", "eni"),
    *("instance", "instance_type", "zone", "given_to", "refused_at", "young_pod", "seen", "about"),
    *("free_addresses", "instance_enis", "usage", "unmeasured"),
    *("route_table", "nat_gateway", "snat_table", "eip_address", "missing", "way_out", "unsettled", "route_entries"),
    *("ecs_private_ip", "ecs_instance", "security_group", "refused", "pod_ipv6", "cluster_ipv6"),
)
# What is no name of an object: a slash in it parts no namespace from a name.
TEXTS = (
    *("reason", "age", "slots", "other_pod", "other_reason", "message", "given_to", "refused_at", "young_pod"),
    *("policy", "seen", "about", "free_addresses", "instance_enis", "usage", "unmeasured"),
    *("missing", "way_out", "unsettled", "route_entries", "refused"),
)
PLURALS = {
    "nodes": "node", "pods": "pod", "services": "service", "vswitches": "vswitch", "modules": "module", "ports": "port",
    "policies": "policy",
}  # fmt: skip
MOST_NAMED = 3
# What ReplicaSets and their pods are called: the hash of the template, and five letters (SafeEncodeString of
# k8s.io/apimachinery writes neither vowels nor 0, 1 and 3; older releases wrote hashes as numbers).
_OF_DEPLOYMENT = re.compile(r"(.+)-(?:[bcdfghjklmnpqrstvwxz2456789]{8,10}|\d{8,10})-[a-z0-9]{5}")
# Under this name a rendering keeps its marks; no template can write a name with a space.
MARKS = " marks"


class LiveText(str):
    """A known value and the word that stands for it where it cannot be shown."""

    __slots__ = ("word",)
    word: str

    def __new__(cls, value: str, word: str) -> "LiveText":
        live = super().__new__(cls, value)
        live.word = word
        return live


class UnknownValue(Undefined):
    """A fact or object that is not known: false, equal to nothing, and one upper-case word when written."""

    def path(self) -> str:
        above = self._undefined_obj
        prefix = f"{above.prefix}." if isinstance(above, FactBranch) else ""
        return prefix + (self._undefined_name or "")

    def word(self) -> str:
        return self.path().replace(".", "_").upper()

    def __str__(self) -> str:
        return self.word()

    def __iter__(self) -> Iterator[Any]:
        """A loop over an unknown list runs once, with the word for one of its members."""
        yield UnknownValue(name=PLURALS.get(self.path(), self.path()))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return UnknownValue(name=f"{self.path()}.{name}")


class FactBranch(tuple[Any, ...]):
    """What stands under one name: the members of a list of objects, and the facts below it (pods, pods.waiting)."""

    prefix: str
    facts: Mapping[str, object]

    @classmethod
    def of(cls, prefix: str, members: Iterable[object], facts: Mapping[str, object]) -> "FactBranch":
        branch = cls(members)
        branch.prefix, branch.facts = prefix, facts
        return branch

    @overload
    def __getitem__(self, key: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Any, ...]: ...
    @overload
    def __getitem__(self, key: str) -> Any: ...
    def __getitem__(self, key: SupportsIndex | slice | str) -> Any:
        return self.facts[key] if isinstance(key, str) else super().__getitem__(key)


def scope(facts: Mapping[str, Value | None], objects: Mapping[str, Sequence[str]]) -> dict[str, object]:
    """The names of a template with their values; what is not known is left out."""
    names: dict[str, object] = _objects(objects)
    below: dict[str, dict[str, object]] = {}
    for fact, value in facts.items():
        head, _, rest = fact.partition(".")
        if value is not None:
            (below.setdefault(head, {}) if rest else names)[rest or head] = _live(value, fact)
    for head, its_facts in below.items():
        members = names.get(head, ())
        names[head] = FactBranch.of(head, members if isinstance(members, FactBranch) else (), its_facts)
    return names


def _objects(objects: Mapping[str, Sequence[str]]) -> dict[str, object]:
    names: dict[str, object] = {}
    for word, found in objects.items():
        if word in OBJECTS and found:
            shown = found[0] if word in TEXTS else found[0].rpartition("/")[2]
            names[word] = LiveText(shown, word.upper())
    for plural, word in PLURALS.items():
        if objects.get(word):
            names[plural] = FactBranch.of(plural, (LiveText(name, word.upper()) for name in objects[word]), {})
    for word in ("service", "pod"):
        namespace = objects[word][0].rpartition("/")[0] if objects.get(word) else ""
        if namespace and not objects.get("namespace"):
            names["namespace"] = LiveText(namespace, "NAMESPACE")
    return names


def _live(value: Value, fact: str) -> object:
    return LiveText(value, fact.replace(".", "_").upper()) if isinstance(value, str) else value


@pass_context
def _mark_value(context: Context, value: object) -> str:
    """What Jinja calls for each value that it writes: a mark instead, to be replaced once its place is known."""
    marks = context[MARKS]
    return marks.mark(_inserted_value(value)) if isinstance(marks, ValueMarks) else ""


def _inserted_value(value: object) -> InsertedValue:
    if isinstance(value, FactBranch) and not value:
        return _unknown(UnknownValue(name=value.prefix))
    if isinstance(value, UnknownValue):
        return _unknown(value)
    if value is None or isinstance(value, Undefined):
        return InsertedValue((), "")
    return InsertedValue(parts_of(value), value.word if isinstance(value, LiveText) else "VALUE")


def _unknown(value: UnknownValue) -> InsertedValue:
    is_object = value.path() in (*OBJECTS, *PLURALS, "deployment")
    return InsertedValue((), value.word(), fact=not is_object)


def some(value: object, most: int = MOST_NAMED) -> object:
    """The first few of a list and how many more: ``shop/web-0, shop/web-1, shop/web-2 and 4 more``."""
    if not isinstance(value, FactBranch) or not value:
        return value
    rest = len(value) - most
    text = ", ".join(map(str, value[:most])) + (f" and {rest} more" if rest > 0 else "")
    return LiveText(text, PLURALS[value.prefix].upper())


def counted(value: object, thing: str) -> object:
    """A list as a number of things: ``1 pod``, ``2 pods``."""
    if not isinstance(value, FactBranch) or not value:
        return value
    return LiveText(f"{len(value)} {thing}" + ("" if len(value) == 1 else "s"), PLURALS[value.prefix].upper())


def deployment(value: object) -> object:
    """The Deployment of a pod, which its name holds: ``web`` of ``web-5f7d9c6b8-k2x9q``; unknown of other pods."""
    found = _OF_DEPLOYMENT.fullmatch(str(value)) if isinstance(value, LiveText) else None
    return LiveText(found[1], "DEPLOYMENT") if found else UnknownValue(name="deployment")


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """Jinja for shell commands and plain text: nothing is escaped for HTML, :func:`_mark_value` places values."""
    jinja = ImmutableSandboxedEnvironment(undefined=UnknownValue, finalize=_mark_value, keep_trailing_newline=True)
    # Its own global names would hide ours: "namespace" is one of them.
    jinja.globals.clear()
    jinja.filters |= {"some": some, "counted": counted, "deployment": deployment}
    return jinja


@lru_cache(maxsize=1024)
def compile_template(template: str) -> Template:
    """The template, ready to run; raises ``jinja2.TemplateError`` where it is none, or holds what none may."""
    tree = parse(environment(), template)
    try:
        return environment().from_string(tree)
    except (RecursionError, SyntaxError, MemoryError) as error:  # too many blocks in each other, for Python's compiler
        raise TemplateRuleError("the template is nested too deeply") from error


def is_template(text: str) -> bool:
    """Whether there is anything for Jinja to do."""
    return any(opening in text for opening in ("{{", "{%", "{#"))


def names_in(template: str) -> set[str]:
    """Every name that the template reads, dotted as written; raises ``jinja2.TemplateError`` where it is none."""
    compile_template(template)
    tree = parse(environment(), template)
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
    inner = {id(access.node) for access in tree.find_all(nodes.Getattr)}
    inner |= {id(access.node) for access in tree.find_all(nodes.Getitem)}
    reads = (node for node in tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem)) if id(node) not in inner)
    return {path for path in map(_path, reads) if path and path.partition(".")[0] not in own | {"loop"}}


def _path(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        above = _path(node.node)
        return f"{above}.{node.attr}" if above else ""
    return _path(node.node) if isinstance(node, nodes.Getitem) else ""
