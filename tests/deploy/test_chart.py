"""The chart, rendered by Helm itself: what it makes is what Kubernetes knows, safe, and what netclinic reads.

The rules of its ClusterRole and the settings that it takes are made from the code; after a change of either:

    REWRITE=1 python -m pytest tests/deploy
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from bot.cluster.access import cluster_role
from bot.probes import required_permissions
from bot.prometheus.config import prometheuses
from bot.settings import Settings, secret_variables, variables
from tests.command_line import Netclinic
from tests.deploy.manifests import ALL, CASES, CHART, MODELS, POSTGRESQL, RULES, Manifest, Render, unknown_fields


def only(manifests: list[Manifest], kind: str, name: str = "") -> Manifest:
    found = [each for each in manifests if each["kind"] == kind and (not name or each["metadata"]["name"] == name)]
    assert len(found) == 1, (kind, [each["metadata"]["name"] for each in found])
    return found[0]


def pods(manifests: list[Manifest]) -> Iterator[Manifest]:
    for each in manifests:
        if each["kind"] in ("Deployment", "Job"):
            yield each["spec"]["template"]["spec"]


OF_THE_OPERATOR = {"ServiceMonitor", "PrometheusRule"}
VERSIONS = ("1.25", "1.37")  # the oldest that Chart.yaml names, and the newest with schemas


def check(manifests: list[Manifest]) -> None:
    """All of them are as the API's schemas have them; an unknown field is an error."""
    for each in manifests:
        for version in VERSIONS:
            if each["kind"] not in OF_THE_OPERATOR:
                kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.parametrize("case", CASES)
def test_all_that_is_made_is_of_the_api(render: Render, case: str) -> None:
    manifests = render(CASES[case])
    kinds = {each["kind"] for each in manifests}
    assert kinds <= MODELS.keys() | OF_THE_OPERATOR
    for each in manifests:
        if each["kind"] in MODELS:
            assert list(unknown_fields(each, MODELS[each["kind"]], each["kind"])) == []
        if each["kind"] not in ("ClusterRole", "ClusterRoleBinding"):
            assert each["metadata"]["namespace"] == "tools"
    check(manifests)


def test_what_is_not_of_the_api_is_seen() -> None:
    """The check above, on a manifest that no API server takes."""
    pod = {"spec": {"containers": [{"name": 1, "imge": "x", "ports": {"containerPort": "a"}}]}}
    assert list(unknown_fields(pod, "V1Pod", "Pod")) == [
        "Pod.spec.containers[0].name is 1, which is no str",
        "Pod.spec.containers[0].imge is no field of V1Container",
        "Pod.spec.containers[0].ports is no list",
    ]
    with pytest.raises(kubernetes_validate.ValidationError):
        check([{"apiVersion": "v1", "kind": "Pod", **pod}])


@pytest.mark.parametrize("case", CASES)
def test_pods_may_do_as_little_as_they_need(render: Render, case: str) -> None:
    made = list(pods(render(CASES[case])))
    assert len(made) == (1 if case == "least" else 2)
    for pod in made:
        assert pod["enableServiceLinks"] is False
        security = pod["securityContext"]
        assert (security["runAsNonRoot"], security["seccompProfile"]) == (True, {"type": "RuntimeDefault"})
        assert security["runAsUser"] == 10001  # the image's user
        for container in pod["containers"]:
            inner = container["securityContext"]
            assert (inner["allowPrivilegeEscalation"], inner["readOnlyRootFilesystem"]) == (False, True)
            assert inner["capabilities"] == {"drop": ["ALL"]}
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
            assert "memory" in container["resources"]["limits"]
            mounted = {mount["name"] for mount in container["volumeMounts"]}
            assert mounted == {volume["name"] for volume in pod["volumes"]}


@pytest.mark.parametrize("case", CASES)
def test_no_secret_is_in_an_environment_and_each_is_a_file(render: Render, case: str) -> None:
    for pod in pods(render(CASES[case])):
        mounts = [mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]]
        for variable in pod["containers"][0]["env"]:
            assert variable["name"].endswith("_FILE")
            assert any(variable["value"].startswith(f"{path}/") for path in mounts)
        for volume in pod["volumes"]:
            if "secret" in volume:
                assert volume["secret"]["defaultMode"] == 0o440


