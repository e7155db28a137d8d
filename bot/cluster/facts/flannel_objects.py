"""Where Flannel's objects are: ACK keeps them in kube-system, upstream's manifest since v0.19.2 in kube-flannel.

People put them elsewhere too, under names of their own: there the container's image tells.
"""

import re
from contextlib import suppress

from bot.cluster.declared_reads import label, label_of
from bot.cluster.resources import DAEMON_SETS
from bot.cluster.session import SYSTEM, ClusterSession, Object, get_path, name_of, namespace_of
from bot.cluster.transport import ReadError

CONFIG = "kube-flannel-cfg"
NAMESPACES = (SYSTEM, "kube-flannel")
# Upstream's manifests up to v0.12 have one DaemonSet for each architecture.
DAEMON_SET = re.compile(r"kube-flannel(-ds)?(-(amd64|arm64|arm|ppc64le|s390x|windows|windows-amd64))?")
APP = label("app")
# coreos/flannel, flannel/flannel, rancher/mirrored-flannel-flannel: the daemon's; none of flannel-cni-plugin's.
_IMAGE = re.compile(r"(?:^|/)(?:mirrored-\w+-)?flannel(?:[:@]|$)")
_WITH_ANOTHER = re.compile(r"canal|calico")  # Flannel carries the packets there, and another plugin the addresses


async def flannel_daemon_sets(session: ClusterSession) -> list[Object]:
    """Flannel's DaemonSets, those with pods to run first.

    Raises:
        ReadError: they could not be listed, or none is in kube-system and other namespaces may not be seen.
    """
    try:
        items = list((await session.reader.select(DAEMON_SETS)).items)
    except ReadError as error:
        if error.kind != "forbidden":
            raise
        items = [each for each in (await session.daemon_sets()).values() if _is_flannel(each)]
        items = items or list((await session.reader.select(DAEMON_SETS, NAMESPACES[1])).items)
    found = [each for each in items if _is_flannel(each)]
    return sorted(found, key=lambda each: not get_path(each, "status", "desiredNumberScheduled"))


def _is_flannel(daemon_set: Object) -> bool:
    """By its name or label in Flannel's namespaces; elsewhere by both, or by the image that it runs anywhere."""
    containers = get_path(daemon_set, "spec", "template", "spec", "containers") or []
    images = [str(each.get("image") or "") for each in containers]
    if any(_WITH_ANOTHER.search(each) for each in (name_of(daemon_set), *images)):
        return False
    named, labelled = bool(DAEMON_SET.fullmatch(name_of(daemon_set))), label_of(daemon_set, APP) == "flannel"
    if namespace_of(daemon_set) in NAMESPACES and (named or labelled):
        return True
    return (named and labelled) or any(_IMAGE.search(each) for each in images)


async def flannel_namespace(session: ClusterSession) -> str:
    """The namespace of Flannel's DaemonSet, ConfigMap and pods; kube-system where there is none.

    Raises:
        ReadError: what it is read from is damaged.
    """
    try:
        found = await flannel_daemon_sets(session)
        return namespace_of(found[0]) if found else SYSTEM
    except ReadError as error:
        if error.is_damage:
            raise
    for namespace in NAMESPACES:
        with suppress(ReadError):
            if await session.config_map(CONFIG, namespace) is not None:
                return namespace
    return SYSTEM


async def flannel_config(session: ClusterSession) -> Object | None:
    """Flannel's ConfigMap, ``None`` where there is none."""
    return await session.config_map(CONFIG, await flannel_namespace(session))
