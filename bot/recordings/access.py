"""What a recording's reader may not see: ``forbid`` lines, asked by every request and by the access reviews."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.recordings.resources import BUILT_IN, Json, Resource

READING = ("get", "list", "watch")


@dataclass(frozen=True)
class Ask:
    """One use of the API, in the words of RBAC. An empty namespace or name means all of them."""

    verb: str
    group: str
    resource: str
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def full_resource(self) -> str:
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True)
class Denial:
    """One ``forbid`` line. ``group`` is ``None`` where the line names none."""

    group: str | None
    resource: str
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    def covers(self, ask: Ask) -> bool:
        if self.resource == "*":
            return self._covers_group(ask) and self._covers_place(ask)
        same = (self.resource, self.subresource) == (ask.resource, ask.subresource)
        return same and self._covers_group(ask) and self._covers_place(ask)

    def _covers_group(self, ask: Ask) -> bool:
        """A line without a group means Kubernetes' own resource of that name: ``nodes`` is not Terway's ``nodes``."""
        if self.group is not None:
            return self.group == ask.group
        own = {each.group for each in BUILT_IN if each.plural == self.resource}
        return not own or ask.group in own

    def _covers_place(self, ask: Ask) -> bool:
        """RBAC grants and never denies: who may not read one object may list neither its namespace nor the cluster."""
        same_namespace = not self.namespace or ask.namespace in ("", self.namespace)
        return same_namespace and (not self.name or ask.name in ("", self.name))


def parse_denial(line: str) -> Denial:
    """``pods``, ``pods/log``, ``configmaps:kube-system/eni-config``, ``network.alibabacloud.com/nodes``, ``*``..."""
    what, _, where = line.strip().partition(":")
    namespace, _, name = where.partition("/")
    group: str | None = None
    first, _, rest = what.partition("/")
    if rest and ("." in first or first in {each.group for each in BUILT_IN}):
        group, what = first, rest
    resource, _, subresource = what.partition("/")
    if not resource:
        raise ValueError(f"{line!r} names no resource")
    return Denial(group, resource, subresource, namespace, name)


def show_denial(denial: Denial) -> str:
    """The line that ``parse_denial`` reads as this denial."""
    what = "/".join(part for part in (denial.group, denial.resource, denial.subresource) if part)
    if not denial.namespace and not denial.name:
        return what
    return f"{what}:{denial.namespace}" + (f"/{denial.name}" if denial.name else "")


def list_line(group: str, plural: str, namespace: str = "", labels: str = "", fields: str = "") -> str:
    """One list in the notation of ``forbid``, with the selectors that it was asked with."""
    own = group in {each.group for each in BUILT_IN if each.plural == plural}
    line = show_denial(Denial(None if own else group, plural, namespace=namespace))
    return line + (f" labels {labels}" if labels else "") + (f" fields {fields}" if fields else "")


def objects_line(line: str) -> str:
    """The same list of objects alone: what the server prints of all of them, as a Table, was read to its end."""
    return f"{line} as objects"


def is_allowed(denials: Iterable[Denial], ask: Ask) -> bool:
    """Whether the recording answers this; it answers reads only."""
    return ask.verb in READING and not any(denial.covers(ask) for denial in denials)


def review_access(denials: Iterable[Denial], review: Json) -> Json:
    """The answer to a SelfSubjectAccessReview."""
    spec = review.get("spec") or {}
    wanted = spec.get("resourceAttributes")
    if wanted is None:
        verdict = (spec.get("nonResourceAttributes") or {}).get("verb") == "get"
    else:
        keys = ("verb", "group", "resource", "subresource", "namespace", "name")
        verdict = is_allowed(denials, Ask(*(wanted.get(key, "") for key in keys)))
    status = {"allowed": verdict} | ({} if verdict else {"reason": "the recording does not hold it"})
    kind = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1"}
    return {**kind, "metadata": {}, "spec": spec, "status": status}


def review_rules(denials: Iterable[Denial], review: Json, resources: Iterable[Resource]) -> Json:
    """The answer to a SelfSubjectRulesReview: what may be read in one namespace, a rule a resource."""
    denials = tuple(denials)
    spec = review.get("spec") or {}
    names = [(each.group, each.plural, "") for each in resources] + [("", "pods", "log")]
    rules = []
    for group, plural, subresource in names:
        ask = Ask("list", group, plural, subresource, spec.get("namespace", ""))
        if is_allowed(denials, ask):
            rules.append({"verbs": ["get", "list"], "apiGroups": [group], "resources": [ask.full_resource]})
    status = {"resourceRules": rules, "nonResourceRules": [], "incomplete": False}
    kind = {"kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1"}
    return {**kind, "metadata": {}, "spec": spec, "status": status}
