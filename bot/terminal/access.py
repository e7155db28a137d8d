"""``rbac``: the ClusterRole that the probes' and facts' declarations add up to, and what a cluster allows of it."""

import sys

import yaml
from rich.console import Console

from bot.app import App
from bot.cluster.access import cluster_role, gaps
from bot.terminal.asking import Where, given
from bot.terminal.failing import UsageProblem
from bot.terminal.printing import write_json
from bot.terminal.tables import show_table


def show_cluster_role(output: str) -> None:
    """As YAML to apply, or as one JSON object."""
    from bot.probes import needed

    role = cluster_role(needed())
    if output == "json":
        write_json(role)
    else:
        sys.stdout.write(yaml.safe_dump(role, sort_keys=False))


async def check_access(where: Where, output: str) -> None:
    """Which reads the API server refuses us, and the entries that this leaves undecidable."""
    from bot.cluster.transport import ReadError
    from bot.probes import needed, needing

    app = App.from_environment()
    async with app.cluster(**given(where)) as cluster, cluster.reader(app.clinic().budget) as reader:
        try:
            found = await gaps(reader, needed())
        except ReadError as error:
            raise UsageProblem(f"Cluster {cluster.context} could not be asked: {error}.") from error
    rows = [(gap, needing(app.entries.values(), gap.permission)) for gap in found]
    if output == "json":
        write_json({"allowed": not rows, "missing": [{**gap.to_json(), "entries": ids} for gap, ids in rows]})
    elif rows:
        show_table(Console(), ("missing", "undecidable entries"), [(gap.shown(), ", ".join(ids)) for gap, ids in rows])
        sys.stdout.write("`netclinic rbac | kubectl apply -f -` makes the ClusterRole; bind it to netclinic's user.\n")
    else:
        sys.stdout.write(f"Cluster {cluster.context} allows every read that netclinic makes.\n")
