"""The subcommands of ``/netclinic``, a row each: help, dispatch and the nearest name all come from this table.

Stored cases and answers as the rows that lists show.

``/netclinic handoff``: asks for a handoff, or shows one that was made.

Subcommands that look at clusters and at netclinic itself, without a question: facts, cluster, status.

Subcommands that read what netclinic knows itself: entries and cases.
"""

import asyncio
import difflib
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.facts import Fact, declared_facts, read_fact
from bot.cluster.session import ClusterSession
from bot.diagnosis.clinic import read_cluster_state
from bot.slack.blocks.case import refusal_message
from bot.slack.blocks.elements import Message
from bot.slack.blocks.handoff import making_message
from bot.slack.blocks.overviews import (
    CaseRow,
    EntryRow,
    Subcommand,
    cases_message,
    clusters_message,
    entries_message,
    entry_message,
    facts_message,
    help_message,
    status_message,
)
from bot.slack.cluster_choice import Unknown
from bot.slack.handlers.audit import audit
from bot.slack.handlers.command import SHARE, Command, ask, check, known_entry
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.handoff import NAME, as_posted, span_is_meant, stored
from bot.slack.handlers.refusal import UserError, run_reporting_errors
from bot.slack.queue.job import Job, Json
from bot.store.cases import Case, StoredAnswer

NEAREST = 8


async def entries(command: Command) -> None:
    """``entries [words]``: all, or the nearest to the words with their scores."""
    await command.permitted()
    words, known = command.asked.words, command.context.parts.entries
    matcher = (await command.context.parts.clinic()).matcher if words else None
    if matcher is None:
        rows = [EntryRow(entry.id, str(entry.kind), entry.title) for entry in known.values()]
    else:
        found = (await asyncio.to_thread(matcher.match, words)).matches[:NEAREST]
        pairs = [(known[item.entry_id], item.score) for item in found]
        rows = [EntryRow(entry.id, str(entry.kind), entry.title, score) for entry, score in pairs]
    await command.answer(entries_message(rows, words))


async def show(command: Command) -> None:
    """``show <entry>``."""
    await command.permitted()
    names = command.asked.words.split()
    if not names:
        raise UserError("Name the entry: /netclinic show terway-mac-not-found; /netclinic entries names them all.")
    known_entry(command.context, names[0])
    await command.answer(entry_message(command.context.parts.entries[names[0]]))


async def list_cases(command: Command) -> None:
    """``cases``: what is open."""
    await command.permitted()
    context = command.context
    found = await context.parts.store.run(context.cases.list_open, context.parts.bot.team, command.typed.user, 50)
    rows = [case_row(case) for case in found]
    if SHARE in command.asked.flags:
        rows = await command.job.waited("names", lambda: _by_name(context, rows))
    await command.answer(cases_message(rows, context.now()))


async def _by_name(context: HandlerContext, rows: Sequence[CaseRow]) -> list[CaseRow]:
    """With names in place of ids: a list that is shown to a channel mentions nobody."""
    names = await context.names_of({id_ for row in rows for id_ in (row.by, row.assignee) if id_})
    shown = [(row, names.get(row.by, "somebody"), names.get(row.assignee, "on-call")) for row in rows]
    return [replace(row, by=by, assignee=assignee if row.assignee else "") for row, by, assignee in shown]


async def facts(command: Command) -> None:
    """``facts``: every fact that the cluster has."""
    await command.permitted()
    name = await command.cluster()
    if not name:
        raise UserError("No cluster is configured here: set KUBECONFIG where netclinic runs.")
    await command.answer_with(lambda: _facts(command, name))


async def _facts(command: Command, name: str) -> Message:
    try:
        async with command.context.parts.open_cluster(name, command.trail) as opened:
            budget = (await command.context.parts.clinic()).budget
            async with opened.reader(budget) as reader, ClusterSession(reader) as session:
                state = await read_cluster_state(session, name)
                if not state.reachable:
                    why = f"Cluster {name} could not be read: {state.problem}."
                    return refusal_message(why, request=command.job.key)
                found = await asyncio.gather(*(read_fact(session, fact) for fact in declared_facts()))
                return facts_message(name, _of_this_plugin(found), session.now())
    except ConnectionSettingsError as error:
        return refusal_message(str(error), request=command.job.key)


def _of_this_plugin(found: Sequence[Fact]) -> list[Fact]:
    """Without the unknown facts of the network plugin that it has not."""
    other = "flannel." if any(f.name == "network_plugin" and f.value == "terway" for f in found) else "terway."
    return [fact for fact in found if fact.value is not None or not fact.name.startswith(other)]


async def which_clusters(command: Command) -> None:
    """``cluster [name]``: all that may be asked about, or one; looked at unless that was done within the minute."""
    await command.permitted()
    context, wanted = command.context, command.asked.words or command.asked.cluster
    try:
        names = await asyncio.to_thread(context.parts.clusters.known)
        if wanted:
            choice = await asyncio.to_thread(context.parts.clusters.choose, given=wanted)
            if isinstance(choice, Unknown):
                raise UserError(choice.sentence)
            names = tuple(name for name in names if name.lower() == wanted.lower())
    except ConnectionSettingsError as error:
        raise UserError(str(error)) from error

    async def made() -> Message:
        rows = await context.reach.look(names, command.trail, context.parts.clusters.default)
        return clusters_message(rows, context.now())

    await command.answer_with(made)


async def status(command: Command) -> None:
    """``status``: version, work under way, and whether the index is there."""
    await command.permitted()
    parts = command.context.parts
    running = {name: count for name, count in (await parts.work.running()).items() if count}
    opened = await parts.store.run(command.context.cases.list_open, parts.bot.team, command.typed.user, 1000)
    under_way = ", ".join(f"{count} {name}" for name, count in running.items())
    rows = [
        ("Version", version("netclinic")),
        ("Replica", parts.work.replica.id),
        ("Database", parts.store.shown),
        ("Entries", str(len(parts.entries))),
        ("Under way", under_way or "nothing"),
        ("Open cases", str(len(opened))),
    ]
    await command.answer(status_message(rows))


