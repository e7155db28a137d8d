"""Small patterns over people's words, in English and Chinese: how an entry says what tells it from its neighbours.

=============  ========================================================================================================
``host port``  whole words, in any case; a space also stands for nothing or a dash (hostPort, host-port)
``restart*``   a word that begins so
``(a|b c)``    one of these; ``(a|b)?`` one of them or nothing, ``(a|b)*`` up to six of them in any order
``...``        some words of the same part of a sentence: no punctuation, no "but" and no "while" is crossed
``a & b``      both, wherever they stand
``<fails>``    one of the wordings under this name in ``word_groups.yaml``
``@name``      the name of a workload, and where it stands again the same one: ``@name pod <reaches> @name service``
=============  ========================================================================================================

What is denied is not said: "not a NodePort" does not speak of NodePorts. Chinese needs no spaces.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

from knowledge import untrusted_yaml
from knowledge.errors import ExpressionError, suggestion
from knowledge.name_patterns import HAN, NamePattern

GROUPS_FILE = Path(__file__).parent / "word_groups.yaml"
MOST_REPEATED = 6
FARTHEST = 45  # characters that "..." stands for: about eight words
DEEPEST = 8  # brackets in brackets

_BUT = r"but|while|whereas|whilst|however|though|although|yet|except|unless|unlike"
_BUT_CHINESE = r"但是|但|而(?!且|后)|不过|然而|却|只有|唯独|除了|就(?=(?:只有|它|他)?自己|只有)"
_CONTRAST = re.compile(rf"(?:{_BUT})$|{_BUT_CHINESE}")
_NOT = (
    (r"\bcan(?: not|['’]?t)\b", "cannot"),
    (r"\bwon['’]?t\b", "will not"),
    (r"\b(do|does|did|is|are|was|were|has|have|had|could|would|should)n['’]?t\b", r"\1 not"),
)
# Of a thing that happens without anybody's doing, "itself" says nothing about who calls whom.
_BY_ITSELF = (
    (r"\b(?:by|of) (?:it ?self|themselves)\b", "alone"),
    (
        r"\bon (?:its|their) own\b(?! (?:(?:kubernetes|k8s|internal|stable|in) )?"
        r"(?:service|svc|cluster|address|ip|vip|url|name|dns|fqdn|host ?name|endpoint))",
        "alone",
    ),
    (r"\b(heal|fix|repair|recover|resolve|clear|restart|correct|cure)(\w*) (?:it ?self|themselves)\b", r"\1\2 alone"),
    (r"(能|会|行|是|有|要|该|可)(?:不|没)(?:\1)", r"\1否"),
    (r"自己(就|又|会|也|慢慢|才)*(好|恢复|重启|消失|退出|起来|自愈|挂)", r"自动\2"),
)
_ASKING = (  # whom one asks is nobody whose calls fail
    r"\b(?:(?:does|do|has|have|can|could|would|is) )?(?:any|some)(?:one|body)(?: else| here)? "
    r"(?:know|knows|seen|see|sees|tell|help|explain|have an? idea)\b"
    r"|(?:有没有人|有人|谁|大家|各位)(?:能|会|可以|有)?(?:知道|见过|遇到过|遇过|帮忙|帮我|解释|懂)",
    " ",
)
_BREAKS = (
    (r"[!?;\n。！？；…]+|\.(?=\s|$)", " . "),
    (r"[,，、()（）【】\[\]]|[:：](?=\s|$)|\s[-–—>]+\s|[—–]|->", " , "),
)
_FILLERS = r"(?: ?\b(?:a|an|the|any|our|about|for|of|to|by|in|from|with|using|all|一个|这个)\b)* ?"
_DENIAL = re.compile(
    r"(?:(?:\b(?:is|are|was|were|be|been|it s|s|and|or)|[,.]|^) ?not"
    r"|\b(?:use|uses|used|using|have|has|having|need|needs) no"
    r"|\bnot (?:about|after|since|because of|due to|related to|caused by|only|just)"
    r"|\bwithout|\brather than|\binstead of|\bnothing to do with"
    r"|不是|并非|并不是|而非|没有用|没用|没有使用|没配|没有配)"
    rf"{_FILLERS}$"
)
_NO_SUCH = re.compile(rf"(?:\bno(?: other| more)?|\b(?:ruled out|excluded)|没有?|并?无|不存在|排除了?){_FILLERS}$")
_UNRELATED = re.compile(
    r"[^.,]{0,12}?(?:无关|没有?关系|不相干|\b(?:is|are|was|were|has|have) (?:unrelated|nothing to do)\b"
    r"|\b(?:is|are|was|were) not (?:the |an? |our )?(?:cause|reason|problem|culprit|issue)\b)"
)
_SETTLED = re.compile(
    r" ?(?:(?:is|are|was|were|s|looks?|seems?|all|both|already|都|也|全|均|已经?|是|查了|查过|看了|看过|那边"
    r"|本身) ?){0,3}"
    r"(?:(?:fine|ok|okay|open|opened|good|healthy|correct|right|valid|clean|green|low|idle|off|disabled|empty|checked"
    r"|verified|ruled out|excluded|as before|as ever|unchanged|untouched)\b"
    r"|没有?问题|正常|有效|不高|空闲|开了|开着|开放|放通|放行|放开|关了|关着|排除|没事|好的|无异常|没异常|没变|没动|没改)"
)
_TOKEN = re.compile(r"\.\.\.|…|\)[?*]|[()|&]|<[^<>]*>|@name\b|[^()|&<>…@]+?(?=\.\.\.|…|[()|&<>@]|$)")


@cache
def word_groups() -> Mapping[str, tuple[str, ...]]:
    """The wordings that entries share, by name."""
    kept = untrusted_yaml.load(GROUPS_FILE.read_text(encoding="utf-8"))
    return {name: tuple(wordings) for name, wordings in kept.items()}


_SPELLINGS = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        *_NOT,
        *_BY_ITSELF,
        _ASKING,
        *_BREAKS,
        (rf"\b({_BUT})\b|({_BUT_CHINESE})", r" , \1\2"),
        (rf"[^a-z0-9{HAN}.,%]+|(?<=\w)\.(?=\w)", " "),
        (rf"(?<=[{HAN}])(?=[a-z0-9])|(?<=[a-z0-9])(?=[{HAN}])", " "),
        (rf"(?<=[{HAN}]) +(?=[{HAN}])", ""),
    )
)


@lru_cache(maxsize=64)
def normalize(text: str) -> str:
    """One spelling for what people type: lower case, ``cannot``, single spaces, Chinese apart from Latin words.

    The ends of sentences become " . ", what parts them " , ".
    """
    text = unicodedata.normalize("NFKC", text).lower()
    for pattern, written in _SPELLINGS:
        text = pattern.sub(written, text)
    return " ".join(text.split())


@dataclass(frozen=True)
class WordPattern:
    """A pattern ready to be looked for. All of its ``expressions`` have to be said; of a verb that is denied its object
    is said.
    """

    written: str
    expressions: tuple[str, ...]
    is_deniable: bool

    def find(self, normalized: str, *, unless_well: bool = False) -> str | None:
        """The words that say it; ``None`` where they do not, or deny it.

        ``unless_well``: neither do they where they say that there is none ("no firewall"), or that all is well with it.
        """
        found = [next(self._said(part, normalized, unless_well), None) for part in self._compiled]
        return " … ".join(filter(None, found)) if all(found) else None

    @cached_property
    def _compiled(self) -> tuple[re.Pattern[str], ...]:
        """Compiled when it is first looked for: a question looks for few of those that it loads."""
        return tuple(map(re.compile, self.expressions))

    def _said(self, part: re.Pattern[str], text: str, unless_well: bool) -> Iterator[str]:
        for match in part.finditer(text):
            before, after = text[: match.start()], match.end()
            denied = (self.is_deniable and _DENIAL.search(before)) or _UNRELATED.match(text, after)
            if not denied and not (unless_well and (_NO_SUCH.search(before) or _SETTLED.match(text, after))):
                yield match[0].strip()


@cache
def word_pattern(written: str) -> WordPattern:
    """The pattern of an entry.

    Raises:
        ExpressionError: it cannot be read; the message says what is wrong.
    """
    expressions = tuple(_Reader(part).whole() for part in _split(written))
    return WordPattern(written, expressions, not written.lstrip().startswith("<reaches>"))


def _split(written: str) -> list[str]:
    parts = [part.strip() for part in written.split("&")]
    if not all(parts):
        raise ExpressionError(f'the wording "{written}" has nothing on one side of "&"')
    return parts


class _Reader:
    """Reads one pattern, from left to right."""

    def __init__(self, written: str) -> None:
        self._written = written
        self._tokens = [token for token in _TOKEN.findall(written) if token.strip()]
        self._at = 0
        self._workload = NamePattern()

    def whole(self) -> str:
        """The regular expression of all of it."""
        found = self._alternatives(depth=0)
        if self._at < len(self._tokens):
            raise self._error("closes a bracket that is not open")
        return found

    def _alternatives(self, depth: int) -> str:
        choices = [self._sequence(depth)]
        while self._peek() == "|":
            self._at += 1
            choices.append(self._sequence(depth))
        return choices[0] if len(choices) == 1 else f"(?:{'|'.join(choices)})"

    def _sequence(self, depth: int) -> str:
        parts: list[str] = []
        while (token := self._peek()) is not None and token not in ("|", ")", ")?", ")*"):
            self._at += 1
            if token == "(":  # noqa: S105
                parts.append(self._group(depth))
            elif token == "@name":  # noqa: S105
                parts.append(self._workload.following())
            elif token in ("...", "…"):
                parts.append(rf"[^.,]{{0,{FARTHEST}}}?")
            else:
                parts.append(_named(token[1:-1]) if token.startswith("<") else self._literal(token))
        if not parts:
            raise self._error("says nothing in one of its alternatives")
        return " ?".join(parts)

    def _group(self, depth: int) -> str:
        if depth == DEEPEST:
            raise self._error(f"has more than {DEEPEST} brackets in each other")
        inner, closing = self._alternatives(depth + 1), self._peek()
        if closing not in (")", ")?", ")*"):
            raise self._error("leaves a bracket open")
        self._at += 1
        if closing == ")*":
            return f"(?:(?:{inner}) ?){{0,{MOST_REPEATED}}}"
        return f"(?:{inner}){'?' if closing == ')?' else ''}"

    def _literal(self, token: str) -> str:
        words = [_word(piece, starred) for piece, starred in _words(token) if piece not in (".", ",")]
        if not words or "?" in token:
            raise self._error(f'holds "{token.strip()}", which is no word')
        phrase = _edges(" ?".join(words))
        return f"(?:, )?{phrase}" if _CONTRAST.match(words[0]) else phrase  # a comma stands before these, always

    def _peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _error(self, what: str) -> ExpressionError:
        return ExpressionError(f'the wording "{self._written}" {what}')


def _words(token: str) -> Iterator[tuple[str, bool]]:
    for piece in normalize(token.replace("*", "zzstar ")).split():
        yield piece.removesuffix("zzstar"), piece.endswith("zzstar")


def _word(piece: str, starred: bool) -> str:
    return re.escape(piece) + ("[a-z0-9]*" if starred else "")


def _edges(phrase: str) -> str:
    """Latin words are whole words; between Chinese ones there is no edge."""
    before = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", phrase) else ""
    after = r"(?![a-z0-9])" if re.search(r"[a-z0-9*\]]$", phrase) else ""
    return before + phrase + after


@cache
def _named(name: str) -> str:
    groups = word_groups()
    if name not in groups:
        raise ExpressionError(f'there are no wordings "<{name}>"{suggestion(name, groups)}')
    denied = r"(?<!not )(?<!never )(?<!no )(?<!without )(?<!不会)(?<!没有)(?<!从不)" if name == "fails" else ""
    return denied + "(?:" + "|".join(_Reader(wording).whole() for wording in groups[name]) + ")"
