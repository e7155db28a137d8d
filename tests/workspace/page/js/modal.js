/* Modals: the top view of a person's stack in a dialog that holds the focus; Escape or Cancel closes it, as the app is told. */
import { el, show } from "./dom.js";
import { drawBlocks } from "./blocks/blocks.js";
import { readAll } from "./blocks/inputs.js";
import { plain } from "./text/composition.js";

/** `deeds`: {submit(view, values) -> {errors?}, close(view), ctx(view)}. Returns `update(view | null)`. */
export function modalHost(deeds) {
  const dialog = el("dialog", { class: "modal", "aria-labelledby": "modal-title", oncancel: cancelled });
  document.body.append(dialog);
  let standing = null;
  let errors = {};
  let known = "{}"; // the errors that the workspace last told of
  let busy = false;
  let before = null;

  async function cancelled(event) {
    event.preventDefault();
    if (standing) await deeds.close(standing);
  }

  async function submitted(event) {
    event.preventDefault();
    if (busy) return;
    const values = readAll(event.currentTarget);
    busy = true;
    draw();
    const reply = await deeds.submit(standing, values);
    busy = false;
    if (standing) complain(reply?.errors ?? {});
  }

  function complain(found) {
    errors = found;
    draw();
    dialog.querySelector("[data-kind].wrong :is(input, select, textarea)")?.focus();
  }

  function draw() {
    const { id, view } = standing;
    const close = () => deeds.close(standing);
    const ctx = { ...deeds.ctx(standing), errors, name: id };
    show(
      dialog,
      el(
        "form",
        { key: id, novalidate: true, onsubmit: submitted },
        el(
          "header",
          {},
          el("h2", { id: "modal-title", tabindex: "-1" }, plain(view.title)),
          el("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: close }, "✕"),
        ),
        el(
          "div",
          { class: "modal-body blocks" },
          errors[""] ? el("p", { class: "trouble", role: "alert" }, errors[""]) : null,
          drawBlocks(view.blocks ?? [], ctx),
        ),
        el(
          "footer",
          {},
          el("button", { type: "button", class: "button", onclick: close }, plain(view.close) || (view.submit ? "Cancel" : "Close")),
          view.submit ? el("button", { type: "submit", class: "button primary", disabled: busy, "aria-busy": String(busy) }, plain(view.submit)) : null,
        ),
      ),
    );
  }

  return (found) => {
    if (!found) {
      if (standing) leave();
      return;
    }
    const another = found.id !== standing?.id;
    if (another) errors = {};
    if (another) known = "{}";
    standing = found;
    const told = JSON.stringify(found.errors ?? {});
    if (told !== known) errors = found.errors ?? {}; // known ones may have been mended since
    known = told;
    if (!dialog.open) before = document.activeElement;
    draw();
    if (!dialog.open) dialog.showModal();
    if (another) firstField();
  };

  function firstField() {
    const first = dialog.querySelector("[autofocus]") ?? dialog.querySelector(".modal-body :is(input, select, textarea)");
    (first ?? dialog.querySelector("#modal-title")).focus();
  }

  function leave() {
    standing = null;
    errors = {};
    dialog.close();
    dialog.replaceChildren();
    if (before?.isConnected) before.focus();
  }
}
