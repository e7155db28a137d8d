"""Sending one call by the official generic client. The SDK is imported at the first call, and its errors stop here.

Calls are made in threads: the SDK's async client opens a session, a TLS context and a connection for each request. A
thread cannot be cancelled, so each has time limits of its own, and Python does not wait for them at its end.
"""

import asyncio
import contextlib
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bot.cloud.actions import ASSUME_ROLE_WITH_OIDC
from bot.cloud.credentials import Credentials, Keys
from bot.cloud.failures import judged
from bot.cloud.requests import Action, CloudCall, CloudFailure, CloudReply, Json, numbered, refuse_writes

T = TypeVar("T")
_REGION = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,20}){1,5}")  # it becomes part of a host's name
_HOSTS = {"vpc": "vpc.{}.aliyuncs.com", "ecs": "ecs.{}.aliyuncs.com", "cs": "cs.{}.aliyuncs.com"}
MOST_CONNECTING = 2.0  # seconds
AUTHORITIES = "SSL_CERT_FILE"  # the SDK looks at none of the usual variables by itself


@dataclass(frozen=True)
class Endpoint:
    """Host and port without a scheme, as the SDK takes and signs it, and the scheme."""

    host: str
    protocol: str = "https"

    @staticmethod
    def of(url: str) -> "Endpoint | None":
        """``http(s)://HOST:PORT`` taken apart; ``None`` where there is none.

        Raises:
            ValueError: it is something else.
        """
        if not url:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError("write http(s)://HOST:PORT")
        if parts.username or parts.query or parts.fragment or not (parts.port is None or parts.port > 0):
            raise ValueError("write http(s)://HOST:PORT")
        return Endpoint(parts.netloc, parts.scheme)


@dataclass
class LiveCloud:
    """Alibaba Cloud, or what stands in for it at ``endpoint``. It lives as long as the process, for its credentials."""

    credentials: Credentials
    endpoint: Endpoint | None = None
    _clients: dict[tuple[str, str, str], Any] = field(default_factory=dict)

    def login(self, region: str) -> CloudCall | None:
        """The call by which the pod's service account becomes its role."""
        if not self.credentials.need_login():
            return None
        return CloudCall(action=ASSUME_ROLE_WITH_OIDC, region=region, parameters=(("RoleSessionName", "netclinic"),))

    async def send(self, call: CloudCall, seconds: float) -> CloudReply:
        """The reply to one call.

        Raises:
            CloudFailure: there is none.
        """
        refuse_writes(call.action.name)
        if not _REGION.fullmatch(call.region):
            raise CloudFailure("refused", "the region that the nodes name is none of Alibaba Cloud")
        try:
            return await asyncio.wait_for(_in_thread(lambda: self._send(call, seconds)), seconds)
        except TimeoutError:
            raise CloudFailure("timeout", f"{call.action.name} was not answered within {seconds:.1f} s") from None

    def _send(self, call: CloudCall, seconds: float) -> CloudReply:
        _silence_sdk()
        from alibabacloud_tea_openapi import utils_models as models
        from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
        from darabonba.runtime import RuntimeOptions

        action = call.action
        is_login = action is ASSUME_ROLE_WITH_OIDC
        keys = None if is_login else self.credentials.keys()
        parameters = dict(call.parameters)
        query = dict(self.credentials.login_parameters()) if is_login else {}
        if action.style == "RPC":
            region = {} if is_login else {"RegionId": call.region}
            query = {**query, **region, **numbered(parameters, action.json_lists)}
        else:
            query = numbered({name: value for name, value in parameters.items() if name not in action.in_path})
        params = models.Params(
            action=action.name,
            version=action.version,
            protocol="HTTPS",
            pathname=_path(action, parameters),
            method="GET" if action.style == "ROA" else "POST",
            auth_type="Anonymous" if is_login else "AK",
            style=action.style,
            req_body_type="json" if action.style == "ROA" else "formData",
            body_type=action.body_type,
        )
        milliseconds = max(int(seconds * 1000), 1)
        limits = RuntimeOptions(
            read_timeout=milliseconds,
            connect_timeout=min(milliseconds, int(MOST_CONNECTING * 1000)),
            ca=os.environ.get(AUTHORITIES) or None,
        )
        try:
            reply = self._client(call, keys).call_api(params, models.OpenApiRequest(query=query), limits)
        except AlibabaCloudException as error:
            data = error.data if isinstance(error.data, dict) else {}
            denied = getattr(error, "access_denied_detail", None) or data.get("AccessDeniedDetail")
            raise judged(call, str(error.code), str(error.request_id), denied, _retry_after(error)) from None
        except CloudFailure:
            raise
        except Exception as error:
            raise _not_answered(call, error, self._host(call).host) from None
        body = reply.get("body")
        if is_login:
            self.credentials.take(body)
        return CloudReply(body, str(body.get("RequestId") or "") if isinstance(body, dict) else "")

    def _client(self, call: CloudCall, keys: Keys | None) -> Any:
        from alibabacloud_tea_openapi import utils_models as models
        from alibabacloud_tea_openapi.client import Client

        host = self._host(call)
        key = (host.host, call.region, repr(keys and keys.identity()))
        if key not in self._clients:
            given = {} if keys is None else keys.config()
            if len(self._clients) > 100:  # tokens change each hour
                self._clients.clear()
            self._clients[key] = Client(
                models.Config(endpoint=host.host, protocol=host.protocol, region_id=call.region, **given)
            )
        return self._clients[key]

    def _host(self, call: CloudCall) -> Endpoint:
        if self.endpoint is not None:
            return self.endpoint
        if call.action is ASSUME_ROLE_WITH_OIDC:
            return Endpoint(self.credentials.sts_host(call.region))
        return Endpoint(_HOSTS[call.action.product].format(call.region))