_ID = re.compile(r"(?:show\s+)?(HO-[A-Z2-7]+)", re.IGNORECASE)


async def handoff(command: Command) -> None:
    """``handoff [12h | since 09:00 | last | HO-…]``."""
    await command.permitted()
    words = command.typed.text.strip()[len(command.typed.name) :].replace(f"--{SHARE}", " ").strip()
    if shown := _ID.fullmatch(words):
        await command.answer(as_posted(await stored(command.context, shown[1])))
        return
    channel = (await command.job.step("channel", lambda: _channel(command)))["id"]
    if not channel:
        name = command.context.parts.settings.oncall_channel
        raise UserError(f"There is no channel {name} that I am in: correct NETCLINIC_ONCALL_CHANNEL, or invite me.")
    await span_is_meant(command.context, words, channel, command.typed.user)
    place = "here" if channel == command.typed.channel else "in the on-call channel"
    await command.answer(making_message(words, place))
    typed = command.typed
    payload = {"words": words, "channel": channel, "user": typed.user, "asked_in": typed.channel}
    payload["response_url"] = typed.response_url

    async def accepted() -> Json:
        await command.context.parts.work.accept(NAME, f"{command.job.key}:{NAME}", payload)

    await command.job.step("accept", accepted)


async def _channel(command: Command) -> Json:
    wanted = command.context.parts.settings.oncall_channel
    found = await command.context.parts.directory.channel_named(wanted) if wanted else command.typed.channel
    return {"id": found or ""}


@dataclass(frozen=True)
class Row:
    """How a subcommand is shown, and who does it. ``run`` raises ``UserError`` with a sentence where it cannot."""

    shown: Subcommand
    run: Callable[[Command], Awaitable[None]]


async def help_(command: Command) -> None:
    """``help``."""
    await command.answer(help_of())


ROWS: tuple[Row, ...] = (
    Row(
        Subcommand(
            "ask",
            "<symptom> [cluster=NAME] [namespace=NS] [--share]",
            "diagnoses what you see",
            ("pods stuck in ContainerCreating since 10 min", "CoreDNS 重启后解析超时 cluster=prod-hz --share"),
        ),
        ask,
    ),
    Row(
        Subcommand("check", "[entry] [cluster=NAME]", "judges every fault, or one entry", ("terway-mac-not-found",)),
        check,
    ),
    Row(Subcommand("facts", "[cluster=NAME]", "what kind of cluster it is, each fact with its source"), facts),
    Row(Subcommand("entries", "[words]", "all entries, or those nearest to your words", ("hairpin",)), entries),
    Row(Subcommand("show", "<entry>", "one entry in full, its steps for any cluster", ("ipv6-no-egress",)), show),
    Row(Subcommand("cluster", "[name]", "which clusters there are, and whether they can be read"), which_clusters),
    Row(Subcommand("cases", "", "open cases, with links to their threads"), list_cases),
    Row(
        Subcommand(
            "handoff",
            "[12h | since 09:00 | last | HO-…]",
            "what the next engineer must know, posted; or one that was",
            ("12h", "since 09:00"),
        ),
        handoff,
    ),
    Row(
        Subcommand(
            "audit",
            "[filters] | show <record, request or case> | verify | export [filters]",
            "what was done, by whom, and proof that nobody changed the record of it",
            ("since 2h actor @bob", "show NC-7F3K2Q"),
        ),
        audit,
    ),
    Row(Subcommand("status", "", "how netclinic itself is"), status),
    Row(Subcommand("help", "", "this"), help_),
)


async def perform(context: HandlerContext, job: Job) -> None:
    """The handler of typed commands; an unknown one is answered with the nearest and help."""
    command = Command.of(context, job)
    name = command.typed.name

    async def act() -> None:
        await command.received()
        row = row_of(name) if name else None
        if row is None:
            await command.answer(help_of(name))
        else:
            await row.run(command)

    async def say(message: Message) -> None:
        await job.step("say", lambda: command.last_word(message))

    await run_reporting_errors(act, say, command.trail)


def names() -> list[str]:
    """All of them."""
    return [row.shown.name for row in ROWS]


def help_of(unknown: str = "") -> Message:
    """Help, made from the table; for an unknown name it says which is nearest."""
    if not unknown:
        return help_message([row.shown for row in ROWS])
    near = difflib.get_close_matches(unknown.lower(), names(), n=1, cutoff=0.5)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return help_message([row.shown for row in ROWS], unknown=f"{unknown[:40]}{hint}")


def row_of(name: str) -> Row | None:
    """The row of a name, in any letters."""
    return next((row for row in ROWS if row.shown.name == name.lower()), None)


def case_row(case: Case) -> CaseRow:
    """A case by its newest answer."""
    return CaseRow(
        id=case.id,
        title=case.title or case.question,
        outcome=case.outcome,
        at=case.updated_at,
        cluster=case.cluster,
        by=case.opened_by,
        link=case.link,
        state=case.state,
        assignee=case.assignee,
    )


def answer_row(case: Case, answer: StoredAnswer) -> CaseRow:
    """One answer of a case."""
    first = answer.told.diagnoses[0] if answer.told.diagnoses else None
    return CaseRow(
        id=case.id,
        title=first.title if first else "",
        outcome=answer.told.outcome,
        at=answer.finished_at,
        cluster=answer.cluster,
        by=answer.asked_by,
        link=case.link,
        state=case.state,
    )
