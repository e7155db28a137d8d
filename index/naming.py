"""Names of nodes and pods in a message say where something fails, not what: they are left out of what is matched."""

import re

# A node of ACK is called by its region and address, a pod of a Deployment or StatefulSet by two endings or one.
_NODE = re.compile(r"\b[a-z]{2}-[a-z]+(?:-\d+)?\.(?:i-[0-9a-z]+|\d{1,3}(?:\.\d{1,3}){3})\b")
_POD = re.compile(r"\b(?:[a-z0-9-]+/)?[a-z][a-z0-9-]*-(?=[a-z0-9]*\d)[a-z0-9]{4,10}-(?:[a-z0-9]{5}|\d{1,3})\b")
# Error lines are matched as they stand: what looks like a name there belongs to the error.
_LONGEST = 300


def without_names(text: str) -> str:
    """The message with names of nodes and pods replaced by the words "node" and "pod"; long texts as they are."""
    if len(text) > _LONGEST:
        return text
    return _POD.sub("pod", _NODE.sub("node", text))
