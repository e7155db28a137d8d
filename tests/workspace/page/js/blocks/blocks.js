/* Block Kit as HTML. A kind of block that the page does not know is named, so that nobody believes that it was not sent. */
import { el } from "../dom.js";
import { markdown } from "../text/markdown.js";
import { richText } from "../text/richtext.js";
import { composed, plain } from "../text/composition.js";
import { element } from "./elements.js";
import { input } from "./inputs.js";
import { taskCard, plan } from "./tasks.js";

const DRAWN = {
  section,
  header: (block) => el("h3", { class: "block header" }, plain(block.text)),
  divider: () => el("hr", { class: "block" }),
  context,
  actions,
  image,
  rich_text: (block, ctx) => el("div", { class: "block" }, richText(block, ctx)),
  markdown: (block) => el("div", { class: "block" }, markdown(block.text)),
  table,
  plan,
  task_card: taskCard,
  input,
  container,
};

/** `ctx`: {me, directory, act(block, element, payload), errors?}. */
export function drawBlocks(blocks, ctx) {
  return blocks.map((block) => (Object.hasOwn(DRAWN, block.type) ? DRAWN[block.type] : unknown)(block, ctx));
}

function unknown(block) {
  return el("p", { class: "block unknown" }, `(a ${block.type} block, which this page does not show)`);
}

/** One that can be opened is closed at first where it says so; what a reader opened stays so while the message changes. */
function container(block, ctx) {
  const title = block.rich_text_title ? richText(block.rich_text_title, ctx) : plain(block.title);
  const inside = drawBlocks(block.child_blocks, ctx);
  if (!block.is_collapsible) return el("section", { class: "block container" }, el("strong", {}, title), inside);
  return el("details", { class: "block container", open: block.default_collapsed ? null : "" }, el("summary", {}, title), inside);
}

function section(block, ctx) {
  const words = block.text ? el("div", { class: "text" }, composed(block.text, ctx)) : null;
  const fields = block.fields ? el("div", { class: "fields" }, block.fields.map((field) => el("div", { class: "text" }, composed(field, ctx)))) : null;
  const beside = block.accessory ? el("div", { class: "accessory" }, element(block.accessory, block, ctx)) : null;
  return el("div", { class: beside ? "block section beside" : "block section" }, el("div", {}, words, fields), beside);
}

function context(block, ctx) {
  const one = (part) => (part.type === "image" ? picture(part, "inline") : el("span", { class: "text" }, composed(part, ctx)));
  return el("div", { class: "block context" }, block.elements.map(one));
}

function actions(block, ctx) {
  return el("div", { class: "block actions" }, block.elements.map((one) => element(one, block, ctx)));
}

function image(block) {
  return el("figure", { class: "block" }, block.title ? el("figcaption", {}, plain(block.title)) : null, picture(block, "wide"));
}

function picture(part, kind) {
  const address = part.image_url ?? part.slack_file?.url ?? "";
  return el("img", { class: kind, src: address, alt: part.alt_text ?? "", title: kind === "inline" ? part.alt_text : null });
}

function table(block, ctx) {
  const cell = (one, tag) => el(tag, {}, one.type === "rich_text" ? richText(one, ctx) : one.text);
  const [head, ...rows] = block.rows;
  return el(
    "div",
    { class: "block table-scroll" },
    el("table", {}, el("thead", {}, el("tr", {}, head.map((one) => cell(one, "th")))), el("tbody", {}, rows.map((row) => el("tr", {}, row.map((one) => cell(one, "td")))))),
  );
}
