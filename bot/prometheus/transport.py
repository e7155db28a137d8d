"""One request to a Prometheus, straight or through the API server, and every failure as one sentence."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import orjson

from bot.cluster.resources import denied
from bot.cluster.transport import ReadError, why_unreachable
from bot.cluster.transport import Transport as ClusterTransport
from bot.prometheus.config import Endpoint

if TYPE_CHECKING:  # most questions read no metric
    import aiohttp

_CHUNK = 1 << 16  # bytes
Query = Sequence[tuple[str, str]]


class Transport(Protocol):
    """``get`` raises :class:`ReadError` for everything but a reply that may be looked at."""

    async def get(self, path: str, query: Query, seconds: float, most_bytes: int) -> bytes: ...

    async def close(self) -> None: ...


@dataclass
class DirectTransport:
    """At an address of its own. Redirects are not followed: a token would go along."""

    endpoint: Endpoint
    _session: "aiohttp.ClientSession | None" = field(default=None, repr=False)

    async def get(self, path: str, query: Query, seconds: float, most_bytes: int) -> bytes:
        """The body of a reply to a GET.

        Raises:
            ReadError: it gave none, or was refused.
        """
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(headers={"Accept": "application/json"})
        url = self.endpoint.url.rstrip("/") + path
        try:
            async with (
                asyncio.timeout(seconds),
                self._session.get(
                    url, params=list(query), headers=self._credentials(), allow_redirects=False
                ) as response,
            ):
                return await _body(response, most_bytes)
        except TimeoutError as error:
            raise ReadError("timeout", f"{self._shown} did not answer within {seconds:.1f} s") from error
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError, ssl.SSLError) as error:
            why = f"the TLS certificate of {self._shown} was not accepted ({_said(error)})"
            raise ReadError("tls", why) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ReadError("unreachable", f"{self._shown} could not be reached ({why_unreachable(error)})") from error

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    @property
    def _shown(self) -> str:
        parts = urlsplit(self.endpoint.url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    def _credentials(self) -> dict[str, str]:
        import aiohttp

        secret = self.endpoint.secret.get_secret_value() if self.endpoint.secret else ""
        if self.endpoint.kind == "bearer":
            return {"Authorization": f"Bearer {secret}"}
        if self.endpoint.kind == "basic":
            user, _, password = secret.partition(":")
            return {"Authorization": aiohttp.BasicAuth(user, password, encoding="utf-8").encode()}
        return {}


@dataclass(frozen=True)
class ProxyTransport:
    """Through the API server's proxy of a Service, with the cluster's own credentials and TLS."""

    cluster: ClusterTransport
    path: str

    async def get(self, path: str, query: Query, seconds: float, most_bytes: int) -> bytes:
        """The same.

        Raises:
            ReadError: it gave none, or was refused.
        """
        try:
            reply = await self.cluster.get(self.path + path, query, "application/json", seconds, most_bytes)
        except ReadError as error:
            if error.kind == "forbidden":
                raise ReadError("forbidden", denied(["Prometheus through the API server"]), error.size) from error
            if error.kind == "not_found":
                raise ReadError("refused", f"there is no Prometheus behind {self.path} (404)", error.size) from error
            raise
        return reply.body

    async def close(self) -> None:
        """The cluster's own connections stay."""


async def _body(response: "aiohttp.ClientResponse", most_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > most_bytes:
            raise ReadError("budget", f"its reply was larger than {most_bytes:,} bytes", len(body))
    if response.status != 200:
        raise _refusal(response.status, bytes(body))
    return bytes(body)


def _refusal(status: int, body: bytes) -> ReadError:
    match status:
        case 401:
            return ReadError("unauthorized", "it did not accept the credentials (401): renew them", len(body))
        case 403:
            return ReadError("forbidden", "it refused the query (403): its credentials may not ask for it", len(body))
        case _ if 300 <= status < 400:
            return ReadError("invalid", f"it sent the query elsewhere ({status}), which is not followed", len(body))
        case 503:
            return ReadError("refused", f"it is not ready (503{_reason(body)})", len(body))
        case _:
            return ReadError("refused", f"it answered {status}{_reason(body)}", len(body))


def _reason(body: bytes) -> str:
    """What Prometheus itself says of an error; a page of some proxy is not repeated."""
    try:
        said = orjson.loads(body)["error"]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return ""
    return f": {' '.join(said.split())[:200]}" if isinstance(said, str) and said else ""


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
