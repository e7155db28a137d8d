"""Keys and certificates of a kubeconfig that stand in it as data, or that a credential plugin gives: kept in memory.

OpenSSL reads them from files alone, and the client writes files for it, which a killed process would leave behind. So
it is given the paths of files that have no place on a disk, for the moment in which it reads them.
"""

import base64
import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bot.cluster.asynchronous_client import ExecProvider, KubeConfigLoader

Keep = Callable[[bytes], str]
_DATA = "-data"  # ends the names of what stands in the kubeconfig itself
_CLUSTER, _USER = ("certificate-authority",), ("client-certificate", "client-key")


@contextlib.contextmanager
def memory_files() -> Iterator[Keep]:
    """``keep(content)``: the path under which it can be read until the block ends.

    Where the system has no files in memory they lie in a folder of the user's own for that moment.
    """
    with contextlib.ExitStack() as stack:

        def keep(content: bytes) -> str:
            if not hasattr(os, "memfd_create"):
                path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="netclinic-"))) / "data"
                path.write_bytes(content)
                return str(path)
            number = os.memfd_create("netclinic", os.MFD_CLOEXEC)
            stack.callback(os.close, number)
            with os.fdopen(os.dup(number), "wb") as file:
                file.write(content)
            return f"/proc/self/fd/{number}"

        yield keep


class MemoryLoader(KubeConfigLoader):  # type: ignore[misc]
    """The client's loader, without its temporary files: they outlive a process that is killed.

    (It also remembers them by their content, and would name one that is gone to the next who reads the same.)
    """

    def __init__(self, *, keep: Keep, **named: Any) -> None:
        super().__init__(**named)
        self._keep = keep

    def _load_cluster_info(self) -> None:
        for node, names in ((self._cluster, _CLUSTER), (self._user, _USER)):
            if node is not None and isinstance(node.value, dict):
                node.value = self._with_paths(node.value, names)
        super()._load_cluster_info()

    def _with_paths(self, given: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        """The same with paths in place of data. The data counts where both are there."""
        data = {name: given[name + _DATA] for name in names if given.get(name + _DATA)}
        paths = {name: self._keep(base64.standard_b64decode(content)) for name, content in data.items()}
        return {key: value for key, value in given.items() if key.removesuffix(_DATA) not in data} | paths

    async def load_from_exec_plugin(self) -> bool | None:
        """What the plugin gives: a token, or a certificate with its key."""
        try:
            status = await ExecProvider(self._user["exec"]).run()
            if "token" in status:
                self.token = f"Bearer {status['token']}"
            elif "clientCertificateData" in status and "clientKeyData" in status:
                self.cert_file = self._keep(str(status["clientCertificateData"]).encode())
                self.key_file = self._keep(str(status["clientKeyData"]).encode())
        except Exception:  # whatever it is: who opens the cluster says that the plugin gave no credentials
            return None
        return True
