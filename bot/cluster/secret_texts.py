"""Secrets in a text that are known by what stands in front of them: a name, a flag, a header, a command.

A text is gone through once for each notation; a value is looked for only behind a secret's name, and what was masked is
not looked at again, so that the time grows with the text and with nothing else.
"""

import re
from collections.abc import Iterator

from bot.cluster.secret_names import is_secret_name
from bot.cluster.secret_values import MASK

HINTS = (  # one of them stands, in lower case, in every text in which something is found here
    *("pass", "pwd", "pswd", "psw", "pw", "secret", "token", "key", "auth", "cred", "cookie", "sig", "sk", "jwt"),
    *("bearer", "hmac", "otp", "dsn", "srf", "session", "connectionstring", "identified", "code=", "密", "口令", "令"),
    *("mysql", "mariadb", "redis", "curl", "wget", "mongo", "docker", "podman", "helm", "ldap", "smbclient"),
)
_QUOTE = r"""(?:(?<!\\)\\{0,128}["'])?"""
# Backslashes in front of a quote: JSON inside JSON. A string ends where as many of them stand as where it began.
_QUOTED = r"""(?P<quote>\\*["']).*?(?:(?<!\\)(?P=quote)|$)"""
_SLASH = r"""\\(?![nrt"'\\])"""  # one of the value itself, no escape
_SCHEME = r"(?:(?:Bearer|Basic|Digest|Token|Negotiate|NTLM|ApiKey|OSS|acs|AWS)\s+)?"
_WORD = rf"""(?:[^\s;}}\]"'\[{{&|>\\]|{_SLASH})(?:[^\s,;}}\]"'&\\]|,(?!\s*\\*["'])|{_SLASH})*"""
_LIST = r"\[(?P<list>[^\[\]{}\n]{1,4096})\]"
_ESCAPED_BLOCK = r"""[|>][+-]?[ \t]*\\+n(?:[^"\\\n]|\\.)*"""  # YAML's block inside JSON
_VALUE = re.compile(rf"{_QUOTED}|{_LIST}|{_ESCAPED_BLOCK}|{_SCHEME}{_WORD}", re.MULTILINE | re.IGNORECASE)
_REST_OF_LINE = re.compile(r"""(?!["'\\|>{\[])\S.*""")
_KEY = re.compile(rf"(?<![\w.-])(?P<key>[\w.-]++)(?P<close>{_QUOTE})(?P<sep>[ \t]*(?::=|=>|[:=：])[ \t]*)")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d) ")  # in front of each line of a log
_LINE_START = re.compile(rf"""(?:{_STAMP.pattern})?[ \t]*(?:- +)?(?:export +|set +|ENV +)?["']?""")
_HEADER = re.compile(r"(?:proxy[_-]?)?authorization|(?:set[_-]?)?cookie", re.IGNORECASE)
_LINE_END = r"\\{0,64}[nr]"  # as JSON inside JSON writes it, behind its first backslash
_HEADER_VALUE = re.compile(rf"\[[^\]\n]*|(?![\"'\\{{])(?:[^\n\\]|\\(?!{_LINE_END}))+")
# Where a quote stands before the header's name, its value ends at the next one.
_HEADER_VALUES = {quote: re.compile(rf"(?:[^{quote}\n\\]|\\(?!{_LINE_END}))+") for quote in "'\""}
_LONG = re.compile(r"[\w.~%+-]{12}")
_LITERAL = re.compile(r"(?:true|false|null|none|nil|~|yes|no|on|off|<none>|<nil>)(?![\w.~-])", re.IGNORECASE)
_COUNT = re.compile(r"\d{1,6}(?![\w.-])")
_PORT = re.compile(r"\d{1,5}(?![\w.-])")
_PLACE = re.compile(r"/(?:etc|var|run|opt|root|home|usr|mnt|tmp|app|certs|data|secrets)/[\w./-]*(?![\w+/=-])")
_PROSE = re.compile(  # what messages say behind a colon: "invalid token: signature is invalid"
    r"(?:not|no|is|was|has|does|must|should|too|cannot|could|unable|failed|failure|error|unexpected|unknown|invalid|"
    r"illegal|malformed|rpc|dial|context|connection|verification|access|permission|timed|signature|secrets?|token|"
    r"Post|Get|Put|Delete|Patch|pods?|server|got|from|for|while|when|because|status|https?|user|request)\b"
    r"(?=:? [\"'a-z(])|(?:expired|missing|invalid|denied|unauthorized|forbidden|rejected|failed|failure|refused|ok|"
    r"success|timeout|EOF|not found)\s*$",
    re.MULTILINE,
)
_NAMED = re.compile(  # {"name": "DB_PASSWORD", "value": "..."} and the same in YAML or XML, inside a text
    r"""\b(?:name|key|header)(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?(?P<key>[\w.-]++)(?:\\*["'])?(?:\s*,\s*|\s+)"""
    r"""(?:\\*["'])?value(?:\\*["'])?\s*[:=]\s*""",
    re.IGNORECASE,
)
_NAMED_VALUE = re.compile(rf"""{_QUOTED}|[^\s,}}\["'][^\n}}]*""", re.MULTILINE)
_FLAG = re.compile(r"""(?<![\w-])--?(?P<key>[A-Za-z][\w.-]*+)(?:[ \t]{1,16}|\\{0,8}["'],[ \t]{0,4}(?=\\{0,8}["']))""")
_FLAG_VALUE = re.compile(rf"""(?!\\*["']?-){_QUOTED}|(?!-)[^\s"'`;|&(){{}}]+""", re.MULTILINE)
_ELEMENT = re.compile(r"<(?P<key>[\w.:-]{1,128}+)(?:\s[^<>]{0,256})?>(?=[^<>]{1,4096}</)")
_ELEMENT_VALUE = re.compile(r"[^<>]+")
_BLOCK = re.compile(r"""(?<![\w.-])(?P<key>[\w.-]++)["']?[ \t]*:[ \t]*[|>][+-]?\d?[ \t]*(?:#.*)?$""")
_DIRECTIVE = re.compile(  # of a configuration in lines: "requirepass x", "password x" in a Corefile or a .netrc
    r"^(?P<head>[ \t]*(?P<key>[\w.-]++)[ \t]+)(?=\S*\d)(?P<value>[^\s:={\"']+)(?=[ \t]*;?[ \t]*\r?$)", re.MULTILINE
)
_TWO = re.compile(r"^(?P<head>[ \t]*(?:credentials|aws_access_key)[ \t]+)\S+[ \t]+\S+", re.MULTILINE)
_STATEMENT = re.compile(
    r"(?P<head>\bidentified\s{1,8}by\s{1,8}(?:password\s{1,8})?|\bpassword\s{1,8}(?=['\"])"
    r"|\blogin\s{1,8}[^\s\"']{1,128}\s{1,8}password\s{1,8}|\b(?:require|master)(?:pass|auth)\s{1,8}"
    r"|(?<!\w)(?:in|out)?pass(?:in|out)?\s{1,8}pass:|(?<![\w-])pass:(?=\S{4}))(?P<value>'[^'\n]*'|\"[^\"\n]*\"|[^\s;,'\"]+)",
    re.IGNORECASE,
)
_SPOKEN_OF = ("pass", "token", "secret", "key", "masterauth", "identified", "login")
_SPOKEN = re.compile(  # "the password is x", "with token x": names of objects have no capitals
    r"(?P<head>\b(?:[Pp]ass(?:word|wd|phrase)|[Tt]oken|[Ss]ecret|[Kk]ey)\s{1,4}(?:(?:is|was|of)\s{1,4})?)"
    r"(?=[A-Z0-9_]{0,64}[a-z])(?=[a-z0-9_]{0,64}[A-Z])(?=[A-Za-z_]{0,64}\d)(?P<value>\w{8,}[\w+/=-]*)"
)
_SECRET_OBJECT = re.compile(r"""kind\\*["']?\s*:\s*\\*["']?Secret\b""")
_DATA = re.compile(r"""(?P<head>"(?:data|stringData)\\*"\s*:\s*)\{[^{}]*\}""")
_SHORT_FLAGS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (programs, re.compile(rf"(?P<head>(?<![^\s\"',\[])(?:{flag}))(?P<value>[^\s\"'`,;|&()]+)"))
    for programs, flag in (
        (("mysql", "mariadb"), r"-p(?=[^\s\"'])"),
        (("sshpass",), r"-p[\"',\s]{0,4}"),
        (("redis-cli",), r"-a[\"',\s]{1,4}"),
        (
            ("curl", "wget"),
            r"(?:-u|-U|--user|--proxy-user)[\"',=\s]{0,4}[^\s:\"']{1,128}:",
        ),
        (
            ("docker login", "podman login", "nerdctl login", "registry login", "mongo", "az login", "rabbitmqadmin"),
            r"-p[\"',=\s]{1,4}(?!\d+(?::\d+)*\b)",
        ),
        (("ldap",), r"-w[\"',\s]{1,4}"),
        (("smbclient",), r"-U[\"',\s]{0,4}[^\s%\"']{1,128}%"),
    )
)
Match = re.Match[str]


