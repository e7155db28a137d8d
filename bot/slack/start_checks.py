"""What serving finds at its start beyond the settings' words: folders, database, entries, index, addresses, clusters.

`netclinic settings`, `serve --check` and `serve` run the same checks in the same order, so they say the same sentence.
What a check needs is imported when it runs.
"""

import errno
import http.client
import json
import shutil
import socket
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.private_files import make_private_folder
from bot.prometheus.config import URL as PROMETHEUS_URL
from bot.prometheus.config import prometheuses
from bot.settings import Settings, parse_list, parse_pairs
from bot.slack.setting_rules import Address, listening_addresses, secret_value
from bot.tracing import describe_tracing
from knowledge.errors import FAILED, UserFacingError
from knowledge.model import Entry

PROBE = "check", "writable"  # kind and key of what is built to see that an index could be


class CannotWrite(UserFacingError):
    """The data directory cannot be written; the message names it and the way out."""

    exit_code = FAILED


class AddressInUse(UserFacingError):
    """The address cannot be listened at; the message names it and the way out."""


class UnknownCluster(UserFacingError):
    """A setting names a cluster that the kubeconfig does not hold."""


@dataclass(frozen=True)
class StartCheck:
    """``run`` says what was found; it raises a ``UserFacingError`` where serving ends with that."""

    name: str
    run: Callable[[], str]


def start_checks(
    settings: Settings, entries: Callable[[], Mapping[str, Entry]], index_folder: Path
) -> tuple[StartCheck, ...]:
    """All of them, in the order in which they are made."""
    return (
        StartCheck("data directory", lambda: _check_data_directory(settings.data_dir)),
        StartCheck("database", lambda: _check_database(settings)),
        StartCheck("entries", lambda: f"All {len(entries())} can be read."),
        StartCheck("clusters", lambda: check_clusters(settings)),
        StartCheck("addresses", lambda: _check_addresses(settings)),
        StartCheck("traces", describe_tracing),
        StartCheck("index", lambda: _check_index(settings, entries(), index_folder)),
    )


def check_listening(address: Address, setting: str) -> None:
    """Whether a server could listen there at this moment.

    Raises:
        AddressInUse: it could not.
    """
    host, port = address
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, where in found:
            _try_binding(family, kind, protocol, where)
    except (OSError, UnicodeError, OverflowError) as error:
        raise address_in_use(address, setting, error) from error


def _try_binding(family: int, kind: int, protocol: int, where: Any) -> None:
    """As a server does it; a machine without IPv6 is passed over as it does."""
    try:
        probe = socket.socket(family, kind, protocol)
    except OSError:
        return
    with probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind(where)


def address_in_use(address: Address, setting: str, error: Exception) -> AddressInUse:
    """What to say of an address at which nothing can listen."""
    host, port = address
    why = getattr(error, "strerror", None) or error
    return AddressInUse(f"{setting} is {host}:{port}, where nothing can listen ({why}): choose another.")


def _check_data_directory(folder: Path) -> str:
    try:
        make_private_folder(folder)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CannotWrite(
            f"The data directory {folder} cannot be written ({error.strerror}): set NETCLINIC_DATA_DIR to another."
        ) from error
    return f"{folder} can be written."


def _check_database(settings: Settings) -> str:
    from bot.store.opening import check_store

    shown = check_store(settings.database_url, settings.data_dir)
    return f"{shown} can be used."


def check_clusters(settings: Settings) -> str:
    """Whether the kubeconfig can be read, and holds what settings name; none at all is allowed."""
    from bot.cluster.connection import NoClusterConfigured, contexts

    try:
        names = contexts()
    except NoClusterConfigured:
        return "None is configured: knowledge alone is given."
    wanted = {
        "NETCLINIC_CLUSTERS": parse_list(settings.clusters),
        "NETCLINIC_DEFAULT_CLUSTER": parse_list(settings.default_cluster),
        "NETCLINIC_CHANNEL_CLUSTERS": tuple(name for _, name in parse_pairs(settings.channel_clusters)),
        PROMETHEUS_URL: tuple(filter(None, prometheuses(settings).endpoints)),
    }
    for setting, named in wanted.items():
        for name in named:
            if name.lower() not in (known.lower() for known in names):
                raise UnknownCluster(f"{setting} names {name}, which the kubeconfig lacks; it has {', '.join(names)}.")
    return ", ".join(names)


def _check_addresses(settings: Settings) -> str:
    """Whether they are free; where a netclinic serves already, that is well, too: it is asked beside it."""
    if not secret_value(settings.slack_app_token) and not secret_value(settings.slack_signing_secret):
        return "None is tested: neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set."
    told = []
    for address, setting in listening_addresses(settings):
        try:
            check_listening(address, setting)
            told.append(f"{address[0]}:{address[1]} is free")
        except AddressInUse as error:
            if not _is_in_use(error) or not _netclinic_answers(address):
                raise
            told.append(f"a netclinic serves at {address[0]}:{address[1]} already")
    return f"{', '.join(told)}." if told else "None is listened at."


def _is_in_use(error: AddressInUse) -> bool:
    return getattr(error.__cause__, "errno", None) == errno.EADDRINUSE


def _netclinic_answers(address: Address) -> bool:
    host, port = address
    connection = http.client.HTTPConnection("127.0.0.1" if host in ("0.0.0.0", "::") else host, port, timeout=2)  # noqa: S104
    try:
        connection.request("GET", "/healthz")
        told = json.loads(connection.getresponse().read(1 << 16))
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return isinstance(told, dict) and "replica" in told


def _check_index(settings: Settings, entries: Mapping[str, Entry], folder: Path) -> str:
    from index.export import BuildEncoder
    from index.models import resolve_model
    from index.search import index_state

    wanted = settings.embedding_model or None
    model = resolve_model(wanted)
    if ready := index_state(list(entries.values()), cache_dir=folder, model=wanted).folder:
        return f"It is ready in {ready.parent}."
    _check_buildable(folder)
    if wanted:
        BuildEncoder(model).encode(["ready"])
    return f"It is built in {folder} at the start, which takes a minute."


def _check_buildable(folder: Path) -> None:
    """As building does it; what it says of a folder that cannot be written is said here."""
    from index.artifact_cache import get_or_build

    built = get_or_build(folder, *PROBE, lambda _: None)
    shutil.rmtree(built, ignore_errors=True)
    built.with_name(f".{built.name}.lock").unlink(missing_ok=True)
