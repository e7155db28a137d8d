"""Words that place a message somewhere else: another platform, other equipment, another product.

The entries are about ACK clusters. The same words (addresses run out, conntrack is full, IPv6 does not work) are typed
about EKS, a laptop or the office router; how much each kind of word tells is learned, the kinds are listed here.
"""

import re

_PLATFORMS = (
    "eks gke aks aws azure gcp tke cce openshift okd rancher rke rke2 k3s k0s kind minikube kubeadm kubespray microk8s "
    "openstack vmware vsphere proxmox virtualbox docker docker-compose compose swarm podman libvirt nomad lambda ec2"
)
_EQUIPMENT = (
    "router printer wifi wi-fi laptop macbook mac office home homelab raspberry vlan switch-port bare-metal on-prem "
    "on-premise datacenter data-center physical lvs keepalived firewall vpn ipsec bgp cen express-connect standalone "
    "no-kubernetes no-k8s no-cluster without-kubernetes without-k8s"
)
_PRODUCTS = (
    "calico cilium weave canal antrea kube-ovn metallb istio envoy linkerd mesh mysql mongodb kafka postgres "
    "elasticsearch rabbitmq zookeeper nacos nginx ingress haproxy traefik cdn waf oss nas terraform jenkins helm argo "
    "prometheus grafana keycloak vault"
)
_PLATFORMS_CHINESE = "自建|k8s in docker|腾讯云|华为云|亚马逊|谷歌云"
_EQUIPMENT_CHINESE = (
    "机房|办公|家里|家用|路由器|打印机|物理机|单机|笔记本|本地|专线|云企业网|虚拟机|防火墙|没有 ?k8s|没用 ?k8s"
)
_PRODUCTS_CHINESE = "网关服务|消息队列|数据库|证书|备案|域名注册"
MOST = 3


def _pattern(names: str, chinese: str) -> re.Pattern[str]:
    latin = "|".join(re.escape(name).replace(r"\-", "[- ]?") for name in names.split())
    return re.compile(rf"(?<![a-z0-9])(?:{latin})(?![a-z0-9])|{chinese}", re.IGNORECASE)


_KINDS = (
    _pattern(_PLATFORMS, _PLATFORMS_CHINESE),
    _pattern(_EQUIPMENT, _EQUIPMENT_CHINESE),
    _pattern(_PRODUCTS, _PRODUCTS_CHINESE),
)


def count_domain_cues(text: str) -> tuple[float, float, float]:
    """How many different words of each kind the text holds: platforms, equipment, products."""
    platforms, equipment, products = (
        float(min(len({word.lower() for word in kind.findall(text)}), MOST)) for kind in _KINDS
    )
    return platforms, equipment, products
