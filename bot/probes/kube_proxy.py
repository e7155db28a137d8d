"""The probe of what kube-proxy says when it does not use IPVS although it is configured to."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from bot.cluster.facts.registry import Permission
from bot.cluster.facts.wordings import Wording, texts_of
from bot.cluster.resources import DAEMON_SETS, POD_LOGS, PODS
from bot.cluster.session import ClusterSession
from bot.probes.findings import Finding
from bot.probes.logs import pod_log
from bot.probes.registry import Strings, probe
from knowledge.logic import Outcome

# Releases of Kubernetes, before 1.26 kube-proxy goes on with iptables after it, from 1.26 on the process ends
# (https://github.com/kubernetes/kubernetes/pull/111806).
REFUSALS = (
    Wording("can't determine whether to use ipvs proxy", "1.8 to 1.18", "cmd/kube-proxy/app/server_others.go"),
    Wording("can't use the ipvs proxier", "1.19 and later", "cmd/kube-proxy/app/server_others.go, server_linux.go"),
    # A line before the other one: the kernel does not know the scheduler.
    Wording("could not create dummy vs", "1.22 and later", "pkg/proxy/ipvs/proxier.go"),
)
USES_IPVS = ("Using ipvs Proxier",)
SINCE_START = timedelta(days=30)  # said once, when the process starts
WORKERS: Strings = ("kube-proxy-worker", "kube-proxy")
MASTERS: Strings = ("kube-proxy-master",)
_MODULES = re.compile(r"modules are not loaded: \[([a-z0-9_ ,]{1,300})\]")
_SCHEDULER = re.compile(r"no such file or directory\"? scheduler=\"([a-z]{1,12})\"")
_REASON = re.compile(r"(?:can't use the ipvs proxier|whether to use ipvs proxy, error): (.{1,200})", re.IGNORECASE)
# Kubernetes 1.22 to 1.25, klog's structured form: "Can't use the IPVS proxier" err="...", with quotes in it escaped.
_STRUCTURED_REASON = re.compile(r'can\'t use the ipvs proxier" err="((?:[^"\\]|\\.){1,200})', re.IGNORECASE)


@probe(
    nature="sign",
    reads=(Permission("get", POD_LOGS), Permission("list", PODS), Permission("list", DAEMON_SETS)),
    cost="wide",
)
async def ipvs_refused(session: ClusterSession) -> Finding:
    """A kube-proxy whose log says that it cannot use IPVS, in the words of any release.

    The modules that the log names are the objects ``module``; another reason that it gives is the object ``reason``.
    """
    workers = await _refusal(session, WORKERS)
    if workers.outcome is Outcome.PRESENT or MASTERS[0] not in await session.daemon_sets():
        return workers
    masters = await _refusal(session, MASTERS)
    return masters if workers.outcome is Outcome.ABSENT or masters.outcome is Outcome.PRESENT else workers


async def _refusal(session: ClusterSession, app: Strings) -> Finding:
    found = await pod_log(
        session,
        app=app,
        container=app[0],
        contains=texts_of(REFUSALS),
        within=SINCE_START,
        on="all",
        cleared_by=USES_IPVS,
    )
    if found.outcome is not Outcome.PRESENT:
        return found
    lines = [piece.excerpt for piece in found.evidence]
    modules, reasons = missing_modules(lines), refusal_reasons(lines)
    named = {"module": modules} if modules else {"reason": reasons} if reasons else {}
    return replace(found, objects={**found.objects, **named})


def missing_modules(lines: Iterable[str]) -> tuple[str, ...]:
    """The kernel modules that the lines name: in a list, or by a scheduler that the kernel does not know."""
    found: list[str] = []
    for line in lines:
        for listed in _MODULES.findall(line):
            found += re.split(r"[ ,]+", listed.strip())
        found += [f"ip_vs_{scheduler}" for scheduler in _SCHEDULER.findall(line)]
    return tuple(dict.fromkeys(name for name in found if name))


def refusal_reasons(lines: Iterable[str]) -> tuple[str, ...]:
    """What kube-proxy gives as the reason, without its quotes."""
    said = (reason for line in lines for reason in (*_REASON.findall(line), *_STRUCTURED_REASON.findall(line)))
    found = (reason.replace('\\"', '"').strip(' ".') for reason in said)
    return tuple(dict.fromkeys(reason for reason in found if reason))
