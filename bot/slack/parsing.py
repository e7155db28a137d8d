"""A question out of a Slack message: Slack's marks undone, options such as ``cluster=`` taken out of the words.

Slack sends ``&amp;``, ``<@U123>``, ``<#C1|inc-shop>``, ``<http://a.b|a.b>`` and typographic quotes; the index and the
people who read the answer want what was typed. Text in code marks is a paste: of it nothing is taken for an option.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.cluster.resources import namespace_trouble
from bot.slack.pastes import pick_errors

MAX_LENGTH = 3000  # characters of a question: of a longer paste, the lines with errors
_ENTITY = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " "})
_EMOJI = re.compile(r"(?<![\w:]):[a-z][a-z0-9_+'-]*:(?![\w:])")
_OPTION = re.compile(r"(?<!\S)(cluster|namespace|ns)=(\"[^\"]*\"|'[^']*'|\S+)", re.IGNORECASE)
_THANKS = re.compile(
    r"(a|all|cheers|cool|fine|good|got|great|it|job|lot|lots|many|much|nice|ok|okay|perfect|so|thank|thanks|that|thx|ty|"
    r"understood|very|work|you|谢谢|多谢|感谢|谢了|好的|收到|辛苦了|太好了)"
)


@dataclass(frozen=True, kw_only=True)
class ParsedQuestion:
    """What was asked. ``cluster`` and ``namespace`` are empty where the words name none; a flag is ``--share``.

    ``note`` says what of the words was not taken, where they are a long paste.
    """

    words: str
    cluster: str = ""
    namespace: str = ""
    flags: frozenset[str] = frozenset()
    note: str = ""

    @property
    def trouble(self) -> str:
        """Why it cannot be asked like this, as one sentence; empty when it can."""
        return namespace_trouble(self.namespace)


def parse_question(text: str, *, bot_user: str = "", flags: Sequence[str] = ()) -> ParsedQuestion:
    """The question in a message's text. ``flags`` are taken out where they stand as ``--flag``; others are words.

    A phone or a Mac makes one dash of two.
    """
    found: dict[str, str] = {}
    given: set[str] = set()

    def option(match: re.Match[str]) -> str:
        name = "cluster" if match[1].lower() == "cluster" else "namespace"
        found.setdefault(name, match[2].rstrip(",:;.!?").strip("\"'"))
        return " "

    def flag(match: re.Match[str]) -> str:
        given.add(match[1].lower())
        return " "

    parts = _CODE.split(_decode_entities(text, bot_user))
    for number in range(0, len(parts), 2):  # the odd ones are code
        prose = _OPTION.sub(option, _EMOJI.sub(" ", parts[number]))
        parts[number] = re.sub(rf"(?<!\S)(?:--|[—–])({'|'.join(flags)})(?!\S)", flag, prose) if flags else prose
    words = "".join(part.strip("`") if number % 2 else part for number, part in enumerate(parts))
    taken = pick_errors(_collapse_spaces(words), MAX_LENGTH)
    return ParsedQuestion(words=taken.text, flags=frozenset(given), note=taken.note("your message"), **found)


def is_courtesy(words: str) -> bool:
    """Whether they only say thanks, or that it is fine: nothing is asked then."""
    words_said = re.findall(r"\w+", words.lower())
    return bool(words_said) and all(_THANKS.fullmatch(word) for word in words_said)


def mentions_bot(text: str, bot_user: str) -> bool:
    """Whether the text addresses the bot, outside of code."""
    return any(re.search(rf"<@{re.escape(bot_user)}(\|[^>]*)?>", part) for part in _CODE.split(text)[::2])


def _decode_entities(text: str, bot_user: str) -> str:
    def plain(match: re.Match[str]) -> str:
        mark, target, label = match[1], match[2], match[3] or ""
        if mark == "@":
            return " " if target == bot_user or not label else f"@{label}"
        if mark == "#":
            return f"#{label}" if label else " "
        if mark == "!":
            return label or " "
        return label or target.removeprefix("mailto:")

    return html.unescape(_ENTITY.sub(plain, text)).translate(_QUOTES)


def _collapse_spaces(words: str) -> str:
    """Lines kept, since logs are pasted; spaces that the removed parts left are gone."""
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in words.splitlines())
    return "\n".join(line for line in lines if line)
