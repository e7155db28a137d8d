"""What is left to fill in: where a command holds an upper-case word for a name that is not known, how to get the name.

Said once, at the first step that needs it, and not where the step says it itself.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from knowledge.rendering import RenderedStep

_POD = (
    "Put the namespace and the name of a pod that fails in place of NAMESPACE and POD (`kubectl get pods -A -o wide`)."
)
HOW_TO_GET = {
    "POD": _POD,
    "NAMESPACE": "Put your namespace in place of NAMESPACE.",
    "NODE": "Put the name of the node in place of NODE (`kubectl get nodes`).",
    "SERVICE": "Put the name of the Service in place of SERVICE (`kubectl get services -A`).",
    "TERWAY_POD": "Put the Terway pod of the node in place of TERWAY_POD (`kubectl -n kube-system get pods -o wide`).",
    "VSWITCH": "Put the ID of the vSwitch in place of VSWITCH (VPC console, vSwitches).",
    "INSTANCE": "Put the ID of the instance in place of INSTANCE (ECS console, Instances).",
    "INSTANCE_TYPE": "Put the instance type in place of INSTANCE_TYPE (ECS console, Instances).",
    "CLUSTER_REGION": "Put the region in place of CLUSTER_REGION, cn-hangzhou for example.",
    "CLUSTER_VPC": "Put the ID of the VPC in place of CLUSTER_VPC (ACK console, your cluster, Cluster Information).",
    "MAC": "Put the MAC address of the error in place of MAC.",
}
_WORD = re.compile(rf"(?<![\w$/.|-])({'|'.join(HOW_TO_GET)})(?![\w:|-])")


def explained(sections: Iterable[Iterable[RenderedStep]]) -> list[tuple[RenderedStep, ...]]:
    """The steps of all sections, in the order in which they are read, with what is to be filled in explained."""
    known: set[str] = set()
    return [tuple(_explain(step, known) for step in section) for section in sections]


def _explain(step: RenderedStep, known: set[str]) -> RenderedStep:
    told = set(_WORD.findall(step.text))
    left = [word for word in dict.fromkeys(_WORD.findall(step.command or "")) if word not in known | told]
    known |= {*left, *told}
    if "POD" in left:  # says both
        left = [word for word in left if word != "NAMESPACE"]
        known.add("NAMESPACE")
    return replace(step, text=" ".join([step.text, *(HOW_TO_GET[word] for word in left)])) if left else step
