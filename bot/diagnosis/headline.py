"""What is so where nothing fails and the fault that was asked about is not there, in the language of the question."""

from bot.diagnosis.answer import Answer, Diagnosis, is_elsewhere
from bot.diagnosis.failing import asks_why_pods_wait, was_looked_at
from bot.diagnosis.judge import Verdict
from bot.diagnosis.relevance import (
    asks_about_nodes,
    is_bare,
    speaks_of_broken_components,
    speaks_of_unready_nodes,
)
from bot.probes.failing_components import COMPONENTS
from bot.probes.failing_nodes import READY_NODES
from bot.probes.failing_pods import WAITING_PODS
from bot.probes.registry import calls
from knowledge.model import is_chinese

# In English and in Chinese; "{}" stands for the cluster.
NODES_READY = ("No node is NotReady on {}.", "{} 上没有 NotReady 的节点。")
COMPONENTS_RUN = ("No component of the network crashes or is unready on {}.", "{} 上没有崩溃或未就绪的网络组件。")
PODS_START = ("No pod is stuck in ContainerCreating on {}.", "{} 上没有卡在 ContainerCreating 的 Pod。")
NOTHING = ("Nothing is seen failing on {}.", "{} 上未见故障。")
NOTHING_READ = ("Nothing is seen failing in what could be read of {}.", "在 {} 可读取的部分中未见故障。")


def healthy_headline(answer: Answer) -> str:
    """A sentence; empty where something fails, where anything is or may be so, and where it was not looked."""
    if answer.cluster is None or not answer.cluster.reachable or answer.failing:
        return ""
    chosen = _chosen(answer)
    return chosen[is_chinese(answer.question)].format(answer.cluster.context) if chosen else ""


def _chosen(answer: Answer) -> tuple[str, str] | None:
    """What the words ask about comes before what the entry is about that they resemble most."""
    first = answer.diagnoses[0] if answer.diagnoses else None
    if first and (first.verdict is Verdict.CONFIRMED or is_elsewhere(first)):
        return None
    is_left_over = first is not None and is_bare(first)
    if first and first.verdict is Verdict.SUSPECTED and not is_left_over:
        return None
    are_ready = was_looked_at(READY_NODES, answer)
    if are_ready and speaks_of_unready_nodes(answer.question):
        return NODES_READY
    if was_looked_at(COMPONENTS, answer) and speaks_of_broken_components(answer.question):
        return COMPONENTS_RUN
    if is_left_over:
        return _nothing(answer)
    if first is None or first.verdict is not Verdict.RULED_OUT:
        return None
    return _of_entry(first, answer, are_ready)


def _of_entry(first: Diagnosis, answer: Answer, are_ready: bool) -> tuple[str, str]:
    if any(map(asks_why_pods_wait, calls(first.entry.confirmed_by))) and was_looked_at(WAITING_PODS, answer):
        return PODS_START
    if are_ready and asks_about_nodes(first.entry):
        return NODES_READY
    return _nothing(answer)


def _nothing(answer: Answer) -> tuple[str, str]:
    return NOTHING_READ if answer.unread or answer.not_looked_at else NOTHING
