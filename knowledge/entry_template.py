"""The text that a new entry starts from: complete and loadable, with every place that needs a person marked TODO."""

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

_STEPS = """
## Steps

1. TODO say in one sentence what to do, and give the command.
   ```sh
   kubectl -n {{ namespace }} describe pod {{ pod }}
   ```

## Verify

1. TODO say how a person sees that it worked.
   ```sh
   kubectl -n {{ namespace }} get pod {{ pod }} -o wide
   ```

## Caution

- TODO say what the steps interrupt, restart or lose; remove this section where they do nothing of the kind.
"""

_FAULT_FRONT = """\
confirmed_by:
  all:
    # TODO the reads that confirm it; `netclinic knowledge probes` lists all probes with their parameters.
    - pod_waiting(reason="ContainerCreating")
facts: [network_plugin]
proved_on:
  confirmed: [TODO-recording-where-it-holds]
  ruled_out: [TODO-recording-that-looks-alike]
"""

_GUIDE_FRONT = """\
facts: [network_plugin]
proved_on:
  answered: [TODO-recording]
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


def entry_template(entry_id: str, kind: Kind, section: str) -> str:
    """The Markdown of a new entry, to be saved as ``<section>/<entry_id>.md``."""
    front, body = (_FAULT_FRONT, _FAULT_BODY) if kind is Kind.FAULT else (_GUIDE_FRONT, _GUIDE_BODY)
    symptoms = "".join(f'  - "{symptom}"\n' for symptom in (*_ENGLISH, *_CHINESE))
    return (
        "---\n"
        f"id: {entry_id}\n"
        f"title: TODO one line that names the {'fault' if kind is Kind.FAULT else 'topic'}\n"
        f"kind: {kind}\n"
        "headings: []\n"
        f"symptoms:\n{symptoms}"
        "identifiers: []\n"
        f"{_applies(section)}{front}"
        f"---\n{body}{_STEPS}"
    )


def _applies(section: str) -> str:
    plugin = section if section in ("terway", "flannel") else None
    return f'applies:\n  - network_plugin() == "{plugin}"\n' if plugin else ""
