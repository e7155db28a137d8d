"""Secrets that are known by their own look, whatever stands around them: keys of known makers, PEM, addresses.

Every pattern takes time in proportion to the text: it begins at the edge of a word, and what is repeated in front of
something that may be missing is bounded or cannot contain it.
"""

import re
from collections.abc import Callable

MASK = "<redacted>"  # a plain scalar in YAML, so that masking again changes nothing
_EDGE = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"  # also behind "\n" in JSON and "%3D" in an address
_MAKERS: tuple[tuple[tuple[str, ...], str], ...] = (  # texts of which each secret holds one, and its pattern
    (("xox",), r"xox[a-z](?:\.xox[a-z])?-[\w-]{6,}"),
    (("xapp-",), r"xapp-[\w-]{6,}"),
    (("gl",), r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt|oas)-[\w.-]{8,}"),
    (("ghp_", "gho_", "ghr_", "ghs_", "ghu_"), r"gh[oprsu]_[A-Za-z0-9_]{8,}"),
    (("github_pat_",), r"github_pat_\w{8,}"),
    (("sk-",), r"sk-(?:(?:proj|ant|svcacct|admin|or|lf)-[\w-]{8,}|[A-Za-z0-9_]{16,})"),
    (("k_live_", "k_test_"), r"[rs]k_(?:live|test)_[A-Za-z0-9]{8,}"),
    (("whsec_",), r"whsec_[\w+/=-]{8,}"),
    (("AIza",), r"AIza[\w-]{16,}"),
    (("ya29.",), r"ya29\.[\w.-]{8,}"),
    (("GOCSPX-",), r"GOCSPX-[\w-]{8,}"),
    (("1//0",), r"1//0[\w-]{20,}"),
    (("npm_",), r"npm_[A-Za-z0-9]{16,}"),
    (("pypi-",), r"pypi-(?:AgE[\w-]{8,}|[A-Za-z0-9_]{24,}[\w-]*)"),
    (("hf_",), r"hf_[A-Za-z0-9]{16,}"),
    (("_v1_",), r"do[opr]_v1_[0-9a-f]{8,}"),
    (("SG.",), r"SG\.[\w-]{10,}\.[\w-]{10,}"),
    (("SK",), r"SK[0-9a-f]{32}"),
    (("key-",), r"key-[0-9a-f]{32}"),
    (("shpat_", "shpss_", "shpca_", "shppa_"), r"shp(?:at|ss|ca|pa)_[0-9A-Za-z]{8,}"),
    (("dckr_",), r"dckr_(?:pat|oat)_[\w-]{8,}"),
    (("hvs.", "hvb.", "hvr."), r"hv[sbr]\.[\w-]{8,}"),
    (("AGE-SECRET-KEY-",), r"AGE-SECRET-KEY-[0-9A-Z]{8,}"),
    (("sq0",), r"sq0(?:atp|csp|idp)-[\w-]{8,}"),
    (("NRAK-",), r"NRAK-[0-9A-Z]{8,}"),
    (("PMAK-",), r"PMAK-[\w-]{8,}"),
    (("lin_api_",), r"lin_api_[0-9A-Za-z]{8,}"),
    (("figd_",), r"figd_[\w-]{8,}"),
    (("ntn_",), r"ntn_[0-9A-Za-z]{16,}"),
    (("ATATT3", "ATCTT3", "ATBB"), r"AT(?:ATT3|CTT3|BB)[\w=-]{12,}"),
    (("dapi",), r"dapi[0-9a-f]{32}"),
    (("dp.",), r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{8,}"),
    (("glsa_", "glc_"), r"gl(?:sa|c)_[\w+/=-]{16,}"),
    (("HRKU-",), r"HRKU-[\w-]{8,}"),
    ((".atlasv1.",), r"[A-Za-z0-9]{10,20}\.atlasv1\.[\w-]{8,}"),
    (("pscale_",), r"pscale_(?:tkn|pw|oauth)_[\w.=-]{8,}"),
    (("pul-",), r"pul-[0-9a-f]{20,}"),
    (("rubygems_",), r"rubygems_[0-9a-f]{16,}"),
    (("sntrys_", "sntryu_"), r"sntry[su]_[\w+/=-]{8,}"),
    (("sbp_",), r"sbp_[0-9a-f]{16,}"),
    (("tskey-",), r"tskey-[\w-]{8,}"),
    (("FlyV1",), r"FlyV1\s+[\w+/=,-]{8,}"),
    ((":AA",), r"\d{8,10}:AA[\w-]{30,}"),
    (("$",), r"\$(?:2[abxy]|1|5|6|y|apr1|argon2(?:id|i|d))\$[^\s\"':,]{16,}"),
)
_KEY_IDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("LTAI",), r"LTAI[0-9A-Za-z]{8,}"),
    (("AKIA", "ASIA", "AROA", "AIDA"), r"A(?:KIA|SIA|ROA|IDA)[0-9A-Z]{12,}"),
    (("STS.",), r"STS\.(?=[A-Za-z]{0,64}\d)[0-9A-Za-z]{8,}"),
    (("AKID",), r"AKID[0-9A-Za-z]{13,}"),
    (("AKLT",), r"AKLT[0-9A-Za-z]{13,}"),
)


