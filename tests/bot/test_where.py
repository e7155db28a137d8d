"""Commands must run on the cluster that was asked about, not on whatever kubectl looks at."""

from pathlib import Path

import pytest

from bot.terminal.inputs import Where


@pytest.mark.parametrize(
    ("where", "before"),
    [
        (Where(), ""),
        (Where(recording="terway-healthy"), ""),
        (Where(context="prod"), "kubectl config use-context prod"),
        (Where(kubeconfig=Path("/home/me/my config")), "export KUBECONFIG='/home/me/my config'"),
        (Where(kubeconfig=Path("c"), context="a b"), "export KUBECONFIG=c && kubectl config use-context 'a b'"),
    ],
)
def test_what_makes_kubectl_look_at_the_same_cluster(where: Where, before: str) -> None:
    assert where.for_kubectl() == before
