/* The markdown block: a small subset of Markdown (headings, lists, quotes, fences, rules, tables, inline styles); the rest shows as typed. */
import { el } from "../dom.js";
import { withEmoji } from "./emoji.js";
import { link } from "./tokens.js";

const FENCE = /^\s*(`{3,}|~{3,})/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const ROW = /^\s*\|.*\|\s*$/;

export function markdown(text) {
  const lines = String(text ?? "").replaceAll("\r", "").split("\n");
  const nodes = [];
  while (lines.length) nodes.push(...[taken(lines)].flat());
  return el("div", { class: "markdown" }, nodes);
}

/** Takes one block's lines off the front. */
function taken(lines) {
  const [line] = lines;
  if (FENCE.test(line)) return fenced(lines);
  if (line.startsWith(">")) return quote(run(lines, (one) => one.startsWith(">")));
  if (ITEM.test(line) && !RULE.test(line)) return items(run(lines, (one) => ITEM.test(one) || /^\s{2,}\S/.test(one)));
  if (ROW.test(line)) return table(run(lines, (one) => ROW.test(one)));
  if (isProse(line)) return el("p", {}, inline(run(lines, isProse).join("\n")));
  return single(lines.shift());
}

/** A line that is a block by itself: a heading, a rule, or nothing. */
function single(line) {
  if (RULE.test(line)) return el("hr");
  return HEADING.test(line) ? heading(line) : [];
}

function quote(lines) {
  return el("blockquote", {}, inline(lines.map((one) => one.replace(/^> ?/, "")).join("\n")));
}

function isProse(line) {
  return line.trim() && ![FENCE, RULE, HEADING, ITEM, ROW, /^>/].some((start) => start.test(line));
}

function run(lines, belongs) {
  let count = 0;
  while (count < lines.length && belongs(lines[count])) count += 1;
  return lines.splice(0, count);
}

function fenced(lines) {
  const mark = FENCE.exec(lines.shift())[1];
  const inside = run(lines, (one) => !one.trim().startsWith(mark));
  lines.shift();
  return el("pre", {}, inside.join("\n"));
}

function heading(line) {
  const [, marks, words] = HEADING.exec(line);
  return el(`h${Math.min(marks.length + 2, 6)}`, {}, inline(words)); // the page's own headings stand above
}

function items(lines) {
  const first = ITEM.exec(lines[0]);
  const ordered = /\d/.test(first[2]);
  const depth = first[1].length;
  const entries = [];
  for (const line of lines) {
    const match = ITEM.exec(line);
    if (match && match[1].length <= depth) entries.push({ text: [match[3]], deeper: [] });
    else if (match || entries.at(-1).deeper.length) entries.at(-1).deeper.push(line);
    else entries.at(-1).text.push(line.trim());
  }
  return el(
    ordered ? "ol" : "ul",
    { start: ordered && parseInt(first[2], 10) !== 1 ? parseInt(first[2], 10) : null },
    entries.map((one) => el("li", {}, inline(one.text.join("\n")), one.deeper.length ? items(one.deeper) : null)),
  );
}

function table(lines) {
  const rows = lines.map((line) => line.trim().slice(1, -1).split("|").map((cell) => cell.trim()));
  const ruled = rows.length > 1 && rows[1].every((cell) => /^:?-+:?$/.test(cell));
  const row = (cells, tag) => el("tr", {}, cells.map((cell) => el(tag, {}, inline(cell))));
  return el(
    "div",
    { class: "table-scroll" },
    el("table", {}, ruled ? el("thead", {}, row(rows[0], "th")) : null, el("tbody", {}, rows.slice(ruled ? 2 : 0).map((cells) => row(cells, "td")))),
  );
}

const INLINE =
  /\\([\\`*_~[\]()#>|-])|`([^`\n]+)`|\[([^\]\n]+)\]\(([^()\s]+)\)|\*\*(?!\s)(.+?)(?<!\s)\*\*|~~(.+?)~~|(?<![\p{L}\p{N}*])\*(?!\s)([^*\n]+?)(?<!\s)\*(?!\*)|(?<![\p{L}\p{N}_])_(?!\s)([^_\n]+?)(?<!\s)_(?![\p{L}\p{N}_])/gu;

function inline(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) nodes.push(withEmoji(text.slice(from, match.index)));
    nodes.push(piece(match));
    from = match.index + match[0].length;
  }
  if (from < text.length) nodes.push(withEmoji(text.slice(from)));
  return nodes;
}

function piece([, escaped, code, label, url, bold, strike, star, underscore]) {
  if (escaped !== undefined) return escaped;
  if (code !== undefined) return el("code", {}, code);
  if (label !== undefined) return link(url, label);
  if (bold !== undefined) return el("b", {}, inline(bold));
  if (strike !== undefined) return el("s", {}, inline(strike));
  return el("i", {}, inline(star ?? underscore));
}
