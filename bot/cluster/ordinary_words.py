"""Words that name nothing by themselves: everyday English, and the words of the field.

People may call a Service ``web`` or ``portal``, and these count where such an object exists. Nobody means a Service
called ``node`` or ``slow`` who writes these words without a kind beside them.
"""

_ENGLISH = """
a about above access accessed accesses accessible across actually add added address addresses after afternoon again
against ago all almost alone along already also alway always am an and another answer answered answers any anybody
anyone anything anyway app appear appears application applications apps are around as ask asking at available avg away
back bad be became because become been before began begin behind being below besides best better between big both
bound box bring broke broken bug busy but by call called calling calls came can cannot cant cause caused causes
certain change changed changes check checked cleanly clear clearly close closed code colleague come comes coming
complain complains complete completely config configuration configured confirm connect connected connecting connection
connections connects constantly contact correct correctly could couldn couldnt count couple crash crashed crashes
crashing create created creates creating creation critical cross curl current currently daily data day days dead
deadline debug default delay delayed delays delete deleted deleting deny denied deploy deployed deploying deployment
deployments deploys describe did didn didnt die died dies different direct directly do does doesn doesnt doing done
dont down drop dropped drops during each earlier either else empty end ended entire entirely entries entry env error
errors etc even evening event events ever every everybody everyone everything everywhere exactly except exec exist
existing exists expected explain external extra fail failed failing fails failure failures fast few fifty file fine
finished first five fix fixed flaky flapping flips follow following for force found four fresh friday from full fully
get gets getting give given gives go goes going gone good got great had half handle hang hanging hangs happen happened
happening happens hard has hasn have haven having he healthy help her here hi high him his hit hits hop hour hours how
however i idea if image images immediately in incident including info initial inside instance instances instead
intermittent intermittently internal internally internet into is isn issue issues it its itself job jobs just keep
keeps kind know known last late lately later latest leave left less let lets like likely limit limits list live load
loads local log logged logs long longer look looking looks lose loses lost lot low lower lunch made make makes many
matter may maybe me mean means might minute minutes minutely miss missing mode monday more morning most move moved
moving much must my mystery name named names near need needed needs never new newly next night no nobody none noon
nope normal normally not note nothing now number object objects occasionally of off often ok okay old on once one ones
only onto open opened opening opens or other others our out outage outer output outside over own packet packets part
partial particular pass people per percent perfectly permanently permission person ping pings place please pls point
possible present pretty previous prob probably probe probes problem problems process prod production properly public
pull pulled pulling pulls push put question quick quickly quite random randomly rarely rather reach reachable reached
reaches reaching read ready real really reason reboot rebooted receive receives recent recently recreate recreated
recreating red refuse refused refuses regular regularly related release released releases reload remote remove removed
replaced replica replicas reply reported request requests reset resets resolve resolved resolves resolving response
responses rest restart restarted restarting restarts result results retry retries return returned returns right roll
rolled rolling rollout root route routes run running runs said same saturday saw say saying says scale scaled scaling
schedule scheduled second seconds secret see seeing seem seems seen send sending sends sent sequence serve served
serves set setting settings setup seven several shall she shell should show shown shows side simple simply since
single sits six slow slower slowly small so some somebody somehow someone something sometimes somewhere soon source
specific spec stack stage staging stale start started starting starts state stay stays stick still stop stopped stops
strange stuck such suddenly sunday sure switch switched system take taken takes talk tell ten test tested testing
tests than thank thanks that the their them themselves then there these they thing things think this those though
thousand three through thursday till time timed timeout timeouts times timing to today together told tomorrow tonight
too took top total touch traffic tried tries trouble try trying tuesday turn turned twice two type under unhealthy
unknown unreachable until up update updated upgrade upgraded upon us use used uses using usual usually value values
various very via wait waiting waits want was wasn watch way we wednesday week weekend weeks weird well went were weren
what whatever when whenever where whether which while who whole whom whose why will with within without won wont work
worked working works world would wouldn wrong year yes yesterday yet you your yours zero hundred thirty twenty twelve
eleven eight nine behaviour behavior herself anymore meanwhile beyond onwards upwards toward towards despite nor
neither unless whereas although reachability lookup lookups resolution resolver replies fetch fetches blocked blocking
blocks allowed allow allows forbid forbids forbidden denies select selects selected selecting matching match matches
matched carry carries points pointing rename renamed typo listen listens listening port ports target pick picks picked
sides hand fact cached hung lossy loss mins min sec secs hrs hr pm utc cst prints print free
"""

_FIELD = """
acs ack aliyun alibaba alicloud api-server apiserver arp azure balancer balancing bandwidth bridge bytes calico ccm
cidr cilium class cloud cluster clusterip clusters cni cni0 cb0 cm command conf config configmap configmaps conntrack
container containercreating containerd containers control coredns corefile cpu crashloop crashloopbackoff cri cronjob
csi daemon daemonset daemonsets datapath dataplane debian deploy device dig disk dns dnspolicy docker dockershim
domain domains drain ds dual dual-stack eaddrinuse eai_again ebpf ecs egress eip endpoint endpoints endpointslice
endpointslices eni enis eniip erdma etcd eth0 events evicted evict external-ip externalip externalname firewall
flannel fqdn gateway-api gpu grpc hairpin headless healthcheck host hostname hostnames hostnetwork hostport hosts hpa
http https icmp imagepullbackoff ingress ingresses interface interfaces ip ips ipam iptables ipv4 ipv6 ipvlan ipvs
journal k8s kernel kube kube-dns kube-proxy kube-system kubectl kubelet kubelets kubeproxy kubernetes label labels
latency layer lb linux liveness loadbalancer loadbalancers loopback mac machine machines manifest masquerade master
masters memory mesh metadata mtu namespace namespaces nas nat net netpol network networking networkpolicies
networkpolicy networks nic nginx-ingress node node-port nodelocaldns nodeport nodeports nodes noderef nodename
notready ns nslookup oom oomkilled os overlay pending physical pleg pod pods podcidr policies policy pool pools
portmap postgresql primary private protocol proxies ptr pv pvc pvcs quota quotas ram range readiness region replicaset
replicasets resolv rs rule rules runtime sandbox scheduler sctp security selector selectors server servers service
services servicename slb snat socket ssh ssl startup statefulset statefulsets sts subnet svc syn sysctl taint taints
tcp tcpdump telnet template terminating terway tls tunnel udp unknownhost unknownhostexception url v4 v6 version veth
vip virtual volume volumes vpc vpn vswitch vswitches vxlan webhook wget whitelist worker workers workload workloads
yaml zone zones readinessprobe livenessprobe localhost syslog failedcreate failedscheduling failedmount
failedcreatepodsandbox econnrefused etimedout enotfound ehostunreach econnreset servfail nxdomain targetport
containerport ttl pps qps rps p99 p95 crd crds rbac helm kubeadm sla oncall on-call ops svc.cluster.local
cluster.local nlb clb alb gwlb elb intranet internet-facing zone-maps annotation annotations annotate annotated
coredns-custom nftables nft iptables-restore ip6tables podnetworking podnetworkings podeni trunk
pod-to-pod cross-node same-node in-cluster
"""

ORDINARY = frozenset(f"{_ENGLISH} {_FIELD}".split())
