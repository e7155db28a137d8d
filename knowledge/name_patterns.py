"""The name of a workload in a pattern over people's words: ``@name``, and where it stands again, the same name.

"order pod calls order service" speaks of one that calls itself, "order pod calls order-db service" does not: a name is
found only where nothing before or behind it makes it a part of a longer one. Dashes are spaces by then.
"""

import itertools

HAN = r"\u3400-\u9fff"
_NUMBERS = itertools.count()
# Where a name begins: at the start of a part, or behind such a word.
_BEFORE = (
    "a an the our my this that one each every some of from in inside within when if because since and two three both "
    "pod pods deployment app container"
)
# Behind these, with an article or without, it is what somebody calls.
_TOWARDS = "to reach reaching reaches into for towards call calls calling"
_ARTICLES = ("", " the", " our", " a", " an")
# What stands where a name may, and is none.
_NO_NAMES = (
    "a an the this that these those our my their its it one some any all other others another each every same "
    "different first second new old own no pod pods service services svc app apps application client clients caller "
    "node prod production staging dev test default few many most several two of from in when and healthy running "
    "ready single multiple internal external"
)
# What may follow: one of these, the end of the part, or another script.
_AFTER = (
    r"s pods? containers? replicas? instances? app application deployment services? svc cluster clusterip vip dns and "
    r"but or when while from in on at to since with via through it is are gets? can cannot could does do never every "
    r"now sometimes randomly intermittently occasionally often always times? timed timing timeouts? call\w* curl\w* "
    r"reach\w* connect\w* access\w* hit\w* talk\w* fail\w* hang\w* try\w* tries itself [a-z0-9]*\d[a-z0-9]*"
)
_HASH = r"(?: (?=[a-z]*\d)[a-z0-9]{4,10}){0,2}"  # of a pod's name
_ENDS = rf"(?:(?= ?(?:$|[.,{HAN}]))|(?<=[{HAN}])|(?= (?:{'|'.join(_AFTER.split())})\b))"
_BEGINS = "|".join(
    ("^", *(rf"(?<=\b{word} )" for word in _BEFORE.split()), "(?<=[.,] )", "(?<=[的从在个当])", "(?<=[的从在个当] )")
)
_NO_TARGET = "".join(rf"(?<!\b{word}{article} )" for word in _TOWARDS.split() for article in _ARTICLES)
_NONE = rf"(?!(?:{'|'.join(_NO_NAMES.split())}|kube system)\b)"
_WORDS = rf"[a-z0-9]{{2,}}(?: [a-z0-9]+){{0,2}}?|[{HAN}]{{2,6}}?"  # a dash may have joined up to three


class NamePattern:
    """The regular expressions of one pattern's name: the first that is taken finds it, all later ones find it again."""

    def __init__(self) -> None:
        self._group = ""

    def following(self) -> str:
        """The expression for the next place; its group has a number, for patterns are joined."""
        if self._group:
            return f"(?P={self._group}){_ENDS}"
        self._group = f"name{next(_NUMBERS)}"
        return rf"(?:{_BEGINS}){_NO_TARGET}{_NONE}(?P<{self._group}>{_WORDS}){_HASH}{_ENDS}"
