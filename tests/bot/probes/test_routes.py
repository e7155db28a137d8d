"""What CCM says of routes, and host-local of a full range: the words of every release, in events and in logs."""

from typing import Any, get_args

import pytest

from bot.cluster.facts.flannel_messages import RANGE_FULL, ROUTE_ERRORS, ROUTE_REASONS, RouteError

ERRORS: tuple[RouteError, ...] = get_args(RouteError)
SAID = [(error, wording.text) for error in ERRORS for wording in ROUTE_ERRORS[error]]
BOTH = "multiple route table or no route table found in vpc"  # v1.9.3 has one text for two errors
SEVERAL, NONE = (f"RouteTables: alicloud: {BOTH} vpc-2ze, [{ids}]" for ids in ("[vtb-2zea vtb-2zeb]", "[]"))


def message(error: str, text: str) -> str:
    if text == BOTH:
        return SEVERAL if error == "several_tables" else NONE
    return f"{text.upper()}[vpc-2ze] vtb-2zeaaa: Message: x"


def controller(make: Any) -> Any:
    """What events of the route controller as a whole are about: no object that exists."""
    return {"kind": "Event", "apiVersion": "v1", "metadata": {"name": "route-controller"}}


def ccm(make: Any, line: str) -> tuple[list[Any], Any]:
    labels, name = {"app": "cloud-controller-manager"}, "cloud-controller-manager"
    pod = make.running(f"{name}-a", "10.0.0.1", namespace="kube-system", labels=labels)
    pod["spec"]["containers"] = [{"name": name, "image": "ccm:v2"}]
    objects = [make.daemon_set(name, container=name, image="ccm:v2", labels=labels), pod]
    return objects, {("kube-system", f"{name}-a", name): f"now-9m I1 up\nnow-2m E1 {line}\nnow-1m I1 on"}


@pytest.mark.parametrize(("error", "text"), SAID)
async def test_every_releases_words_are_known_in_events_and_in_the_log(
    make: Any, find: Any, error: RouteError, text: str
) -> None:
    node, said = make.node(), message(error, text)
    about = controller(make) if "SyncRouteFailed" in ROUTE_REASONS[error] else node
    event = make.event(about, ROUTE_REASONS[error][0], said)
    objects, logs = ccm(make, said)
    for other in ERRORS:
        outcome = "present" if other == error else "absent"
        found = await find(f'route_error(error="{other}")', [node, event])
        assert found.outcome == outcome, other
        assert not found.evidence or found.evidence[0].excerpt.endswith(said)
        assert (await find(f'route_error(error="{other}", at="log")', objects, logs=logs)).outcome == outcome, other


async def test_what_says_nothing_of_routes_is_no_error_of_theirs(make: Any, find: Any) -> None:
    node = make.node()
    for text in ("isRouteConflicted: node.Spec.PodCIDR=a", "Created route for vtb-a with n -> 10.0.0.0/26", "x"):
        objects, logs = ccm(make, text)
        for error in ERRORS:
            events = [make.event(node, reason, text, name=reason) for reason in ROUTE_REASONS[error]]
            outcome = "present" if error == "not_described" else "absent"  # the reason of its event is enough
            assert (await find(f'route_error(error="{error}")', [node, *events])).outcome == outcome
            assert (await find(f'route_error(error="{error}", at="log")', objects, logs=logs)).outcome == "absent"


async def test_a_route_made_since_clears_it_and_a_taint_may_be_asked_for(make: Any, find: Any) -> None:
    ask, node = 'route_error(error="not_created")', make.node()
    failed = make.event(node, "CreateRouteFailed", "Error creating route entry in vtb-2ze: x", age="now-9m")
    assert (await find(ask, [node, failed])).objects["node"] == ("cn-beijing.192.168.0.31",)
    made = make.event(node, "CreatedRoute", "Created route for vtb-2ze", age="now-8m")
    assert (await find(ask, [node, failed, made])).outcome == "absent"
    assert (await find('route_error(error="not_created", taint="x")', [node, failed])).outcome == "absent"
    assert (await find(ask, [failed])).outcome == "absent", "the node is gone"
    assert (await find(ask, [node, failed], forbid=["events"])).outcome == "unknown"


async def test_where_ccm_runs_out_of_sight_its_log_is_not_missed(make: Any, find: Any) -> None:
    ask = 'route_error(error="several_tables", at="log")'
    assert (await find(ask, [make.node()])).outcome == "absent"
    objects, logs = ccm(make, SEVERAL)
    assert (await find(ask, objects, logs=logs, forbid=["pods/log"])).outcome == "unknown"
    assert (await find(ask, objects, logs=logs, forbid=["daemonsets"])).outcome == "unknown"