def _any_of(kinds: tuple[tuple[tuple[str, ...], str], ...]) -> str:
    return f"{_EDGE}(?:{'|'.join(pattern for _, pattern in kinds)})"


def _literals(kinds: tuple[tuple[tuple[str, ...], str], ...]) -> tuple[str, ...]:
    return tuple(literal for literals, _ in kinds for literal in literals)


_KEY_ID = _any_of(_KEY_IDS)
_LABEL = r"(?:(?:sk|secret|key|and|with)\W{1,3}){0,2}"
# Behind the id of a key stands the key: in Go's &{id secret}, in "acs id:signature", or after a blank or a comma.
_KEY_PAIR = re.compile(
    rf"(?P<keep>[{{\[]\s{{0,8}}){_KEY_ID}\s[^{{}}\[\]\n]+"
    rf"|{_KEY_ID}(?::[^\s\"',;}}\])]+|[\"']?(?:\s{{1,4}}|\s?[,;/|]\s?)[\"']?{_LABEL}"
    r"(?:(?=[A-Za-z+/_-]{0,64}\d)[\w+/-]{8,}={0,2}|[A-Za-z+/]{20,}={0,2})(?![\w:=]))?"
)
_PREFIXED = re.compile(_any_of(_MAKERS))
_HOOK = re.compile(  # the path of an address at which everybody may write
    r"(?P<keep>hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/"
    r"|open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/|\.webhook\.office\.com/webhookb2/"
    r"|outlook\.office\.com/webhook/)[\w/@.-]+"
)
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL)
_ENCODED = re.compile(  # base64 of PEM, of docker's {"auths": and of a web token's first part; not of pages' tokens
    r"LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]*(?:\s+[A-Za-z0-9+/=]{40,})*"
    rf"|{_EDGE}(?:eyJhdXRocy|eyAiYXV0aH|ewoJImF1dG|ewogICJhdXRo|ewogICAgImF1dG|eyJhbGciOi|eyJ0eXAiOi|eyJraWQiOi)"
    r"[A-Za-z0-9+/_=-]{16,}"
)
_SCHEME = re.compile(
    r"\bBearer[ \t]+(?=[A-Za-z]{0,64}[\d._~+/=-])[\w.~+/=-]{8,}|\bBasic[ \t]+(?=[A-Za-z+/]{0,256}[\d=])"
    r"[A-Za-z0-9+/]{6,}={0,2}(?![\w+/=:-])",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(
    r"(?<=://)(?:[^\s/@:\"']*:[^\s/\"']+|[\w.~%+-]{16,256})(?=@)"
    r"|(?<![\w.@:/-])(?!(?:mailto|sips?|acct|xmpp):)[A-Za-z_][\w.-]{0,63}:[^\s@/:\"'<>(){}\[\],]{1,128}"
    r"(?=@(?!sha\d{3}:)(?:(?:tcp|udp|unix)\(|[\w.-]{1,253}(?::\d|/)))"
)
_DOTTED = re.compile(r"(?<![\w.-])[\w-]+(?:\.[\w-]+){2,}")  # what a JSON Web Token looks like, among much else
_SHORTEST_TOKEN_PART = 11  # characters: eyJ and eight more


def mask_values(text: str) -> str:
    """The text without what is known by its look."""
    for needed, pattern in _STAGES:
        if any(literal in text for literal in needed):
            text = pattern(text)
    return text


def _keeping(pattern: re.Pattern[str]) -> Callable[[str], str]:
    has_head = "keep" in pattern.groupindex
    return lambda text: pattern.sub(lambda found: f"{(found['keep'] or '') if has_head else ''}{MASK}", text)


def _mask_web_tokens(text: str) -> str:
    return _DOTTED.sub(_mask_web_token, text)


def _mask_web_token(found: re.Match[str]) -> str:
    """From the part that begins with ``eyJ`` (``{"`` in base64) on, where two more follow it."""
    text = found[0]
    at = text.find("eyJ")
    parts = text[at:].split(".") if at >= 0 else []
    is_token = len(parts) >= 3 and len(parts[0]) >= _SHORTEST_TOKEN_PART and len(parts[1]) >= _SHORTEST_TOKEN_PART - 3
    return text[:at] + MASK if is_token else text


_STAGES: tuple[tuple[tuple[str, ...], Callable[[str], str]], ...] = (
    (("-----BEGIN",), _keeping(_PEM)),
    (("eyJ",), _mask_web_tokens),
    (("LS0tLS1", "eyJ", "eyA", "ewo"), _keeping(_ENCODED)),
    (_literals(_KEY_IDS), _keeping(_KEY_PAIR)),
    (_literals(_MAKERS), _keeping(_PREFIXED)),
    (("hooks.slack", "webhook", "/open-apis/bot/"), _keeping(_HOOK)),
    (("earer", "EARER", "asic", "ASIC"), _keeping(_SCHEME)),
    (("@",), _keeping(_IN_ADDRESS)),
)
LITERALS = tuple(literal for literals, _ in _STAGES for literal in literals)  # a text without any of them holds none
