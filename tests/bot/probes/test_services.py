"""Probes of Services: which lack an address family, and which have no endpoint of one."""

from typing import Any

FAMILIES = 'service_families(missing="IPv6")'
SLICES = 'endpoint_slices(family="IPv6", state="empty")'


def slice_of(
    service: str, family: str, *, ready: bool | None = True, namespace: str = "prod", endpoints: bool = True
) -> dict[str, Any]:
    conditions = {} if ready is None else {"ready": ready}
    listed = [{"addresses": ["x"], "conditions": conditions}] if endpoints else None
    meta = {
        "name": f"{service}-{family.lower()}",
        "namespace": namespace,
        "labels": {"kubernetes.io/service-name": service},
    }
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": meta,
        "addressType": family,
        "endpoints": listed,
    }


async def test_services_without_the_family(make: Any, find: Any) -> None:
    four, both = make.service("web", ["172.16.0.5"]), make.service("cart", ["172.16.0.6", "fd01::6"])
    assert (await find(FAMILIES, [four, both])).objects["service"] == ("prod/web",)
    assert (await find(FAMILIES, [both])).outcome == "absent"
    assert (await find(FAMILIES, [four, both], question="is service cart dual stack?")).outcome == "absent"
    assert (await find(FAMILIES, [four], forbid=["services"])).outcome == "unknown"


async def test_services_that_have_one_family_or_none_by_design(make: Any, find: Any) -> None:
    own = make.service("kubernetes", ["172.16.0.1"], namespace="default")
    dns = make.service("kube-dns", ["172.16.0.10"], namespace="kube-system")
    headless = make.service("db", ["None"])
    external = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "e", "namespace": "prod"},
        "spec": {"type": "ExternalName", "externalName": "x"},
    }
    assert (await find(FAMILIES, [own, dns, headless, external])).outcome == "unknown"
    assert (await find(FAMILIES, [own, headless, make.service("web", ["172.16.0.5", "fd01::5"])])).outcome == "absent"


async def test_one_sided_endpoints(make: Any, find: Any) -> None:
    both = make.service("web", ["172.16.0.5", "fd01::5"])
    four, six = slice_of("web", "IPv4"), slice_of("web", "IPv6")
    assert (await find(SLICES, [both, four])).objects["service"] == ("prod/web",)
    assert (await find(SLICES, [both, four, slice_of("web", "IPv6", endpoints=False)])).outcome == "present"
    assert (await find(SLICES, [both, four, slice_of("web", "IPv6", ready=False)])).outcome == "present"
    assert (await find(SLICES, [both, four, slice_of("web", "IPv6", ready=None)])).outcome == "absent"
    assert (await find(SLICES, [both, four, six])).outcome == "absent"
    assert (await find(SLICES, [both])).outcome == "absent", "no endpoint at all is another fault"
    assert (await find(SLICES, [both, four, slice_of("web", "IPv6", namespace="other")])).outcome == "present"
    assert (await find(SLICES, [make.service("web", ["172.16.0.5"]), four])).outcome == "absent"
    assert (await find(SLICES, [both, four], forbid=["endpointslices"])).outcome == "unknown"
