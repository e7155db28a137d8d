"""A stand-in for Alibaba Cloud's OpenAPI at the wire: a real HTTP server that knows keys, signatures, pages and errors.

What it knows of actions is spelled here once more, from the API's reference, so that a slip in netclinic's own table
shows. ``items`` holds what there is by action, as the API writes it.
"""

import contextlib
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from bot.recordings import load

KEY_ID, SECRET = "LTAI5tStandInKeyId0001", "StandInSecretThatNobodyMayEverSee"
OIDC_TOKEN = "eyJ.stand-in-oidc-token.sig"
ROLE = "acs:ram::1234567890123456:role/netclinic"
PROVIDER = "acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1"
REQUEST_ID = "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E"
CLUSTER = "c0123456789abcdef0123456789abcdef"  # that of the shipped recordings
METADATA = "http://100.100.100.200/"
VPC, ECS, CS = "2016-04-28", "2014-05-26", "2015-12-15"
# By action: version, path of the list, how pages are asked for ("number", or the name of the size), fields by which
# a parameter chooses (in dots), and the largest page.
RPC: dict[str, tuple[str, tuple[str, ...], str, dict[str, str], int]] = {
    "DescribeVSwitches": (VPC, ("VSwitches", "VSwitch"), "number", {}, 50),
    "DescribeNatGateways": (VPC, ("NatGateways", "NatGateway"), "number", {}, 50),
    "DescribeSnatTableEntries": (VPC, ("SnatTableEntries", "SnatTableEntry"), "number", {}, 50),
    "DescribeRouteTableList": (VPC, ("RouterTableList", "RouterTableListType"), "number", {}, 50),
    "DescribeRouteEntryList": (VPC, ("RouteEntrys", "RouteEntry"), "MaxResult", {}, 100),
    "DescribeIpv6Addresses": (VPC, ("Ipv6Addresses", "Ipv6Address"), "number", {}, 50),
    "DescribeIpv6Gateways": (VPC, ("Ipv6Gateways", "Ipv6Gateway"), "number", {}, 50),
    "DescribeIpv6EgressOnlyRules": (VPC, ("Ipv6EgressOnlyRules", "Ipv6EgressOnlyRule"), "number", {}, 50),
    "DescribeNetworkInterfaces": (
        ECS,
        ("NetworkInterfaceSets", "NetworkInterfaceSet"),
        "MaxResults",
        {"PrivateIpAddress": "PrivateIpSets.PrivateIpSet.PrivateIpAddress"},
        500,
    ),
    "DescribeInstances": (
        ECS,
        ("Instances", "Instance"),
        "MaxResults",
        {"InstanceIds": "InstanceId", "PrivateIpAddresses": "VpcAttributes.PrivateIpAddress.IpAddress"},
        100,
    ),
    "DescribeInstanceTypes": (
        ECS,
        ("InstanceTypes", "InstanceType"),
        "MaxResults",
        {"InstanceTypes": "InstanceTypeId"},
        1600,
    ),
    "DescribeSecurityGroups": (
        ECS,
        ("SecurityGroups", "SecurityGroup"),
        "MaxResults",
        {"SecurityGroupIds": "SecurityGroupId"},
        100,
    ),
    "DescribeSecurityGroupAttribute": (ECS, ("Permissions", "Permission"), "MaxResults", {}, 1000),
}
JSON_LISTS = {"InstanceIds", "PrivateIpAddresses", "SecurityGroupIds"}
ROA = {
    "DescribeClusterDetail": "/clusters/{}",
    "DescribeClusterNodePools": "/clusters/{}/nodepools",
    "DescribeClusterResources": "/clusters/{}/resources",
    "DescribeClusterTasks": "/clusters/{}/tasks",
    "DescribeTaskInfo": "/tasks/{}",
}
REQUIRED = {
    "DescribeRouteEntryList": ("RouteTableId",),
    "DescribeIpv6EgressOnlyRules": ("Ipv6GatewayId",),
    "DescribeSecurityGroupAttribute": ("SecurityGroupId",),
}


class Refused(Exception):
    """An error reply."""

    def __init__(self, status: int, code: str, **more: Any) -> None:
        super().__init__(code)
        self.status, self.code, self.more = status, code, more


