/* rich_text blocks: sections, lists, preformatted text and quotes of typed pieces. Here nothing is markup; every style is said. */
import { el } from "../dom.js";
import { emoji } from "./emoji.js";
import { broadcast, channelMention, date, groupMention, link, userMention } from "./tokens.js";

export function richText(block, ctx) {
  return el("div", { class: "rich" }, counted(block.elements ?? []).map(([part, start]) => section(part, ctx, start)));
}

/** An ordered list goes on counting after a deeper list that interrupts it, as Slack shows it; an offset says where it begins. */
function counted(parts) {
  const next = new Map();
  return parts.map((part) => {
    if (part.type !== "rich_text_list") {
      next.clear();
      return [part, 1];
    }
    const depth = part.indent ?? 0;
    for (const deeper of [...next.keys()]) if (deeper > depth) next.delete(deeper);
    const start = part.offset ? part.offset + 1 : (next.get(depth) ?? 1);
    next.set(depth, start + part.elements.length);
    return [part, start];
  });
}

function section(part, ctx, start) {
  const inside = () => (part.elements ?? []).map((one) => piece(one, ctx));
  switch (part.type) {
    case "rich_text_list":
      return listing(part, ctx, start);
    case "rich_text_preformatted":
      return el("pre", {}, inside());
    case "rich_text_quote":
      return el("blockquote", {}, inside());
    default:
      return el("div", { class: "rich-section" }, inside());
  }
}

const MARKERS = { ordered: ["decimal", "lower-alpha", "lower-roman"], bullet: ["disc", "circle", "square"] };

function listing(part, ctx, start) {
  const ordered = part.style === "ordered";
  const depth = part.indent ?? 0;
  const node = el(
    ordered ? "ol" : "ul",
    { start: ordered && start !== 1 ? start : null, class: part.border ? "bordered" : null },
    part.elements.map((one) => el("li", {}, section(one, ctx))),
  );
  node.style.listStyleType = MARKERS[ordered ? "ordered" : "bullet"][depth % 3];
  node.style.marginInlineStart = `${depth * 1.6}em`;
  return node;
}

const PIECES = {
  text: (one) => one.text,
  link: (one) => link(one.url, one.text),
  emoji: (one) => (one.unicode ? String.fromCodePoint(...one.unicode.split("-").map((code) => parseInt(code, 16))) : emoji(one.name)),
  user: (one, ctx) => userMention(one.user_id, ctx),
  usergroup: (one, ctx) => groupMention(one.usergroup_id, ctx),
  channel: (one, ctx) => channelMention(one.channel_id, ctx),
  broadcast: (one) => broadcast(one.range),
  date: (one) => date(one.timestamp, one.format, one.fallback),
  color: (one) => one.value,
};

function piece(one, ctx) {
  const node = PIECES[one.type]?.(one, ctx) ?? one.text ?? one.fallback ?? "";
  return Object.entries(STYLES).reduce((inner, [style, tag]) => (one.style?.[style] ? el(tag, {}, inner) : inner), node);
}

const STYLES = { code: "code", bold: "b", italic: "i", strike: "s", underline: "u" };
