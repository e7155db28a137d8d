"""A bill of materials of the netclinic that runs this (CycloneDX 1.6, JSON): ``python deploy/sbom.py > sbom.json``.

It holds netclinic and all that it needs, as installed; where several packages are there for other reasons, not those.
The same installation gives the same bytes.
"""

import json
import sys
import uuid
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NAME = "netclinic"


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
    licence = about.get("License-Expression") or about.get("License") or ""
    told = [{"license": {"name": licence}}] if licence and "\n" not in licence else []
    return {
        "type": "library",
        "bom-ref": _reference(installed),
        "name": installed.name,
        "version": installed.version,
        "purl": _reference(installed),
        **({"licenses": told} if told else {}),
    }


def _reference(installed: Distribution) -> str:
    """The package URL (https://github.com/package-url/purl-spec)."""
    return f"pkg:pypi/{canonicalize_name(installed.name)}@{installed.version}"


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=1)
    sys.stdout.write("\n")
