"""Mentions, direct messages, and what is said in incident channels.

A mention arrives twice, as ``app_mention`` and as ``message``, and each again when Slack is unsure: all bear the
message's own ts, under which the question is accepted once.
Most messages are people talking to each other: they are nothing to us.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt.app.async_app import AsyncApp

from bot.cluster.connection import ConnectionSettingsError
from bot.settings import parse_list
from bot.slack.alert_scope import scope_of_text
from bot.slack.api.errors import SlackError, SlackUnavailable
from bot.slack.blocks.case import refusal_message
from bot.slack.handlers.context import HandlerContext
from bot.slack.jobs import ALERT, EDIT, QUESTION, Alert, EditedQuestion, HowAsked, Question, SentFile
from bot.slack.message_text import all_text
from bot.slack.parsing import ParsedQuestion, mentions_bot, parse_question
from bot.slack.replies import asks_who_works, typed_action
from bot.slack.services import BotIdentity
from bot.slack.slack_connect import foreign_team, is_externally_shared
from bot.store.cases import TALK

MESSAGE_SUBTYPES = frozenset({"", "file_share", "thread_broadcast"})  # other subtypes tell of edits, joins, topics
SLACKBOT = "USLACKBOT"
EDITED_WITHIN = 1800.0  # seconds after a message was sent: later its incident has gone on
MOST_FILES = 3
TEXT_TYPES = frozenset(
    f"application/{name}" for name in ("json", "yaml", "x-yaml", "xml", "x-sh", "x-ndjson", "octet-stream")
)
STORE_TIMEOUT = 8.0  # seconds for a question to be stored
NOT_STORED = (
    "Nothing was read, because your question could not be recorded: netclinic's database cannot be used just now. "
    "It is tried again for some minutes; if no answer comes, ask again and tell whoever runs netclinic."
)
_log = logging.getLogger("netclinic.listeners")


@dataclass(frozen=True, kw_only=True)
class IncomingMessage:
    """A person's message. ``thread_ts`` is empty where it stands in the channel itself; ``team``, where it is ours."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str = ""
    is_mention: bool = False
    files: tuple[SentFile, ...] = ()
    team: str = ""
    in_shared_channel: bool = False

    @property
    def is_direct(self) -> bool:
        """Whether it was said to the bot alone."""
        return self.channel.startswith("D")


def parse_message_event(event: Mapping[str, Any], bot_user: str) -> IncomingMessage | None:
    """The message of a ``message`` or ``app_mention`` event; ``None`` for edits, joins, bots and the like."""
    user, ts = str(event.get("user") or ""), str(event.get("ts") or "")
    is_persons = user not in ("", bot_user, SLACKBOT) and not event.get("bot_id") and not event.get("hidden")
    if not is_persons or not ts or str(event.get("subtype") or "") not in MESSAGE_SUBTYPES:
        return None
    typed, thread = str(event.get("text") or ""), str(event.get("thread_ts") or "")
    return IncomingMessage(
        channel=str(event["channel"]),
        ts=ts,
        user=user,
        text=all_text(event),
        thread_ts="" if thread == ts else thread,
        is_mention=event.get("type") == "app_mention" or mentions_bot(typed, bot_user),
        files=sent_files(event),
    )


def parse_edit_event(event: Mapping[str, Any], bot_user: str) -> IncomingMessage | None:
    """A message as its writer has changed it a short time after sending it, where they have added words or files;
    ``None`` for all other events. Slack changes messages too, as when it shows what is behind a link.
    """
    now, before = (event.get(name) or {} for name in ("message", "previous_message"))
    edited = now.get("edited") or {}
    if str(event.get("subtype") or "") != "message_changed" or edited.get("user") != now.get("user"):
        return None
    message = parse_message_event({**now, "channel": event.get("channel") or ""}, bot_user)
    if message is None or not _is_soon(message.ts, str(edited.get("ts") or "")):
        return None
    added = set(re.findall(r"\w+", message.text.lower())) - set(re.findall(r"\w+", all_text(before).lower()))
    return message if added or len(message.files) > len(before.get("files") or []) else None


def _is_soon(ts: str, edited: str) -> bool:
    try:
        return float(edited) - float(ts) <= EDITED_WITHIN
    except ValueError:
        return False


def sent_files(event: Mapping[str, Any]) -> tuple[SentFile, ...]:
    """The files of a message; those that Slack keeps no more are none."""
    found = [each for each in event.get("files") or [] if isinstance(each, Mapping) and each.get("id")]
    there = [each for each in found if each.get("mode") not in ("tombstone", "hidden_by_limit")]
    return tuple(_sent_file(each) for each in there[:MOST_FILES])