def _path(action: Action, parameters: Json) -> str:
    from urllib.parse import quote

    return action.pathname.format(**{name: quote(str(value), safe="") for name, value in parameters.items()})


def _silence_sdk() -> None:
    """With DEBUG=sdk the SDK prints every request with its headers, the access key's id and signature among them."""
    if os.environ.get("DEBUG", "").strip().lower() == "sdk":
        del os.environ["DEBUG"]


def _retry_after(error: Any) -> float | None:
    """Milliseconds in the SDK's exceptions; seconds here."""
    told = getattr(error, "retry_after", None)
    return told / 1000 if isinstance(told, int | float) else None


def _not_answered(call: CloudCall, error: Exception, host: str) -> CloudFailure:
    """A network failure, or a reply that is no JSON: the SDK's own words may hold a signed URL, so none is shown."""
    inner = getattr(error, "inner_exception", None) or error
    text = str(inner).lower()
    name = f"{call.action.product} {call.action.name}"
    if "timed out" in text or "timeout" in text:
        if "connect" in text and "read timed out" not in text:
            return CloudFailure("unreachable", f"{host} could not be reached: check network, proxy and firewall")
        return CloudFailure("timeout", f"{name} was not answered in time")
    if "certificate" in text or "ssl" in text:
        return CloudFailure(
            "unreachable", f"the certificate of {host} was not accepted: check {AUTHORITIES}, proxy and clock"
        )
    if "connection" in text or "resolve" in text or "unreachable" in text or "proxy" in text:
        return CloudFailure("unreachable", f"{host} could not be reached: check network, proxy and firewall")
    return CloudFailure("invalid", f"what {host} answered to {name} is no reply of Alibaba Cloud: check the endpoint")


async def _in_thread(work: Callable[[], T]) -> T:
    """In a thread of its own that nobody waits for once it is too late."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def set_unless_late(setter: Callable[[Any], None], value: Any) -> None:
        if not done.done():
            setter(value)

    def run() -> None:
        try:
            told, value = done.set_result, work()
        except BaseException as error:
            told, value = done.set_exception, error  # type: ignore[assignment]
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile: nobody asks any more
            loop.call_soon_threadsafe(set_unless_late, told, value)

    threading.Thread(target=run, name="netclinic-cloud", daemon=True).start()
    return await done
