"""Opening one cluster: which kubeconfig, which context, whose credentials; every failure as one sentence.

Nothing is sent here. The first request belongs to the reader.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from bot.cluster.asynchronous_client import (
    ApiClient,
    ConfigException,
    Configuration,
    KubeConfigMerger,
    load_incluster_config,
)
from bot.cluster.credentials import Keep, MemoryLoader, memory_files
from knowledge import untrusted_yaml
from knowledge.bounds import read_bounded
from knowledge.errors import UserFacingError

SERVICE_ACCOUNT_TOKEN = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
PLUGIN_SECONDS = 30.0  # a credential plugin that asks a browser may never come back
IN_CLUSTER = "in-cluster"
_UNREADABLE = (OSError, ValueError, TypeError, AttributeError, LookupError, RecursionError)


class ConnectionSettingsError(UserFacingError):
    """The cluster to read could not be determined; the message says what is wrong and the way out."""


class NoClusterConfigured(ConnectionSettingsError):
    """Nobody named a cluster and none is configured: knowledge can still be given without one."""


class Redirected(Exception):
    """An API server answers by itself: who is sent elsewhere talks to a proxy, and would take its token along."""


@dataclass(frozen=True)
class Connection:
    """``client`` speaks to ``server``; ``context`` names it for people; ``namespace`` is the context's own, if any."""

    client: ApiClient
    context: str
    server: str
    namespace: str | None = None


@contextlib.asynccontextmanager
async def connect(kubeconfig: Path | None = None, context: str | None = None) -> AsyncIterator[Connection]:
    """The named context of the kubeconfig (``KUBECONFIG`` as kubectl reads it), else the pod's service account.

    Raises:
        NoClusterConfigured: no kubeconfig, no context named and not inside a cluster.
        ConnectionSettingsError: a named file or context is missing, unreadable or incomplete.
    """
    with memory_files() as keep:
        configuration, name, namespace = await _configuration(kubeconfig, context, keep)
        configuration.connection_pool_maxsize = 16
        configuration.trace_configs = [_refusing_redirects()]
        client = _client(configuration, name)  # it has read the certificates now
    try:
        yield Connection(client, name, configuration.host, namespace)
    finally:
        await client.close()


@contextlib.asynccontextmanager
async def connect_to(kubeconfig: Mapping[str, Any], context: str) -> AsyncIterator[Connection]:
    """The current context of a kubeconfig that is already in memory: that of a recording being served."""
    configuration = Configuration()
    with memory_files() as keep:
        await MemoryLoader(config_dict=dict(kubeconfig), keep=keep).load_and_set(configuration)
        configuration.trace_configs = [_refusing_redirects()]
        client = ApiClient(configuration=configuration)
    try:
        yield Connection(client, context, configuration.host)
    finally:
        await client.close()


def contexts(kubeconfig: Path | None = None) -> list[str]:
    """The names of the contexts that the kubeconfig holds; ``in-cluster`` where the pod's service account serves.

    Raises:
        NoClusterConfigured, ConnectionSettingsError: as :func:`connect`.
    """
    paths = _paths(kubeconfig, named=kubeconfig is not None)
    return [str(item["name"]) for item in _loader_config(paths)["contexts"]] if paths else [IN_CLUSTER]


async def _configuration(
    kubeconfig: Path | None, context: str | None, keep: Keep
) -> tuple[Configuration, str, str | None]:
    configuration = Configuration()
    paths = _paths(kubeconfig, named=kubeconfig is not None or context not in (None, IN_CLUSTER))
    if not paths:
        try:
            load_incluster_config(client_configuration=configuration)
        except (ConfigException, OSError) as error:
            raise ConnectionSettingsError(
                f"The pod's service account cannot be used: {_sentence(error)} Check automountServiceAccountToken."
            ) from error
        return configuration, IN_CLUSTER, None
    merged = _loader_config(paths)
    name = _chosen(merged, context, paths)
    try:
        loader = MemoryLoader(config_dict=merged, active_context=name, config_base_path=None, keep=keep)
        async with asyncio.timeout(PLUGIN_SECONDS):
            await loader.load_and_set(configuration)
        _check(merged, name, configuration)
    except (*_UNREADABLE, ConfigException) as error:
        raise ConnectionSettingsError(
            f"Context {name!r} in {_join_paths(paths)} cannot be used: {_sentence(error)} "
            "Check its cluster and user entries with `kubectl config view`."
        ) from error
    active = merged["contexts"].get_with_name(name)
    return configuration, name, active["context"].safe_get("namespace")


