/* Where people type. Enter sends, Shift+Enter starts a line; typing @, #, / or cluster= offers what fits. */
import { el, show } from "../dom.js";
import { openMenu } from "../menu.js";
import { completions } from "./completion.js";

let count = 0;

/** `deeds`: {state(), directory(), send(text) -> Promise<boolean>, shortcut?(callback_id), cluster?: {get, set}}. Returns {node, update(placeholder), focus()}. */
export function composer(label, deeds) {
  const id = `composer-${(count += 1)}`;
  let offer = null;
  let at = 0;

  const text = el("textarea", {
    id,
    rows: 1,
    "aria-label": label,
    "aria-autocomplete": "list",
    "aria-controls": `${id}-offers`,
    oninput: look,
    onclick: look,
    onblur: () => setTimeout(dismiss, 150),
    onkeydown: keys,
  });
  const offers = el("div", { id: `${id}-offers`, class: "offers", role: "listbox", "aria-label": "Suggestions", hidden: true });
  const extras = el("div", { class: "composer-extras" });
  const send = el("button", { type: "button", class: "button primary send", "aria-label": "Send", title: "Send (Enter)", onclick: submit }, "Send");
  const node = el("div", { class: "composer", own: true }, offers, text, el("div", { class: "composer-bar" }, extras, send));

  function look() {
    grow();
    const before = text.value.slice(0, text.selectionStart);
    offer = text.selectionStart === text.selectionEnd ? completions(before, deeds.state(), deeds.directory()) : null;
    if (offer && offer.options.length === 1 && before.slice(offer.from) === offer.options[0].insert.trim()) offer = null;
    at = 0;
    drawOffers();
  }

  function dismiss() {
    offer = null;
    drawOffers();
  }

  function drawOffers() {
    offers.hidden = !offer;
    if (offer) text.setAttribute("aria-activedescendant", `${id}-offer-${at}`);
    else text.removeAttribute("aria-activedescendant");
    show(offers, (offer?.options ?? []).map(offerRow));
    offers.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  function offerRow(option, index) {
    const take = (event) => {
      event.preventDefault(); // keeps the focus in the text
      accept(index);
    };
    return el(
      "div",
      { id: `${id}-offer-${index}`, role: "option", "aria-selected": String(index === at), onpointerdown: take },
      el("b", {}, option.label),
      option.description ? el("small", {}, option.description) : null,
    );
  }

  function accept(index) {
    const end = text.selectionStart;
    text.setRangeText(offer.options[index].insert, offer.from, end, "end");
    look();
  }

  function keys(event) {
    if (event.isComposing) return;
    if (offer && offerKeys(event)) event.preventDefault();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    }
  }

  function offerKeys(event) {
    const size = offer.options.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      at = (at + (event.key === "ArrowDown" ? 1 : size - 1)) % size;
      drawOffers();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      dismiss();
    } else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey)) accept(at);
    else return false;
    return true;
  }

  async function submit() {
    const typed = text.value;
    if (!typed.trim()) return;
    text.value = "";
    dismiss();
    grow();
    const sent = await deeds.send(typed.trim());
    if (!sent && !text.value) text.value = typed; // nothing that was typed is lost
    grow();
  }

  function grow() {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight + 2, 200)}px`;
  }

  function update(placeholder) {
    text.placeholder = placeholder;
    text.setAttribute("aria-label", placeholder);
    show(extras, lightning(deeds), clusterPicker(deeds));
  }

  return { node, update, focus: () => text.focus() };
}

function lightning(deeds) {
  const shortcuts = deeds.state().shortcuts?.global ?? [];
  if (!deeds.shortcut || !shortcuts.length) return null;
  const open = ({ currentTarget }) =>
    openMenu(currentTarget, shortcuts.map((one) => ({ label: one.name, pick: () => deeds.shortcut(one.callback_id) })), { label: "Shortcuts" });
  return el("button", { key: "shortcuts", type: "button", class: "icon-button", title: "Shortcuts", "aria-label": "Shortcuts", "aria-haspopup": "menu", "aria-expanded": "false", onclick: open }, "⚡");
}

function clusterPicker(deeds) {
  const names = deeds.state().clusters ?? [];
  if (!deeds.cluster || !names.length) return null;
  const chosen = deeds.cluster.get();
  const option = (value, words) => el("option", { value, selected: value === chosen }, words);
  return el(
    "label",
    { key: "cluster", class: "cluster-picker", title: "Adds cluster=… to what you say" },
    el("span", {}, "Cluster"),
    el("select", { onchange: ({ currentTarget }) => deeds.cluster.set(currentTarget.value) }, option("", "the channel's own"), names.map((name) => option(name, name))),
  );
}
