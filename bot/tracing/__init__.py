"""Traces: what a question spends its time with, for whoever collects spans by OpenTelemetry.

They are off, and nothing of OpenTelemetry is imported, unless its own environment variables name a collector
(https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/) and the extra ``traces`` is
installed. Attributes hold what netclinic or its operator named, and figures: ids of requests and entries, clusters,
kinds of jobs, verdicts, Slack's methods; never words, people or channels.

A trace's id is made from the request's id, the one that logs and audit log have. So a job that is resumed after its
process was killed, or by another replica, goes on with the same trace, and nothing has to be stored for that.
"""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import TypeAlias
from urllib.parse import urlsplit

from knowledge.errors import UserFacingError

EXTRA = "traces"
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")  # the first that is set counts
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
SPOKEN = "http/protobuf"
PACKAGES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")

Attribute: TypeAlias = str | int | float | bool


class TracingSettingsError(UserFacingError):
    """OpenTelemetry's variables name no collector that spans can be sent to; the message names the one to change."""


class Span:
    """What is under way; this one belongs to no trace."""

    def set(self, **attributes: Attribute) -> None:
        """Attributes; ``netclinic.`` is put before their names."""


NO_SPAN = Span()


class Tracing:
    """Makes spans: each a part of the one that is under way where it is made. These here are none: traces are off."""

    def trace_id(self, request_id: str) -> str:
        """The trace of this request, as logs name it; empty where traces are off."""
        return ""

    def request(self, name: str, request_id: str, **attributes: Attribute) -> AbstractContextManager[Span]:
        """The whole of a request: its trace begins with it."""
        return contextlib.nullcontext(NO_SPAN)

    def accepted(self, name: str, request_id: str, seconds: float, **attributes: Attribute) -> None:
        """A request was stored within so long, to be done later: its trace begins, linked to what is under way here."""

    def work(self, name: str, request_id: str, **attributes: Attribute) -> AbstractContextManager[Span]:
        """An accepted request is done, for the first time or again, in whichever process."""
        return contextlib.nullcontext(NO_SPAN)

    def span(self, name: str, **attributes: Attribute) -> AbstractContextManager[Span]:
        """A part of what is under way."""
        return contextlib.nullcontext(NO_SPAN)

    def ended(self, name: str, seconds: float, error: str = "", **attributes: Attribute) -> None:
        """Something outside was asked, took so long and is over; ``error`` is a word for what failed."""

    def close(self) -> None:
        """Send what was not sent yet, for some seconds at most."""


NO_TRACING = Tracing()


def ids_of_request(request_id: str) -> tuple[str, str]:
    """The ids of a request's trace and of the span with which it begins, in hexadecimal digits: 32 and 16."""
    digest = hashlib.sha256(request_id.encode()).hexdigest()
    return digest[:32], digest[32:48]


def open_tracing(environment: Mapping[str, str] = os.environ) -> Tracing:
    """Traces as OpenTelemetry's variables have it; off where they name no collector, and without the extra.

    Raises:
        TracingSettingsError: they cannot be meant.
    """
    if not _is_wanted(environment) or not _is_installed():
        return NO_TRACING
    _check_variables(environment)
    from bot.tracing.opentelemetry_spans import OpenTelemetryTracing

    try:
        return OpenTelemetryTracing(collector(environment))
    except ValueError as error:
        raise TracingSettingsError(f"OpenTelemetry does not take a variable OTEL_…: {error}.") from error


def describe_tracing(environment: Mapping[str, str] = os.environ) -> str:
    """A sentence: where traces are sent, or why they are not.

    Raises:
        TracingSettingsError: the variables cannot be meant.
    """
    if not _is_wanted(environment):
        return "They are off: OTEL_EXPORTER_OTLP_ENDPOINT names no collector."
    if not _is_installed():
        return f"They are off: {_named(environment)[0]} is set, but sending them takes netclinic[{EXTRA}]."
    open_tracing(environment).close()
    return f"They are sent to {collector(environment)}."


def collector(environment: Mapping[str, str]) -> str:
    """Host and port of the collector: whatever else is in the address may be secret."""
    where = urlsplit(_named(environment)[1])
    return f"{where.hostname}:{where.port or {'http': 80, 'https': 443}.get(where.scheme, '')}"


def _named(environment: Mapping[str, str]) -> tuple[str, str]:
    """The variable that names the collector, and its value; both empty where none does."""
    return next(((name, value) for name in ENDPOINTS if (value := environment.get(name, "").strip())), ("", ""))


def _is_wanted(environment: Mapping[str, str]) -> bool:
    exporters = environment.get("OTEL_TRACES_EXPORTER", "").lower() or "otlp"
    is_disabled = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return bool(_named(environment)[1]) and not is_disabled and "otlp" in map(str.strip, exporters.split(","))


def _is_installed() -> bool:
    try:
        return all(find_spec(package) for package in PACKAGES)
    except ModuleNotFoundError:  # of a package that the name is below
        return False


def _check_variables(environment: Mapping[str, str]) -> None:
    name, endpoint = _named(environment)
    where = _parts(endpoint)
    if where is None:
        raise TracingSettingsError(f"{name} is no address: write http://HOST:4318, or https.")
    for variable in PROTOCOLS:
        protocol = environment.get(variable, "").strip()
        if protocol and protocol != SPOKEN:
            raise TracingSettingsError(
                f"{variable} is {protocol}, which netclinic does not speak: set it to {SPOKEN}, and {name} to the "
                "collector's port for that (4318)."
            )
        if protocol:
            return


def _parts(endpoint: str) -> str | None:
    """The host of an address; ``None`` where it is none."""
    try:
        where = urlsplit(endpoint)
        _ = where.port
    except ValueError:
        return None
    return where.hostname if where.scheme in ("http", "https") else None
