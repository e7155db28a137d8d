"""Whether words carry a trace of a cluster: from the first one on the cluster is looked at, whatever entry they fit.

This decides nothing but whether reading is worth it; what fails decides the rest. The list is short on purpose: nouns
of Kubernetes and networks, and words for "it fails", in English and Chinese. ``app`` or ``slow`` alone is a Monday.
"""

import re

from bot.cluster.session import QuestionScope

# English: whole words, singular or plural. What people call broken, and by what they notice it.
_ENGLISH = re.compile(
    r"\b(?:"
    r"pods?|nodes?|namespaces?|ns|services?|svc|sts|deployments?|deploys?|daemonsets?|statefulsets?|replicasets?"
    r"|cronjobs?"
    r"|containers?|kubernetes|k8s|k3s|kubectl|kubelets?|kube[a-z-]*|helm|clusters?|ack|workers?|masters?"
    r"|control plane"
    r"|ingress(?:es)?|egress|endpoints?|load ?balancers?|[sncae]?lbs?|nodeports?|cluster ?ips?|configmaps?|crds?"
    r"|network(?:s|ing|policy|policies)?|dns|coredns|cni|csi|cri|ccm|etcd|api ?servers?"
    r"|terway|flannel|calico|cilium|vswitch(?:es)?|vpcs?|enis?|eips?"
    r"|cidrs?|subnets?|mtu|iptables|ipvs|conntrack|route(?:s| table| tables)?|gateways?|nat|ips?|ipv[46]|tcp|udp"
    r"|https?"
    r"|ping|curl|packets?|connections?|connect(?:s|ed|ing)?|connectivity|sockets?|ports?|hosts?|grpc|websockets?"
    r"|timeouts?|time(?:s|d)? out|timing out|latency|unreachable|reach(?:es|ed|able|ing)?|refused|resets?"
    r"|resolv(?:e|es|ed)"
    r"|resolving|lookups?|unresponsive|not respond\w*|(?:not|never) (?:work|answer|load)\w*"
    r"|(?:(?:do|does|did|is|are|wo|ca)n['’]t|stop\w*|no longer) work\w*"
    r"|works? (?:no more|no longer|only)|degrad(?:ed|ation)|broken|broke|down|outages?|fail(?:s|ed|ing|ures?)?"
    r"|errors?|errno|exceptions?|crash(?:es|ed|ing|loop\w*)?"
    r"|replicas?|hpa|autoscal\w*|scal(?:e|es|ed|ing)|pvcs?|volumes?|quotas?|webhooks?|certificates?|sidecars?"
    r"|stuck|hang(?:s|ing)?|hung|pending|scheduled?|scheduling|evicted|restart(?:s|ed|ing)?|oom\w*|rollouts?"
    r"|machines?|servers?|ecs|instances?|backends?|upstreams?|5xx|50[0234]s?|i/o|eof|econn\w+|eai_again|nxdomain"
    r"|servfail"
    r"|deadline exceeded|exceeded|x509|tls|handshakes?|denied|forbidden|unauthorized|unavailable|rejected|expired"
    r"|calls? (?:any\w*|no\w*|to|from|between|fail\w*)|not scal\w+|pv|storage|evict\w*|probes?|mesh|istiod?|linkerd"
    r"|envoy|injectors?|haproxy|nginx|terminating|bgp|vxlan|vlan|kernels?"
    r"|not ?ready|unhealthy|image ?pull\w*|backoff|sandbox|taints?|tolerations?|drain(?:ed|ing)?|cordon(?:ed)?"
    r")\b",
    re.IGNORECASE,
)
# Chinese is written without blanks: each text anywhere.
_CHINESE = (
    *(
        "集群",
        "节点",
        "容器",
        "服务",
        "网络",
        "网卡",
        "交换机",
        "解析",
        "域名",
        "路由",
        "网关",
        "端口",
        "负载均衡",
        "命名空间",
    ),
    *(
        "调度",
        "镜像",
        "实例",
        "机器",
        "服务器",
        "污点",
        "探针",
        "接口",
        "连接",
        "地址",
        "流量",
        "丢包",
        "延迟",
        "抖动",
        "专有网络",
    ),
    *(
        "不通",
        "报错",
        "超时",
        "失败",
        "异常",
        "故障",
        "挂了",
        "崩溃",
        "重启",
        "卡住",
        "卡在",
        "起不来",
        "启动不了",
        "连不上",
        "访问不了",
    ),
    *(
        "打不开",
        "打不通",
        "没反应",
        "变慢",
        "证书",
        "定时任务",
        "存储卷",
        "驱逐",
        "副本",
        "不生效",
        "注入",
        "无法访问",
        "不可用",
        "拒绝",
        "断开",
        "断连",
        "断网",
        "错误",
        "不了网",
        "上不了线",
        "宕机",
        "发布",
        "扩容",
    ),
)
# Who only sees the effect: what people use, and that something is wrong with it, anywhere in one message.
_USED = re.compile(
    r"\b(?:every(?:thing|body|one)|(?:no|any)thing|nobody|all (?:of )?(?:our|the|requests|calls|apps)"
    r"|(?:web ?)?sites?|pages?|apps?|applications?|apis?|users?|customers?"
    r"|clients?|requests?|responses?|calls|traffic|prod|production|staging"
    r"|systems?"
    r"|login|log ?ins?|uploads?|downloads?|microservices?|jobs?|databases?|db|redis|kafka|mysql"
    r"|(?:our|the) (?:shop|store|platform|service))\b"
    r"|系统|网站|页面|应用|业务|线上|生产|环境|用户|客户|程序|全部|所有|整个|数据库|请求|调用|任务|消息|登录|下单|支付",
    re.IGNORECASE,
)
_SUFFERS = re.compile(
    r"\b(?:slow(?:ly|er|ness)?|sluggish|lag(?:s|gy|ging)?|freez(?:es|ing)|frozen|hiccups?|flak\w+|unstable|unusable|dead|wrong|works"
    r"|can['’]?t (?:reach|call|access|open|get|log|load|connect|talk)"
    r"|cannot (?:reach|call|access|open|get|log|load|connect)"
    r"|takes? (?:ages|forever|seconds|minutes)|complain\w*|spik\w+|acting up|on fire|misbehav\w*|blips?)\b"
    r"|\b(?:ok|okay|healthy|fine|up|alive)(?= ?\?)|(?:正常|还好|健康)吗"
    r"|慢|卡|坏了|不行|不稳|不正常|有问题|出问题|没响应|无响应|不响应|用不了|进不去|登不上|打不进|不通|崩|挂|不了|不上|不到",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?<![\w./-])[a-z0-9][a-z0-9-]+/[a-z0-9][a-z0-9-]+(?![\w/-])")  # shop/checkout