@pytest.mark.parametrize(
    ("reason", "text", "told"),
    [
        (
            "CreateRouteFailed",
            "Error creating route entry in vtb-a: Message: Route entry quota exceeded in this",
            "quota",
        ),
        ("FailedToCreateRoute", "could not create route a: timed out -> Status Code: 400 Code: QuotaExceeded", "quota"),
        ("CreateRouteFailed", "Error creating route entry in vtb-a: User not authorized to operate on", "permission"),
        ("SyncRouteFailed", "Reconciling route error: multiple route tables found by vpc id[v]", "several_tables"),
        ("SyncRouteFailed", "Reconciling route error: no route tables found by vpc id[v]", "no_table"),
        ("SyncRouteFailed", "Error reconciling route, get route tables failed.", "tables_unread"),
        ("DescriberRouteFailed", "Describe Route Failed for vtb-a reason: Message: denied", "not_described"),
        ("CreateRouteFailed", "Error creating route entry in vtb-a: Throttling", "other"),
    ],
)
async def test_the_reason_that_the_event_names_is_a_fact(
    make: Any, session_on: Any, reason: str, text: str, told: str
) -> None:
    from bot.cluster.facts import read_fact

    node = make.node()
    about = controller(make) if reason == "SyncRouteFailed" else node
    failed = make.event(about, reason, text, age="now-5m")
    whole = make.event(
        controller(make), "SyncRouteFailed", "Error reconciling route, reconcile table [a] failed", name="w"
    )
    for objects in ([failed], [failed, whole]):
        async with session_on([*make.flannel(), node, *objects]) as session:
            assert (await read_fact(session, "flannel.route_failure")).value == (
                "table_failed" if told == "other" and whole in objects else told
            )
    made = make.event(node, "CreatedRoute", "Created route", age="now-1m")
    async with session_on([*make.flannel(), node, failed, made]) as session:
        value = (await read_fact(session, "flannel.route_failure")).value
        assert value == (told if reason == "SyncRouteFailed" else None)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--configure-cloud-routes=false"], "switched_off"),
        (["/bin/sh", "-c", "exec ccm --cluster-cidr=10.0.0.0/8 --configure-cloud-routes=False --v=5"], "switched_off"),
        (["--configure-cloud-routes", "--v=5"], None),
        (["--configure-cloud-routes=true"], None),
        (["--no-configure-cloud-routes=false", "--allocate-node-cidrs=false"], None),
        ([], None),
    ],
)
async def test_ccm_that_is_told_to_make_no_routes_is_known(
    make: Any, session_on: Any, words: list[str], told: str | None
) -> None:
    from bot.cluster.facts import read_fact

    objects, _ = ccm(make, "x")
    objects[0]["spec"]["template"]["spec"]["containers"][0]["command"] = ["/cloud-controller-manager", *words]
    async with session_on([*make.flannel(), make.node(), *objects]) as session:
        fact = await read_fact(session, "flannel.route_failure")
        assert (fact.value, "cloud-controller-manager" in fact.source) == (told, told is not None)
    failed = make.event(make.node(), "FailedToCreateRoute", "could not create route: QuotaExceeded")
    async with session_on([*make.flannel(), make.node(), *objects, failed]) as session:
        assert (await read_fact(session, "flannel.route_failure")).value == (told or "quota")


DOCKER = 'networkPlugin cni failed to set up pod "web-0_prod" network: {}'
CONTAINERD = 'plugin type="flannel" failed (add): failed to delegate add: {}'


@pytest.mark.parametrize("runtime", [DOCKER, CONTAINERD])
@pytest.mark.parametrize("text", [wording.text for wording in RANGE_FULL])
async def test_a_full_range_is_known_in_the_words_of_every_host_local_and_runtime(
    make: Any, find: Any, text: str, runtime: str
) -> None:
    node = make.node(spec={"podCIDR": "10.7.1.0/26"})
    waiting = make.pod(status={"startTime": "now-5m"})
    said = runtime.format(f"failed to allocate for range 0: {text}: 10.7.1.1-10.7.1.62")
    event = make.event(waiting, "FailedCreatePodSandBox", f"Failed to create pod sandbox: rpc error: {said}")
    assert (await find("pod_address_refused()", [node, waiting, event])).objects["pod"] == ("prod/web-0",)
    found = await find('node_range(state="leaked")', [node, waiting, event])
    assert (found.outcome, found.objects["node"]) == ("present", ("cn-beijing.192.168.0.31",))
    twice = make.event(
        waiting, "FailedCreatePodSandBox", "10.7.1.9 has been allocated to x, duplicate allocation is not"
    )
    assert (await find("pod_address_refused()", [node, waiting, twice])).outcome == "absent"
