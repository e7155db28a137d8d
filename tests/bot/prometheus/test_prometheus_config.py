"""Which Prometheus a cluster has, by the settings; what cannot be meant is one sentence that repeats no secret."""

from typing import Any

import pytest
from pydantic import SecretStr

from bot.prometheus.config import Endpoint, prometheuses
from bot.settings import Settings, SettingsError

CENTRAL = "https://prometheus.example/base"


def settings(url: str = "", token: str = "", login: str = "", label: str = "") -> Settings:
    given: dict[str, Any] = {"netclinic_prometheus_url": url, "netclinic_prometheus_label": label}
    given |= {"netclinic_prometheus_token": token} if token else {}
    return Settings(**given, **({"netclinic_prometheus_basic_auth": login} if login else {}))


def secret_of(endpoint: Endpoint | None) -> tuple[str | None, str]:
    assert endpoint is not None
    return endpoint.kind, endpoint.secret.get_secret_value() if endpoint.secret else ""


def test_without_the_setting_none_is_asked() -> None:
    assert prometheuses(settings()).of("prod-hz") is None


def test_one_address_is_that_of_every_cluster() -> None:
    found = prometheuses(settings(CENTRAL, token="abc.def=="))
    assert found.of("prod-hz") == found.of("staging") == Endpoint(CENTRAL, "bearer", SecretStr("abc.def=="))


def test_a_cluster_has_its_own_address_secret_and_label() -> None:
    text = f"{CENTRAL}, prod-hz=http://10.0.0.5:9090,sh=service://monitoring/https:prometheus:web/prefix"
    found = prometheuses(settings(text, "T0\nprod-hz=T1", label='cluster="all",prod-hz=cluster="hz"'))
    assert (secret_of(found.of("Prod-HZ")), found.of("prod-hz").label) == (("bearer", "T1"), 'cluster="hz"')  # type: ignore[union-attr]
    assert (secret_of(found.of("else")), found.of("else").label) == (("bearer", "T0"), 'cluster="all"')  # type: ignore[union-attr]
    [service] = found.services()
    assert service.path == "/api/v1/namespaces/monitoring/services/https:prometheus:web/proxy/prefix"
    assert secret_of(found.of("sh")) == (None, "")


def test_a_cluster_that_has_none_is_not_asked_about() -> None:
    assert prometheuses(settings("prod-hz=http://10.0.0.5:9090")).of("staging") is None


def test_a_context_may_hold_slashes_and_colons() -> None:
    found = prometheuses(settings("arn:x:cluster/prod=http://10.0.0.5:9090", "arn:x:cluster/prod=T1"))
    assert secret_of(found.of("arn:x:cluster/prod")) == ("bearer", "T1")


def test_a_password_may_hold_any_mark() -> None:
    found = prometheuses(settings("prod-hz=http://10.0.0.5:9090", login="prod-hz=mei:a=b:c, d"))
    assert secret_of(found.of("prod-hz")) == ("basic", "mei:a=b:c, d")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": "prometheus:9090"}, "NETCLINIC_PROMETHEUS_URL is no address"),
        ({"url": "ftp://prometheus"}, "NETCLINIC_PROMETHEUS_URL is no address"),
        ({"url": "http://p:99999"}, "NETCLINIC_PROMETHEUS_URL is no address"),
        ({"url": "http://p/?x=1"}, "NETCLINIC_PROMETHEUS_URL is no address"),
        ({"url": "service://monitoring/prometheus"}, "NETCLINIC_PROMETHEUS_URL is no address"),  # no port
        ({"url": "service://Monitoring/../prometheus:9090"}, "NETCLINIC_PROMETHEUS_URL is no address"),
        ({"url": "https://mei:hunter2@p"}, "NETCLINIC_PROMETHEUS_URL holds a name or password"),
        ({"url": f"{CENTRAL},{CENTRAL}"}, "names two addresses for all clusters"),
        ({"url": f"a={CENTRAL},a={CENTRAL}"}, "names two addresses for a"),
        ({"token": "hunter2"}, "NETCLINIC_PROMETHEUS_TOKEN is set and NETCLINIC_PROMETHEUS_URL is not"),
        ({"url": CENTRAL, "token": "a hunter2"}, "NETCLINIC_PROMETHEUS_TOKEN holds no token"),
        ({"url": CENTRAL, "token": "prod=hunter2"}, "NETCLINIC_PROMETHEUS_TOKEN holds no token"),  # no such cluster
        ({"url": f"a={CENTRAL}", "token": "hunter2"}, "Line 1 of NETCLINIC_PROMETHEUS_TOKEN is for none of"),
        ({"url": CENTRAL, "login": "hunter2"}, "NETCLINIC_PROMETHEUS_BASIC_AUTH holds no USER:PASSWORD"),
        ({"url": CENTRAL, "login": "u:hunter2", "token": "t"}, "are both set"),
        ({"url": "service://m/p:9090", "token": "hunter2"}, "passes no credentials on"),
        ({"url": CENTRAL, "label": "prod"}, "NETCLINIC_PROMETHEUS_LABEL is malformed"),
        ({"url": CENTRAL, "label": 'cluster="a"} or up{x="'}, "NETCLINIC_PROMETHEUS_LABEL is malformed"),
        ({"url": CENTRAL, "label": 'b=cluster="a"'}, "NETCLINIC_PROMETHEUS_LABEL is set for cluster b"),
    ],
)
def test_what_cannot_be_meant_is_told_without_its_secret(given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        prometheuses(settings(**given))
    assert said in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_the_command_shows_the_same_and_no_secret() -> None:
    direct = Endpoint("https://p.example/x/", "bearer", SecretStr("hunter2")).command('up{a="b"}')
    signed = 'curl -sG -H "Authorization: Bearer $TOKEN" https://p.example/x/api/v1/query'
    assert direct == f"{signed} --data-urlencode 'query=up{{a=\"b\"}}'"
    by_proxy = Endpoint("service://monitoring/prometheus:9090").command('up{a="b c"}')
    path = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query?query=up%7Ba%3D%22b%20c%22%7D"
    assert by_proxy == f"kubectl get --raw '{path}'"
    assert "hunter2" not in repr(Endpoint("https://p.example", "bearer", SecretStr("hunter2")))
