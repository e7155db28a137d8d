"""Names in words become objects of the cluster, with few and small reads."""

from typing import Any

import pytest

from bot.cluster.named_objects import NamedObjects, named_objects
from bot.cluster.session import Object, full_name


@pytest.fixture
def named(session_on: Any) -> Any:
    """What words name on a cluster."""

    async def found(question: str, objects: list[Object], **how: Any) -> NamedObjects:
        async with session_on(objects, question=question, **how) as session:
            result = await named_objects(session)
            found.requests = session.reader.spent.requests - 1  # the version was asked for, for its clock
            return result

    return found


def names(objects: Any) -> list[str]:
    return [full_name(each) for each in objects]


async def test_words_without_names_read_nothing(make: Any, named: Any) -> None:
    assert await named("the network is broken", [make.service("web", ["10.0.0.1"])]) == NamedObjects()
    assert named.requests == 0


@pytest.mark.parametrize(
    "question",
    ["svc web hangs", "web is refused", "prod/web is refused", "web 服务不通", "web.prod.svc fails", "10.0.0.1 hangs"],
)
async def test_services(make: Any, named: Any, question: str) -> None:
    cluster = [make.service("web", ["10.0.0.1"]), make.service("webhooks", ["10.0.0.2"])]
    assert names((await named(question, cluster)).services) == ["prod/web"]


async def test_a_namespace_in_the_words_chooses(make: Any, named: Any) -> None:
    cluster = [make.service("web", ["10.0.0.1"]), make.service("web", ["10.0.0.2"], namespace="stage")]
    assert names((await named("svc web in namespace stage hangs", cluster)).services) == ["stage/web"]
    assert names((await named("stage/web hangs", cluster)).services) == ["stage/web"]
    assert names((await named("svc web hangs", cluster)).services) == ["prod/web", "stage/web"]
    assert names((await named("svc web hangs", cluster, namespace="prod")).services) == ["prod/web"]


async def test_a_service_that_is_not_there(make: Any, named: Any) -> None:
    cluster = [make.service("webhooks", ["10.0.0.2"])]
    assert [each.name for each in (await named("svc web hangs", cluster)).missing] == ["web"]
    assert (await named("web hangs", cluster)).missing == ()
    assert (await named("svc web hangs", [make.service("web-svc", ["10.0.0.1"])])).missing == ()


async def test_a_pod_that_is_not_there(make: Any, named: Any) -> None:
    async def missing(question: str, **how: Any) -> list[str]:
        cluster = [make.pod("web-5f7d9c6b8-k2x9q"), make.pod("db-0")]
        return [each.name for each in (await named(question, cluster, **how)).missing_pods]

    assert await missing("web-5f7d9c6b8-zzzz9 is stuck") == ["web-5f7d9c6b8-zzzz9"]
    assert await missing("pod db-7 is stuck") == ["db-7"]
    assert await missing("pods web-5f7d9c6b8-k2x9q and db-0 are stuck") == []
    assert await missing("db-7 is stuck") == [], "it may be anything"
    assert await missing("pods on node db-7 are stuck") == []
    assert await missing("pod db-7 is stuck", namespace="prod") == [], "it may be in another namespace"
    assert await missing("pod db-7 is stuck", forbid=["pods"]) == []


async def test_what_could_not_be_read_is_said_and_is_not_missing(make: Any, named: Any) -> None:
    found = await named("svc web hangs", [make.service("web", ["10.0.0.1"])], forbid=["services"])
    assert (found.services, found.missing) == ((), ())
    assert "services" in found.unread[0]


async def test_nodes_by_name_and_by_address(make: Any, named: Any) -> None:
    cluster = [make.node("cn-beijing.192.168.0.31"), make.node("cn-beijing.192.168.0.32")]
    for question in ("192.168.0.32 flaps", "节点 192.168.0.32 挂了", "node cn-beijing.192.168.0.32 is NotReady"):
        assert names((await named(question, cluster)).nodes) == ["cn-beijing.192.168.0.32"]
    own = make.node("worker-a", status={"addresses": [{"type": "InternalIP", "address": "10.9.9.9"}]})
    assert names((await named("node 10.9.9.9 flaps", [own])).nodes) == ["worker-a"]
    assert (await named("node 10.9.9.8 flaps", [own])).nodes == ()