@dataclass
class OpenApi:
    """What it serves and what it was asked. ``hangs``, ``fails``, ``html`` are by action, ``*`` for every one.

    ``throttles``: how many of the next calls of an action are answered with Throttling.User. ``certificate``: file and
    key, with which it speaks TLS. ``ahead``: seconds that its clock is. ``lasts``: seconds that a role's keys do.
    ``signed_by``: the access key ids that it was asked with.
    """

    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    clusters: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=lambda: {KEY_ID: SECRET})
    token: str = ""
    certificate: tuple[str, str] | None = None
    ahead: float = 0.0
    lasts: float = 3600.0
    fails: dict[str, tuple[int, str]] = field(default_factory=dict)
    throttles: dict[str, int] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)
    html: set[str] = field(default_factory=set)
    latency: float = 0.0
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    signed_by: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    url: str = ""
    _at_once: int = 0
    _nonces: set[str] = field(default_factory=set)
    _released: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, recording: str, cluster: str = CLUSTER) -> "OpenApi":
        """What a recording holds of the cloud."""
        found = cls()
        found.hold(recording, cluster)
        return found

    def hold(self, recording: str, cluster: str = CLUSTER) -> None:
        """From now on what this recording holds; an action that it says is refused is refused."""
        cloud = load(recording).cloud
        held = cloud.actions if cloud else {}
        items = {name: [dict(item) for item in each.items] for name, each in held.items()}
        self.items = items
        self.fails = {name: (403, each.failed[0][1]) for name, each in held.items() if each.failed}
        self.tasks = {str(item["task_id"]): item for item in items.get("DescribeTaskInfo", [])}
        self.clusters = {
            cluster: {
                "DescribeClusterDetail": (items.get("DescribeClusterDetail") or [{}])[0],
                "DescribeClusterNodePools": {"nodepools": items.get("DescribeClusterNodePools", [])},
                "DescribeClusterResources": items.get("DescribeClusterResources", []),
                "DescribeClusterTasks": items.get("DescribeClusterTasks", []),
            }
        }

    @property
    def environment(self) -> dict[str, str]:
        """What makes netclinic ask it."""
        return {
            "NETCLINIC_CLOUD": "on",
            "NETCLINIC_CLOUD_ENDPOINT": self.url,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
        }

    def calls(self) -> Counter[str]:
        """How often each action was asked for."""
        return Counter(action for action, _ in self.asked)

    @contextlib.contextmanager
    def running(self) -> Iterator["OpenApi"]:
        """Served on loopback; what hangs is let go at the end."""
        openapi = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.path.startswith(METADATA):
                    return openapi.answer_instance(self)
                if self.path.startswith(openapi.url):  # as a proxy is asked
                    self.path = self.path.removeprefix(openapi.url)
                return openapi.answer(self)

            do_POST = do_PUT = do_GET

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        if self.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        self.url = f"{'https' if self.certificate else 'http'}://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._released.set()
            server.shutdown()
            server.server_close()

    def answer_instance(self, http: BaseHTTPRequestHandler) -> None:
        """What the metadata service tells an ECS instance of its role; it is asked through this server as a proxy."""
        self.keys["STS.instance"], self.token = "StsSecretOfInstance", "StsTokenOfInstance"
        told = {
            "Code": "Success",
            "AccessKeyId": "STS.instance",
            "AccessKeySecret": "StsSecretOfInstance",
            "SecurityToken": "StsTokenOfInstance",
            "Expiration": self._end(3600),
        }
        where = http.path.removeprefix(METADATA)
        role = "latest/meta-data/ram/security-credentials/"
        answers = {"latest/api/token": "imds-token", role: "netclinic", f"{role}netclinic": json.dumps(told)}
        found = answers.get(where)
        _reply(http, 404 if found is None else 200, (found or "").encode(), "text/plain")

    def _end(self, seconds: float) -> str:
        return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def answer(self, http: BaseHTTPRequestHandler) -> None:
        """One request; whatever is wrong with it is an error as the API has it."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self._answer(http)
        finally:
            with self._lock:
                self._at_once -= 1

    def _answer(self, http: BaseHTTPRequestHandler) -> None:
        body = http.rfile.read(int(http.headers.get("Content-Length") or 0))
        query = dict(parse_qsl(urlsplit(http.path).query, keep_blank_values=True))
        action = http.headers.get("x-acs-action", "")
        with self._lock:
            self.asked.append((action, query))
        time.sleep(self.latency)
        if {action, "*"} & self.hangs:
            self._released.wait(60)
            return
        if {action, "*"} & self.html:
            _reply(http, 200, b"<html><body>Please log in</body></html>", "text/html")
            return
        try:
            content = self._content(http, action, query, body)
            _reply(http, 200, json.dumps(content).encode())
        except Refused as refusal:
            with self._lock:
                self.refused.append(refusal.code)
            names = ("code", "message", "requestId") if action in ROA else ("Code", "Message", "RequestId")
            message = f"refused for {http.headers.get('Authorization')}"  # what must never be shown
            error = {**dict(zip(names, (refusal.code, message, REQUEST_ID), strict=True)), **refusal.more}
            _reply(http, refusal.status, json.dumps(error).encode())

    def _content(self, http: BaseHTTPRequestHandler, action: str, query: dict[str, str], body: bytes) -> Any:
        if action == "AssumeRoleWithOIDC":
            return self._assumed(http, query)
        self._check_signature(http, body)
        failure = self.fails.get(action) or self.fails.get("*")
        if failure and failure[1] == "Forbidden.RAM":
            raise Refused(*failure, AccessDeniedDetail={"AuthAction": _ram_action(action)})
        if failure:
            raise Refused(*failure)
        with self._lock:
            if self.throttles.get(action, 0) > 0:
                self.throttles[action] -= 1
                raise Refused(400, "Throttling.User")
        if action in ROA:
            return self._of_cluster(http, action, query)
        if action not in RPC:
            raise Refused(404, "InvalidAction.NotFound")
        return self._listed(http, action, query)

    def _assumed(self, http: BaseHTTPRequestHandler, query: dict[str, str]) -> Any:
        given = (query.get("RoleArn"), query.get("OIDCProviderArn"), query.get("OIDCToken"))
        if http.headers.get("Authorization") or http.headers.get("x-acs-version") != "2015-04-01":
            raise Refused(400, "InvalidParameter")
        if given != (ROLE, PROVIDER, OIDC_TOKEN) or not query.get("RoleSessionName"):
            raise Refused(400, "AuthenticationFail.OIDCToken.Invalid")
        self.keys["STS.standin"], self.token = "StsSecretOfStandIn", "StsTokenOfStandIn"
        credentials = {
            "AccessKeyId": "STS.standin",
            "AccessKeySecret": "StsSecretOfStandIn",
            "SecurityToken": "StsTokenOfStandIn",
            "Expiration": self._end(self.lasts),
        }
        return {"RequestId": REQUEST_ID, "Credentials": credentials}

    def _check_signature(self, http: BaseHTTPRequestHandler, body: bytes) -> None:
        """ACS3-HMAC-SHA256, https://help.aliyun.com/document_detail/315526.html."""
        scheme, _, rest = http.headers.get("Authorization", "").partition(" ")
        parts = dict(part.partition("=")[::2] for part in rest.split(","))
        secret = self.keys.get(parts.get("Credential", ""))
        if scheme != "ACS3-HMAC-SHA256" or not parts.get("Signature"):
            raise Refused(400, "IncompleteSignature")
        if secret is None:
            raise Refused(404, "InvalidAccessKeyId.NotFound")
        if parts["Credential"].startswith("STS.") and http.headers.get("x-acs-security-token") != self.token:
            raise Refused(400, "InvalidSecurityToken.Malformed")
        names = parts["SignedHeaders"].split(";")
        path, _, query = http.path.partition("?")
        pairs = sorted(parse_qsl(query, keep_blank_values=True))
        canonical_query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
        headers = "".join(f"{name}:{(http.headers.get(name) or '').strip()}\n" for name in names)
        digest = hashlib.sha256(body).hexdigest()
        request = "\n".join([http.command, unquote(path), canonical_query, headers, parts["SignedHeaders"], digest])
        wanted = f"{scheme}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = hmac.new(secret.encode(), wanted.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signature, parts["Signature"]):
            raise Refused(400, "SignatureDoesNotMatch")
        if not {"host", "x-acs-action", "x-acs-date", "x-acs-version"} <= set(names):
            raise Refused(400, "IncompleteSignature")
        self._check_time(http.headers.get("x-acs-date") or "", http.headers.get("x-acs-signature-nonce") or "")
        with self._lock:
            self.signed_by[parts["Credential"]] += 1

    def _check_time(self, at: str, nonce: str) -> None:
        moment = datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs((datetime.now(UTC) + timedelta(seconds=self.ahead) - moment).total_seconds()) > 15 * 60:
            raise Refused(400, "InvalidTimeStamp.Expired")
        with self._lock:
            if nonce in self._nonces:
                raise Refused(400, "SignatureNonceUsed")
            self._nonces.add(nonce)

    def _listed(self, http: BaseHTTPRequestHandler, action: str, query: dict[str, str]) -> Any:
        version, path, pages, fields, most = RPC[action]
        if http.headers.get("x-acs-version") != version or http.command != "POST":
            raise Refused(404, "InvalidAction.NotFound")
        missing = [name for name in ("RegionId", *REQUIRED.get(action, ())) if not query.get(name)]
        if missing:
            raise Refused(400, f"MissingParameter.{missing[0]}")
        found = [item for item in self.items.get(action, []) if _fits(item, query, fields)]
        common: dict[str, Any] = {"RequestId": REQUEST_ID}
        if action == "DescribeSecurityGroupAttribute":
            if not found:
                raise Refused(404, "InvalidSecurityGroupId.NotFound")
            common |= {name: value for name, value in found[0].items() if name != "Permissions"}
            found = found[0]["Permissions"]["Permission"]
        size = int(query.get("PageSize" if pages == "number" else pages) or 10)
        if not 0 < size <= most:
            raise Refused(400, f"InvalidParameter.{'PageSize' if pages == 'number' else pages}")
        if pages == "number":
            start = (int(query.get("PageNumber") or 1) - 1) * size
            common |= {"TotalCount": len(found)}
        else:
            start = int(query.get("NextToken") or 0)
            common |= {"NextToken": str(start + size) if start + size < len(found) else "", "TotalCount": 0}
        listed: Any = found[start : start + size]
        for step in reversed(path):
            listed = {step: listed}
        return {**common, **listed}

    def _of_cluster(self, http: BaseHTTPRequestHandler, action: str, query: dict[str, str]) -> Any:
        path = urlsplit(http.path).path
        held_here = {id_: {action: held} for id_, held in self.tasks.items()} if "Task" in action else {}
        for id_, held in {**self.clusters, **held_here}.items():
            if path == ROA[action].format(id_) and http.headers.get("x-acs-version") == CS and http.command == "GET":
                return _tasks(held[action], query) if action == "DescribeClusterTasks" else held[action]
        raise Refused(404, "ErrorClusterNotFound")


