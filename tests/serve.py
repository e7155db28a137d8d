"""``python -m tests.serve``: ``netclinic serve`` that waits less, for tests that kill it. Nothing but this entry point
knows of it: no setting changes how long production waits.
"""

import sys
from dataclasses import replace

import typer

from bot.terminal.admin import serve_slack
from bot.terminal.errors import run
from tests.timing import QUICK

cli = typer.Typer()


@cli.command()
def serve() -> None:
    """Serve until stopped."""
    serve_slack(replace(QUICK, heartbeat=1.0, lease=5.0, takeover=8.0))


if __name__ == "__main__":
    sys.exit(run(cli))