def mask_named(text: str) -> str:
    """The text without the values of secret names, flags, headers, directives and commands."""
    if "Secret" in text and _SECRET_OBJECT.search(text):
        text = _DATA.sub(lambda found: f"{found['head']}{{}}", text)
    text = _mask_blocks(text) if "\n" in text else text
    if "-" in text:
        text = _mask_behind(text, _FLAG, _FLAG_VALUE)
        text = _mask_short_flags(text)
    if "</" in text:
        text = _mask_behind(text, _ELEMENT, _ELEMENT_VALUE)
    text = _mask_pairs(text)
    lowered = text.lower()
    if "value" in lowered:
        text = _mask_behind(text, _NAMED, _NAMED_VALUE)
    if "credentials" in text or "aws_access_key" in text:
        text = _TWO.sub(lambda found: f"{found['head']}{MASK} {MASK}", text)
    if any(word in lowered for word in _SPOKEN_OF):
        text = _SPOKEN.sub(_mask_value, _STATEMENT.sub(_mask_value, text))
    return _DIRECTIVE.sub(_mask_directive, text)


def mask_argument(before: str, argument: str, command: str) -> str:
    """One word of a command's list of words, by the word before it and the command's first words."""
    key = before.lstrip("-")
    if before.startswith("-") and is_secret_name(key) and not argument.startswith("-"):
        return MASK
    pattern = next((each for programs, each in _SHORT_FLAGS if any(name in command for name in programs)), None)
    if pattern is None:
        return argument
    head = f"{before} " if before.startswith("-") else ""
    found = next((each for each in pattern.finditer(head + argument) if each.start("value") >= len(head)), None)
    return argument[: found.start("value") - len(head)] + MASK if found else argument


