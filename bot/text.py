"""Text from outside, made to be text and nothing else: it can neither move, nor colour, nor hide anything."""


def plain(text: str) -> str:
    """Without control and direction characters: a hostile name or log line stays text."""
    if text.isprintable():  # nearly always, and a hundred times faster
        return text
    return "".join(char for char in text if char.isprintable() or char in "\n\t")


def one_line(text: str) -> str:
    """The same on a single line."""
    return plain(" ".join(text.split()))
