"""``rbac``: the ClusterRole that the probes' and facts' declarations add up to, and what a cluster allows of it."""

import sys

from bot.cluster.access import cluster_role, gaps
from bot.probes import needed, needing
from bot.terminal.errors import OutOfReach
from bot.terminal.printing import write_json
from bot.terminal.where import Where


def show_cluster_role(output: str) -> None:
    """As YAML to apply, or as one JSON object."""
    import yaml

    role = cluster_role(needed())
    if output == "json":
        write_json(role)
    else:
        sys.stdout.write(yaml.safe_dump(role, sort_keys=False))


async def check_access(where: Where, output: str) -> None:
    """Which reads the API server refuses us, and the entries that this leaves undecidable."""
    from rich.console import Console

    from bot.app import App
    from bot.cluster.transport import ReadError
    from bot.terminal.audited_command import auditing
    from bot.terminal.tables import show_table

    app = App.from_environment()
    async with auditing(app, "rbac --check", where) as begin:
        trail = await begin()
        async with where.opened(app) as opened, trail.cluster(opened).reader(app.clinic().budget) as reader:
            try:
                found = await gaps(reader, needed())
            except ReadError as error:
                raise OutOfReach(f"Cluster {opened.context} could not be asked: {error}.") from error
    rows = [(gap, needing(app.entries.values(), gap.permission)) for gap in found]
    if output == "json":
        write_json({"allowed": not rows, "missing": [{**gap.to_json(), "entries": ids} for gap, ids in rows]})
    elif rows:
        show_table(Console(), ("missing", "undecidable entries"), [(gap.shown(), ", ".join(ids)) for gap, ids in rows])
        sys.stdout.write("`netclinic rbac | kubectl apply -f -` makes the ClusterRole; bind it to netclinic's user.\n")
    else:
        sys.stdout.write(f"Cluster {opened.context} allows every read that netclinic makes.\n")
