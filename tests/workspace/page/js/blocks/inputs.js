/* Input blocks: the fields of a form, with label, hint and what is wrong with what was filled in. */
import { el } from "../dom.js";
import { plain } from "../text/composition.js";
import { localMinute } from "./elements.js";
import { choice } from "./options.js";

export function input(block, ctx) {
  const one = block.element;
  const id = `${ctx.name}-${block.block_id}`;
  const error = ctx.errors?.[block.block_id];
  const described = [block.hint ? `${id}-hint` : null, error ? `${id}-error` : null].filter(Boolean).join(" ") || null;
  const common = { id, "aria-describedby": described, "aria-invalid": error ? "true" : null, "aria-required": block.optional ? null : "true" };
  const many = ["radio_buttons", "checkboxes"].includes(one.type) || one.type.startsWith("multi_");
  const told = (event) => block.dispatch_action && !isText(one) && dispatch(block, ctx, event.currentTarget.closest("[data-action]"));
  return el(
    many ? "fieldset" : "div",
    {
      key: `input/${block.block_id}/${one.action_id}`,
      class: error ? "block input wrong" : "block input",
      "data-block": block.block_id,
      "data-action": one.action_id,
      "data-kind": one.type,
      "aria-describedby": many ? described : null,
      onchange: told,
      onkeydown: (event) => enter(event, block, ctx),
    },
    el(many ? "legend" : "label", { for: many ? null : id }, plain(block.label), block.optional ? el("small", {}, " (optional)") : null),
    field(one, common, ctx, `${id}/${one.action_id}`),
    block.hint ? el("p", { id: `${id}-hint`, class: "hint" }, plain(block.hint)) : null,
    error ? el("p", { id: `${id}-error`, class: "error" }, error) : null,
  );
}

const isText = (one) => /_text_input$|^number_input$/.test(one.type);

/** Enter in a one-line field that the app wants to be told of tells it, and does not submit the form. */
function enter(event, block, ctx) {
  if (event.key !== "Enter" || !block.dispatch_action || event.target.nodeName !== "INPUT") return;
  event.preventDefault();
  dispatch(block, ctx, event.currentTarget);
}

function dispatch(block, ctx, node) {
  ctx.act(block, block.element, read(node), node);
}

const TYPES = { email_text_input: "email", url_text_input: "url", number_input: "number", datepicker: "date", timepicker: "time", datetimepicker: "datetime-local" };

function field(one, common, ctx, name) {
  if (one.type === "radio_buttons" || one.type === "checkboxes" || one.type.startsWith("multi_")) return boxes(one, ctx, name);
  if (one.type.endsWith("_select")) return menu(one, common, ctx);
  const hints = { placeholder: plain(one.placeholder) || null, maxlength: one.max_length, autofocus: one.focus_on_load, class: "field" };
  if (one.type === "plain_text_input" && one.multiline) return el("textarea", { ...common, ...hints, rows: 5 }, one.initial_value ?? "");
  if (one.type !== "plain_text_input" && !Object.hasOwn(TYPES, one.type)) return el("p", { class: "unknown" }, `(a ${one.type}, which this page does not show)`);
  const value = one.initial_value ?? one.initial_date ?? one.initial_time ?? localMinute(one.initial_date_time);
  return el("input", { ...common, ...hints, type: TYPES[one.type] ?? "text", value, min: one.min_value, max: one.max_value, step: one.is_decimal_allowed ? "any" : null });
}

function flat(one, ctx) {
  const { groups, chosen } = choice(one, ctx);
  return { options: groups.flatMap((group) => group.options), chosen };
}

function menu(one, common, ctx) {
  const { groups, chosen } = choice(one, ctx);
  const option = (each) => el("option", { value: each.value, selected: chosen.some((other) => other.value === each.value) }, plain(each.text));
  const inside = groups.map((group) => (group.label ? el("optgroup", { label: group.label }, group.options.map(option)) : group.options.map(option)));
  return el("select", { ...common, class: "field", autofocus: one.focus_on_load }, el("option", { value: "" }, plain(one.placeholder) || "Choose an option"), inside);
}

function boxes(one, ctx, name) {
  const type = one.type === "radio_buttons" ? "radio" : "checkbox";
  const { options, chosen } = one.type.endsWith("_select") ? flat(one, ctx) : ticked(one);
  const box = (each) =>
    el(
      "label",
      { class: "choice" },
      el("input", { type, name, value: each.value, checked: chosen.some((other) => other.value === each.value) }),
      el("span", {}, plain(each.text), each.description ? el("small", {}, plain(each.description)) : null),
    );
  return el("div", { class: "choices" }, options.map(box));
}

function ticked(one) {
  return { options: one.options, chosen: one.initial_options ?? [one.initial_option].filter(Boolean) };
}

/** What stands in one input block: a string, a list of strings, or null when it is empty. */
export function read(node) {
  const kind = node.dataset.kind;
  if (kind === "checkboxes" || kind.startsWith("multi_")) return [...node.querySelectorAll("input:checked")].map((box) => box.value);
  if (kind === "radio_buttons") return node.querySelector("input:checked")?.value ?? null;
  const text = node.querySelector(".field")?.value ?? "";
  if (kind === "datetimepicker") return text ? Date.parse(text) / 1000 : null;
  return text === "" ? null : text;
}

/** All fields of a form, `{block_id: {action_id: value}}`. Which of them are needed, the workspace says. */
export function readAll(form) {
  const values = {};
  for (const node of form.querySelectorAll("[data-kind]")) {
    const { block, action } = node.dataset;
    values[block] = { ...values[block], [action]: read(node) };
  }
  return values;
}