def _sent_file(file: Mapping[str, Any]) -> SentFile:
    kind = str(file.get("mimetype") or "text/plain")
    is_text = file.get("mode") == "snippet" or kind.startswith("text/") or kind in TEXT_TYPES
    name = str(file.get("name") or file.get("title") or "the file")
    return SentFile(id=str(file["id"]), name=name[:80], url=str(file.get("url_private") or ""), is_text=is_text)


@dataclass(frozen=True, kw_only=True)
class BotAlert:
    """A message that a bot on the list posted in a channel."""

    channel: str
    ts: str
    bot: str
    name: str
    text: str


def parse_alert_event(event: Mapping[str, Any], own: BotIdentity, listed: Collection[str]) -> BotAlert | None:
    """The alert of a ``message`` event; ``None`` where no bot on the list opened a thread with it.

    Our own messages are none, whatever the list says, and what bots say in threads is none: two bots that answer each
    other would never end.
    """
    ts, thread, bot = (str(event.get(name) or "") for name in ("ts", "thread_ts", "bot_id"))
    user, profile = str(event.get("user") or ""), event.get("bot_profile") or {}
    is_ours = bot == own.bot or user == own.user
    is_opening = ts and thread in ("", ts) and str(event.get("subtype") or "") in ("", "bot_message")
    channel = str(event.get("channel") or "")
    if not bot or is_ours or not is_opening or event.get("hidden") or channel.startswith("D"):
        return None
    names = [str(value or "") for value in (event.get("username"), profile.get("name"))]
    ids = [bot, user, str(event.get("app_id") or profile.get("app_id") or "")]
    wanted = {item.lower().lstrip("@") for item in listed}
    if not wanted & {each.lower() for each in (*names, *ids) if each}:
        return None
    shown = next((name for name in names if name), bot)
    return BotAlert(channel=channel, ts=ts, bot=user or shown, name=shown, text=all_text(event))


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Listen to ``message`` and ``app_mention``, and take whatever else Slack sends: so this comes last."""

    alert_bots = parse_list(context.services.settings.alert_bots)

    async def handle_message(event: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        message = parse_message_event(event, context.services.bot.user)
        alert = parse_alert_event(event, context.services.bot, alert_bots)
        if alert is not None and not foreign_team(body, context.services.bot.own_teams):
            await _accept_alert(context, alert)
        edited = parse_edit_event(event, context.services.bot.user)
        if edited is not None:
            team = foreign_team(body, context.services.bot.own_teams)
            await _accept_edit(context, replace(edited, team=team, in_shared_channel=is_externally_shared(body)))
        if message is not None:
            team = foreign_team(body, context.services.bot.own_teams)
            await _accept_message(context, replace(message, team=team, in_shared_channel=is_externally_shared(body)))

    app.event("app_mention")(handle_message)
    app.event("message")(handle_message)
    app.event(re.compile(""))(_ignore_event)


async def _accept_message(context: HandlerContext, message: IncomingMessage) -> None:
    """Accept the message where it is a question for us."""
    question, key = await _question_of(context, message), _key(context, message)
    if question is not None and not await _accept_question(context, question, key):
        _log.info("A message came again; it is being answered, or was.", extra={"request_id": key})


async def _accept_edit(context: HandlerContext, message: IncomingMessage) -> None:
    """A changed message is looked at again, once; where it was no question before, it is one now."""
    question, key = await _question_of(context, message), _key(context, message)
    if question is None:
        return
    if await context.services.queue.payload(key) is None:
        await _accept_question(context, question, key)
    else:
        await context.accept(EDIT, f"{key}:edit", EditedQuestion(**vars(question), original=key), STORE_TIMEOUT)


def _key(context: HandlerContext, message: IncomingMessage) -> str:
    return f"{context.services.bot.team}:{message.channel}:{message.ts}"


async def _question_of(context: HandlerContext, message: IncomingMessage) -> Question | None:
    """The message as a question; ``None`` where nobody asked us."""
    asked = parse_question(message.text, bot_user=context.services.bot.user)
    how, looks_first = await _how_asked(context, message, asked)
    if how is None:
        return None
    return Question(
        channel=message.channel,
        user=message.user,
        how=how,
        words=asked.words,
        cluster=asked.cluster,
        namespace=asked.namespace,
        thread_ts=message.thread_ts or message.ts,
        trouble=asked.trouble,
        team=message.team,
        in_shared_channel=message.in_shared_channel,
        is_reply=bool(message.thread_ts),
        looks_first=looks_first,
        files=message.files,
        notes=(asked.note,) if asked.note else (),
    )


async def _accept_alert(context: HandlerContext, said: BotAlert) -> None:
    """Store it; what cannot be stored is not acknowledged, and Slack brings it again."""
    asked = parse_question(said.text, bot_user=context.services.bot.user)
    scope = scope_of_text(asked.words)
    if not asked.words:
        return
    key = f"{context.services.bot.team}:{said.channel}:{said.ts}"
    alert = Alert(
        user=said.bot,
        channel=said.channel,
        thread_ts=said.ts,
        identity=key,
        name=alert_name(asked.words, said.name),
        words=asked.words,
        cluster=asked.cluster or scope.cluster,
        namespace=asked.namespace or scope.namespace,
        pod=scope.pod,
        node=scope.node,
    )
    await context.accept(ALERT, key, alert, STORE_TIMEOUT)


def alert_name(words: str, bot: str) -> str:
    """What the alert is called: its first line without what tells one from another, names with digits and counts."""
    first = re.sub(r"\[?\b(?:FIRING|ALERT|TRIGGERED|WARNING|CRITICAL)\b(?::\s*\d+)?\]?", " ", words.splitlines()[0])
    kept = [word for word in first.split() if not re.search(r"\d|[/=]", word)]
    return " ".join(kept)[:100].strip(" :-|()[]") or bot


async def _accept_question(context: HandlerContext, question: Question, key: str) -> bool:
    """Whether it is new. What cannot be stored is not acknowledged: Slack brings it again, and the asker hears so.

    Raises:
        JobNotAccepted, and what the database raises: it is not stored.
    """
    try:
        return await context.accept(QUESTION, key, question, STORE_TIMEOUT)
    except Exception as error:
        _log.error("A question could not be stored: %s", error, extra={"request_id": key})
        if question.how != "unasked" and context.is_first_warning(key):
            with contextlib.suppress(SlackError):
                await context.services.poster.warn_person(
                    question.channel,
                    question.user,
                    refusal_message(NOT_STORED, request=key),
                    question.thread_ts or None,
                )
        raise


async def _how_asked(
    context: HandlerContext, message: IncomingMessage, asked: ParsedQuestion
) -> tuple[HowAsked | None, bool]:
    """How it was asked, ``None`` where nobody asked; and whether the cluster is looked at before anything is said."""
    if message.is_direct:  # there nobody else can be meant
        return "direct", False
    if message.is_mention:
        return "mention", False
    if not context.services.settings.incident_channels:
        return None, False
    if message.thread_ts and (typed_action(asked.words) or asks_who_works(asked.words)):
        is_meant = await _is_worked_on(context, message) and await _is_incident_channel(context, message.channel)
        return ("unasked", True) if is_meant else (None, False)
    if message.thread_ts and await _asks_about_another_cluster(context, asked.words):
        is_meant = await _is_worked_on(context, message) and await _is_incident_channel(context, message.channel)
        return ("unasked", False) if is_meant else (None, False)
    is_about_network, is_sure = await _weigh_words(context, asked.words)
    # In threads people work on what they know of: there only what is clearly a question is looked at.
    if not is_about_network or not (is_sure or not message.thread_ts):
        return None, False
    is_answered = await _is_incident_channel(context, message.channel)
    return ("unasked", not is_sure) if is_answered else (None, False)


async def _asks_about_another_cluster(context: HandlerContext, words: str) -> bool:
    """Whether they only ask how it is on a known cluster: "and on prod-b?"."""
    if not words.rstrip().endswith(("?", "\N{FULLWIDTH QUESTION MARK}", "吗", "呢")):
        return False
    try:
        return await asyncio.to_thread(context.services.clusters.is_only_a_name, words)
    except ConnectionSettingsError:
        return False


async def _is_worked_on(context: HandlerContext, message: IncomingMessage) -> bool:
    """Whether the thread has a case that words in place of a button may be about."""
    thread = (context.services.bot.team, message.channel, message.thread_ts)
    there = await context.services.store.run(context.cases.of_thread, *thread)
    return any(case.state != TALK for case in there)


async def _is_incident_channel(context: HandlerContext, channel: str) -> bool:
    try:
        return await context.is_incident_channel(channel)
    except SlackUnavailable:
        return True  # stored first; whether it was said in such a channel is looked up again before the answer


async def _weigh_words(context: HandlerContext, words: str) -> tuple[bool, bool]:
    """Whether the words are about the network, by the index's calibration, and whether that is sure enough to answer
    unasked."""
    matcher = (await context.services.clinic()).matcher
    if matcher is None or not words:
        return False, False
    found = await asyncio.to_thread(matcher.match, words)
    is_sure = found.in_scope and found.confidence >= context.services.settings.unasked_confidence
    done = "it is answered" if is_sure else "the cluster may tell" if found.in_scope else "nothing is said"
    _log.info("Nobody asked; %s.", done, extra={"confidence": found.confidence})
    return found.in_scope, is_sure


async def _ignore_event() -> None:
    """Events that we have no use for are acknowledged all the same: Slack would send them again and again."""