_FAILS = re.compile(
    r"\b(?:cannot|can['’]?t|won['’]?t|isn['’]?t|doesn['’]?t|not|no|slow|wrong|dead|why)\b|不|没|慢|卡|怎么"
)


_HAS_DIGIT, _IS_ADDRESS = re.compile(r"\d"), re.compile(r"\d\.\d{1,3}\.\d{1,3}\.\d")


def has_trace_of_cluster(text: str) -> bool:
    """Whether some word is about a cluster, its network, or something that fails; or looks like an object's name."""
    if _ENGLISH.search(text) or any(word in text for word in _CHINESE):
        return True
    if (_USED.search(text) and _SUFFERS.search(text)) or (_PATH.search(text.lower()) and _FAILS.search(text.lower())):
        return True
    return any(_looks_generated(word) for word in QuestionScope.of(text).words)


def _looks_generated(word: str) -> bool:
    """``web-5d8f7c9b6d-x2x9q``, ``mysql-0``, ``cn-hangzhou.10.0.0.12`` or ``10.0.0.12``; not ``follow-up``."""
    first, *others = word.split("-")
    return _IS_ADDRESS.search(word) is not None or (
        first[:2].isalpha() and len(first) > 1 and any(_HAS_DIGIT.search(part) and part.isalnum() for part in others)
    )
