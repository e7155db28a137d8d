/* The app's Home tab, and the tabs above it. */
import { el } from "./dom.js";
import { drawBlocks } from "./blocks/blocks.js";

/** Home and Messages, as tabs: arrow keys move between them. */
export function drawTabs(current, choose) {
  const tab = (name, words) =>
    el(
      "button",
      { key: name, type: "button", role: "tab", id: `tab-${name}`, "aria-selected": String(current === name), "aria-controls": "channel-body", tabindex: current === name ? "0" : "-1", onclick: () => choose(name) },
      words,
    );
  const keys = (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = current === "home" ? "messages" : "home";
    choose(other);
    document.getElementById(`tab-${other}`)?.focus();
  };
  return el("div", { class: "tabs", role: "tablist", "aria-label": "App", onkeydown: keys }, tab("home", "Home"), tab("messages", "Messages"));
}

export function drawHome(view, ctx, bot) {
  const body = view?.view?.blocks?.length
    ? drawBlocks(view.view.blocks, { ...ctx, name: view.id })
    : el("p", { class: "empty" }, `${bot.name} has not published a Home tab for you yet.`);
  return el("div", { class: "home blocks", role: "tabpanel", "aria-labelledby": "tab-home", tabindex: "-1" }, body);
}
