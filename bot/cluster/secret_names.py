"""Which names are those of secrets: ``DB_PASSWORD_PROD`` and ``jwtSigningKey`` are, ``secretName`` is not.

A name is taken apart into words. Some words are a secret's wherever they stand; a last word that says what the value is
instead (a path, a policy, a time to live) makes it readable.
"""

import re
from functools import lru_cache
from itertools import pairwise

_LONGEST = 256  # characters of a name that are looked at, its last ones
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_ALWAYS = (  # in a name without its separators, at any place: PGPASSWORD, clientsecret
    *(
        "password",
        "passwort",
        "passwd",
        "passphrase",
        "passcode",
        "secret",
        "credential",
        "apikey",
        "accesskey",
        "privatekey",
    ),
    *("signingkey", "authorization", "dockerconfigjson", "dockercfg", "clientkeydata", "clientcertificatedata"),
    *("certificateauthoritydata", "connectionstring", "sessionid", "密码", "口令", "令牌", "密钥"),
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ANYWHERE = _words(
    "token tokens auth auths pwd pswd psw sig signature signatures cookie cookies sk jwt bearer hmac otp totp dsn csrf "
    "xsrf cred creds"
)
_LAST = _words("pass pw")
_GLUED = re.compile(
    r"(?:token|tokens|(?<!by)(?<!com)(?<!tres)(?<!sur)pass|pwd|(?:bind|root|db|user|admin)pw"
    r"|(?:auth|ssh|rsa|tls|app|master|shared|account|storage|license|encryption|server|client|sign|host)key)$"
)
_QUALIFYING = _words(  # what may stand behind without changing what the value is
    "prod production staging stage dev test qa uat live old new current previous next primary secondary base main "
    "backup default v value values data string text plain raw b64 base64 encoded pem env var id ids"
)
_DESCRIBING = _words(
    "name names ref refs reference references path paths file files filename dir directory mount mounts volume "
    "type types kind mode modes method methods scheme algorithm alg policy policies version versions ttl seconds "
    "minutes hours days expiry expires expiration expired age lifetime duration timeout interval period rotation "
    "count counts size length min max limit limits enabled disabled enable disable required optional namespace "
    "class store provider providers issuer audience audiences url uri urls endpoint endpoints host hosts hostname "
    "port address addr error errors selector annotation label prefix suffix format checksum digest fingerprint "
    "thumbprint stdin manager controller operator driver"
)
_DESCRIBING_WEAK = _words(  # the same, but not behind "password" or "secret"
    "config configuration settings options rule rules metric metrics client agent operations message source "
    "template request requests response user users username server proxy plugin module backend sidecar injector "
    "webhook review reviews helper bucket keepalive group groups role roles service domain domains realm scope "
    "scopes used present provided status reason snippet affinity samesite secure httponly exempt"
)
_COUNTING = _words("max min num total per remaining available prompt completion input output")
_KEYS = _words("encryption ssh rsa hmac master license storage account shared cookie app deploy webhook tls auth")
_OTHER_KEYS = _words(  # words in front of "key" that make it no secret
    "public topology partition primary foreign sort hash range label taint annotation node group cache routing "
    "map object index row lookup registry config field dedup dedupe idempotency shard sharding unique composite "
    "candidate shortcut hot arrow any no missing unknown invalid duplicate property attribute header query param "
    "parameter metric event join order search translation locale feature flag setting section kv item entry "
    "column table document doc json yaml pod namespace service resource selector toleration match tag type root "
    "lock mutex leader trace context state next continue natural surrogate answer up down left right enter escape "
    "function home end"
)
_READABLE = _words("secretary imagepullsecrets imagepullsecret existingsecret pullsecret pullsecrets")
_POD = re.compile(
    r"[a-z0-9.-]*-(?:[a-z0-9]{6,10}-[a-z0-9]{5}|(?=[a-z]*\d)[bcdfghjklmnpqrstvwxz2456789]{5})"
    r"|[a-z0-9.-]+\.(?:svc|local|internal|com|cn|net|org|io)"
)


@lru_cache(maxsize=8192)
def is_secret_name(name: str) -> bool:
    """Whether a value of this name is to be masked."""
    if name.startswith("checksum/"):
        return False
    name = name[-_LONGEST:].rpartition("/")[2]
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and (words[-1] in _QUALIFYING or words[-1].isdigit()):
        words.pop()
    if not words or words[-1] in _DESCRIBING or _names_an_object(name):
        return False
    joined = "".join(words)
    if any(part in joined for part in _ALWAYS):
        return joined not in _READABLE and "public" not in words
    if _COUNTING & set(words):
        return False
    if words[-1] in _DESCRIBING_WEAK:
        return False
    return bool(_ANYWHERE & set(words)) or words[-1] in _LAST or _GLUED.search(joined) is not None or _is_key(words)


def _is_key(words: list[str]) -> bool:
    last = len(words) > 1 and words[-1] in ("key", "keys") and words[-2] not in _OTHER_KEYS
    return last or any(kind in _KEYS and word == "key" for kind, word in pairwise(words))


def _names_an_object(name: str) -> bool:
    """A pod (``auth-7d9c6b8f54-4hpxk``) or a host, as they stand in messages in front of a colon."""
    return _POD.fullmatch(name) is not None
