/* Interactive elements outside of input blocks: each use is an action that the app is told of at once. */
import { el } from "../dom.js";
import { openMenu } from "../menu.js";
import { plain } from "../text/composition.js";
import { choice } from "./options.js";

const DRAWN = { button, overflow, image, radio_buttons: choices, checkboxes: choices, datepicker: pick, timepicker: pick, datetimepicker: pick };

export function element(one, block, ctx) {
  if (/_select$/.test(one.type)) return select(one, block, ctx);
  if (Object.hasOwn(DRAWN, one.type)) return DRAWN[one.type](one, block, ctx);
  return el("span", { class: "unknown" }, `(${one.type})`);
}

/** Identity among its neighbours: an update must not turn one button into another under the finger. */
const identity = (one, block) => ({ key: `${block.block_id}/${one.action_id}`, "data-action": `${block.block_id}/${one.action_id}` });

function button(one, block, ctx) {
  const style = one.style === "primary" || one.style === "danger" ? ` ${one.style}` : "";
  const press = (event) => {
    if (/^https?:/i.test(one.url ?? "")) window.open(one.url, "_blank", "noopener");
    ctx.act(block, one, one.value ?? null, event.currentTarget);
  };
  return el("button", { ...identity(one, block), type: "button", class: `button${style}`, "aria-label": one.accessibility_label, onclick: press }, plain(one.text));
}

function image(one) {
  return el("img", { class: "thumbnail", src: one.image_url, alt: one.alt_text ?? "" });
}

function overflow(one, block, ctx) {
  const open = ({ currentTarget }) => {
    const rows = one.options.map((option) => row(option, () => ctx.act(block, one, option.value, currentTarget)));
    openMenu(currentTarget, rows, { label: "More actions" });
  };
  return opener(one, block, { class: "button icon", "aria-label": "More actions", "aria-haspopup": "menu", onclick: open }, "⋯");
}

function opener(one, block, props, ...inside) {
  return el("button", { ...identity(one, block), type: "button", "aria-expanded": "false", ...props }, inside);
}

const row = (option, picked, extra = {}) => ({ label: plain(option.text), description: plain(option.description), pick: picked, ...extra });

function select(one, block, ctx) {
  const many = one.type.startsWith("multi_");
  const { groups, chosen } = choice(one, ctx);
  const current = ctx.chosen?.(block, one) ?? chosen;
  const has = (option) => current.some((other) => other.value === option.value);
  const open = ({ currentTarget }) => {
    const use = (option) => {
      const next = many ? (has(option) ? current.filter((other) => other.value !== option.value) : [...current, option]) : [option];
      ctx.choose?.(block, one, next);
      ctx.act(block, one, many ? next.map((each) => each.value) : option.value, currentTarget);
    };
    const rows = groups.flatMap((group) => group.options.map((option) => row(option, () => use(option), { selected: has(option), group: group.label })));
    openMenu(currentTarget, rows, { label: plain(one.placeholder) || "Choose", role: "listbox" });
  };
  const words = current.map((option) => plain(option.text)).join(", ");
  return opener(
    one,
    block,
    { class: "button select", "aria-haspopup": "listbox", onclick: open },
    el("span", { class: words ? null : "placeholder" }, words || plain(one.placeholder) || "Choose an option"),
  );
}

function choices(one, block, ctx) {
  const many = one.type === "checkboxes";
  const marked = many ? one.initial_options ?? [] : [one.initial_option].filter(Boolean);
  const name = `${ctx.name}/${block.block_id}/${one.action_id}`;
  const changed = ({ currentTarget }) => {
    const ticked = [...currentTarget.querySelectorAll("input:checked")].map((box) => one.options[Number(box.value)].value);
    ctx.act(block, one, many ? ticked : ticked[0], currentTarget);
  };
  const option = (each, at) =>
    el(
      "label",
      { class: "choice" },
      el("input", { type: many ? "checkbox" : "radio", name, value: at, checked: marked.some((other) => other.value === each.value) }),
      el("span", {}, plain(each.text), each.description ? el("small", {}, plain(each.description)) : null),
    );
  return el("div", { ...identity(one, block), class: "choices", role: many ? "group" : "radiogroup", onchange: changed }, one.options.map(option));
}

const PICKED = {
  datepicker: ["date", "initial_date", (text) => text || null],
  timepicker: ["time", "initial_time", (text) => text || null],
  datetimepicker: ["datetime-local", "initial_date_time", (text) => (text ? Date.parse(text) / 1000 : null)],
};

function pick(one, block, ctx) {
  const [type, initial, sent] = PICKED[one.type];
  const start = type === "datetime-local" ? localMinute(one[initial]) : one[initial];
  const label = plain(one.placeholder) || "Choose";
  return el("input", {
    ...identity(one, block),
    type,
    class: "field short",
    value: start,
    "aria-label": label,
    onchange: ({ currentTarget }) => ctx.act(block, one, sent(currentTarget.value), currentTarget),
  });
}

/** An epoch second as `datetime-local` wants it. */
export function localMinute(epoch) {
  if (!epoch) return undefined;
  const when = new Date(epoch * 1000);
  return new Date(when.getTime() - when.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}
