"""Once it serves each cluster is asked what may be read; what is refused or away is named, and nothing waits for it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.audit.filters import Filters
from bot.audit.reading import list_records
from tests.clusters import Clusters
from tests.command_line import Netclinic
from tests.processes import SECONDS, Served, health, tokens
from tests.scenes import OpenScene, Scene
from tests.timing import QUICK
from tests.workspace import Workspace

HEALTHY, HIDDEN = "terway-healthy", "terway-out-of-ips-hidden"
AT_ONCE = replace(QUICK, first_access_look=0.0, access_retry=0.2)


async def known(scene: Scene, enough: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What health says of the clusters, once it is enough."""
    async with asyncio.timeout(SECONDS):
        while True:
            assert scene.bot.serving is not None
            told: dict[str, Any] = (await scene.bot.serving.health.report())[1]["clusters"]
            if enough(told):
                return told
            await asyncio.sleep(0.02)


def logged(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What the log says of clusters."""
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    return [line for line in lines if line["logger"] == "netclinic.clusters"]


async def test_what_a_cluster_refuses_is_named_with_the_entries_that_need_it(
    open_scene: OpenScene, netclinic: Netclinic, capfd: pytest.CaptureFixture[str]
) -> None:
    async with open_scene({"prod": HEALTHY, "staging": HIDDEN}, timing=AT_ONCE) as scene:
        told = await known(scene, lambda told: len(told) == 2)
        assert told["prod"] == {"access": "complete"}
        assert told["staging"]["access"] == "incomplete"
        kubeconfig = str(scene.clusters.path)
        ran = await asyncio.to_thread(
            lambda: netclinic("rbac", "--check", "--context", "staging", "-o", "json", KUBECONFIG=kubeconfig)
        )
        missing = ran.json["missing"]
        assert len(told["staging"]["missing"]) == len(missing) > 0
        undecidable = sorted({id_ for gap in missing for id_ in gap["entries"]})
        assert told["staging"]["undecidable"] == undecidable
        assert len(undecidable) > 0

        [warning] = [line for line in logged(capfd) if line["cluster"] == "staging"]
        assert (warning["level"], warning["undecidable"]) == ("warning", undecidable)
        assert "not allowed to " in warning["message"]
        assert "`netclinic rbac | kubectl apply -f -`" in warning["message"]
        assert undecidable[0] in warning["message"]

        await scene.slack.people.open_home("ada")
        home = await scene.slack.until(lambda: (v := scene.slack.home("ada")) and "be decided" in str(v) and v)
        assert undecidable[0] in str(home)


async def test_a_cluster_that_is_away_is_named_and_asked_again(
    open_scene: OpenScene, capfd: pytest.CaptureFixture[str]
) -> None:
    timing = replace(AT_ONCE, access_patience=3.0)
    async with open_scene({"prod": HEALTHY}, dead=["gone"], hanging=["stuck"], timing=timing) as scene:
        # On a busy machine one that answers may be late, too: it is asked again.
        told = await known(scene, lambda told: len(told) == 3 and told["prod"] == {"access": "complete"})
        assert told["gone"]["access"] == "unknown"
        assert "could not be reached" in told["gone"]["trouble"]
        assert "did not answer" in told["stuck"]["trouble"]
        await scene.clusters.serve(HEALTHY, "gone")
        told = await known(scene, lambda told: told["gone"] == {"access": "complete"})
        assert "did not answer" in told["stuck"]["trouble"]
        lines = [line["message"] for line in logged(capfd)]
        assert sum("Cluster gone could not be asked what may be read" in line for line in lines) == 1
        assert "Cluster gone allows every read that netclinic makes." in lines


async def test_what_is_no_news_is_not_told_again(open_scene: OpenScene, capfd: pytest.CaptureFixture[str]) -> None:
    async with open_scene({}, dead=["gone"], timing=replace(AT_ONCE, access_retry=0.05)) as scene:
        store, asked = scene.services.store, Filters(action="cluster.read")
        async with asyncio.timeout(SECONDS):
            while len(await asyncio.to_thread(list_records, store, asked)) < 8:  # noqa: ASYNC110 - two each time
                await asyncio.sleep(0.05)
        lines = [line["message"] for line in logged(capfd)]
        assert sum("Cluster gone could not be asked" in line for line in lines) == 1


async def test_its_reads_are_on_the_audit_log(open_scene: OpenScene) -> None:
    async with open_scene({"prod": HEALTHY}, timing=AT_ONCE) as scene:
        await known(scene, lambda told: bool(told))
        found = await asyncio.to_thread(list_records, scene.services.store, Filters(action="cluster.read"))
        assert len(found) >= len(scene.clusters.servers["prod"].requests) > 0
        assert {record.request_id for record in found} == {scene.services.queue.worker.id}


@pytest.fixture
async def stuck(tmp_path: Path, data_dir: Path) -> AsyncIterator[Served]:
    """A bot in a workspace, whose only cluster takes requests and never answers."""
    async with AsyncExitStack() as stack:
        clusters = Clusters(tmp_path / "kubeconfig", stack)
        await clusters.hanging("stuck")
        slack = await stack.enter_async_context(Workspace())
        told = {**tokens(slack), "KUBECONFIG": str(clusters.path), "NETCLINIC_INDEX_DIR": str(data_dir / "index")}
        bot = Served(tmp_path, told)
        stack.callback(bot.end)
        yield bot


async def test_nothing_waits_for_a_cluster_that_does_not_answer(open_scene: OpenScene) -> None:
    async with asyncio.timeout(SECONDS), open_scene({"prod": HEALTHY}, hanging=["stuck"], timing=AT_ONCE) as scene:
        serving = scene.bot.serving
        assert serving is not None
        await scene.slack.until(lambda: serving.started, SECONDS)
        assert "stuck" not in (await serving.health.report())[1]["clusters"], "it is given up after seconds"
        await known(scene, lambda told: told.get("prod") == {"access": "complete"})


@pytest.mark.slow
async def test_a_cluster_that_hangs_does_not_hold_up_the_end(stuck: Served) -> None:
    process = stuck.start()
    await stuck.serving()
    process.terminate()
    assert await asyncio.to_thread(process.wait, SECONDS) == 0


@pytest.mark.slow
async def test_as_in_production_it_is_named_within_its_patience(stuck: Served) -> None:
    stuck.start()
    await stuck.serving()
    async with asyncio.timeout(SECONDS), aiohttp.ClientSession() as session:
        while not (told := (await health(session, stuck.port))[1]["clusters"]):  # noqa: ASYNC110 - no bell
            await asyncio.sleep(0.2)
    assert "did not answer" in told["stuck"]["trouble"]
