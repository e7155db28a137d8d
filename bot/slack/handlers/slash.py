"""``/netclinic ask`` and ``check``: questions like those in channels, answered for the asker alone."""

import difflib

from bot.slack.handlers.command import SHARE, Command
from bot.slack.handlers.context import Desk
from bot.slack.handlers.question import NAME
from bot.slack.handlers.question_payload import Question
from bot.slack.handlers.refusal import Refused
from bot.slack.queue.job import Json


async def ask(command: Command) -> None:
    """``ask <symptom>``."""
    if not command.asked.words:
        raise Refused("Say what you see: /netclinic ask pods stuck in ContainerCreating since 10 min.")
    await _accepted(command, _question(command))


async def check(command: Command) -> None:
    """``check [entry]``."""
    entries = tuple(command.asked.words.split())
    for id_ in entries:
        known_entry(command.desk, id_)
    question = _question(command, is_check=True, entries=entries, words=" ".join(["check", *entries]))
    await _accepted(command, question)


async def _accepted(command: Command, question: Question) -> None:
    """Hand the question on as work of its own: a menu of clusters finds it under its key."""

    async def accept() -> Json:
        await command.desk.parts.work.accept(NAME, f"{command.deed.key}:{NAME}", question.to_json())

    await command.deed.step("accept", accept)


def known_entry(desk: Desk, id_: str) -> None:
    """Refuse an entry that does not exist.

    Raises:
        Refused: there is none; the nearest is named.
    """
    entries = desk.parts.entries
    if id_ not in entries:
        near = difflib.get_close_matches(id_, list(entries), n=1, cutoff=0.4)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise Refused(f"There is no entry {id_!r}.{hint} /netclinic entries names them all.")


def _question(command: Command, **more: object) -> Question:
    asked, typed = command.asked, command.typed
    told: dict[str, object] = {
        "channel": typed.channel,
        "user": typed.user,
        "how": "command",
        "words": asked.words,
        "cluster": asked.cluster,
        "namespace": asked.namespace,
        "response_url": "" if SHARE in asked.flags else typed.response_url,
        "trouble": asked.trouble,
        **more,
    }
    return Question.of(told)
