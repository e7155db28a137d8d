"""The API's own failures: each is a ``Status`` object in the words that a Kubernetes API server uses."""

from typing import Any

from bot.recordings.resources import Json


class ApiFailure(Exception):
    """Raised where a request is answered by a failure; the server turns it into a ``Status``."""

    def __init__(self, code: int, reason: str, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.details = code, reason, message, details

    def status(self) -> Json:
        body: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        body |= {"message": self.message, "reason": self.reason}
        return body | ({"details": self.details} if self.details else {}) | {"code": self.code}


def bad_request(message: str) -> ApiFailure:
    return ApiFailure(400, "BadRequest", message)


def invalid(message: str) -> ApiFailure:
    return ApiFailure(422, "Invalid", message)


def not_found(group: str, plural: str, name: str) -> ApiFailure:
    qualified = f"{plural}.{group}" if group else plural
    details = {"name": name, "kind": plural} | ({"group": group} if group else {})
    return ApiFailure(404, "NotFound", f'{qualified} "{name}" not found', details)


def no_such_resource() -> ApiFailure:
    return ApiFailure(404, "NotFound", "the server could not find the requested resource", {})


def unsupported_media() -> ApiFailure:
    return ApiFailure(
        415, "UnsupportedMediaType", "the body of the request was in an unknown format: send application/json"
    )


def read_only() -> ApiFailure:
    message = "the server does not allow this method on the requested resource: a recording can only be read"
    return ApiFailure(405, "MethodNotAllowed", message)


def expired() -> ApiFailure:
    message = "The provided continue parameter is too old or not of this list: start the list again without it"
    return ApiFailure(410, "Expired", message)


def forbidden(verb: str, group: str, resource: str, namespace: str, name: str) -> ApiFailure:
    plural = resource.partition("/")[0]
    subject = (f"{plural}.{group}" if group else plural) + (f' "{name}"' if name else "")
    scope = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    message = (
        f'{subject} is forbidden: User "recording" cannot {verb} resource "{resource}" in API group "{group}" {scope}'
    )
    details = ({"name": name} if name else {}) | ({"group": group} if group else {}) | {"kind": plural}
    return ApiFailure(403, "Forbidden", message, details)