def _check(merged: Any, name: str, configuration: Configuration) -> None:
    """The client's loader passes over these in silence, and would then ask some other server, or as nobody."""
    context = merged["contexts"].get_with_name(name)["context"]
    cluster = merged["clusters"].get_with_name(context["cluster"])["cluster"]
    if not cluster.safe_get("server"):
        raise ConfigException(f"cluster {context['cluster']!r} names no server.")
    user = merged["users"].get_with_name(context["user"])["user"] if context.safe_get("user") else None
    plugin = user.safe_get("exec") if user is not None and user.value else None
    if plugin is not None and not (configuration.api_key.get("BearerToken") or configuration.cert_file):
        raise ConfigException(f"its credential plugin {plugin['command']!r} gave no credentials: run it to see why.")


def _refusing_redirects() -> aiohttp.TraceConfig:
    async def refuse(*_: object) -> None:
        raise Redirected

    tracing = aiohttp.TraceConfig()
    tracing.on_request_redirect.append(refuse)
    return tracing


def _client(configuration: Configuration, name: str) -> ApiClient:
    try:
        return ApiClient(configuration=configuration)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError: a damaged CA or client certificate
        raise ConnectionSettingsError(
            f"The certificates of context {name!r} cannot be read: {_sentence(error)} "
            "Fetch the kubeconfig again from the cluster's Connection Information page."
        ) from error


def _paths(kubeconfig: Path | None, *, named: bool) -> list[Path]:
    """The kubeconfig files that exist, none when the pod's service account serves instead."""
    if kubeconfig is not None:
        if not kubeconfig.is_file():
            raise ConnectionSettingsError(f"There is no kubeconfig file {kubeconfig}: name an existing one.")
        return [kubeconfig]
    given = os.environ.get("KUBECONFIG", "")
    listed = [Path(part).expanduser() for part in given.split(os.pathsep) if part] or [Path.home() / ".kube" / "config"]
    found = [path for path in listed if path.is_file()]
    if found:
        return found
    if given:
        raise ConnectionSettingsError(f"KUBECONFIG names {given}, where no file is: correct or unset it.")
    if SERVICE_ACCOUNT_TOKEN.is_file() and not named:
        return []
    raise NoClusterConfigured(
        "No kubeconfig was found: set KUBECONFIG, pass --kubeconfig FILE, "
        "or try a shipped cluster with --recording NAME (`netclinic recordings` lists them)."
    )


def _loader_config(paths: list[Path]) -> Any:
    try:
        for path in paths:
            untrusted_yaml.check(read_bounded(path, untrusted_yaml.OBJECT.characters))
        merger = KubeConfigMerger(os.pathsep.join(map(str, paths)))
        merged = merger.config
        for later in reversed(list(merger.config_files.values())):  # as with kubectl, the first file that sets it wins
            if later.get("current-context"):
                merged.value["current-context"] = later["current-context"]
        for part in ("contexts", "clusters", "users"):
            items = merged.value[part]
            if not isinstance(items, list) or not all(item["name"] for item in items):
                raise TypeError(part)
    except (*_UNREADABLE, yaml.YAMLError, ConfigException) as error:
        raise ConnectionSettingsError(
            f"{_join_paths(paths)} is not a readable kubeconfig: fetch it again from the cluster's "
            "Connection Information page."
        ) from error
    return merged


def _chosen(merged: Any, context: str | None, paths: list[Path]) -> str:
    names = [str(item["name"]) for item in merged.value["contexts"]]
    chosen = context or merged.value.get("current-context")
    if chosen in names:
        return str(chosen)
    known = ", ".join(names) or "none"
    if context:
        raise ConnectionSettingsError(f"There is no context {context!r} in {_join_paths(paths)}; it has: {known}.")
    raise ConnectionSettingsError(
        f"{_join_paths(paths)} sets no current context: pass --context NAME, one of: {known}."
    )


def _join_paths(paths: list[Path]) -> str:
    return ", ".join(map(str, paths))


def _sentence(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"its credential plugin did not answer within {PLUGIN_SECONDS:g} s."
    text = " ".join(str(error).split()) or type(error).__name__
    return text if text.endswith(".") else f"{text}."
