"""The objects of this cluster that a question names, read once a question and as narrowly as names allow."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.cluster.mentions import Mention, mentions_in
from bot.cluster.pending_pods import pending_pods
from bot.cluster.reader import PAGE
from bot.cluster.requests import Listing
from bot.cluster.resources import DEPLOYMENTS, NODES, PODS, SERVICES, Resource
from bot.cluster.session import FEW_NODES, SYSTEM, ClusterSession, Object, get_path, name_of, namespace_of
from bot.cluster.transport import ReadError

NAMES = 12  # that may be Services
LOOKED_UP, LOOKED_UP_AMONG_MANY = 8, 6  # names that are asked for one by one; where Services are many, all are
SHOWN = 2  # objects of one kind that are looked at: a question about more is about none of them
# What controllers add: a number, or a hash with digits or without vowels (SafeEncodeString of k8s.io/apimachinery).
_POD_SUFFIX = re.compile(r"-\d+|-(?=[a-z0-9]*\d|[^-aeiou]+(?:-|$))[a-z0-9]{5,10}(?:-[a-z0-9]{5})?")
_OF_POD = re.compile(rf"(?:{_POD_SUFFIX.pattern})$")
_OF_REPLICA_SET = re.compile(r"-(?=[a-z]*\d)[a-z0-9]{8,10}-[a-z0-9]{5}$")
SHORTEST_MISSPELT = 5  # letters: shorter names differ by one letter on purpose
SHORTEST_LOOSE = 7  # where nothing says that it is a name: "chart" is no misspelt "cart"
_NUMBERED = re.compile(r"[0-9]")  # as names of nodes are, and ordinary words behind "node" are not
_OF_THE_CLUSTER = {("default", "kubernetes"), (SYSTEM, "kube-dns")}


@dataclass(frozen=True, kw_only=True)
class NamedObjects:
    """``missing``: Services that are named as such and do not exist, ``missing_pods``: pods that are not there now,
    ``missing_nodes``: nodes that are not part of it. ``words``: the names, as workloads bear them.

    ``unread``: what could not be looked up, a sentence each.
    """

    services: tuple[Object, ...] = ()
    deployments: tuple[Object, ...] = ()
    pods: tuple[Object, ...] = ()
    nodes: tuple[Object, ...] = ()
    missing: tuple[Mention, ...] = ()
    missing_pods: tuple[Mention, ...] = ()
    missing_nodes: tuple[Mention, ...] = ()
    mentions: tuple[Mention, ...] = ()
    namespaces: frozenset[str] = frozenset()
    unread: tuple[str, ...] = ()

    @property
    def any_traffic(self) -> bool:
        """Whether a Service, a workload or a pod is named."""
        return bool(self.services or self.deployments or self.pods or self.missing)

    @property
    def loose_places(self) -> frozenset[str]:
        """The namespaces of what is named without its kind: "checkout returns 502" may be about what checkout calls."""
        if any(mention.plain for mention in self.mentions):
            return frozenset()
        return frozenset(namespace_of(each) for each in (*self.services, *self.deployments)) - {SYSTEM}

    def names_workload(self, namespace: str, owner: str) -> bool:
        """Whether the words name this workload, or the one whose ReplicaSet or Job this is."""
        if self.namespaces and namespace not in self.namespaces:
            return False
        return any(is_of(owner, mention.name) for mention in self.mentions if _may_be_workload(mention))


def is_of(name: str, workload: str) -> bool:
    """Whether an object of this name is the workload or made by it: ``cart``, ``cart-5f6b7c9d88-x7vfl``, ``cart-0``."""
    return name == workload or bool(name.startswith(workload) and _POD_SUFFIX.fullmatch(name[len(workload) :]))


async def named_objects(session: ClusterSession) -> NamedObjects:
    """What the question names of this cluster."""
    return await session.once("named objects", lambda: _NameReader(session).read())


async def names_nothing(session: ClusterSession) -> bool:
    """Whether somebody asks whose words lead to no object and no namespace of this cluster."""
    scope = session.scope
    if not scope.text or scope.namespace:
        return False
    named = await named_objects(session)
    return not (named.any_traffic or named.pods or named.nodes or named.namespaces)


class _NameReader:
    def __init__(self, session: ClusterSession) -> None:
        self._session = session
        self._mentions = mentions_in(session.scope.text)
        places = {m.name for m in self._mentions if m.kind == "namespace"} | {m.namespace for m in self._mentions}
        self._namespaces = frozenset((places | {session.scope.namespace or ""}) - {""})
        self._unread: list[str] = []
        self._missing_pods: list[Mention] = []
        self._missing_nodes: list[Mention] = []
        self._looked_up: set[tuple[str, str]] = set()
        self._is_small = False  # all Services are on one page
        self._places_of_services: frozenset[str] = frozenset()

    async def read(self) -> NamedObjects:
        if not self._mentions:
            return NamedObjects()
        services, missing = await self._services()
        pods = await self._pods(services)
        deployments = await self._deployments((*services, *pods))
        nodes = await self._nodes()
        return NamedObjects(
            services=services,
            missing=missing,
            missing_pods=tuple(self._missing_pods[:SHOWN]),
            missing_nodes=tuple(self._missing_nodes[:SHOWN]),
            deployments=deployments,
            pods=pods,
            nodes=nodes,
            mentions=self._mentions,
            namespaces=self._namespaces & await self._known_places(services, deployments) | self._said_places(services),
            unread=tuple(self._unread),
        )

    async def _known_places(self, services: Sequence[Object], deployments: Sequence[Object]) -> frozenset[str]:
        """Written namespaces; "cart.shop" may be one as well as a host, so that only what holds something counts."""
        written = {m.name for m in self._mentions if m.kind == "namespace"} | {self._session.scope.namespace or ""}
        return frozenset(written | {namespace_of(each) for each in (*services, *deployments)})

    def _said_places(self, services: Sequence[Object]) -> frozenset[str]:
        """ "The pods in shop": of namespaces that hold a Service, where no Service of that name is meant."""
        said = {m.name for m in self._mentions if m.is_place} - {name_of(each) for each in services}
        return self._places_of_services & said

    async def _services(self) -> tuple[tuple[Object, ...], tuple[Mention, ...]]:
        wanted = [m for m in self._mentions if m.kind in ("", "service", "pod", "workload")]
        if not wanted:
            return (), ()
        listing = await self._list(SERVICES, most=PAGE)
        if listing is None:
            return (), ()
        self._is_small = listing.complete
        self._places_of_services = frozenset(map(namespace_of, listing.items))
        found, missing = dict[tuple[str, str], Object](), list[Mention]()
        for mention in sorted(wanted, key=lambda each: (not each.plain, each.kind != "service"))[:NAMES]:
            candidates: Sequence[Object] = listing.items
            if not listing.complete and not _is_node_like(mention) and not _is_pod_like(mention):
                candidates = await self._look_up(SERVICES, mention)
            mine = self._here(_called(candidates, mention), mention)
            found |= {(namespace_of(item), name_of(item)): item for item in mine[:SHOWN]}
            is_named = mention.plain or mention.namespace in self._places_of_services
            if not mine and mention.kind == "service" and is_named:
                missing.append(mention)
            close = self._here(_misspelt(listing.items, mention), mention) if not mine else []
            found |= {(namespace_of(item), name_of(item)): item for item in close[:SHOWN]}
        kept = [item for key, item in found.items() if key not in _OF_THE_CLUSTER]
        return tuple(kept[: 2 * SHOWN]), tuple(missing[:SHOWN])

    async def _look_up(self, resource: Resource, mention: Mention) -> Sequence[Object]:
        """By its name; first in the namespace that is written, whose list serves other names as well."""
        written = {mention.namespace} if mention.namespace else self._namespaces
        if len(written) == 1 and not self._session.scope.namespace:
            listing = await self._list(resource, namespace=next(iter(written)), most=PAGE)
            found = [item for item in (listing.items if listing else ()) if name_of(item) == mention.name]
            if found or (mention.namespace and listing and listing.complete):
                return found
        return await self._by_name(resource, mention.name)

    async def _by_name(self, resource: Resource, name: str) -> tuple[Object, ...]:
        """One small read each, as long as there are few."""
        most = LOOKED_UP if self._is_small else LOOKED_UP_AMONG_MANY
        if len(self._looked_up) >= most:
            self._unread.append(f"more names than {most} were not looked up")
            return ()
        self._looked_up.add((resource.plural, name))
        listing = await self._list(resource, fields=f"metadata.name={name}", most=10)
        return listing.items if listing else ()

    async def _deployments(self, found_already: Sequence[Object]) -> tuple[Object, ...]:
        taken = {name_of(each) for each in found_already}
        able = [m for m in self._mentions if _may_be_workload(m) and not _OF_REPLICA_SET.search(m.name)]
        named = {m.name for m in able if m.plain or m.kind or "-" in m.name}
        if self._is_small and {m.name for m in able} - named - taken:
            listing = await self._list(DEPLOYMENTS, metadata_only=True, most=PAGE)
            named |= {name_of(item) for item in (listing.items if listing else ())} & {m.name for m in able}
        found: list[Object] = []
        for mention in [m for m in self._mentions if m.name in named and m.name not in taken][:SHOWN]:
            found += self._here(await self._look_up(DEPLOYMENTS, mention), mention)[:SHOWN]
        return tuple(found)

    async def _pods(self, services: Sequence[Object]) -> tuple[Object, ...]:
        """Pods of this very name, and the pending ones of a workload of this name."""
        wanted = [m for m in self._mentions if m.kind in ("", "pod", "workload") and not _is_node_like(m)]
        if not wanted:
            return ()
        try:
            pending = (await pending_pods(self._session)).items
        except ReadError as error:
            self._unread.append(str(error))
            pending = ()
        found = [pod for m in wanted for pod in self._here(pending, m) if is_of(name_of(pod), m.name)]
        known = {name_of(each) for each in (*services, *found)}
        for mention in wanted:
            if _POD_SUFFIX.search(mention.name) and mention.name not in known:
                unread = len(self._unread)
                mine = self._here(await self._by_name(PODS, mention.name), mention)
                found += [pod for pod in mine if pod not in found]
                is_all_read = len(self._unread) == unread and not self._session.scope.namespace
                if not mine and is_all_read and mention.plain and _is_pod_like(mention):
                    self._missing_pods.append(mention)
        return tuple(found)

    async def _nodes(self) -> tuple[Object, ...]:
        wanted = [m for m in self._mentions if m.kind == "node" or (not m.kind and _is_node_like(m))]
        if not wanted:
            return ()
        try:
            found = [node for mention in wanted[:SHOWN] if (node := await self._node(mention.name))]
            listed = None if len(found) == len(wanted) else await self._session.nodes()
        except ReadError as error:
            self._unread.append(str(error))
            return ()
        found += [node for node in listed.items if any(_is_node(node, m.name) for m in wanted)] if listed else []
        if listed and listed.complete:
            said = [m for m in wanted if m.kind == "node" and m.plain and _NUMBERED.search(m.name)]
            self._missing_nodes = [m for m in said if not any(_is_node(node, m.name) for node in found)]
        return tuple({name_of(node): node for node in found}.values())[: 2 * SHOWN]

    async def _node(self, name: str) -> Object | None:
        """By its name; ACK writes the region before the address, as the names of other nodes show."""
        if not _is_address(name):
            return await self._session.node(name)
        sample = (await self._session.reader.select(NODES, most=FEW_NODES)).items
        regions = list(dict.fromkeys(name_of(node).partition(".")[0] for node in sample))[:1]
        read = [await self._session.node(f"{region}.{name}") for region in regions if not region.isdigit()]
        return next((node for node in read if node), None)

    async def _list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        fields: str = "",
        metadata_only: bool = False,
        most: int,
    ) -> Listing | None:
        try:
            namespace = namespace or self._session.scope.namespace
            return await self._session.reader.select(
                resource, namespace, fields=fields, metadata_only=metadata_only, most=most
            )
        except ReadError as error:
            if error.is_damage:
                raise
            self._unread.append(f"{resource.plural} could not be read: {error}")
            return None

    def _here(self, items: Iterable[Object], mention: Mention) -> list[Object]:
        """Those of the namespace that is written with the name; else those of a namespace that the words name."""
        items = list(items)
        if mention.namespace:
            return [item for item in items if namespace_of(item) == mention.namespace]
        return [item for item in items if namespace_of(item) in self._namespaces] or items


def _called(services: Iterable[Object], mention: Mention) -> list[Object]:
    """Services of this name, of an address, or of the name as people abbreviate it."""
    services, name = list(services), mention.name
    exact = [item for item in services if name_of(item) == name or name in addresses_of(item)]
    aliases = {f"{name}-svc", f"{name}-service", f"svc-{name}", name.removesuffix("-svc").removesuffix("-service")}
    return exact or [item for item in services if mention.kind == "service" and name_of(item) in aliases]


def _misspelt(services: Iterable[Object], mention: Mention) -> list[Object]:
    """Services whose names are one slip of the finger away: a letter too few, too many, wrong or swapped."""
    is_long = len(mention.name) >= (SHORTEST_MISSPELT if mention.kind or mention.plain else SHORTEST_LOOSE)
    if not is_long or mention.kind not in ("", "service", "workload") or _is_node_like(mention):
        return []
    return [item for item in services if _is_slip(mention.name, name_of(item))]


def _is_slip(written: str, meant: str) -> bool:
    """``paymnts`` for ``payments``; not ``web-1`` for ``web-2``, nor the plural, which may be another's name."""
    if abs(len(written) - len(meant)) > 1 or written == meant or meant in (f"{written}s", written.removesuffix("s")):
        return False
    start = next((at for at, (a, b) in enumerate(zip(written, meant, strict=False)) if a != b), len(written))
    left, right = written[start:], meant[start:]
    changed = left[1:] == right[1:] or left[1:] == right or left == right[1:]
    swapped = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return (changed or swapped) and (left[:1] + right[:1]).isalpha()


