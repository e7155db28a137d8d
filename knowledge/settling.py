"""The front matter's ``asks``: the one question that settles an entry, and what each answer makes of it."""

from typing import Literal

from knowledge.diagnostics import FileDiagnostics
from knowledge.errors import Place, suggestion
from knowledge.model import Condition, SettlingQuestion

WORDS_PROBE = "question_says"
LONGEST = 200  # characters: it stands above two buttons
_KEYS = ("text", "yes", "no")
_VERDICTS = ("confirmed", "ruled_out")
_SHAPE = 'write asks: {text: "Does it ...?", yes: ruled_out, no: confirmed}'
_PLACE: Place = ("asks",)


def read_asks(value: object, confirmed_by: Condition | None, diagnostics: FileDiagnostics) -> SettlingQuestion | None:
    """The question; whatever is wrong with it is noted in the reading."""
    if value is None:
        return None
    if not isinstance(value, dict):
        diagnostics.add(_PLACE, '"asks" is not a mapping', _SHAPE)
        return None
    before = len(diagnostics.problems)
    _check_keys(value, diagnostics)
    text = _text(value.get("text"), diagnostics)
    yes, no = (_verdict(value.get(key), key, diagnostics) for key in ("yes", "no"))
    if yes and yes == no:
        diagnostics.add(_PLACE, f"both answers make it {yes}", "let one of them confirm it and the other rule it out")
    if not _asks_words(confirmed_by):
        remedy = f"add {WORDS_PROBE}(...) to confirmed_by: the answer stands for what the words did not say"
        diagnostics.add(_PLACE, f'"asks" settles nothing, confirmed_by has no {WORDS_PROBE}()', remedy)
    if len(diagnostics.problems) > before or yes is None or no is None:
        return None
    return SettlingQuestion(text=text, yes=yes, no=no)


def _check_keys(value: dict[str, object], diagnostics: FileDiagnostics) -> None:
    for key in value:
        if key not in _KEYS:
            hint = suggestion(key, _KEYS)
            diagnostics.add((*_PLACE, key), f'the key "{key}" of asks is not known', f"use text, yes and no{hint}")


def _text(value: object, diagnostics: FileDiagnostics) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not text.endswith("?"):
        diagnostics.add(_PLACE, "asks has no question", f"{_SHAPE}, with a question mark")
    elif len(text) > LONGEST:
        diagnostics.add(_PLACE, f"the question has {len(text)} characters", f"ask one thing, in {LONGEST} at most")
    return text


def _verdict(value: object, key: str, diagnostics: FileDiagnostics) -> Literal["confirmed", "ruled_out"] | None:
    if value == "confirmed" or value == "ruled_out":
        return "confirmed" if value == "confirmed" else "ruled_out"
    hint = suggestion(str(value), _VERDICTS)
    diagnostics.add(_PLACE, f'asks does not say what "{key}" makes of it', f"write {key}: confirmed or ruled_out{hint}")
    return None


def _asks_words(condition: Condition | None) -> bool:
    if condition is None:
        return False
    members = getattr(condition, "members", ())
    return getattr(condition, "probe", "") == WORDS_PROBE or any(map(_asks_words, members))
