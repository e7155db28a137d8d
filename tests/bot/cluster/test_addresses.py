"""What is an address, and of which family."""

import pytest

from bot.cluster.addresses import address_family


@pytest.mark.parametrize(
    ("address", "family"),
    [
        ("10.0.0.1", "IPv4"),
        ("10.0.0.0/16", "IPv4"),
        ("fd00::1", "IPv6"),
        ("fd00::/64", "IPv6"),
        ("None", None),
        ("", None),
        ("a:b", None),
        (None, None),
        (4, None),
        ({"a": {"b": []}}, None),
    ],
)
def test_only_addresses_have_a_family(address: object, family: str | None) -> None:
    assert address_family(address) == family
