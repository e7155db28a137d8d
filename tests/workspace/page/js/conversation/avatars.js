/* Who speaks, at a glance: the bot's sign, or a person's initials on a colour of their own. */
import { el, svg } from "../dom.js";

const COLOURS = 6;

export function avatar(user) {
  if (user.kind === "us") return el("span", { class: "avatar bot", "aria-hidden": "true" }, pulse());
  const initials = user.label.split(/[\s._-]+/).slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();
  const tint = user.kind === "person" && user.order >= 0 ? user.order % COLOURS : "none";
  return el("span", { class: `avatar tint-${tint}`, "aria-hidden": "true" }, initials);
}

function pulse() {
  return svg("svg", { viewBox: "0 0 32 32" }, svg("path", { d: "M4 17h6l3-8 5 14 3-6h7", fill: "none", stroke: "currentColor", "stroke-width": "2.6", "stroke-linecap": "round", "stroke-linejoin": "round" }));
}
