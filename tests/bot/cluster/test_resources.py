"""Names lead nowhere but to the object of that name."""

import pytest

from bot.cluster.resources import DEPLOYMENTS, PODS, namespace_trouble
from bot.cluster.transport import ReadError

HOSTILE = ["..", ".", "x/../../secrets", "x?limit=5", "a b", "x%2f..", "名", "x\n", "x#y"]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_name_makes_no_path(name: str) -> None:
    with pytest.raises(ReadError, match="is no name of an object"):
        PODS.path(name)
    with pytest.raises(ReadError, match="is no name of an object"):
        PODS.path("shop", name)
    assert "is no name of a namespace" in namespace_trouble(name)


def test_names_of_objects_make_paths() -> None:
    assert PODS.path("shop", "web-0.a") == "/api/v1/namespaces/shop/pods/web-0.a"
    assert DEPLOYMENTS.path(None, "system:x") == "/apis/apps/v1/deployments/system:x"
    assert namespace_trouble("shop") == namespace_trouble("") == ""
