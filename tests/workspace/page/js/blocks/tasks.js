/* plan and task_card blocks: what a bot is doing, and how far it is. */
import { el } from "../dom.js";
import { link } from "../text/tokens.js";
import { richText } from "../text/richtext.js";

const SAID = { pending: "to do", in_progress: "under way", complete: "done", error: "failed" };

export function plan(block, ctx) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter((task) => task.status === "complete").length;
  return el(
    "div",
    { class: "block plan" },
    el("p", { class: "plan-title" }, titled(block.title), tasks.length ? el("span", { class: "count" }, `${done} of ${tasks.length}`) : null),
    el("ul", {}, tasks.map((task) => el("li", { key: task.task_id }, card(task, ctx)))),
  );
}

export function taskCard(block, ctx) {
  return el("div", { class: "block plan" }, card(block, ctx));
}

function card(task, ctx) {
  const status = Object.hasOwn(SAID, task.status) ? task.status : "pending";
  return el(
    "div",
    { class: `task ${status}` },
    el("span", { class: "sign", role: "img", "aria-label": SAID[status] }),
    el(
      "div",
      {},
      el("span", { class: "task-title" }, titled(task.title)),
      [task.details, task.output].map((part) => (part ? el("div", { class: "task-text" }, richText(part, ctx)) : null)),
      task.sources?.length ? el("p", { class: "task-text" }, task.sources.map((one) => [link(one.url, one.text), " "])) : null,
    ),
  );
}

/** Titles are strings in the API, and text objects in some clients' hands. */
function titled(title) {
  return typeof title === "object" && title ? title.text : title ?? "";
}
