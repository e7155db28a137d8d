"""What to read of a long message: a pasted log says in a few lines what it says in a thousand.

The head is kept (people write above what they paste), then the lines that speak of trouble, each kind once.
Work is bounded: beyond ``LIMIT`` characters nothing is looked at but head and tail.
"""

import re
from collections.abc import Callable

from index.tokenize import has_chinese, mask_variables

SHORT = 700
HEAD = 240
BUDGET = 900
LINE = 260
LIMIT = 200_000
MAX_LINES = 4_000
_TROUBLE = re.compile(
    r"error|fail|cannot|can't|unable|timed? ?out|refused|denied|exceed|exhaust|not found|no such|insufficient|invalid|"
    r"unavailable|unreachable|warning|full|stuck|limit|no ip|reject|drop",
    re.IGNORECASE,
)
_CHINESE_TROUBLE = re.compile("失败|错误|异常|超时|不足|耗尽|无法|不通|不了|报错|拒绝|丢包|不到|满了|用完|怎么|如何")


def clip(text: str) -> str:
    """Head and tail of a text beyond all reason."""
    return text if len(text) <= LIMIT else f"{text[: LIMIT * 3 // 4]}\n{text[-LIMIT // 4 :]}"


def excerpt(text: str, interest: Callable[[str], float]) -> str:
    """The part worth encoding; ``interest`` says how strongly a line points to known identifiers."""
    if len(text) <= SHORT:
        return text
    head, rest = text[:HEAD], text[HEAD:]
    chosen = [head]
    left = BUDGET - len(head)
    for line in _rank_lines(rest, interest):
        if left < len(line):
            break
        chosen.append(line)
        left -= len(line)
    return "\n".join(chosen)


def _rank_lines(text: str, interest: Callable[[str], float]) -> list[str]:
    """Lines worth reading, the most telling first; lines that differ only in varying parts count once."""
    seen: dict[str, tuple[float, str]] = {}
    for line in _lines(text)[:MAX_LINES]:
        kind = re.sub(r"\d+", "0", mask_variables(line))
        if kind not in seen:
            seen[kind] = (_weight(line, interest), line)
    telling = [item for item in seen.values() if item[0] > 0]
    return [line for _, line in sorted(telling, key=lambda item: -item[0])]


def _lines(text: str) -> list[str]:
    return [piece for line in text.splitlines() if line.strip() for piece in _pieces(line.strip())]


def _pieces(line: str) -> list[str]:
    return [line[i : i + LINE] for i in range(0, len(line), LINE)]


def _weight(line: str, interest: Callable[[str], float]) -> float:
    trouble = len(set(map(str.lower, _TROUBLE.findall(line)))) + 1.5 * len(_CHINESE_TROUBLE.findall(line))
    speech = 0.5 if has_chinese(line) or line.rstrip().endswith(("?", "？")) else 0.0
    return 5.0 * interest(line) + min(trouble, 4.0) + speech
