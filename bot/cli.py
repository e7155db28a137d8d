"""The command line. Each command says what it takes and shows; what it does is elsewhere.

Exit codes: 0 answered, whatever the verdict; 2 bad usage or settings; 1 the program failed.
"""

import atexit
import gc
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from bot.private_files import UMASK
from bot.terminal import completion as complete
from bot.terminal.admin import index
from bot.terminal.audit_commands import audit
from bot.terminal.database import database
from bot.terminal.errors import NAME, UsageProblem, run
from bot.terminal.help import Command, Group, examples
from bot.terminal.inputs import Target
from bot.terminal.knowledge_commands import knowledge


def _namespace(given: str | None) -> str | None:
    from bot.cluster.resources import namespace_trouble

    if trouble := namespace_trouble(given or ""):
        raise UsageProblem(trouble)
    return given


Output = Annotated[Literal["text", "json"], typer.Option("-o", "--output", help="text for people, json for programs")]
Kubeconfig = Annotated[Path | None, typer.Option(help="kubeconfig file; KUBECONFIG as kubectl reads it otherwise")]
Context = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="context of the kubeconfig; its current one otherwise", autocompletion=complete.contexts
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        "-n",
        "--namespace",
        metavar="NAME",
        help="look at the pods and Services of one namespace only",
        callback=_namespace,
    ),
]
Recording = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="a saved cluster instead of a live one: its name, folder or .tar.gz",
        autocompletion=complete.recordings,
    ),
]

cli = typer.Typer(
    name=NAME,
    cls=Group,
    help="From a network symptom on an Alibaba Cloud ACK cluster to a confirmed diagnosis with its steps. "
    "Reads, never changes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _collect_garbage() -> None:
    """For what runs until it is stopped; other commands end before there is much."""
    gc.set_threshold(50_000, 50, 100)


def _wait_for(work: Coroutine[Any, Any, None]) -> None:
    import asyncio  # a tenth of a second that help and completion need not wait

    asyncio.run(work)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"{NAME} {version(NAME)}")
        raise typer.Exit


@cli.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="show the version and end", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Options of the program itself; what it is for is said above."""


@cli.command(
    cls=Command,
    epilog=examples(
        "netclinic ask pods stuck in ContainerCreating since 10 min",
        'netclinic ask "DNS times out for 5 minutes after coredns restarts" --context prod -n shop',
        'netclinic ask "no IP addresses available in range set" --recording flannel-ip-leak -o json',
    ),
)
def ask(
    symptom: Annotated[
        list[str],
        typer.Argument(help="what is wrong, in your words, English or Chinese, quoted or not; - reads it from stdin"),
    ],
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespace = None,
    recording: Recording = None,
    output: Output = "text",
) -> None:
    """Find the fitting FAQ entries, look at the cluster, and tell what it is, with evidence and steps."""
    from bot.terminal.inputs import question_of

    target, question = Target(kubeconfig, context, recording), question_of(" ".join(symptom))
    from bot.app import App

    app = App.from_environment()
    app.open_index_soon()
    from bot.terminal.ask import ask_and_show  # takes as long as the index

    _wait_for(ask_and_show(app, question, target, namespace, output))


@cli.command(
    cls=Command,
    epilog=examples(
        "netclinic check", "netclinic check terway-vswitch-out-of-ips --context prod", "netclinic check --all-contexts"
    ),
)
def check(
    entries: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ENTRY", help="entries to judge; every fault when left out", autocompletion=complete.entries
        ),
    ] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespace = None,
    recording: Recording = None,
    all_contexts: Annotated[
        bool,
        typer.Option("--all-contexts", help="every context, or those of NETCLINIC_CLUSTERS, side by side in short"),
    ] = False,
    output: Output = "text",
) -> None:
    """Judge entries without a symptom: a table of verdicts."""
    target = Target(kubeconfig, context, recording)
    if all_contexts:
        from bot.terminal.fleet import check_all_and_show

        _wait_for(check_all_and_show(entries or [], target, namespace, output))
        return
    from bot.terminal.ask import check_and_show

    _wait_for(check_and_show(entries or [], target, namespace, output))


@cli.command(cls=Command, epilog=examples("netclinic facts", "netclinic facts --recording terway-healthy -o json"))
def facts(
    kubeconfig: Kubeconfig = None, context: Context = None, recording: Recording = None, output: Output = "text"
) -> None:
    """What kind of cluster this is, each fact with the object that it was read from."""
    from bot.terminal.ask import facts_and_show

    _wait_for(facts_and_show(Target(kubeconfig, context, recording), output))


@cli.command(
    cls=Command, epilog=examples('netclinic match "新 pod 没有 ip"', "netclinic match - -o json < symptoms.txt")
)
def match(
    text: Annotated[
        list[str] | None,
        typer.Argument(help="a symptom, quoted or not; - or nothing reads one a line from stdin"),
    ] = None,
    output: Output = "text",
) -> None:
    """Match words with entries, without a cluster."""
    from bot.terminal.match import match_and_show

    match_and_show(" ".join(text or ["-"]), output)


@cli.command(
    cls=Command,
    epilog=examples('netclinic record --out incident.tar.gz --symptom "pods stuck"', "netclinic record --out DIR"),
)
def record(
    out: Annotated[Path, typer.Option(metavar="PATH", help="a folder to make, or a .tar.gz")],
    symptom: Annotated[
        str | None, typer.Option(help="save what this question reads; everything judged when left out")
    ] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    namespace: Namespace = None,
    recording: Recording = None,
) -> None:
    """Save what was read of a cluster, secrets cut out, for tests and post-mortems."""
    from bot.terminal.recordings import record_to

    record_to(out, symptom, Target(kubeconfig, context, recording), namespace)


@cli.command(cls=Command, epilog=examples("netclinic replay flannel-ip-leak --port 8001"))
def replay(
    recording: Annotated[
        str,
        typer.Argument(help="name of a recording, its folder or .tar.gz", autocompletion=complete.recordings),
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="port on 127.0.0.1; 0 takes a free one")] = 0,
    write_kubeconfig: Annotated[
        Path | None, typer.Option("--kubeconfig-out", help="where to write the kubeconfig")
    ] = None,
) -> None:
    """Serve a recording as a Kubernetes API on loopback, so that kubectl works on it, until Ctrl-C."""
    from bot.terminal.recordings import replay_until_stopped

    _collect_garbage()
    _wait_for(replay_until_stopped(recording, port, write_kubeconfig))


@cli.command(cls=Command, epilog=examples("netclinic recordings", "netclinic recordings -o json"))
def recordings(output: Output = "text") -> None:
    """The recordings that have names: your team's own, and those that come with netclinic."""
    from bot.terminal.recordings import show_recordings

    show_recordings(output)


