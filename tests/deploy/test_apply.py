"""``kubectl`` sends the rendered chart to a server that takes nothing but what the API's description has.

The server is a stand-in: it knows discovery, and a creation with ``dryRun=All``. Whether admission plugins take it a
real cluster alone tells: `helm template … | kubectl apply --dry-run=server -f -`.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from tests.deploy.manifests import ALL, CHART, LEAST, MODELS, unknown_fields
from tests.ports import free_port

KUBECTL = shutil.which("kubectl")
pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
RESOURCES = {  # group and version: plural, kind, whether it is namespaced
    "v1": [
        ("serviceaccounts", "ServiceAccount", True),
        ("configmaps", "ConfigMap", True),
        ("services", "Service", True),
        ("persistentvolumeclaims", "PersistentVolumeClaim", True),
        ("pods", "Pod", True),
    ],
    "apps/v1": [("deployments", "Deployment", True)],
    "batch/v1": [("jobs", "Job", True)],
    "policy/v1": [("poddisruptionbudgets", "PodDisruptionBudget", True)],
    "networking.k8s.io/v1": [("networkpolicies", "NetworkPolicy", True)],
    "rbac.authorization.k8s.io/v1": [
        ("clusterroles", "ClusterRole", False),
        ("clusterrolebindings", "ClusterRoleBinding", False),
    ],
}


class DryRunServer:
    """Answers discovery and dry runs; ``created`` is what was sent, by kind and name."""

    def __init__(self) -> None:
        self.created: dict[tuple[str, str], Any] = {}
        self.port = free_port()

    async def handle(self, request: web.Request) -> web.Response:
        """One request of kubectl's."""
        found = self._discovery(request.path)
        if found is not None:
            return web.json_response(found)
        if request.method != "POST":
            return _status(404, "NotFound", "there is nothing here yet")
        if request.query.get("dryRun") != "All":
            return _status(403, "Forbidden", "this server takes dry runs alone")
        sent = await request.json()
        wrong = list(unknown_fields(sent, MODELS[sent["kind"]], sent["kind"]))
        if wrong:
            return _status(400, "BadRequest", f"strict decoding error: {wrong[0]}")
        self.created[sent["kind"], sent["metadata"]["name"]] = sent
        return web.json_response(sent, status=201)

    def _discovery(self, path: str) -> Any:
        groups = [name for name in RESOURCES if "/" in name]
        fixed: dict[str, Any] = {
            "/version": {"major": "1", "minor": "32", "gitVersion": "v1.32.1"},
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in groups]},
            "/openapi/v3": {"paths": {}},
        }
        if path in fixed:
            return fixed[path]
        version = path.removeprefix("/apis/") if path.startswith("/apis/") else path.removeprefix("/api/")
        if version not in RESOURCES:
            return None
        described = [
            {"name": plural, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": ["create", "get"]}
            for plural, kind, namespaced in RESOURCES[version]
        ]
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": described}


def _group(version: str) -> dict[str, Any]:
    served = {"groupVersion": version, "version": version.partition("/")[2]}
    return {"name": version.partition("/")[0], "versions": [served], "preferredVersion": served}


def _status(code: int, reason: str, message: str) -> web.Response:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message}
    return web.json_response({**body, "code": code}, status=code)


@pytest.fixture
async def server() -> AsyncIterator[DryRunServer]:
    stand_in = DryRunServer()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", stand_in.handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", stand_in.port).start()
    yield stand_in
    await runner.cleanup()


async def apply(server: DryRunServer, folder: Path, manifests: list[Any]) -> tuple[int, str]:
    """Exit code and output of `kubectl apply --dry-run=server`."""
    (folder / "all.yaml").write_text(yaml.safe_dump_all(manifests))
    where = (
        "--server",
        f"http://127.0.0.1:{server.port}",
        "--cache-dir",
        str(folder / "cache"),
        "--kubeconfig",
        "/dev/null",
    )
    # The stand-in checks fields by itself, and serves no OpenAPI document for kubectl to do so.
    how = ("apply", "--dry-run=server", "--validate=false", "-f", str(folder / "all.yaml"))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        str(KUBECTL), *where, *how, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_kubectl_applies_all_of_it_as_a_dry_run(server: DryRunServer, render: Any, tmp_path: Path) -> None:
    manifests = [each for each in await asyncio.to_thread(render, ALL) if each["kind"] in MODELS]
    code, said = await apply(server, tmp_path, manifests)
    assert code == 0, said
    assert said.count("(server dry run)") == len(manifests)
    assert set(server.created) == {(each["kind"], each["metadata"]["name"]) for each in manifests}


async def test_the_pod_for_the_database_has_the_volume_and_the_rights_of_the_charts_pods(
    server: DryRunServer, render: Any, tmp_path: Path
) -> None:
    pod = yaml.safe_load((CHART.parent / "kubernetes" / "database-pod.yaml").read_text())
    code, said = await apply(server, tmp_path, [pod])
    assert code == 0, said
    rendered = await asyncio.to_thread(render, LEAST, "netclinic")  # as the documents call the release
    served = next(each for each in rendered if each["kind"] == "Deployment")["spec"]["template"]["spec"]
    of_pod, of_chart = pod["spec"]["containers"][0], served["containers"][0]
    assert of_pod["securityContext"] == of_chart["securityContext"]
    assert pod["spec"]["securityContext"].items() <= served["securityContext"].items()
    paths = {mount["mountPath"] for mount in of_pod["volumeMounts"]}
    assert paths <= {mount["mountPath"] for mount in of_chart["volumeMounts"]}
    claims = [each["metadata"]["name"] for each in rendered if each["kind"] == "PersistentVolumeClaim"]
    assert [pod["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"]] == claims


async def test_the_server_refuses_what_the_api_does_not_know(server: DryRunServer, tmp_path: Path) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}, "automount": True}
    code, said = await apply(server, tmp_path, [account])
    assert (code, "automount is no field of V1ServiceAccount" in said) == (1, True), said
    assert server.created == {}
