/* A menu that opens at a button: shortcuts, overflow menus, select menus. Arrow keys, Home, End, first letters, Enter, Escape. */
import { el } from "./dom.js";

let standing = null;

/** `items`: [{label, description?, selected?, pick, group?}]. `role`: "menu", or "listbox" where one of the items is the value. */
export function openMenu(trigger, items, { label, role = "menu" }) {
  const again = standing?.trigger === trigger;
  standing?.close();
  if (again) return;
  const rows = items.map((item) => row(item, role));
  const node = el("div", { class: "menu", role, "aria-label": label, tabindex: "-1", onkeydown: (event) => keys(event, rows) }, grouped(items, rows));
  (trigger.closest("dialog") ?? document.body).append(node);
  place(node, trigger);
  trigger.setAttribute("aria-expanded", "true");
  const outside = (event) => !node.contains(event.target) && !trigger.contains(event.target) && close(false);
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("resize", close);
  standing = { trigger, close };
  (rows.find((one) => one.dataset.selected) ?? rows[0] ?? node).focus({ preventScroll: false });

  function close(refocus = true) {
    if (standing?.trigger !== trigger) return;
    standing = null;
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("resize", close);
    node.remove();
    trigger.setAttribute("aria-expanded", "false");
    if (refocus && trigger.isConnected) trigger.focus();
  }
}

function row(item, role) {
  const pick = () => {
    standing?.close();
    item.pick();
  };
  return el(
    "button",
    {
      type: "button",
      role: role === "listbox" ? "option" : "menuitem",
      tabindex: "-1",
      "aria-selected": role === "listbox" ? String(Boolean(item.selected)) : null,
      "data-selected": item.selected ? "yes" : null,
      onclick: pick,
    },
    el("span", {}, item.label),
    item.description ? el("small", {}, item.description) : null,
  );
}

function grouped(items, rows) {
  return items.map((item, at) => [item.group && items[at - 1]?.group !== item.group ? el("p", { role: "presentation" }, item.group) : null, rows[at]]);
}

function keys(event, rows) {
  const at = rows.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[event.key];
  if (to !== undefined && rows.length) {
    rows.at(to % rows.length).focus();
    event.preventDefault();
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    event.stopPropagation();
    standing?.close();
  } else if (event.key.length === 1 && event.key !== " ") {
    const start = event.key.toLowerCase();
    const order = [...rows.slice(at + 1), ...rows.slice(0, at + 1)];
    order.find((one) => one.textContent.trim().toLowerCase().startsWith(start))?.focus();
  }
}

/** Below the trigger, or above it where there is more room, and always inside the window. */
function place(node, trigger) {
  const at = trigger.getBoundingClientRect();
  const below = window.innerHeight - at.bottom - 12;
  const above = at.top - 12;
  const down = below >= Math.min(node.scrollHeight, 320) || below > above;
  node.style.maxHeight = `${Math.max(120, Math.min(down ? below : above, 380))}px`;
  node.style.minWidth = `${Math.min(at.width, 320)}px`;
  const left = Math.min(at.left, window.innerWidth - node.offsetWidth - 8);
  node.style.left = `${Math.max(8, left)}px`;
  node.style.top = down ? `${at.bottom + 4}px` : `${at.top - node.offsetHeight - 4}px`;
}