@cli.command(
    cls=Command, epilog=examples("netclinic rbac | kubectl apply -f -", "netclinic rbac --check --context prod")
)
def rbac(
    verify: Annotated[
        bool, typer.Option("--check", help="ask the API server which of these reads it allows us")
    ] = False,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    recording: Recording = None,
    output: Output = "text",
) -> None:
    """The ClusterRole that netclinic needs: get and list, no secrets, nothing else."""
    from bot.terminal.admin import check_access, show_cluster_role

    if verify:
        _wait_for(check_access(Target(kubeconfig, context, recording), output))
    else:
        show_cluster_role(output)


@cli.command(cls=Command, epilog=examples("netclinic ram > policy.json", "netclinic ram --check --context prod"))
def ram(
    verify: Annotated[
        bool, typer.Option("--check", help="ask Alibaba Cloud which of these calls it allows us")
    ] = False,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    recording: Recording = None,
    output: Output = "text",
) -> None:
    """The RAM policy that NETCLINIC_CLOUD=on needs: actions that describe, get or list, nothing else."""
    from bot.terminal.admin import check_cloud, show_ram_policy

    if verify:
        _wait_for(check_cloud(Target(kubeconfig, context, recording), output))
    else:
        show_ram_policy()


@cli.command(
    cls=Command,
    epilog=examples(
        "netclinic handoff", "netclinic handoff 8h30m --out handoffs", "netclinic handoff since 09:00 -o json"
    ),
)
def handoff(
    span: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SPAN", help="12h, 8h30m, 2d, since 09:00, since 2026-11-21 09:00 or last: since the last handoff"
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="a folder for the page and the picture")] = None,
    show: Annotated[str, typer.Option(metavar="ID", help="show one again, exactly as it was made; or last")] = "",
    recheck: Annotated[
        bool,
        typer.Option(
            " /--no-recheck",
            show_default=False,
            help="leave the clusters alone: open cases are not looked at again",
        ),
    ] = True,
    kubeconfig: Kubeconfig = None,
    output: Output = "text",
) -> None:
    """What the next engineer must know: open cases with their state now, what was resolved, what stayed unanswered."""
    from bot.terminal.handoff import run_handoff

    run_handoff(" ".join(span or []), show, Target(kubeconfig), out, output, recheck=recheck)