def addresses_of(service: Object) -> set[str]:
    """Its ClusterIPs, external addresses, and those of its load balancer."""
    spec, balancers = service.get("spec") or {}, get_path(service, "status", "loadBalancer", "ingress") or []
    own = [spec.get("clusterIP"), *(spec.get("clusterIPs") or []), *(spec.get("externalIPs") or [])]
    told = [value for each in balancers for value in (each.get("ip"), each.get("hostname"))]
    return {str(each) for each in (*own, *told) if each and each != "None"}


def _may_be_workload(mention: Mention) -> bool:
    return mention.kind in ("", "service", "pod", "workload") and not _is_node_like(mention)


def _is_node_like(mention: Mention) -> bool:
    """An address, or a name that ends in one, as ACK calls nodes."""
    return bool(re.search(r"(?:^|\.)\d{1,3}(?:\.\d{1,3}){3}$", mention.name)) or mention.kind == "node"


def _is_pod_like(mention: Mention) -> bool:
    """A name as pods have it: said of a pod, or made by a ReplicaSet. Hardly any Service is called so."""
    return bool((_OF_POD if mention.kind == "pod" else _OF_REPLICA_SET).search(mention.name))


def _is_address(name: str) -> bool:
    return bool(re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}", name))


def _is_node(node: Object, name: str) -> bool:
    addresses = [each.get("address") for each in get_path(node, "status", "addresses") or []]
    return name_of(node) == name or name_of(node).endswith(f".{name}") or name in addresses
