"""Sending one request over the official client and turning every failure into one sentence.

The client's own exceptions stop here: whoever reads sees :class:`ReadError` alone.
"""

import asyncio
import email.utils
import errno
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import orjson

if TYPE_CHECKING:  # a third of a second, which commands that read no cluster need not wait for
    import aiohttp

    from bot.cluster.asynchronous_client import ApiClient

Kind = Literal[
    "forbidden",
    "unauthorized",
    "not_found",
    "timeout",
    "unreachable",
    "tls",
    "budget",
    "deadline",
    "throttled",
    "refused",
    "not_acceptable",
    "invalid",
]
_CHUNK = 1 << 16  # bytes


class ReadError(Exception):
    """A read that gave no answer. ``kind`` for programs, the message for people; ``size`` bytes had arrived.

    ``retry_after`` seconds the server asks to come back, where it is only busy.
    """

    def __init__(self, kind: Kind, message: str, size: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.size = size
        self.retry_after = retry_after

    @property
    def is_damage(self) -> bool:
        """Whether what came was not what was asked for: nothing else may then be taken in its place."""
        return self.kind == "invalid"

    @property
    def cluster_is_out_of_reach(self) -> bool:
        """Whether no other read of this cluster can do better."""
        return self.kind in ("unreachable", "tls", "unauthorized")


@dataclass(frozen=True)
class Reply:
    """``date`` is the server's clock, where it tells."""

    body: bytes
    date: datetime | None


class Transport:
    """One cluster's API over the official client."""

    def __init__(self, client: "ApiClient") -> None:
        self._client = client

    async def get(
        self, path: str, query: Sequence[tuple[str, str]], accept: str, seconds: float, most_bytes: int
    ) -> Reply:
        """The reply to a GET.

        Raises:
            ReadError: for everything but a 200.
        """
        return await self._send("GET", path, query, {"Accept": accept}, None, seconds, most_bytes)

    async def post(self, path: str, body: dict[str, Any], seconds: float) -> Reply:
        """The reply to a POST of JSON (access reviews only: nothing in a cluster is ever changed).

        Raises:
            ReadError: for everything but a 200 or 201.
        """
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        return await self._send("POST", path, (), headers, body, seconds, 1 << 20)

    async def _send(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: dict[str, str],
        body: dict[str, Any] | None,
        seconds: float,
        most_bytes: int,
    ) -> Reply:
        import aiohttp

        from bot.cluster.connection import Redirected

        try:
            async with asyncio.timeout(seconds):
                serialized = await self._client.param_serialize(
                    method,
                    path,
                    query_params=list(query),
                    header_params=headers,
                    body=body,
                    auth_settings=["BearerToken"],
                )
                response = await self._client.call_api(*serialized, _request_timeout=seconds)
                return await _reply(response.response, path, most_bytes)
        except Redirected as error:
            raise ReadError("invalid", f"the API server sent {path} elsewhere, which is not followed") from error
        except TimeoutError as error:
            raise ReadError("timeout", f"{path} did not answer within {seconds:.1f} s") from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise ReadError("tls", _explain_untrusted(error)) from error
        except (aiohttp.ClientConnectorSSLError, ssl.SSLError) as error:
            raise ReadError("tls", _explain_untrusted(error)) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ReadError("unreachable", _explain_unreachable(error, self._client.configuration.host)) from error


async def _reply(response: "aiohttp.ClientResponse", path: str, most_bytes: int) -> Reply:
    body = bytearray()
    async with response:
        async for chunk in response.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > most_bytes:
                raise ReadError("budget", f"{path} was larger than the bytes left in the budget", len(body))
    if response.status in (200, 201):
        return Reply(bytes(body), _date(response.headers.get("Date")))
    raise _refusal(response.status, bytes(body), path, _retry_after(response.headers.get("Retry-After")))


def _retry_after(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdecimal() else None


def _refusal(status: int, body: bytes, path: str, retry_after: float | None) -> ReadError:
    said = _message(body)
    match status:
        case 401:
            why = "the API server did not accept the credentials (401): log in again or renew the token"
            return ReadError("unauthorized", why, len(body))
        case 403:
            return ReadError("forbidden", f"not permitted: {said or path}", len(body))
        case 404:
            return ReadError("not_found", said or f"{path} does not exist", len(body))
        case 406:
            return ReadError("not_acceptable", f"the API server has no such form of {path} (406)", len(body))
        case _:
            why = f"the API server answered {status} to {path}: {said or 'no reason given'}"
            kind: Kind = "throttled" if status == 429 else "refused"
            return ReadError(kind, why, len(body), retry_after if status in (429, 503) else None)


def _message(body: bytes) -> str:
    try:
        return " ".join(str(orjson.loads(body).get("message", "")).split())[:300]
    except (orjson.JSONDecodeError, AttributeError):
        return " ".join(body[:200].decode("utf-8", errors="replace").split())


def _date(header: str | None) -> datetime | None:
    try:
        return email.utils.parsedate_to_datetime(header).astimezone(UTC) if header else None
    except (TypeError, ValueError):
        return None


def _explain_untrusted(error: Exception) -> str:
    return (
        f"the API server's TLS certificate was not accepted ({' '.join(str(error).split())[:160]}): "
        "check certificate-authority-data and the server address in the kubeconfig"
    )


def _explain_unreachable(error: Exception, host: str) -> str:
    return f"the API server {host} could not be reached ({why_unreachable(error)}): check network and VPN"


def why_unreachable(error: Exception) -> str:
    """What the system says of a connection that failed, without the library's words around it."""
    cause = getattr(error, "os_error", None) or error
    code = 0 if isinstance(cause, ssl.SSLError) else getattr(cause, "errno", None) or 0  # TLS has numbers of its own
    said = os.strerror(code) if code in errno.errorcode else getattr(cause, "strerror", "")
    return " ".join((said or str(cause) or type(cause).__name__).split())[:160]
