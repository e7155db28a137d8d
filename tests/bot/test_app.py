"""Opening clusters: no door can read one without its audit trail."""

import ast
import inspect
from pathlib import Path

from bot.app import App

BOT = Path(__file__).parents[2] / "bot"
OPENING = {"connect", "connect_to", "Transport", "Cluster"}  # what it takes to read a cluster, called by name
MAY_OPEN = {
    "app.py",  # together with the audit trail
    "diagnosis/proofs.py",  # recordings on loopback alone
}


def test_only_the_app_opens_clusters() -> None:
    callers = {
        str(path.relative_to(BOT))
        for path in BOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in OPENING
    }
    assert callers == MAY_OPEN


def test_the_app_opens_none_without_an_audit_context() -> None:
    for way in (App.open_cluster, App.open_named_cluster):
        assert inspect.signature(way).parameters["audit"].default is inspect.Parameter.empty
