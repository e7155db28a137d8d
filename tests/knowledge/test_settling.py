"""The question that settles an entry: how it is written, and what is said of one that is not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.errors import EntryErrors
from knowledge.loading import load_entries
from knowledge.model import SettlingQuestion
from knowledge.vocabulary import Vocabulary

Write = Callable[..., Path]
SAYS = """\
  all:
    - terway_mode() == "shared"
    - question_says(about="a thing", contains=["thing*"])
"""


@pytest.fixture
def load(write: Write, folder: Path, vocabulary: Vocabulary) -> Callable[..., SettlingQuestion | None]:
    """The question of the sample entry with this ``asks``."""

    def loaded(asks: str, confirmed_by: str = SAYS) -> SettlingQuestion | None:
        text = write().read_text()
        reads = text[text.index("  all:") : text.index("facts:")]
        write((reads, f"{confirmed_by}asks: {asks}\n"))
        (entry,) = load_entries([folder], vocabulary)
        return entry.asks

    return loaded


def test_it_says_which_answer_confirms(load: Callable[..., SettlingQuestion]) -> None:
    asks = load('{text: "Does it fail from other pods too?", yes: ruled_out, no: confirmed}')
    assert asks.sentence == "Does it fail from other pods too? If no, this is it."
    assert load('{text: "Is it so?", yes: confirmed, no: ruled_out}').sentence == "Is it so? If yes, this is it."


@pytest.mark.parametrize(
    ("asks", "what"),
    [
        ("often", '"asks" is not a mapping: write asks: {text: "Does it ...?", yes: ruled_out, no: confirmed}'),
        ("{yes: confirmed, no: ruled_out}", "asks has no question"),
        ('{text: "It fails.", yes: confirmed, no: ruled_out}', "asks has no question"),
        ('{text: "Is it so?", yes: confirmed}', 'asks does not say what "no" makes of it'),
        ('{text: "Is it so?", yes: confirmd, no: ruled_out}', 'did you mean "confirmed"'),
        ('{text: "Is it so?", yes: confirmed, no: confirmed}', "both answers make it confirmed"),
        (
            '{text: "Is it so?", yes: confirmed, no: ruled_out, maybe: suspected}',
            'the key "maybe" of asks is not known',
        ),
        (f'{{text: "{"Is it so " * 30}?", yes: confirmed, no: ruled_out}}', "ask one thing, in 200 at most"),
    ],
)
def test_mistakes_are_named(load: Callable[..., SettlingQuestion], asks: str, what: str) -> None:
    with pytest.raises(EntryErrors) as errors:
        load(asks)
    assert what in str(errors.value)


def test_an_answer_stands_for_words(load: Callable[..., SettlingQuestion]) -> None:
    with pytest.raises(EntryErrors, match="settles nothing, confirmed_by has no question_says"):
        load('{text: "Is it so?", yes: confirmed, no: ruled_out}', '  all:\n    - pod_waiting(reason="x")\n')
