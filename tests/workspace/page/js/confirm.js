/* "Are you sure?" as an app asks for it: a confirmation object of Block Kit. */
import { el } from "./dom.js";
import { composed, plain } from "./text/composition.js";

/** Resolves to whether the person agreed. */
export function confirmed(object, ctx) {
  return new Promise((resolve) => {
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const dialog = el(
      "dialog",
      { class: "confirm", "aria-labelledby": "confirm-title", oncancel: () => finish(false) },
      el("h2", { id: "confirm-title" }, plain(object.title) || "Are you sure?"),
      el("div", { class: "text" }, composed(object.text, ctx)),
      el(
        "footer",
        {},
        el("button", { type: "button", class: "button", onclick: () => finish(false) }, plain(object.deny) || "Cancel"),
        el(
          "button",
          { type: "button", class: `button ${object.style === "danger" ? "danger" : "primary"}`, autofocus: true, onclick: () => finish(true) },
          plain(object.confirm) || "Yes",
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
