"""Where Flannel's objects are: ACK keeps them in kube-system, upstream's manifest since v0.19.2 in kube-flannel."""

import re
from contextlib import suppress

from bot.cluster.resources import DAEMON_SETS
from bot.cluster.session import SYSTEM, ClusterSession, Object, get_path, name_of, namespace_of
from bot.cluster.transport import ReadError

CONFIG = "kube-flannel-cfg"
NAMESPACES = (SYSTEM, "kube-flannel")
# Upstream's manifests up to v0.12 have one DaemonSet for each architecture.
DAEMON_SET = re.compile(r"kube-flannel(-ds)?(-(amd64|arm64|arm|ppc64le|s390x|windows|windows-amd64))?")


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
        items = [each for each in (await session.daemon_sets()).values() if DAEMON_SET.fullmatch(name_of(each))]
        items = items or list((await session.reader.select(DAEMON_SETS, NAMESPACES[1])).items)
    found = [each for each in items if namespace_of(each) in NAMESPACES and DAEMON_SET.fullmatch(name_of(each))]
    return sorted(found, key=lambda each: not get_path(each, "status", "desiredNumberScheduled"))


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
