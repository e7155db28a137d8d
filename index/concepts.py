"""What people say in many ways and two languages, as one term each: the bridge between wordings with no word in common.

"never comes up", "起不来" and "stuck in creation" share no letter, and no encoder of English knows the second. Each
concept is what an engineer notices (it does not start, it is refused, now and then), never a cause or an entry.
"""

import re

from index.tokenize import has_chinese

_WRITTEN = {  # English, then Chinese; all in lower case
    "not started": (
        r"container ?creating|never (?:starts?|comes? up|gets? ready|finish\w*)|stuck (?:in )?creat\w+"
        r"|being created|(?:\bnot|n't|\bcannot|\bunable to) (?:start|come up|get ready|boot|be created)"
        r"|fail\w* to (?:start|come up)|(?:hang|stay|sit|stick)\w* in (?:creation|pending)|start\w* fail\w*",
        "起不来|起不了|拉不起|启动不了|启动失败|启动不起来|创建中|卡在创建|一直创建|一直在创建|建不出|创建失败"
        "|创建不了|创建不出|不就绪|没就绪|不 ?ready|跑不起来",
    ),
    "no address": (
        r"\b(?:no|without|any|lacks?|empty|missing) (?:\w+ ){0,2}(?:ips?|address(?:es)?)\b|(?:\bnot?|n't|\bnever"
        r"|\bcannot|\bfail\w*)(?: \w+){0,3} (?:assign|alloc|get|given|receiv|obtain|have)\w*(?: \w+){0,2} (?:ips?"
        "|address)",
        "(?:拿|分|分配|获取|申请|要)不(?:到|出|了)(?:来)?|没有?(?:分到|拿到|分配)|没(?:有)? ?(?:ip|地址)|(?:ip"
        "|地址)分配失败|分配 ?(?:ip|地址) ?(?:失败|报错)",
    ),
    "used up": (
        r"\bexhaust\w*|\br[au]ns? (?:out|dry)|\bran (?:out|dry)|\brunning out|\bused up|\b(?:is|are|was|got|gets"
        r"|table) full|\bdeplet\w*|\bnone left|\bno (?:\w+ ){0,3}left\b|\bshort(?:age)? of|\bshortage|\bnot enough"
        r"|\binsufficient",
        "用完|用光|用尽|用满|耗尽|耗光|不够|不足|满了|占满|打满|撑满|撑爆|占光|分完|见底|没有剩|没剩|为零|紧张|告急",
    ),
    "a limit": (
        r"\bquotas?\b|\blimits?\b|\bmax(?:imum)?\b|\bat most\b|\bcap(?:ped|acity)\b|\bhow many\b|\bceiling",
        "配额|上限|限额|额度|最多|封顶|到顶|容量|能跑多少|能放多少|几个|多少个",
    ),
    "setting up fails": (
        r"\bsandbox(?:es)?\b|\bcni\b|\bset ?up\b.{0,20}\bnetwork|\bnetwork\b.{0,20}\bset ?up"
        r"|\binit\w*.{0,12}network",
        "沙箱|网络初始化|初始化.{0,4}网络|网络没(?:配|建|准备)|配.{0,3}网络.{0,3}失败",
    ),
    "internet": (
        r"\binternet\b|\bpublic (?:sites?|web|network|address\w*|ips?|internet)|\begress\b|\boutbound\b|\bs?nat\b"
        r"|\bthe web\b|\bwebsites?\b|\bgo(?:es|ing)? out\b|\bget(?:s|ting)? out\b|\bdownloads?\b",
        "公网|外网|互联网|上网|出网|外部网站|网站|出口|下载",
    ),
    "no answer": (
        r"\btim(?:e|es|ed|ing)[ -]?outs?\b|\btimeouts?\b|\bhangs?\b|\bhanging\b|\bunreachable\b|\bno (?:reply"
        r"|response|answer)|(?:\bnot|n't|\bcannot|\bnever|\bunable to|\bfails? to) (?:be )?(?:reach|access|connect"
        r"|respond|answer|repl|talk|open|call)\w*|\bdead\b|\bgives nothing\b|\bnot reachable\b|\bnothing back\b",
        "不通|(?<![拿分配取找看])不到|连不|打不开|打不通|访问不|超时|没响应|无响应|没反应|不响应|不可达|到不了|进不来|进不去|调不通"
        "|联不通|卡住|没回应",
    ),
    "refused": (r"\brefus\w*|\breject\w*|\bdeni\w+|\bblock(?:s|ed|ing)?\b|\bforbid\w*", "拒绝|被拒|拒了|挡|拦|禁止"),
    "now and then": (
        r"\bintermittent\w*|\bsometimes\b|\brandom\w*|\bsporadic\w*|\bflak\w+|\bflapp?\w*|\bnow and then\b"
        r"|\boccasional\w*|\bonce in a while\b|\bunstable\b|\bunreliable\b|\bcomes? and goes?\b|\bon and off\b"
        r"|\bsome (?:requests|calls|connections)|\ba retry\b|\bglitch\w*|\bspikes?\b",
        "偶尔|偶发|偶现|有时|时不时|时好时坏|时通时|间歇|间断|不稳定|抖动|闪断|随机|概率|时而|不定时|毛刺|一会儿",
    ),
    "lost": (
        r"\bpacket loss\b|\bdrop(?:s|ped|ping)?\b|\blos(?:t|es|e|ing)\b|\blossy\b|\bvanish\w*|\bdisappear\w*"
        r"|\bmissing packets",
        "丢包|丢弃|丢失|丢了|丢连接|老丢|被丢|丢数据|扔掉|断流|有损",
    ),
    "slow": (
        r"\bslow\w*|\blatenc\w+|\bdelay\w*|\blag\w*|\btakes? (?:too |so |very )?(?:long|ages|forever|a while)"
        r"|\bthroughput\b|\bsluggish\b|\bbad performance\b",
        "很慢|变慢|太慢|好慢|缓慢|慢得|延迟|延时|时延|耗时|吞吐|卡顿|要等|等很久|启动慢|网络慢",
    ),
    "names": (
        r"\bdns\b|\bresolv\w+|\bresolution\b|\blook ?ups?\b|\bnslookup\b|\bdig\b|\bunknown ?host\w*"
        r"|\bhost ?names?\b|\bno such host",
        "域名|解析|名字找不到",
    ),
    "of a Service": (
        r"\bservices?\b(?! provider)|\bsvcs?\b|\bcluster ?ips?\b|\bvips?\b|\bvirtual (?:ips?|address\w*)\b",
        "服务之间|服务间|服务地址|虚拟 ?ip|虚 ?ip|调用服务|访问服务|服务调用",
    ),
    "load balancer": (
        r"\b[scn]lbs?\b|\blbs?\b|\bload ?balancers?\b|\bexternal ?ips?\b|\bloadbalancers?\b",
        "负载均衡(?!不)|外部 ?ip|公网入口",
    ),
    "itself": (
        r"(?<!host )(?<!node )(?<!machine )\bit ?self\b|\bthemselves\b|\b(?:its|their) own\b|\bself\b"
        r"|\bloop ?back\b|\bhairpin\w*|\bsame pod\b|\bown (?:service|svc|name)",
        "自己|自身|本身|自家|回环|绕回|自调|自访问|转回本|发卡",
    ),
    "uneven": (
        r"\buneven\w*|\bunbalanced\b|\bimbalance\w*|\bnot (?:\w+ )?(?:balanced|spread|distributed)"
        r"|n't (?:\w+ )?(?:balanced?|spread|distribut\w+)|\bskew\w*|\bone (?:pod|replica|backend) (?:gets?|takes?"
        r"|has)|\bhot(?:test)? (?:pod|replica)s?|\bmost of the (?:requests|traffic|load)|\bevenly\b"
        r"|\bdifferent amounts?\b|\bidle while\b|\bload distribution\b",
        "不均|不平均|不平衡|倾斜|集中|都打到|全打到|都跑到|都落在|都压在|打在一个|负载差|有的很忙|有的忙|有的闲|闲着",
    ),
    "ping": (r"\bping\w*\b|\bicmp\b|\becho requests?\b", "丢包率"),
    "routes": (r"\brout(?:e|es|ing|ed)\b|\bnext hop\b", "路由|下一跳"),
    "UDP": (r"\budp\b|\bdatagrams?\b", "数据报"),
    "IPv6": (
        r"\bipv6\b|\bv6\b|\bdual[ -]?stack\b|\bping6\b|\bcurl -6\b|\bsecond (?:address )?family\b",
        "双栈|六代地址",
    ),
    "only IPv4": (
        r"\bonly (?:\w+ ){0,3}(?:ipv4|v4)\b|\b(?:ipv4|v4) only\b|\bwhere (?:is|are) (?:\w+ ){0,2}(?:ipv6|v6)\b"
        r"|\bno (?:ipv6|v6) (?:address|ip|cluster)\w*|\bwithout (?:an? )?(?:ipv6|v6)\b|\bjust (?:one|an?) (?:ipv4"
        "|v4)",
        "(?:只有|只看到|只显示|都是|全是|就一个|只分到) ?(?:ipv4|v4)|(?:没有|看不到|没) ?(?:ipv6"
        "|v6) ?(?:的)?(?:地址|ip)",
    ),
    "a new node": (
        r"\b(?:new|fresh\w*|just|recently|newly) ?(?:added |joined |scaled[- ]out )?(?:nodes?|machines?|workers?"
        r"|hosts?|instances?)\b|\badded (?:a |two |some |more )?(?:nodes?|machines?|workers?|capacity)\b"
        r"|\bjoin(?:s|ed|ing)?\b",
        "新节点|新机器|新加的?(?:节点|机器)|新增的?(?:节点|机器)|刚加|刚扩|扩出来的(?:节点|机器)|扩容的?(?:节点"
        "|机器)|新扩的|加入集群",
    ),
    "not ready": (
        r"\bnot ?ready\b|\bnotready\b|\bunready\b|\bwent down\b|\bdropped out\b",
        "未就绪|掉线|not ?ready|节点异常|状态异常",
    ),
    "placing pods": (
        r"\bschedul\w*|\btaint\w*|\bplac(?:e|ed|ing) pods?\b|\bpods? fit\b|\bmore pods\b|\bfurther pods\b",
        "调度|污点|放不上|放不下|加不上去|再多一个",
    ),
    "an upgrade": (r"\bupgrad\w*|\bupdat\w*|\bbump\w*|\bnew(?:er)? version", "升级|升完|升到|升不|更新|新版"),
    "a rollout": (
        r"\broll(?:s|ed|ing)?[ -]?(?:out|outs|update|updates)?\b|\bre-?deploy\w*|\bdeploys?\b|\breleases?\b"
        r"|\brestart\w*|\breplaced\b|\brecreat\w*|\bre-?schedul\w*|\bswapped\b",
        "发布|发版|滚动|重启|重建|上线|重新部署|替换|漂移|换了一批",
    ),
    "after its start": (
        r"\bat first\b|\bfirst (?:few )?(?:seconds?|requests?|minutes?)\b|\bon (?:start|startup|boot)\b"
        r"|\bstart-?up\b|\bright after\b|\bfresh(?:ly)? (?:pods?|started|created)|\bjust (?:started|created)\b"
        r"|\binitially\b|\bcold start",
        "刚起|刚启动|刚创建|刚建|启动时|启动的时候|启动慢|冷启动|前几秒|头几秒|一启动|一起来|起来后|过几秒|过一会"
        "|过会儿|等一会",
    ),
    "changed later": (
        r"\bchang(?:e|ed|ing)\b|\bmodif\w*|\bswitch(?:ed|ing)?\b(?! to)|\bmigrat\w*|\bconvert\w*|\bredo\b"
        r"|\bafter creation\b|\blater\b|\bswap\b|\bedit\w*|\badjust\w*|\bcorrected\b",
        "修改|改成|能改|改吗|可以改|想改|换成|更换|切换|迁移|调整|换一种|想换|能换|改大|后期|建完|建好|创建后"
        "|创建以后|创建之后",
    ),
    "planned": (
        r"\bplan\w*|\bdesign\w*|\bchoos\w*|\bpick\w*|\bbefore (?:we |i )?creat\w+|\bfrom scratch\b|\bnew cluster\b"
        r"|\badvice\b|\brecommend\w*|\bguidance\b|\bchecklist\b|\bgreenfield\b|\bnew environment\b|\bwill create\b",
        "规划|设计|选型|新建集群|建集群|新集群|怎么选|选哪|怎么定|怎么填|准备建|要建|打算建|推荐|划分",
    ),
    "looked up": (
        r"\bwhich (?:\w+ ){0,3}(?:do|does|is|are|has|have|network|mode|plugin)\b|\bhow (?:do|can|to) (?:i "
        r"|we )?(?:see|find|tell|check|know|view|look)\b|\bwhere (?:do|can|is|are)\b|\bshow me\b|\bfind out\b"
        r"|\blook(?:ing)? up\b|\bview\b|\bdetails\b|\blist of\b|\bwhat (?:network\w*|mode|kind)\b",
        "查看|怎么看|在哪看|在哪里看|哪里看|怎么查|在哪查|去哪查|怎么知道|怎么确认|是什么|哪种|什么网络|什么模式"
        "|清单|哪能看",
    ),
    "a new vSwitch": (
        r"\b(?:new|added|second|another|extra|additional|extended)(?: \w+){0,2} (?:v-?switch\w*|vsws?|subnets?)\b"
        r"|\b(?:v-?switch\w*|vsws?|subnets?) (?:we |was |were |is )?(?:just |newly )?added\b",
        "(?:加|新|扩|增).{0,4}(?:交换机|子网|vsw)",
    ),
    "allowlist": (
        r"\b(?:allow|white|block|access)[ -]?lists?\w*|\bfirewalls?\b|\bsecurity groups?\b|\bacls?\b"
        r"|\bsource (?:ips?|address\w*)",
        "白名单|加白|防火墙|安全组|访问控制|源地址|源 ?ip|出口地址|出口 ?ip|固定.{0,3}(?:地址|ip|网段)",
    ),
    "host port": (
        r"\bhost ?ports?\b|\bports? (?:on|of) (?:the |a )?(?:nodes?|hosts?|workers?|machines?)|\b(?:node|host"
        r"|worker)(?:'?s)? (?:address and )?ports?\b",
        "主机端口|宿主机.{0,4}端口|节点.{0,6}端口|端口映射",
    ),
    "policies": (r"\bnetwork ?polic\w+|\bnetpols?\b|\bpolic(?:y|ies)\b", "网络策略|策略"),
    "interfaces": (r"\benis?\b|\bnics?\b|\bmac\b|\b(?:network )?interfaces?\b|\bnetwork cards?\b", "网卡|接口卡"),
    "one node": (
        r"\b(?:one|single|this|that|a particular|certain) (?:bad )?(?:nodes?|workers?|machines?|hosts?)\b"
        r"|\bother nodes\b",
        "某台|有台|一台(?:节点|机器|worker)|单台|这台|那台|个别节点|单个节点|某一台|只有.{0,4}(?:节点|机器)",
    ),
    "across nodes": (
        r"\b(?:across|between|different|another|other) (?:nodes?|workers?|hosts?|machines?)\b|\bcross[ -]node\b"
        r"|\bpod to pod\b",
        "跨节点|跨主机|跨机器|不同节点|不同机器|节点之间|两台节点",
    ),
    "an unexpected range": (
        r"\b(?:wrong|unexpected|strange|odd|different|previous|old|another|former|foreign) (?:\w+ )?(?:ranges?"
        r"|subnets?|ips?|address\w*|cidrs?|vsw\w*)\b|\boutside (?:of )?the (?:\w+ )?(?:range|cidr|subnet)",
        "网段不对|地址不对|ip ?段不对|段不对|旧网段|旧的?交换机|奇怪的?(?:地址|网段|ip)|不在.{0,12}(?:网段|交换机"
        "|范围)|不用的网段|不一致",
    ),
    "left over": (
        r"\bleak\w*|\bstale\b|\bleft ?over\w*|\borphan\w*|\bnot (?:released|reclaimed|cleaned|freed)"
        r"|\bnever (?:released|freed)",
        "泄漏|泄露|残留|没释放|没有释放|未释放|没回收|不释放|陈旧|遗留",
    ),
    "acceleration": (r"\bebpf\b|\bipvlan\b|\bdata ?path\w*|\baccelerat\w*|\bcilium\b", "加速"),
}
_CONCEPTS = tuple(
    (f"k:{name}", re.compile(english), re.compile(chinese)) for name, (english, chinese) in _WRITTEN.items()
)


def concepts(text: str) -> list[str]:
    """The terms of the concepts that the normalized text speaks of, each once."""
    plain, is_chinese = text.replace("’", "'").lower(), has_chinese(text)
    return [
        term for term, english, chinese in _CONCEPTS if english.search(plain) or (is_chinese and chinese.search(plain))
    ]
