"""``check --all-contexts``: the page, the JSON, and what is refused."""

import asyncio
import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clusters import Clusters

Run = Callable[..., Any]
FLEET = ("check", "--all-contexts")


async def test_all_clusters_of_the_kubeconfig_side_by_side(netclinic: Run, tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clusters = Clusters(tmp_path / "kubeconfig", stack)
        await clusters.serve("terway-healthy", "well")
        await clusters.serve("terway-out-of-ips", "sick")
        clusters.unreachable("gone")
        where = {"KUBECONFIG": str(clusters.path)}
        page = await asyncio.to_thread(netclinic, *FLEET, **where)
        found = await asyncio.to_thread(netclinic, *FLEET, "-o", "json", "--kubeconfig", str(clusters.path))
        chosen = await asyncio.to_thread(netclinic, *FLEET, "-o", "json", **where, NETCLINIC_CLUSTERS="well,other")
        dead = await asyncio.to_thread(netclinic, *FLEET, **where, NETCLINIC_CLUSTERS="gone")
    assert (page.code, page.err) == (0, "")
    first, _, *rows = page.out.splitlines()
    assert first == "2 of 3 clusters are not well."
    names = [row.split()[:2] for row in rows if row[:1].isupper() and row.split()[0].isupper()]
    assert names == [["FAILING", "sick"], ["UNREACHABLE", "gone"], ["WELL", "well"]]
    assert "The vSwitch behind Terway has run out of IP addresses" in page.out
    assert re.search(r"^WELL         well  .*\n {13}\S", page.out, re.MULTILINE), page.out  # at 80 columns
    health = {each["cluster"]["context"]: each["health"] for each in found.json}
    assert health == {"well": "well", "sick": "failing", "gone": "unreachable"}
    assert [(each["cluster"]["context"], each["health"]) for each in chosen.json] == [
        ("well", "well"),
        ("other", "unreachable"),
    ]
    assert "There is no context 'other'" in chosen.json[1]["sentence"]
    assert dead.code == 1
    assert "UNREACHABLE  gone" in dead.out
    assert "Not one of 1 cluster could be read." in dead.err


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--context", "prod"], 2, "--all-contexts stands for every cluster: leave --context and --recording out."),
        (["--recording", "terway-healthy"], 2, "leave --context and --recording out."),
        (["--kubeconfig", "/nowhere"], 2, "There is no kubeconfig file /nowhere"),
        (["terway-vswitch-out-of-ip"], 2, "Did you mean terway-vswitch-out-of-ips?"),
        ([], 2, "No kubeconfig was found"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(netclinic: Run, more: list[str], code: int, said: str) -> None:
    ran = netclinic(*FLEET, *more)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


@pytest.mark.parametrize("clusters", ["", "prod"])
def test_a_kubeconfig_without_contexts_is_told(netclinic: Run, tmp_path: Path, clusters: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("{apiVersion: v1, kind: Config, clusters: [], users: [], contexts: []}")
    ran = netclinic(*FLEET, KUBECONFIG=str(path), NETCLINIC_CLUSTERS=clusters)
    assert ran.code == (1 if clusters else 2)
    assert ("There is no context 'prod'" in ran.out) if clusters else ("holds no context" in ran.err)
