/* Slack's own markup, as in `text` and mrkdwn objects. */
import { el } from "../dom.js";
import { emoji } from "./emoji.js";
import { broadcast, channelMention, date, groupMention, link, userMention } from "./tokens.js";

const WORD = String.raw`\p{L}\p{N}`;
const styled = (mark) => String.raw`(?<![${WORD}${mark}])${mark}(?!\s)([^${mark}\n]+?)(?<!\s)${mark}(?![${WORD}${mark}])`;
const INLINE = new RegExp(
  [String.raw`\x60([^\x60\n]+)\x60`, String.raw`<([^<>\n]+)>`, styled(String.raw`\*`), styled("_"), styled("~"), ":([a-z0-9_+-]+):"].join("|"),
  "gu",
);

/** Text as a list of nodes. */
export function mrkdwn(text, ctx) {
  const parts = String(text ?? "").split(/```\n?([\s\S]*?)\n?```/);
  return parts.flatMap((part, at) => (at % 2 ? el("pre", {}, unescaped(part)) : quoted(trimmed(part, at, parts.length), ctx)));
}

/** One block element is followed by the next line anyway: the line break beside it is not shown twice. */
function trimmed(part, at, count) {
  const start = at > 0 ? part.replace(/^\n/, "") : part;
  return at < count - 1 ? start.replace(/\n$/, "") : start;
}

function quoted(text, ctx) {
  const runs = [];
  for (const line of text.split("\n")) {
    const mark = /^(?:>|&gt;) ?/.exec(line);
    const quote = mark !== null;
    if (runs.at(-1)?.quote !== quote) runs.push({ quote, lines: [] });
    runs.at(-1).lines.push(quote ? line.slice(mark[0].length) : line);
  }
  return runs.flatMap(({ quote, lines }) => {
    const nodes = inline(lines.join("\n"), ctx);
    return quote ? el("blockquote", {}, nodes) : nodes;
  });
}

function inline(text, ctx) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) nodes.push(unescaped(text.slice(from, match.index)));
    nodes.push(...[piece(match, ctx)].flat());
    from = match.index + match[0].length;
  }
  if (from < text.length) nodes.push(unescaped(text.slice(from)));
  return nodes;
}

function piece([, code, token, bold, italic, strike, name], ctx) {
  if (code !== undefined) return el("code", {}, unescaped(code));
  if (token !== undefined) return angled(token, ctx);
  if (bold !== undefined) return el("b", {}, inline(bold, ctx));
  if (italic !== undefined) return el("i", {}, inline(italic, ctx));
  if (strike !== undefined) return el("s", {}, inline(strike, ctx));
  return emoji(name);
}

/** What stands between angle brackets: a mention, a date or a link. */
function angled(token, ctx) {
  const bar = token.indexOf("|");
  const head = bar < 0 ? token : token.slice(0, bar);
  const label = bar < 0 ? undefined : unescaped(token.slice(bar + 1));
  if (/^@[UWB]/.test(head)) return userMention(head.slice(1), ctx);
  if (/^#C/.test(head)) return channelMention(head.slice(1), ctx, label);
  if (head.startsWith("!subteam^")) return groupMention(head.slice(9), ctx);
  if (/^!(here|channel|everyone)$/.test(head)) return broadcast(head.slice(1));
  if (head.startsWith("!date^")) return date(...unescaped(head).split("^").slice(1, 3), label);
  if (/^(https?:|mailto:)/i.test(head)) return link(unescaped(head), label);
  return `<${unescaped(token)}>`;
}

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

/** Slack escapes three characters and no others. */
export function unescaped(text) {
  return text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

