"""How payloads and results are stored: as JSON, so that no release has to understand another one's pickled classes."""

import json
from typing import Any

from dbos import Serializer

_ERROR = "$error"


class PlainJson(Serializer):
    """JSON; an exception is kept as its name and message, and comes back as a ``RuntimeError``."""

    def name(self) -> str:
        """How the rows are marked."""
        return "netclinic_json"

    def serialize(self, data: Any) -> str:
        """Raises ``TypeError`` for what is no JSON."""
        if isinstance(data, BaseException):
            data = {_ERROR: {"type": type(data).__name__, "message": str(data)}}
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    def deserialize(self, serialized_data: str) -> Any:
        """The value."""
        value = json.loads(serialized_data)
        if isinstance(value, dict) and set(value) == {_ERROR}:
            return RuntimeError(f"{value[_ERROR]['type']}: {value[_ERROR]['message']}")
        return value
