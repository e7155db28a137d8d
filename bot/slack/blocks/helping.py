"""Help, made from the subcommands themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.probes.findings import clip
from bot.slack.blocks.elements import Element, escaped, line, rich, said
from bot.slack.blocks.limits import Item, packed
from bot.slack.blocks.messages import Message

COMMAND = "/netclinic"


@dataclass(frozen=True)
class Subcommand:
    """One word of the slash command. ``usage`` holds its arguments alone, e.g. ``<symptom>``; ``examples`` too."""

    name: str
    usage: str
    about: str
    examples: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """As it is typed."""
        return f"{COMMAND} {self.name} {self.usage}".rstrip()


def help_message(subcommands: Sequence[Subcommand], *, unknown: str = "") -> Message:
    """All of them; ``unknown`` is what was typed and is none of them."""
    first = [f"There is no {COMMAND} {clip(unknown, 80)}."] if unknown else []
    names = ", ".join(subcommand.name for subcommand in subcommands)
    items: list[Item] = [[line(said(first[0], bold=True))]] if first else []
    items += [list(_parts(subcommand)) for subcommand in subcommands]
    closing = "Answers are shown to you alone; --share shows them to the channel. Or mention me and say what you see."
    return Message(
        text=escaped(" ".join([*first, f"{COMMAND} takes: {names}."])),
        blocks=[*packed(items), rich([line(said(closing, italic=True))])],
    )


def _parts(subcommand: Subcommand) -> Iterator[Element]:
    yield line(said(subcommand.line, code=True), said(f"  {subcommand.about}"))
    for example in subcommand.examples:
        yield line(said("e.g. "), said(f"{COMMAND} {subcommand.name} {example}", code=True))
