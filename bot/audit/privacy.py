"""People's own words in records: kept apart, so that they can be erased; or as keyed digests; or not at all."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.audit.records import canonical, readable, words_digest

OWN_WORDS = ("question", "note", "text")  # members of a detail that hold what a person wrote
Mode = Literal["keep", "hash", "drop"]


@dataclass(frozen=True)
class SeparateWords:
    """Words as they are stored beside a record, and what the record holds of them."""

    salt: str
    words: str

    @property
    def digest(self) -> str:
        """What the record holds."""
        return words_digest(self.salt, self.words)


@dataclass(frozen=True)
class Privacy:
    """What becomes of people's words. ``key`` makes digests: equal words are seen to be equal, and not guessed."""

    mode: Mode = "keep"
    key: bytes = b""

    def separate(self, detail: Mapping[str, Any]) -> tuple[dict[str, Any], SeparateWords | None]:
        """The detail that everybody may keep for ever, and the words to be kept apart."""
        own = {name: readable(detail[name]) for name in OWN_WORDS if detail.get(name) not in (None, "")}
        rest = {name: value for name, value in detail.items() if name not in own}
        if not own:
            return rest, None
        if self.mode == "keep":
            return rest, SeparateWords(secrets.token_hex(16), canonical(own).decode())
        return {**rest, **{name: self._trace(text) for name, text in own.items()}}, None

    def _trace(self, text: str) -> dict[str, Any]:
        if self.mode == "drop":
            return {"characters": len(text)}
        found = hmac.new(self.key, " ".join(text.split()).lower().encode(), hashlib.sha256)
        return {"characters": len(text), "hmac_sha256": found.hexdigest()}