def _mask_pairs(text: str) -> str:
    """``key: value`` and ``key=value`` in every notation."""

    def values() -> Iterator[tuple[Match, Match]]:
        at, line = 0, 0
        while found := _KEY.search(text, at):
            at = found.end()
            line = max(line, text.rfind("\n", line, found.start()) + 1)
            if _is_secret(text, found) and (value := _value_of(text, found, line)):
                at = value.end()
                yield found, value

    return _replaced(text, values())


def _is_secret(text: str, found: Match) -> bool:
    key, at = found["key"], found.end()
    if key in ("key", "code") and text[found.start() - 1 : found.start()] in ("?", "&"):
        return _LONG.match(text, at) is not None
    if not is_secret_name(key) or _LITERAL.match(text, at) or text.endswith("checksum/", 0, found.start()):
        return False
    if key.endswith("s") and _COUNT.match(text, at):
        return False  # tokens: 42
    if found["close"] and found["sep"][0] in " \t" and text[at : at + 1].isalpha():
        return False  # volume "web-secret" : secret "web-tls" not found
    if found["sep"].endswith((" ", "\t")) and _PROSE.match(text, at):
        return False
    if found["sep"] == ":" and ("-" in key or "." in key) and key.islower() and _PORT.match(text, at):
        return False  # token-service:8080
    return not (key.lower().endswith("key") and _PLACE.match(text, at + (text[at : at + 1] in "\"'")))