@pytest.mark.parametrize("case", CASES)
def test_netclinic_takes_the_settings_that_the_chart_gives(
    render: Render, netclinic: Netclinic, tmp_path: Path, case: str
) -> None:
    manifests = render(CASES[case])
    given = dict(only(manifests, "ConfigMap")["data"])
    values = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_SIGNING_SECRET": "0123"}
    values["NETCLINIC_DATABASE_URL"] = f"sqlite:///{tmp_path / 'netclinic.sqlite'}"
    container = only(manifests, "Deployment")["spec"]["template"]["spec"]["containers"][0]
    for variable in container["env"]:
        path = tmp_path / variable["name"]
        path.write_text(values[variable["name"].removesuffix("_FILE")])
        given[variable["name"]] = str(path)
    places = {name: str(tmp_path / name) for name in ("NETCLINIC_DATA_DIR", "KUBECONFIG", "NETCLINIC_KNOWLEDGE_DIR")}
    (tmp_path / "NETCLINIC_KNOWLEDGE_DIR").mkdir()
    (tmp_path / "KUBECONFIG").write_text("contexts: []\nclusters: []\nusers: []\n")
    given |= {name: path for name, path in places.items() if name in given} | {"NETCLINIC_DATA_DIR": str(tmp_path)}
    given |= {name: "127.0.0.1:0" for name in given if name.endswith("_ADDRESS")}
    given.pop("NETCLINIC_INDEX_DIR", None)
    ran = netclinic("settings", "-o", "json", **given)
    shown = {row["name"]: row for row in ran.json}
    assert shown["SLACK_BOT_TOKEN"]["source"] == str(tmp_path / "SLACK_BOT_TOKEN_FILE")
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("service://monitoring/prometheus:9090", ["prometheus:9090"]),
        (
            "prod=service://monitoring/https:prometheus:web/prefix, lab=service://arms/p:80,service://x/p:80",
            ["https:prometheus:web", "p:80"],
        ),
        ("https://prometheus.example/service", []),
        ("", []),
    ],
)
def test_the_role_lets_it_ask_that_prometheus_through_the_api_server(
    render: Render, url: str, names: list[str]
) -> None:
    services = [service.name for service in prometheuses(Settings(**{"netclinic_prometheus_url": url})).services()]
    rules = only(render({"settings": {"NETCLINIC_PROMETHEUS_URL": url}}), "ClusterRole")["rules"]
    assert rules == cluster_role(required_permissions(), services)["rules"]
    assert [rule["resourceNames"] for rule in rules if "resourceNames" in rule] == ([names] if names else [])


