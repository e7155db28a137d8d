"""A bill of materials of the netclinic that runs this (CycloneDX 1.6, JSON): ``python deploy/sbom.py > sbom.json``.

It holds netclinic and all that it needs, as installed; where several packages are there for other reasons, not those.
A release that is pinned bears the hashes of its files, as `make` and the image demand them. The same installation gives
the same bytes.
"""

import json
import re
import sys
import uuid
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NAME = "netclinic"
_PINNED = re.compile(r"^([\w.-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)


def bill(name: str = NAME, extras: frozenset[str] = frozenset({"pictures", "traces"})) -> dict[str, Any]:
    """The whole document. Extras count where they are installed."""
    found: dict[str, tuple[Distribution, set[str]]] = {}
    _collect(name, extras, found)
    components = [_component(found[each][0]) for each in sorted(found) if each != name]
    depends = [
        {"ref": _reference(found[each][0]), "dependsOn": sorted(_reference(found[needed][0]) for needed in below)}
        for each, (_, below) in sorted(found.items())
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _component(found[name][0]) | {"type": "application"}},
        "components": components,
        "dependencies": depends,
    }
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))
    return {"serialNumber": f"urn:uuid:{number}", **document}


def _collect(name: str, extras: frozenset[str], found: dict[str, tuple[Distribution, set[str]]]) -> None:
    """This package, and below it all that it needs here."""
    installed, below = found.setdefault(name, (distribution(name), set()))
    for text in installed.requires or ():
        wanted = Requirement(text)
        if wanted.marker and not any(wanted.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            continue
        needed = canonicalize_name(wanted.name)
        is_new = needed not in found
        try:
            distribution(needed)
        except PackageNotFoundError:
            continue  # of an extra that is not installed
        below.add(needed)
        if is_new or wanted.extras:
            _collect(needed, frozenset(wanted.extras), found)


def _component(installed: Distribution) -> dict[str, Any]:
    about = installed.metadata
    expression, licence = about.get("License-Expression"), about.get("License") or ""
    told = [{"expression": expression}] if expression else [{"license": {"name": licence}}]
    files = _pinned().get((canonicalize_name(installed.name), installed.version), [])
    return {
        "type": "library",
        "bom-ref": _reference(installed),
        "name": installed.name,
        "version": installed.version,
        "purl": _reference(installed),
        **({"licenses": told} if expression or (licence and "\n" not in licence) else {}),
        **({"externalReferences": [_release(installed, files)]} if files else {}),
    }


def _release(installed: Distribution, files: list[str]) -> dict[str, Any]:
    """Where the release's files are, of which one was installed, and the hashes of all."""
    return {
        "type": "distribution",
        "url": f"https://pypi.org/project/{canonicalize_name(installed.name)}/{installed.version}/",
        "comment": "the files of the release, by which it is pinned",
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in files],
    }


@cache
def _pinned() -> dict[tuple[str, str], list[str]]:
    """By name and version the hashes in the locked*.txt of the sources."""
    texts = (path.read_text(encoding="ascii") for path in sorted(Path(__file__).parents[1].glob("locked*.txt")))
    return {
        (canonicalize_name(name), pinned): re.findall(r"sha256:([0-9a-f]{64})", hashes)
        for text in texts
        for name, pinned, hashes in _PINNED.findall(text)
    }


def _reference(installed: Distribution) -> str:
    """The package URL (https://github.com/package-url/purl-spec)."""
    return f"pkg:pypi/{canonicalize_name(installed.name)}@{installed.version}"


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=1)
    sys.stdout.write("\n")
