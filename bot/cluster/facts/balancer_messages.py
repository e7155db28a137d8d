"""How the load balancer of a Service is said to fail: the reasons of events, by who writes them.

CCM is https://github.com/kubernetes/cloud-provider-alibaba-cloud (v1.9.3.x until 2021, v2.x since), the service
controller that of Kubernetes, https://github.com/kubernetes/cloud-provider/blob/master/controllers/service/controller.go,
until 1.14 in pkg/controller/service of Kubernetes itself.
"""

from bot.cluster.events import Event
from bot.cluster.facts.wordings import Wording, texts_of

_CCM_V1 = "cloud-controller-manager/controller/service"
_CCM_V2 = "pkg/controller/helper/event.go"
_SERVICE_CONTROLLER = "controllers/service/controller.go"

BALANCER_FAILURES = (
    Wording("SyncLoadBalancerFailed", "CCM v2.0 and later", _CCM_V2),
    Wording("SyncLoadBalancerFailed", "service controller 1.15 and later", _SERVICE_CONTROLLER),
    Wording("CreatingLoadBalancerFailed", "service controller until 1.14", "pkg/controller/service"),
    # There is no node to send traffic to.
    Wording("UnAvailableLoadBalancer", "CCM v1.9.3.x and later", f"{_CCM_V1}; {_CCM_V2}"),
    Wording("UnAvailableLoadBalancer", "service controller", _SERVICE_CONTROLLER),
    # The nodes behind it could not be changed.
    Wording("UpdateLoadBalancerFailed", "service controller", _SERVICE_CONTROLLER),
    # It could not be taken away; the Service is still there.
    Wording("DeletingLoadBalancerFailed", "CCM v1.9.3.x", _CCM_V1),
    Wording("DeleteLoadBalancerFailed", "CCM v2.0", _CCM_V2),
    Wording("CleanLoadBalancerFailed", "CCM v2.1 and later", _CCM_V2),
    Wording("CleanupLoadBalancerFailed", "service controller until 1.14", "pkg/controller/service"),
)
# It is well again: CCM of all releases and the service controller say so alike.
BALANCER_MADE = ("EnsuredLoadBalancer",)
_NAMED_SO = "LoadBalancer"  # by controllers of other clouds, and of releases to come


def is_balancer_failure(event: Event) -> bool:
    """Whether it is a warning about the load balancer of a Service."""
    known = event.reason in texts_of(BALANCER_FAILURES)
    return event.kind == "Service" and event.is_warning and (known or _NAMED_SO in event.reason)