def _value_of(text: str, found: Match, line: int) -> Match | None:
    before, at, separator = text[line : found.start()][:64], found.end(), found["sep"]
    starts = found.start() - line < 64 and _LINE_START.fullmatch(before) is not None
    if _HEADER.fullmatch(found["key"].lstrip("-")) and not found["close"] and ":" in separator:
        opened = before[-1:] if len(before) < 64 else text[found.start() - 1]
        return _HEADER_VALUES.get(opened, _HEADER_VALUE).match(text, at) or _VALUE.match(text, at)
    spaced = separator.endswith((" ", "\t")) or (separator == "=" and starts)
    rest = _REST_OF_LINE.match(text, at) if starts and spaced else None
    return rest or _VALUE.match(text, at)


def _mask_behind(text: str, heads: re.Pattern[str], value: re.Pattern[str]) -> str:
    def values() -> Iterator[tuple[Match, Match]]:
        at = 0
        while found := heads.search(text, at):
            at = found.end()
            if is_secret_name(found["key"]) and (behind := value.match(text, at)):
                at = behind.end()
                yield found, behind

    return _replaced(text, values())


def _replaced(text: str, values: Iterator[tuple[Match, Match]]) -> str:
    pieces, done = [], 0
    for _, value in values:
        pieces += [text[done : value.start()], _masked(value)]
        done = value.end()
    return "".join([*pieces, text[done:]])


def _masked(value: Match) -> str:
    groups = value.groupdict()
    if groups.get("list"):
        return f"[{MASK}]"
    if value[0].startswith("[") and not value[0].endswith("]"):
        return f"[{MASK}"  # a header of Go's, up to its bracket
    quote = groups.get("quote") or ""
    return f"{quote}{MASK}{quote}"


def _mask_value(found: Match) -> str:
    quote = found["value"][0] if found["value"][0] in "\"'" else ""
    return f"{found['head']}{quote}{MASK}{quote}"


def _mask_directive(found: Match) -> str:
    return f"{found['head']}{MASK}" if is_secret_name(found["key"]) else found[0]


def _mask_short_flags(text: str) -> str:
    """``-p`` and the like mean a password to some programs only: looked for on the lines that name one."""
    for programs, pattern in _SHORT_FLAGS:
        if any(name in text for name in programs):
            lines = text.split("\n")
            text = "\n".join(_mask_short(line, programs, pattern) for line in lines)
    return text


def _mask_short(line: str, programs: tuple[str, ...], pattern: re.Pattern[str]) -> str:
    return pattern.sub(_mask_value, line) if any(name in line for name in programs) else line


def _mask_blocks(text: str) -> str:
    """YAML's block scalars: every deeper line below a secret's key."""
    if "|" not in text and ">" not in text:
        return text
    kept: list[str] = []
    depth = -1  # the column of a secret's key whose lines are left out
    for whole in text.split("\n"):
        stamp = found[0] if (found := _STAMP.match(whole)) else ""
        line = whole[len(stamp) :]
        column = len(line) - len(line.lstrip(" \t"))
        if depth >= 0 and line.strip() and column <= depth:
            depth = -1
        if depth < 0:
            kept.append(whole)
            if (head := _BLOCK.search(line)) and is_secret_name(head["key"]):
                depth = head.start() if _LINE_START.fullmatch(line[: head.start()]) else column
                kept.append("")
        elif not kept[-1] and line.strip():
            kept[-1] = f"{stamp}{' ' * column}{MASK}"
    return "\n".join(kept)
