"""What the API's error codes mean. Judged by the code, never by the HTTP status: the same code comes with several."""

import re
from typing import Any

from bot.cloud.requests import CloudCall, CloudFailure, Kind

_THROTTLED = re.compile(r"Throttling(?:\..*)?|ServiceUnavailable")
_FORBIDDEN = re.compile(r"Forbidden\.RAM|NoPermission(?:\..*)?|StatusForbidden|Forbidden(?:\.Unauthorized)?")
_CREDENTIALS = re.compile(
    r"InvalidAccessKeyId(?:\..*)?|SignatureDoesNotMatch|IncompleteSignature|InvalidSecurityToken(?:\..*)?"
    r"|InvalidTimeStamp(?:\..*)?|MissingSecurityToken|SignatureNonceUsed|AuthenticationFail\..*|InvalidCredentials"
)
_NOT_FOUND = re.compile(r"(?:Invalid[A-Za-z0-9]++\.)?[A-Za-z]{0,60}NotFound")
_MISTAKEN = re.compile(r"Missing[A-Z]\w*|InvalidParameter.*|Invalid[A-Za-z0-9]+\.(?:Malformed|ValueNotSupported)")
_CODE = re.compile(r"[A-Za-z][\w.-]{0,80}")
_ACTION = re.compile(r"[a-z]{2,20}:[A-Z][A-Za-z0-9]{2,60}")
_KINDS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (_THROTTLED, "throttled"),
    (_FORBIDDEN, "forbidden"),
    (_CREDENTIALS, "unauthorized"),
    (_NOT_FOUND, "not_found"),
    (_MISTAKEN, "invalid"),
)
_WHY = {
    "throttled": "Alibaba Cloud throttles this account's calls: ask again in a minute",
    "not_found": "it is gone, in another region, or another account's",
    "invalid": "the API did not take what netclinic asked for, which is a defect of netclinic",
}
_CLOCK = "InvalidTimeStamp"


def judged(
    call: CloudCall, code: str, request_id: str = "", denied: Any = None, retry_after: float | None = None
) -> CloudFailure:
    """The failure for an error reply. What the reply says besides its code is foreign text, and is left out.

    ``denied``: its ``AccessDeniedDetail``, which may name the RAM action that is missing.
    """
    code = code if _CODE.fullmatch(code) else "an error without a code"
    name = f"{call.action.product} {call.action.name}"
    kind: Kind = next((kind for pattern, kind in _KINDS if pattern.fullmatch(code)), "refused")
    if kind == "forbidden":
        told = str((denied or {}).get("AuthAction") or "") if isinstance(denied, dict) else ""
        message = f"RAM does not grant {told if _ACTION.fullmatch(told) else call.action.permission} to netclinic"
    elif kind == "unauthorized":
        message = f"Alibaba Cloud does not accept netclinic's credentials ({code})"
        message += ": set this machine's clock" if code.startswith(_CLOCK) else ": `netclinic ram --check` tries them"
    else:
        message = f"{name} was answered with {code}" + (f": {_WHY[kind]}" if kind in _WHY else "")
    return CloudFailure(kind, message, code=code, request_id=_safe_id(request_id), retry_after=retry_after)


def _safe_id(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "", text or "")[:64]
