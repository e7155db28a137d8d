"""Which Prometheus each cluster has: address, credentials and the label of its series, from the settings."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode, urlsplit

from pydantic import SecretStr

from bot.settings import Settings, SettingsError, parse_list

URL, TOKEN = "NETCLINIC_PROMETHEUS_URL", "NETCLINIC_PROMETHEUS_TOKEN"
BASIC_AUTH, LABEL = "NETCLINIC_PROMETHEUS_BASIC_AUTH", "NETCLINIC_PROMETHEUS_LABEL"
EXAMPLE = "https://prometheus.example or service://monitoring/prometheus:9090"
Kind = Literal["bearer", "basic"]
_NAMED_URL = re.compile(r"(?P<cluster>(?:(?!://)[^=])++)=(?P<url>[a-z]+://.*)")
_NAMED_LABEL = re.compile(r'(?:(?P<cluster>[^="]+)=)?(?P<label>[A-Za-z_]\w*="[^"\\]*")')
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750
# As in the path of the API server's proxy: [https:]NAME:PORT, the port by number or name.
_SERVICE = re.compile(
    r"service://(?P<namespace>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)/(?P<service>(?:https?:)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
    r":[a-z0-9-]+)(?P<prefix>(?:/[\w.~-]+)*)/?"
)


@dataclass(frozen=True)
class ServiceReference:
    """A Service of the cluster; ``name`` as the API server's proxy takes it, ``prefix`` of Prometheus' own paths."""

    namespace: str
    name: str
    prefix: str = ""

    @property
    def path(self) -> str:
        """Where the API server forwards to it."""
        return f"/api/v1/namespaces/{self.namespace}/services/{self.name}/proxy{self.prefix}"


@dataclass(frozen=True)
class Endpoint:
    """One Prometheus. ``secret`` is a token, or ``user:password``; ``label`` a matcher that all its queries bear."""

    url: str
    kind: Kind | None = None
    secret: SecretStr | None = None
    label: str = ""

    @property
    def service(self) -> ServiceReference | None:
        """The Service that is asked through the API server, where the address names one."""
        found = _SERVICE.fullmatch(self.url)
        return ServiceReference(found["namespace"], found["service"], found["prefix"]) if found else None

    def command(self, expression: str) -> str:
        """What a person runs to see the same; a token has to be filled in."""
        query = "/api/v1/query"
        if self.service:
            path = f"{self.service.path}{query}?{urlencode({'query': expression}, quote_via=quote)}"
            return f"kubectl get --raw {shlex.quote(path)}"
        sign_in = {"bearer": ' -H "Authorization: Bearer $TOKEN"', "basic": ' -u "$USER_AND_PASSWORD"'}
        auth = sign_in.get(self.kind or "", "")
        url = shlex.quote(self.url.rstrip("/") + query)
        return f"curl -sG{auth} {url} --data-urlencode {shlex.quote(f'query={expression}')}"


@dataclass(frozen=True)
class Prometheuses:
    """By cluster, and under the empty name for every other one."""

    endpoints: Mapping[str, Endpoint]

    def of(self, cluster: str) -> Endpoint | None:
        """That of a cluster, by the name that people call it."""
        named = {name.lower(): endpoint for name, endpoint in self.endpoints.items()}
        return named.get(cluster.lower(), named.get(""))

    def services(self) -> Sequence[ServiceReference]:
        """The Services that are asked through the API server."""
        found = (endpoint.service for endpoint in self.endpoints.values())
        return [service for service in found if service is not None]


def prometheuses(settings: Settings) -> Prometheuses:
    """What the settings say.

    Raises:
        SettingsError: they cannot be meant; the message repeats no secret.
    """
    urls = dict(_urls(settings.prometheus_url))
    tokens = dict(_secrets(settings.prometheus_token, TOKEN, urls))
    logins = dict(_secrets(settings.prometheus_basic_auth, BASIC_AUTH, urls))
    labels = dict(_labels(settings.prometheus_label, urls))
    for name, login in logins.items():
        if name in tokens:
            raise SettingsError(f"{TOKEN} and {BASIC_AUTH} are both set{_for(name)}: leave one of them out.")
        if ":" not in login.get_secret_value():
            raise SettingsError(f"{BASIC_AUTH} holds no USER:PASSWORD{_for(name)}: write both, with a colon between.")
    for name, token in tokens.items():
        if not _BEARER.fullmatch(token.get_secret_value()):
            raise SettingsError(f"{TOKEN} holds no token{_for(name)}: write it alone, or one a line as CLUSTER=TOKEN.")
    found = {}
    for name, url in urls.items():
        kind: Kind | None = "bearer" if name in tokens else "basic" if name in logins else None
        found[name] = Endpoint(url, kind, tokens.get(name) or logins.get(name), labels.get(name, ""))
        if kind and found[name].service:
            setting = TOKEN if kind == "bearer" else BASIC_AUTH
            raise SettingsError(
                f"{setting} is set{_for(name)}, whose Prometheus is asked through the API server, which passes no "
                f"credentials on: unset it, or name an address in {URL}."
            )
    return Prometheuses(found)


def _for(cluster: str) -> str:
    return f" for {cluster}" if cluster else ""


def _urls(text: str) -> Iterator[tuple[str, str]]:
    """``URL`` or ``CLUSTER=URL``, several separated by commas."""
    seen: set[str] = set()
    for item in parse_list(text):
        named = _NAMED_URL.fullmatch(item)
        name, url = (named["cluster"].strip(), named["url"].strip()) if named else ("", item)
        if name in seen:
            raise SettingsError(f"{URL} names two addresses{_for(name) or ' for all clusters'}: leave one of them out.")
        seen.add(name)
        yield name, _checked(url)


def _checked(url: str) -> str:
    """It may hold a password, so it is never repeated."""
    if _SERVICE.fullmatch(url):
        return url
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", url)
        is_address = is_address and parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:
        is_address = False
    if not is_address:
        raise SettingsError(f"{URL} is no address: write one such as {EXAMPLE}, or CLUSTER=ADDRESS,CLUSTER=ADDRESS.")
    if parts.username is not None or parts.password is not None:
        raise SettingsError(
            f"{URL} holds a name or password: put USER:PASSWORD into a file that {BASIC_AUTH}_FILE names."
        )
    return url


def _secrets(value: SecretStr | None, setting: str, urls: Mapping[str, str]) -> Iterator[tuple[str, SecretStr]]:
    """One for the address that stands for all clusters, or one a line as ``CLUSTER=SECRET``."""
    lines = [line.strip() for line in (value.get_secret_value() if value else "").splitlines() if line.strip()]
    if lines and not urls:
        raise SettingsError(f"{setting} is set and {URL} is not: name the address, or unset it.")
    for number, line in enumerate(lines, start=1):
        name = next((name for name in urls if name and line.startswith(f"{name}=")), "")
        if not name and "" not in urls:
            known = ", ".join(urls)
            raise SettingsError(
                f"Line {number} of {setting} is for none of the clusters of {URL} ({known}): write CLUSTER=SECRET."
            )
        secret = line.removeprefix(f"{name}=") if name else line
        yield name, SecretStr(secret)


def _labels(text: str, urls: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """``LABEL="VALUE"`` or ``CLUSTER=LABEL="VALUE"``, several separated by commas."""
    for item in parse_list(text):
        found = _NAMED_LABEL.fullmatch(item)
        if found is None:
            raise SettingsError(f'{LABEL} is malformed: write cluster="prod", or by cluster prod-hz=cluster="prod".')
        name = (found["cluster"] or "").strip()
        if name not in urls:
            whose = f"cluster {name}" if name else "all clusters"
            raise SettingsError(f"{LABEL} is set for {whose}, for which {URL} names no address: correct either.")
        yield name, found["label"]