async def test_a_node_that_is_not_there(make: Any, named: Any) -> None:
    async def missing(question: str, **how: Any) -> list[str]:
        return [each.name for each in (await named(question, [make.node("cn-beijing.10.0.0.5")], **how)).missing_nodes]

    assert await missing("node 10.0.0.9 flaps") == ["10.0.0.9"]
    assert await missing("节点 cn-beijing.10.0.0.9 挂了") == ["cn-beijing.10.0.0.9"]
    assert await missing("node 10.0.0.5 flaps") == []
    assert await missing("10.0.0.9 hangs") == [], "it may be a pod's address"
    assert await missing("the node pool gets no nodes") == []
    assert await missing("node 10.0.0.9 flaps", forbid=["nodes"]) == []


async def test_pods_by_their_name_and_by_their_workload(make: Any, named: Any) -> None:
    cluster = [make.pod("store-0"), make.pod("store-cache-7f8b9-xk2va"), make.running("store-1", "10.0.0.1")]
    assert names((await named("store-0 is stuck", cluster)).pods) == ["prod/store-0"]
    assert names((await named("store 的 pod 起不来", cluster)).pods) == ["prod/store-0"]
    assert names((await named("store-1 hangs", cluster)).pods) == ["prod/store-1"]


async def test_many_names_cost_few_reads(make: Any, named: Any) -> None:
    many = [make.service(f"thing{number}", [f"10.0.{number // 250}.{number % 250}"]) for number in range(600)]
    question = " ".join(f"svc thing{number} calls part{number}x" for number in range(0, 600, 50))
    assert len((await named(question, many)).services) <= 4
    assert named.requests <= 12


async def test_where_services_are_many_a_written_namespace_is_listed_once_for_all_names(make: Any, named: Any) -> None:
    many = [make.service(f"thing{number}", [f"10.0.{number // 250}.{number % 250}"]) for number in range(600)]
    here = [make.service(name, [f"10.1.0.{number}"], namespace="shop") for number, name in enumerate(["cart", "pay"])]
    found = await named("svc cart and svc pay in namespace shop hang", [*many, *here])
    assert names(found.services) == ["shop/cart", "shop/pay"]
    assert named.requests == 2  # the services, and those of shop
    found = await named("pods in namespace shop do not reach svc thing599", [*many, *here])
    assert names(found.services) == ["prod/thing599"]
    assert found.missing == ()


async def test_a_pod_by_its_hashes_is_looked_for_among_pods_alone(make: Any, named: Any) -> None:
    many = [make.service(f"thing{number}", [f"10.0.{number // 250}.{number % 250}"]) for number in range(600)]
    pod = make.running("web-7d4b9c6f5-abcde", "10.2.0.1")
    assert names((await named("web-7d4b9c6f5-abcde hangs", [*many, pod])).pods) == ["prod/web-7d4b9c6f5-abcde"]
    assert named.requests == 3  # the services, the pods that wait, that pod


async def test_a_pod_that_is_called_one_is_not_looked_for_as_anything_else(make: Any, named: Any) -> None:
    many = [make.service(f"other-{number}", [f"10.1.{number // 250}.{number % 250}"]) for number in range(600)]
    pods = [make.pod(f"web-{number}") for number in range(3)]
    found = await named("pods web-0, web-1 and prod/web-2 do not start", [*many, *pods])
    assert names(found.pods) == ["prod/web-0", "prod/web-1", "prod/web-2"]
    assert named.requests == 2  # the Services' first page, and the pending pods


async def test_a_written_namespace_is_not_left_for_the_whole_cluster(make: Any, named: Any) -> None:
    many = [make.service(f"other-{number}", [f"10.1.{number // 250}.{number % 250}"]) for number in range(600)]
    elsewhere = make.service("web", ["10.0.0.1"], namespace="stage")
    found = await named("svc mall/web is refused", [*many, elsewhere])
    assert (names(found.services), [each.name for each in found.missing]) == ([], ["web"])
    assert named.requests == 3  # the first page, and the Services and Deployments of the namespace
