"""Cluster facts: what kind of cluster this is, each with the object that it was read from."""

from bot.cluster.facts import eni_config, flannel, kube_proxy, platform, pods, terway  # noqa: F401  (they register their facts)
from bot.cluster.facts.registry import Fact, FactValue, core_facts, declared_facts, permissions, read_fact

__all__ = ["Fact", "FactValue", "core_facts", "declared_facts", "permissions", "read_fact"]
