"""What lint knows about shell commands: which ones can hurt, which miss their namespace, which must never appear.

A heuristic over text, on the careful side: it reads commands, it does not run a shell.
"""

import re
from collections.abc import Iterator

_DESTRUCTIVE = re.compile(
    r"""(?:^|[\s;&|(`'"])(?P<command>
      rm\s | drain\b | delete\b | reboot\b | shutdown\b | poweroff\b | mkfs | pkill\s | kill\s | truncate\s
    | (?:rollout|systemctl|service)\s+(?:\S+\s+)?(?:restart|stop)\b | restart\b
    | sysctl\s+(?:-\w+\s+)*-w | sysctl\s+(?:-\w+\s+)*[\w./]+=
    | ip6?tables\s+(?:-\S+\s+)*(?:\S+\s+)?(?:-F|-X|-D|-P|--flush|--delete|--policy)\b
    | conntrack\s+(?:-D|-F|--delete|--flush)\b | ipvsadm\s+(?:-C|-D|--clear|--set)
    | ip\s+(?:-\S+\s+)*(?:link|route|addr\w*|rule)\s+(?:del\w*|flush) | ip\s+link\s+set\s+.*\bdown\b
    | (?:crictl|docker|ctr)\s+(?:rmi?|rmp|stop\w*|kill) | replace\s+.*--force | --replicas[=\s]0
    )""",
    re.VERBOSE | re.MULTILINE,
)
_INSTRUCTION = re.compile(
    r"(?:^|[.:;]\s+|\b(?:and|then|or)\s+)(?P<command>restart|reboot|drain|delete|evict|recreate)\b", re.IGNORECASE
)
_BANNED = (
    (re.compile(r"sed\s+(?:-\S+\s+)*['\"]?s/\\r#g"), "sed 's/\\r#g'"),
    (re.compile(r"\brm\s+(?:-\S+\s+)+['\"]?/etc/cni\b"), "rm -rf /etc/cni"),
)
_INLINE_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_FENCED = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)

_WITHOUT_NAMESPACE = re.compile(
    r"(?:nodes?|no|namespaces?|ns|pv|persistentvolumes?|crds?|customresourcedefinitions?\S*|clusterroles?|clusterrolebindings?"
    r"|storageclass(?:es)?|sc|priorityclass(?:es)?|pc|runtimeclass(?:es)?|ingressclass(?:es)?|csr|apiservices?|componentstatus(?:es)?|cs"
    r"|nodes\.network\.alibabacloud\.com|podnetworkings?\S*|ippools?\S*|ciliumnodes?\S*|(?:mutating|validating)webhook\S*)(?:/\S*)?"
)
_ON_RESOURCES = {
    "get",
    "describe",
    "edit",
    "delete",
    "patch",
    "label",
    "annotate",
    "wait",
    "scale",
    "set",
    "create",
    "expose",
    "autoscale",
}
_ON_PODS = {"logs", "exec", "cp", "port-forward", "attach", "rollout", "run", "debug"}
_OTHER_VERBS = {"resources", "image", "env", "restart", "status", "history", "undo"}
_WITH_VALUE = {
    "-o",
    "--output",
    "-l",
    "--selector",
    "--context",
    "--kubeconfig",
    "--field-selector",
    "--sort-by",
    "-c",
    "-p",
    "--type",
    "--raw",
}
_NAMESPACE = re.compile(r"(?:^|\s)(?:-n\S*|--namespace\b\S*|-A|--all-namespaces)(?=\s|$)")


def find_destructive_command(command: str) -> str | None:
    """The first word of a command that deletes, drains, restarts or changes the kernel's settings."""
    match = _DESTRUCTIVE.search(command)
    return " ".join(match["command"].split()) if match else None


def find_destructive_instruction(sentence: str) -> str | None:
    """The verb by which a sentence tells a person to delete, drain or restart."""
    match = _INSTRUCTION.search(sentence)
    return match["command"] if match else None


def find_banned_fragment(line: str) -> str | None:
    """A fragment of the clean-up script that removes the wrong files; no caution makes it right."""
    return next((name for pattern, name in _BANNED if pattern.search(line)), None)


def code_snippets(text: str) -> Iterator[str]:
    """The blocks and code spans of a text."""
    for block in _FENCED.finditer(text):
        yield block[1]
    for span in _INLINE_CODE.finditer(_FENCED.sub("", text)):
        yield span[1]


def calls_without_namespace(command: str) -> Iterator[str]:
    """Every kubectl call that reads or changes a namespaced object and names no namespace."""
    joined = re.sub(r"\\\n\s*", " ", command)
    for call in re.findall(r"(?:^|[\s;&|(`])kubectl\s+([^\n;&|)`]*)", joined):
        own = re.split(r"\s--(?:\s|$)", " " + call)[0]
        if not _NAMESPACE.search(own) and _is_namespaced(own.split()):
            yield "kubectl " + " ".join(call.split())


def _is_namespaced(words: list[str]) -> bool:
    named = list(_positional_arguments(words))
    verb, rest = (named[0], named[1:]) if named else ("", [])
    if verb in ("label", "annotate", "taint", "top", "set", "rollout", "create"):
        rest = [word for word in rest if "=" not in word and word not in _OTHER_VERBS]
    if verb == "debug" and rest and rest[0].startswith("node/"):
        return False
    if verb in _ON_PODS or (verb == "top" and rest[:1] in (["pod"], ["pods"])):
        return True
    return verb in _ON_RESOURCES and bool(rest) and not all(map(_WITHOUT_NAMESPACE.fullmatch, rest[0].split(",")))


def _positional_arguments(words: list[str]) -> Iterator[str]:
    skip = False
    for word in words:
        if not skip and not word.startswith("-"):
            yield word
        skip = not skip and word in _WITH_VALUE
