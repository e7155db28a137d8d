"""Commands must run on the cluster that was asked about, not on whatever kubectl looks at."""

from pathlib import Path

import pytest

from bot.terminal.inputs import Target


@pytest.mark.parametrize(
    ("target", "before"),
    [
        (Target(), ""),
        (Target(recording="terway-healthy"), ""),
        (Target(context="prod"), "kubectl config use-context prod"),
        (Target(kubeconfig=Path("/home/me/my config")), "export KUBECONFIG='/home/me/my config'"),
        (Target(kubeconfig=Path("c"), context="a b"), "export KUBECONFIG=c && kubectl config use-context 'a b'"),
    ],
)
def test_what_makes_kubectl_look_at_the_same_cluster(target: Target, before: str) -> None:
    assert target.for_kubectl() == before
