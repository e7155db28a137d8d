"""What several entries warn of, said once: ``Caution: @drain`` in an item stands for the text of that name.

What Terway's releases refuse is said by its init container (cmd/terway-cli/cni.go: `unsupport kernel version, require
>=5.10`, `ipvlan is unsupported`).
"""

CAUTIONS = {
    "drain": (
        "this evicts every pod of the node. Do one node at a time, and first check that the other nodes have room and "
        "that PodDisruptionBudgets allow it. The command stops at pods with emptyDir volumes; "
        "`--delete-emptydir-data` lets it go on and deletes what is in them."
    ),
    "re-add-node": "adding an existing node can replace its system disk. Save what is on that disk first.",
    "restart-terway": (
        "running pods stay connected, but no pod can start or stop on a node until its Terway pod is back. Do not "
        "restart it in the middle of a roll-out."
    ),
    "restart-kube-proxy": (
        "changes of Services and endpoints reach a node later while its kube-proxy restarts; open connections go on. "
        "Do it at a quiet hour."
    ),
    "upgrade-terway": (
        "look at the kernel and the data path of every node first. From v1.14 on Terway does not start on nodes with a "
        "kernel older than 5.10, whatever the data path; after v1.17.5 it does not start on IPvlan nodes either "
        "(`ipvlan is unsupported`)."
    ),
}
