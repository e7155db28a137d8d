"""Packages that only an extra of netclinic brings: what answers questions needs none of them."""

from collections.abc import Sequence
from importlib.util import find_spec

from knowledge.errors import UserFacingError

LEARNING = ("sklearn", "scipy", "threadpoolctl")


class ExtraMissing(UserFacingError):
    """What was asked for takes packages that are not installed; the message names the extra that brings them."""

    def __init__(self, extra: str, what: str, packages: Sequence[str]) -> None:
        super().__init__(
            f"{what} takes {' and '.join(packages)}, which this installation lacks: "
            f"install netclinic with its extra, netclinic[{extra}]."
        )


def is_installed(*packages: str) -> bool:
    """Whether all of them could be imported; none of them is."""
    return all(find_spec(package) for package in packages)


def require(extra: str, what: str, *packages: str) -> None:
    """``what`` takes these packages, which the extra brings.

    Raises:
        ExtraMissing: one of them is not installed.
    """
    if missing := [package for package in packages if not is_installed(package)]:
        raise ExtraMissing(extra, what, missing)
