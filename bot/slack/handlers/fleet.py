"""All clusters side by side in Slack: asked for by a command, by schedule as a digest, and one of them by a button."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from functools import partial

from bot.audit import AuditContext
from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.reader import Cluster
from bot.fleet.check import FleetCheck
from bot.fleet.summary import ClusterSummary, dump, load
from bot.slack.blocks.action_ids import CHECK_CLUSTER
from bot.slack.blocks.elements import Message
from bot.slack.blocks.fleet import digest_message, fleet_message, parse_check_cluster_value
from bot.slack.handlers.command import Command
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError, run_reporting_errors
from bot.slack.jobs import FLEET_DIGEST, QUESTION, ButtonPress, FleetDigest, Question, once_key
from bot.slack.queue.job import Job, Json

NONE_CONFIGURED = "No cluster is configured here: set KUBECONFIG where netclinic runs."


async def fleet(command: Command) -> None:
    """``fleet``: every cluster that may be asked about."""
    arguments = command.arguments
    if arguments.words or arguments.cluster or arguments.namespace:
        raise UserError("/netclinic fleet looks at every cluster: /netclinic check cluster=NAME looks at one.")
    names = await _cluster_names(command.context)

    async def render() -> Message:
        found = await look_at_all(command.context, command.trail, names)
        return fleet_message(found, command.context.now())

    await command.answer_with(render, "all clusters")


async def look_at_all(context: HandlerContext, trail: AuditContext, names: Sequence[str]) -> list[ClusterSummary]:
    """A summary of each cluster.

    Raises:
        AuditUnavailable: something could not be recorded, and nothing more was read.
    """

    def open_cluster(name: str) -> AbstractAsyncContextManager[Cluster]:
        return context.services.open_cluster(name, trail)

    clinic, places = await context.services.clinic(), context.services.fleet_places
    return await FleetCheck(clinic, open_cluster, trail, places).run(names)


async def _cluster_names(context: HandlerContext) -> tuple[str, ...]:
    """Raises ``UserError`` where there is none, or where the kubeconfig cannot be read."""
    try:
        names = await asyncio.to_thread(context.services.clusters.list_names)
    except ConnectionSettingsError as error:
        raise UserError(str(error)) from error
    if not names:
        raise UserError(NONE_CONFIGURED)
    return tuple(dict.fromkeys(names))


def due_key(team: str, due: datetime) -> str:
    """The key of a digest: the same on every replica."""
    return f"{team}:{FLEET_DIGEST.name}:{due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


async def post_digest(context: HandlerContext, job: Job, digest: FleetDigest) -> None:
    """The handler of the digest: what was seen is remembered, so that a crash reads no cluster twice."""
    trail = context.system_audit_context(job.key)
    post = partial(context.messenger(trail).post_once, channel=digest.channel, thread_ts=None)

    async def act() -> None:
        seen = await job.step("look", lambda: _look_for_digest(context, trail, digest.channel))
        if "refused" in seen:
            raise UserError(*seen["refused"])
        message = digest_message(load(seen["clusters"]), datetime.fromisoformat(seen["at"]))
        await job.step("post", lambda: post(key=job.key, message=message))

    async def say(message: Message) -> None:
        await job.step("say", lambda: post(key=f"{job.key}:why", message=message))

    await run_reporting_errors(act, say, trail)


async def _look_for_digest(context: HandlerContext, trail: AuditContext, channel: str) -> Json:
    if why := await context.services.external_access.posting_refusal(channel):
        return {"refused": [why.sentence, why.rule]}
    try:
        names = await _cluster_names(context)
    except UserError as why_not:
        return {"refused": [why_not.sentence, why_not.rule]}
    found = await look_at_all(context, trail, names)
    return {"clusters": dump(found), "at": context.now().isoformat()}


def check_key(press: ButtonPress) -> str:
    """The key of the check that a button of a fleet's row sets off: one a message and cluster."""
    return once_key(CHECK_CLUSTER, f"{press.channel} {press.message_ts} {press.value}")


async def accept_cluster_check(context: HandlerContext, press: ButtonPress) -> Json:
    """“Check everything on X”: told in the message's thread, or to the presser alone where only they see the message.

    Raises:
        UserError: the button is none of ours or too old, or was pressed before.
    """
    again = "`/netclinic fleet` shows the clusters anew"
    try:
        cluster, shown_at = parse_check_cluster_value(press.value)
    except ValueError:
        raise UserError(f"This button leads nowhere: {again}.") from None
    if context.now() - shown_at > context.button_lifetime:
        hours = context.services.settings.buttons_expire_hours
        raise UserError(f"These buttons are older than {hours:g} hours and no longer work: {again}.")
    question = Question(
        channel=press.channel,
        user=press.user,
        how="form",
        words="check",
        cluster=cluster,
        is_check=True,
        thread_ts="" if press.is_private else press.thread_ts or press.message_ts,
        response_url=press.response_url if press.is_private else "",
        is_beside=press.is_private,
        team=press.team,
        in_shared_channel=press.in_shared_channel,
    )
    if await context.accept(QUESTION, check_key(press), question):
        return {}
    raise UserError(f"{cluster} is being checked, or was already, by this button: {again}.")
