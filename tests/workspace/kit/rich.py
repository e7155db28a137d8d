"""Rich text: sections, lists, preformatted text and quotes, and what may stand in their lines."""

from tests.workspace.kit.rules import Rule, anything, by_type, flag, items, one_of, shape, string, whole

_STYLE = shape(
    {},
    dict.fromkeys(("bold", "italic", "strike", "underline", "code", "highlight", "client_highlight", "unlink"), flag),
)
_STYLED: dict[str, Rule] = {"style": _STYLE}

INLINE: dict[str, Rule] = {
    "text": shape({"text": string()}, _STYLED),
    "link": shape({"url": string()}, {"text": string(None, 0), "unsafe": flag, **_STYLED}),
    "user": shape({"user_id": string()}, _STYLED),
    "usergroup": shape({"usergroup_id": string()}, _STYLED),
    "channel": shape({"channel_id": string()}, _STYLED),
    "broadcast": shape({"range": one_of("here", "channel", "everyone")}, _STYLED),
    "emoji": shape({"name": string()}, {"unicode": string(), "skin_tone": whole(1, 6), **_STYLED}),
    "date": shape({"timestamp": whole(), "format": string()}, {"url": string(), "fallback": string(), **_STYLED}),
    "color": shape({"value": string()}, _STYLED),
    "team": shape({"team_id": string()}, _STYLED),
}
_LINE = by_type(INLINE)
_CODE = by_type({name: INLINE[name] for name in ("text", "link")})
_SECTION = shape({"elements": items(_LINE, 0)}, {})
_BORDER: dict[str, Rule] = {"border": whole(0, 1)}

RICH_PARTS: dict[str, Rule] = {
    "rich_text_section": _SECTION,
    "rich_text_list": shape(
        {"elements": items(by_type({"rich_text_section": _SECTION}), 1), "style": one_of("bullet", "ordered")},
        {"indent": whole(0, 8), "offset": whole(0), **_BORDER},
    ),
    "rich_text_preformatted": shape({"elements": items(_CODE, 0)}, {"language": anything, **_BORDER}),
    "rich_text_quote": shape({"elements": items(_LINE, 0)}, _BORDER),
}
RICH_TEXT = shape({"elements": items(by_type(RICH_PARTS), 1)}, {"block_id": string(255)})
