"""IP addresses and ranges as objects hold them."""

import ipaddress
from typing import Any, Literal

Family = Literal["IPv4", "IPv6"]


def address_family(address: Any) -> Family | None:
    """The family of an address or range; ``None`` for what is neither, such as a headless Service's ``None``."""
    try:
        found = ipaddress.ip_interface(address) if isinstance(address, str) else None
    except ValueError:
        return None
    return None if found is None else "IPv6" if found.version == 6 else "IPv4"
