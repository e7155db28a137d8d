"""Incidents of Services: selectors, ports, traffic policies, load balancers."""

from tests.everyday.clusters import FLANNEL_NODES, deployment, event, pod, served, service, slices
from tests.everyday.incident import BASKET, BASKET_PODS, NOT_READY, Incident

SERVICE_INCIDENTS = [
    Incident(
        name="selector matches no pod",
        questions=(
            "the shop gets connection refused when it calls basket in ns mall, every basket pod is Running",
            "nobody can reach svc basket, its pods are all fine",
            "mall/basket refuses every connection",
            "basket 服务连不上，pod 都是 Running",
            "服务 basket 访问不了",
        ),
        objects=(service("basket", {"app": "baskets"}), slices("basket"), *BASKET_PODS),
        named=("Service mall/basket has no endpoints", "app=baskets matches no pod", "carry app=basket"),
    ),
    Incident(
        name="the Service is deleted",
        questions=("nobody can reach svc basket since the Service was deleted", "basket 服务被删了，现在谁都连不上"),
        objects=(deployment("basket", BASKET), *BASKET_PODS),
        named=("No Service named basket", "Deployment mall/basket is there"),
    ),
    Incident(
        name="no pod is ready, the probe fails",
        questions=("calls to basket time out from everywhere", "basket 服务一直超时"),
        objects=(
            service("basket", BASKET),
            slices("basket", NOT_READY),
            *NOT_READY,
            *(
                event(
                    "Pod",
                    each["metadata"]["name"],
                    "Unhealthy",
                    "Readiness probe failed: HTTP probe failed with statuscode: 500",
                )
                for each in NOT_READY
            ),
        ),
        named=("Service mall/basket has no ready endpoint", "2 pods behind it are not ready", "statuscode: 500"),
    ),
    Incident(
        name="targetPort is another one",
        questions=("pods get connection refused from the basket service although it has endpoints",),
        objects=tuple(
            served(
                "basket",
                BASKET,
                [
                    pod(f"basket-6c7d8-xk2v{end}", BASKET, ports=[{"name": "http", "containerPort": 3000}])
                    for end in "ab"
                ],
            )
        ),
        named=("sends port 80 to targetPort 8080", "declare 3000"),
    ),
    Incident(
        name="named targetPort is missing",
        questions=("svc basket is refused by all callers",),
        objects=tuple(
            served(
                "basket",
                BASKET,
                [pod("basket-6c7d8-xk2va", BASKET, ports=[{"name": "web", "containerPort": 3000}])],
                ports=[{"port": 80, "targetPort": "http"}],
            )
        ),
        named=("the port named http", "call theirs web"),
    ),
    Incident(
        name="a port that it does not have",
        questions=("curl http://basket.mall:8000/health from any pod hangs",),
        objects=tuple(served("basket", BASKET, BASKET_PODS)),
        named=("Service mall/basket has no port 8000: it has 80",),
    ),
    Incident(
        name="internalTrafficPolicy Local",
        questions=(
            "suggest can be called from pods on one worker, from pods on the other workers its service ip just hangs",
        ),
        objects=tuple(
            served(
                "suggest",
                {"app": "suggest"},
                [pod("suggest-5c7-aaaaa", {"app": "suggest"})],
                internalTrafficPolicy="Local",
            )
        ),
        named=("Service mall/suggest has internalTrafficPolicy: Local", FLANNEL_NODES[0]),
    ),
    Incident(
        name="externalTrafficPolicy Local",
        questions=("the NodePort of service suggest answers on one node only",),
        objects=tuple(
            served(
                "suggest",
                {"app": "suggest"},
                [pod("suggest-5c7-aaaaa", {"app": "suggest"})],
                type="NodePort",
                externalTrafficPolicy="Local",
            )
        ),
        named=("externalTrafficPolicy: Local", "node port answers on no other node"),
    ),
    Incident(
        name="scaled to 0",
        questions=("the basket service is refused since this morning",),
        objects=(service("basket", BASKET), slices("basket"), deployment("basket", BASKET, replicas=0)),
        named=("Service mall/basket has no endpoints", "Deployment mall/basket is scaled to 0"),
    ),
    Incident(
        name="a Service without selector and endpoints",
        questions=("pods cannot reach svc basket at all",),
        objects=(service("basket", None),),
        named=("Service mall/basket has no selector", "nobody has given it an endpoint"),
    ),
    Incident(
        name="the load balancer is not made",
        questions=("service entrance has no external ip for 20 minutes, nobody gets in",),
        objects=(
            *served("entrance", BASKET, BASKET_PODS, type="LoadBalancer"),
            event("Service", "entrance", "SyncLoadBalancerFailed", "Error syncing load balancer: QuotaExceeded.SLB"),
        ),
        named=("Service mall/entrance has no load balancer", "QuotaExceeded.SLB"),
    ),
    Incident(
        name="a NodePort Service without pods",
        base="terway",
        questions=("can't connect to entrance on any node ip, refused everywhere, it is a NodePort service",),
        objects=(
            service(
                "entrance",
                {"app": "entry"},
                type="NodePort",
                ports=[{"port": 80, "targetPort": 8080, "nodePort": 30080}],
            ),
            slices("entrance"),
        ),
        named=("Service mall/entrance has no endpoints", "app=entry matches no pod"),
    ),
    Incident(
        name="a load balancer without any event",
        questions=("service entrance still shows pending as external ip",),
        objects=tuple(served("entrance", BASKET, BASKET_PODS, type="LoadBalancer")),
        named=("Service mall/entrance waits for its load balancer",),
    ),
    Incident(
        name="a slip in the name",
        questions=("calls to baskte are refused, its pods are fine", "bsket 连不上"),
        objects=(service("basket", {"app": "baskets"}), slices("basket"), *BASKET_PODS),
        named=("Service mall/basket has no endpoints", "app=baskets matches no pod"),
    ),
    Incident(
        name="scaled to 0 under another name",
        questions=("svc basket-gw refuses every call",),
        objects=(service("basket-gw", BASKET), slices("basket-gw"), deployment("shopping", BASKET, replicas=0)),
        named=("Service mall/basket-gw has no endpoints", "Deployment mall/shopping is scaled to 0"),
    ),
]