def _tasks(items: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    """One page of a cluster's tasks, as CS has pages."""
    number, size = int(query.get("page_number") or 1), int(query.get("page_size") or 10)
    if size > 100:
        raise Refused(400, "InvalidParameter")
    told = {"page_number": number, "page_size": size, "total_count": len(items)}
    return {"page_info": told, "requestId": REQUEST_ID, "tasks": items[(number - 1) * size : number * size]}


def _ram_action(action: str) -> str:
    version = RPC[action][0] if action in RPC else CS
    return f"{ {VPC: 'vpc', ECS: 'ecs', CS: 'cs'}[version] }:{action}"


def _fits(item: dict[str, Any], query: dict[str, str], fields: dict[str, str]) -> bool:
    for name, values in _filters(query).items():
        found = _values(item, fields.get(name, name))
        if found and not found & values:
            return False
    return True


def _filters(query: dict[str, str]) -> dict[str, set[str]]:
    """Parameters that choose, their numbered or JSON lists put together."""
    found: dict[str, set[str]] = {}
    for name, value in query.items():
        plain = name.partition(".")[0]
        values = json.loads(value) if plain in JSON_LISTS else [value]
        if plain not in ("RegionId", "PageNumber", "PageSize", "MaxResults", "MaxResult", "NextToken"):
            found.setdefault(plain, set()).update(values)
    return found


def _values(item: Any, path: str) -> set[str]:
    found = [item]
    for step in path.split("."):
        below = [each[step] for each in found if isinstance(each, dict) and step in each]
        found = [member for each in below for member in (each if isinstance(each, list) else [each])]
    return {str(each) for each in found}


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")


def _reply(http: BaseHTTPRequestHandler, status: int, body: bytes, kind: str = "application/json") -> None:
    with contextlib.suppress(OSError):  # who asked has gone
        http.send_response(status)
        http.send_header("Content-Type", kind)
        http.send_header("Content-Length", str(len(body)))
        http.end_headers()
        http.wfile.write(body)


def vswitch(id_: str = "vsw-bp1aaa", free: int = 0, zone: str = "cn-hangzhou-h", **more: Any) -> dict[str, Any]:
    """One vSwitch as DescribeVSwitches has it."""
    return {
        "VSwitchId": id_,
        "VSwitchName": f"pods-{zone[-1]}",
        "VpcId": "vpc-bp1ack",
        "ZoneId": zone,
        "CidrBlock": "10.1.96.0/24",
        "AvailableIpAddressCount": free,
        "Status": "Available",
        **more,
    }