def test_the_role_is_the_one_that_netclinic_prints(render: Render) -> None:
    rules = cluster_role(required_permissions())["rules"]
    if os.environ.get("REWRITE"):
        RULES.write_text(yaml.safe_dump(rules, sort_keys=False))
    manifests = render({})
    role, binding = only(manifests, "ClusterRole"), only(manifests, "ClusterRoleBinding")
    assert role["rules"] == rules
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    account = only(manifests, "ServiceAccount")["metadata"]["name"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": "tools"}]
    assert {"ClusterRole", "ClusterRoleBinding"}.isdisjoint(
        {each["kind"] for each in render({"rbac": {"create": False}})}
    )


def test_the_manual_s_values_are_the_chart_s(render: Render) -> None:
    manual = (CHART.parents[1] / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    first = re.search(r"Write `values\.yaml`:\n\n((?: {7}.*\n)+)", manual)
    several = re.search(r"# values\.yaml\n((?: {4}.*\n)+)\nThe Job runs", manual)
    assert first
    assert several
    assert only(render(yaml.safe_load(first[1])), "ConfigMap")["data"]["NETCLINIC_INCIDENT_CHANNELS"] == "inc-*"
    manifests = render(yaml.safe_load(several[1]))
    assert only(manifests, "Deployment")["spec"]["replicas"] == 2
    assert "--roles" in only(manifests, "Job")["spec"]["template"]["spec"]["containers"][0]["args"]
    measured = re.search(r"    resources:\n((?: {6}.*\n)+)", manual)
    assert measured
    shipped = yaml.safe_load((CHART / "values.yaml").read_text())["resources"]
    assert yaml.safe_load("resources:\n" + measured[1].replace("      ", "  ")) == {"resources": shipped}


def test_sqlite_is_one_process_with_a_volume_that_stays(render: Render) -> None:
    manifests = render({})
    deployment, claim = only(manifests, "Deployment"), only(manifests, "PersistentVolumeClaim")
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]) == (1, {"type": "Recreate"})
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    pod = deployment["spec"]["template"]["spec"]
    data = next(volume for volume in pod["volumes"] if volume["name"] == "data")
    assert data["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}
    assert pod["automountServiceAccountToken"] is True
    assert {"Job", "PodDisruptionBudget"}.isdisjoint({each["kind"] for each in manifests})
    taken = render({"database": {"volume": {"existingClaim": "mine"}}})
    assert "PersistentVolumeClaim" not in {each["kind"] for each in taken}


def test_postgresql_is_upgraded_by_its_owner_before_several_replicas_roll(render: Render) -> None:
    manifests = render(POSTGRESQL)
    job, deployment = only(manifests, "Job"), only(manifests, "Deployment")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert container["args"] == ["database", "upgrade", "--roles"]
    owner = next(volume for volume in job["spec"]["template"]["spec"]["volumes"] if volume["name"] == "owner")
    assert owner["secret"]["secretName"] == "netclinic-owner"
    assert deployment["spec"]["replicas"] == 3
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert only(manifests, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    mounted = json.dumps(deployment["spec"]["template"])
    assert "netclinic-owner" not in mounted  # the bot never sees the owner's password
    alone = {**POSTGRESQL, "database": {"kind": "postgresql"}}
    assert only(render(alone), "Job")["spec"]["template"]["spec"]["containers"][0]["args"] == ["database", "upgrade"]


def test_probes_restart_nobody_for_slack_s_sake(render: Render) -> None:
    container = only(render({}), "Deployment")["spec"]["template"]["spec"]["containers"][0]
    asked = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    assert asked == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
    port = next(port for port in container["ports"] if port["name"] == "health")["containerPort"]
    assert only(render({}), "ConfigMap")["data"]["NETCLINIC_HEALTH_ADDRESS"] == f"0.0.0.0:{port}"


def test_two_releases_of_one_name_are_taken(render: Render) -> None:
    """Roles are the cluster's own."""
    assert only(render({}), "ClusterRole")["metadata"]["name"].startswith("tools-")


@pytest.mark.parametrize(
    "release", ["clinic.prod", "7clinic", "7netclinic", "a" * 53, "a" * 51 + "-b", "a" * 50 + "--b", "netclinic"]
)
def test_a_release_of_any_name_is_taken(render: Render, release: str) -> None:
    """A Service's name has no dots and begins with a letter, and no name is too long."""
    manifests = render(ALL, release=release)
    check(manifests)
    for each in manifests:
        assert re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", each["metadata"]["name"]), each["metadata"]
        assert len(each["metadata"]["name"]) <= (253 if each["kind"].startswith("ClusterRole") else 63)


def paths(values: Manifest, before: str = "") -> Iterator[str]:
    for name, value in values.items():
        yield before + name
        if isinstance(value, dict):
            yield from paths(value, f"{before}{name}.")


VALUES = yaml.safe_load((CHART / "values.yaml").read_text())


def without(values: Manifest, path: str) -> Manifest:
    """As someone writes it who comments out what is below a key."""
    name, _, rest = path.partition(".")
    return {**values, name: without(values.get(name, {}), rest) if rest else None}


def test_a_value_without_a_value_is_a_default_or_is_asked_for(template: Any) -> None:
    for path in ("settings", "networkPolicy", "database.volume", "podLabels", "tolerations", "resources"):
        _left_out(template, path)


@pytest.mark.slow
def test_so_is_each_of_them(template: Any) -> None:
    for path in paths(VALUES):
        _left_out(template, path)


def _left_out(template: Any, path: str) -> None:
    done = template(without(ALL, path))
    if done.returncode:
        assert f"missing property '{path.rpartition('.')[2]}'" in done.stderr or "it needs service.slack" in done.stderr
    else:
        check([each for each in yaml.safe_load_all(done.stdout) if each])


def test_the_schema_knows_each_value_and_no_other() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())

    def known(part: Manifest, before: str = "") -> Iterator[str]:
        for name, below in part.get("properties", {}).items():
            yield before + name
            yield from known(below, f"{before}{name}.")

    of_kubernetes = {path for path in paths(VALUES) if path.startswith("resources.")}
    assert set(paths(VALUES)) - of_kubernetes == {
        path for path in known(schema) if path != "global" and not path.startswith(("resources.", "image.pullSecrets."))
    }


def test_the_chart_knows_netclinic_s_settings() -> None:
    """Those that are no secrets, and those that may stand in a Secret alone."""
    secret = secret_variables()
    for name, held in (
        ("settings", [each for each in variables().values() if each not in secret]),
        ("secrets", secret),
    ):
        path = CHART / "files" / f"{name}.txt"
        if os.environ.get("REWRITE"):
            path.write_text("\n".join(held) + "\n")
        assert path.read_text().split() == held
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert sorted(schema["properties"]["secrets"]["properties"]["keys"]["items"]["enum"]) == sorted(secret)


def test_a_changed_setting_rolls_the_pods(render: Render) -> None:
    def checksum(settings: Manifest) -> str:
        template = only(render({"settings": settings}), "Deployment")["spec"]["template"]
        return str(template["metadata"]["annotations"]["checksum/settings"])

    assert checksum({}) == checksum({})
    assert checksum({}) != checksum({"NETCLINIC_DEADLINE": 12})


def test_the_network_lets_out_what_is_needed_alone(render: Render) -> None:
    closed = {**POSTGRESQL, "networkPolicy": {"slack": ["192.0.2.0/24"], "apiServers": {"cidrs": ["198.51.100.7/32"]}}}
    closed["networkPolicy"] |= {"database": {"cidrs": ["203.0.113.5/32"]}, "collector": {"cidrs": ["203.0.113.6/32"]}}
    closed["traces"] = {"endpoint": "http://collector:4318"}
    manifests = render(closed)
    serve, database = (
        only(manifests, "NetworkPolicy", "clinic-netclinic"),
        only(manifests, "NetworkPolicy", "clinic-netclinic-database"),
    )

    def out(policy: Manifest) -> dict[str, list[int]]:
        return {
            block["ipBlock"]["cidr"] if block else "anywhere": [port["port"] for port in rule["ports"]]
            for rule in policy["spec"]["egress"]
            for block in rule.get("to", [{}])
        }

    dns, sql = {"anywhere": [53, 53]}, {"203.0.113.5/32": [5432]}
    spans = {"203.0.113.6/32": [4318]}
    assert out(serve) == {**dns, "192.0.2.0/24": [443], "198.51.100.7/32": [443, 6443], **spans, **sql}
    assert out(database) == {**dns, **sql}
    shut = {"networkPolicy": {"slack": [], "apiServers": {"cidrs": []}}}  # an empty list opens nothing
    assert out(only(render(shut), "NetworkPolicy")) == dns
    assert database["spec"]["ingress"] == []
    assert [port["port"] for rule in serve["spec"]["ingress"] for port in rule["ports"]] == [8080]


def test_selectors_find_the_pods_that_are_meant(render: Render) -> None:
    manifests = render(ALL)
    deployment, job = only(manifests, "Deployment"), only(manifests, "Job")
    served = deployment["spec"]["template"]["metadata"]["labels"].items()
    migrated = job["spec"]["template"]["metadata"]["labels"].items()
    assert deployment["spec"]["selector"]["matchLabels"].items() <= served
    for each in manifests:
        spec = each.get("spec", {})
        if each["kind"] == "Service":
            assert spec["selector"].items() <= served
            assert not spec["selector"].items() <= migrated
        if each["kind"] == "PodDisruptionBudget":
            assert spec["selector"]["matchLabels"].items() <= served
    monitor, service = only(manifests, "ServiceMonitor"), only(manifests, "Service", "clinic-netclinic-metrics")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}
    alerts = yaml.safe_load((CHART.parent / "prometheus" / "alerts.yaml").read_text())
    assert only(manifests, "PrometheusRule")["spec"] == alerts
    account = only(manifests, "ServiceAccount")["metadata"]["annotations"]
    assert account == {"pod-identity.alibabacloud.com/role-name": "netclinic-ram"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"replicas": 2}, "several need database.kind=postgresql"),
        ({"replicas": 0}, "/replicas"),
        ({"database": {"kind": "mysql"}}, "/database/kind"),
        ({"database": {"kind": "postgresql"}}, "needs NETCLINIC_DATABASE_URL"),
        ({"secrets": {"existingSecret": ""}}, "secrets.existingSecret: name the Secret that holds Slack's tokens"),
        ({"secrets": {"existingSecret": "My Secret"}}, "/secrets/existingSecret"),
        ({"secrets": {"keys": ["SLACK_APP_TOKEN"]}}, "/secrets/keys"),
        ({"secrets": {"keys": ["SLACK_BOT_TOKEN", "slack"]}}, "/secrets/keys/1"),
        ({"image": {"repository": ""}}, "image.repository: name where you pushed the image"),
        ({"settings": {"NETCLINIC_HEALTH_ADDRESS": "0.0.0.0:1"}}, "the chart sets NETCLINIC_HEALTH_ADDRESS itself"),
        ({"podLabels": {"app.kubernetes.io/name": "mine"}}, "podLabels: app.kubernetes.io/name tells"),
        ({"image": {"digest": "latest"}}, "/image/digest"),
        ({"settings": {"deadline": 3}}, "'deadline' does not match"),
        ({"settings": {"SLACK_BOT_TOKEN": "xoxb-1"}}, "belongs into the Secret alone"),
        (
            {"settings": {"NETCLINIC_PROMETHEUS_TOKEN": "abc"}},
            "name it among secrets.keys",
        ),
        (
            {"settings": {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "abc"}},
            "extraEnv with a secretKeyRef",
        ),
        ({"settings": {"NETCLINIC_CHANELS": "inc-*"}}, "netclinic has no setting NETCLINIC_CHANELS"),
        ({"settings": {"NETCLINIC_DATA_DIR": "/data"}}, "the chart sets NETCLINIC_DATA_DIR itself"),
        ({"networkPolicy": {"enbaled": False}}, "additional properties 'enbaled' not allowed"),
        ({"settings": {"NETCLINIC_CHANNELS": ["a"]}}, "/settings/NETCLINIC_CHANNELS"),
        ({"replica": 1}, "replica"),
        ({"traces": {"endpoint": "collector:4318"}}, "/traces/endpoint"),
        ({"traces": {"endpoint": "http://mei:hidden@collector:4318"}}, "/traces/endpoint"),
        ({"networkPolicy": {"slack": ["slack.com"]}}, "/networkPolicy/slack/0"),
        ({"terminationGracePeriodSeconds": 5}, "/terminationGracePeriodSeconds"),
        ({"service": {"slack": True}}, "with SLACK_APP_TOKEN Slack is heard by Socket Mode"),
        ({"secrets": {"keys": ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"]}}, "it needs service.slack"),
        ({"secrets": {"keys": ["SLACK_BOT_TOKEN"]}}, "needs SLACK_APP_TOKEN, or SLACK_SIGNING_SECRET"),
    ],
)
def test_values_that_cannot_be_meant_are_refused(template: Any, values: Manifest, said: str) -> None:
    done = template(values)
    assert done.returncode != 0, done.stdout
    assert said in done.stderr


@pytest.mark.parametrize("case", CASES)
def test_helm_has_nothing_to_say_of_it(template: Any, case: str) -> None:
    done = template(CASES[case], "lint")
    assert done.returncode == 0, done.stdout + done.stderr