@cli.command(
    cls=Command, epilog=examples("netclinic serve", "netclinic serve --check", "netclinic serve --check -o json")
)
def serve(
    verify: Annotated[
        bool, typer.Option("--check", help="test tokens, scopes, clusters and database, say what is missing, and end")
    ] = False,
    output: Output = "text",
) -> None:
    """Answer in Slack, until it is stopped."""
    from bot.terminal.admin import check_serving, serve_slack

    if verify:
        check_serving(output)
    else:
        _collect_garbage()
        serve_slack()


@cli.command(
    cls=Command,
    epilog=examples(
        "netclinic init",
        "netclinic init --yes --bot-token-file bot --app-token-file app --clusters prod,staging --channels ops",
    ),
)
def init(
    config: Annotated[
        Path | None, typer.Option(help="the file to write, or its folder; NETCLINIC_CONFIG or your own otherwise")
    ] = None,
    bot_token_file: Annotated[Path | None, typer.Option(metavar="FILE", help="holds the bot token; - is stdin")] = None,
    app_token_file: Annotated[Path | None, typer.Option(metavar="FILE", help="holds the app token")] = None,
    signing_secret_file: Annotated[Path | None, typer.Option(metavar="FILE", help="holds the signing secret")] = None,
    kubeconfig: Kubeconfig = None,
    clusters: Annotated[str, typer.Option(metavar="NAMES", help="contexts that Slack may ask about")] = "",
    default_cluster: Annotated[
        str, typer.Option(metavar="NAME", help="the one that is meant", autocompletion=complete.contexts)
    ] = "",
    channels: Annotated[str, typer.Option(metavar="NAMES", help="channels where it answers")] = "",
    incident_channels: Annotated[str, typer.Option(metavar="NAMES", help="channels where it answers unasked")] = "",
    oncall_channel: Annotated[str, typer.Option(metavar="NAME", help="channel that hears of cases handed over")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="ask nothing: what no option says stays as it is")] = False,
) -> None:
    """Ask for tokens, clusters and channels, check each answer, write the settings file, end as `serve --check`."""
    from bot.terminal.init import run_init, secret_of

    given = {
        "SLACK_BOT_TOKEN": secret_of("--bot-token-file", bot_token_file),
        "SLACK_APP_TOKEN": secret_of("--app-token-file", app_token_file),
        "SLACK_SIGNING_SECRET": secret_of("--signing-secret-file", signing_secret_file),
        "KUBECONFIG": str(kubeconfig.absolute()) if kubeconfig else "",
        "NETCLINIC_CLUSTERS": clusters,
        "NETCLINIC_DEFAULT_CLUSTER": default_cluster,
        "NETCLINIC_CHANNELS": channels,
        "NETCLINIC_INCIDENT_CHANNELS": incident_channels,
        "NETCLINIC_ONCALL_CHANNEL": oncall_channel,
    }
    run_init(config, given, yes=yes)


@cli.command(cls=Command, epilog=examples("netclinic settings", "NETCLINIC_DEADLINE=20 netclinic settings -o json"))
def settings(output: Output = "text") -> None:
    """Every setting with its value and where it came from; secrets masked."""
    from bot.terminal.admin import show_settings

    show_settings(output)


@cli.command(cls=Command, epilog=examples("netclinic completion bash > /etc/bash_completion.d/netclinic"))
def completion(shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="your shell")]) -> None:
    """Print the completion script for a shell."""
    os.environ["_NETCLINIC_COMPLETE"] = f"source_{shell}"  # how the generated scripts call back, asked for its source
    cli(prog_name=NAME)


cli.add_typer(knowledge, name="knowledge", help="Entries: list, show, lint, prove, start a new one.")
cli.add_typer(index, name="index", help="The index over the entries: build, status.")
cli.add_typer(audit, name="audit", help="The audit log: list, show, verify, export, prune.")
cli.add_typer(database, name="database", help="The database: status, upgrade, backup, restore.")


def main() -> None:
    """Entry point of the ``netclinic`` command."""
    gc.set_threshold(3_000_000, 50, 100)  # a start makes much that stays: looking for garbage in it costs a tenth of it
    atexit.register(gc.freeze)  # the interpreter's end would look through all of it, which costs another fifth
    os.umask(UMASK)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    sys.exit(run(cli))
