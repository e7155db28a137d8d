"""What a new entry starts from: an entry and a recording that proves it, with every place to fill in marked TODO."""

from knowledge.model import Kind

_ENGLISH = (
    "TODO the error as it stands in the log",
    "TODO what a developer sees",
    "TODO what the on-call engineer sees",
    "TODO the alert's words",
    "TODO a question: why does ... happen after ...",
    "TODO a short message with a typo",
    "TODO the same with another word for it",
)
_CHINESE = ("TODO 用户怎么描述这个问题", "TODO 报错信息加上一句话", "TODO 一个简短的提问")
# Of each base a node, for the pod of the new recording.
_FLANNEL = ("flannel-healthy", "cn-hangzhou.172.16.0.11")
_TERWAY = ("terway-healthy", "cn-hangzhou.10.0.0.11")

_STEPS = """
## Steps

1. TODO say in one sentence what to do, and give the command.

   Caution: TODO say what this step interrupts, restarts or loses; remove the line where it does nothing of the kind.

   ```sh
   kubectl -n {{ namespace }} describe pod {{ pod }}
   ```

## Verify

1. TODO say how a person sees that it worked.
   ```sh
   kubectl -n {{ namespace }} get pod {{ pod }} -o wide
   ```
"""

_FAULT_FRONT = """\
confirmed_by:
  all:
    # TODO the reads that confirm it; `netclinic knowledge probes` lists all probes with their parameters.
    - pod_event(reason="FailedCreatePodSandBox", contains="TODO the words of the error", within="30m")
# Does a setting alone confirm it, with no sign of failing? Then the words must carry the rest, and one question
# settles it where they are silent; remove these lines otherwise.
#   - question_says(about="a pod that calls itself", contains=["<reaches> (to)? itself"], unless=["nobody"])
# asks: {text: "Does it fail from other pods too?", yes: ruled_out, no: confirmed}
says:
  # TODO why it is so, with the names that were found; the first sentence is said that fits and has no hole.
  confirmed:
    - "{{ pods|some }} gets no address on {{ node }}: TODO what is broken."
    - "TODO the same without names"
  suspected: "TODO what is seen, and what would settle it"
  ruled_out:
    - {when: pod_event() == "absent", say: "No pod that waits now was told TODO what."}
    - "TODO why it is not so"
facts: [network_plugin]
proved_on:
  confirmed: [ENTRY]
  # TODO add recordings that look alike to ruled_out, and one where permissions hide it as suspected: [...]
  ruled_out: [BASE]
"""

_GUIDE_FRONT = """\
facts: [network_plugin]
proved_on:
  answered: [BASE]
"""

_FAULT_BODY = """
## Cause

TODO say in a few plain sentences why it happens. Live facts may stand in it: this cluster runs {{ network_plugin }}.

## Settle

1. TODO say what a person looks at where the cluster's API cannot decide, and remove this section where it always can.
   ```sh
   kubectl get node {{ node }} -o yaml
   ```
"""

_GUIDE_BODY = """
## Cause

TODO the answer itself. Live facts may stand in it: this cluster runs {{ network_plugin }}.
"""

_RECORDING = """\
description: "TODO what goes wrong on this cluster, in one sentence"
base: BASE
"""

_OBJECTS = """\
# TODO the objects of the fault in place of these. Each is merged with the base's of the same kind, namespace and name.
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: web-0, creationTimestamp: now-5m}
spec:
  nodeName: NODE
  containers: [{name: web, image: "registry.example.com/shop/web:1.0"}]
status:
  phase: Pending
  startTime: now-5m
  conditions: [{type: PodScheduled, status: "True", lastTransitionTime: now-5m}]
  containerStatuses:
    - {name: web, ready: false, restartCount: 0, state: {waiting: {reason: ContainerCreating}}}
---
apiVersion: v1
kind: Event
metadata: {namespace: shop, name: web-0.1}
involvedObject: {kind: Pod, namespace: shop, name: web-0}
type: Warning
reason: FailedCreatePodSandBox
message: "Failed to create pod sandbox: TODO the words of the error, as the event has them"
source: {component: kubelet, host: NODE}
firstTimestamp: now-5m
lastTimestamp: now-1m
count: 6
"""


def entry_template(entry_id: str, kind: Kind, section: str) -> str:
    """The Markdown of a new entry, to be saved as ``<section>/<entry_id>.md``."""
    front, body = (_FAULT_FRONT, _FAULT_BODY) if kind is Kind.FAULT else (_GUIDE_FRONT, _GUIDE_BODY)
    symptoms = "".join(f'  - "{symptom}"\n' for symptom in (*_ENGLISH, *_CHINESE))
    return (
        "---\n"
        f"id: {entry_id}\n"
        f"title: TODO one line that names the {'fault' if kind is Kind.FAULT else 'topic'}\n"
        f"title_zh: TODO 一行中文标题\n"
        f"kind: {kind}\n"
        "headings: []\n"
        f"symptoms:\n{symptoms}"
        "identifiers: []\n"
        f"{_applies(section)}{front.replace('ENTRY', entry_id).replace('BASE', _base(section)[0])}"
        f"---\n{body}{_STEPS}"
    )


def recording_template(section: str) -> dict[str, str]:
    """The files of a recording that confirms a new fault, by name: a healthy cluster on which one pod fails."""
    base, node = _base(section)
    return {"recording.yaml": _RECORDING.replace("BASE", base), "objects.yaml": _OBJECTS.replace("NODE", node)}


def _base(section: str) -> tuple[str, str]:
    return _FLANNEL if section == "flannel" else _TERWAY


def _applies(section: str) -> str:
    plugin = section if section in ("terway", "flannel") else None
    return f'applies:\n  - network_plugin() == "{plugin}"\n' if plugin else ""
