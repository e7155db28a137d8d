/* Left: the workspace, its channels, the app, and who you are. */
import { el, show } from "./dom.js";
import { avatar } from "./conversation/avatars.js";

/** `view`: {state, directory, me, place, unread(channel)}; `deeds`: {go(channel), be(person)}. */
export function drawSidebar(node, view, deeds) {
  const { state, directory, me } = view;
  const direct = directory.direct(me);
  const channels = state.channels.filter((one) => !one.is_im);
  show(
    node,
    el("header", { class: "team" }, el("h1", {}, teamName(state.team)), el("p", {}, "A local stand-in for Slack")),
    section("Channels", channels.map((one) => entry(one, view, deeds, el("span", { class: "hash", "aria-hidden": "true" }, one.is_private ? "🔒" : "#"), one.name))),
    section("App", [entry(direct, view, deeds, avatar({ kind: "us" }), state.bot.name, presence(state.bot))]),
    people(view, deeds),
  );
}

const teamName = (team) => (typeof team === "string" ? team : team?.name ?? "Local workspace");

function section(name, entries) {
  return el("section", { "aria-label": name }, el("h2", {}, name), el("ul", { onkeydown: arrows }, entries));
}

function entry(channel, view, deeds, sign, name, note) {
  const here = view.place.channel === channel.id;
  const unread = !here && view.unread(channel.id);
  return el(
    "li",
    { key: channel.id },
    el(
      "button",
      { type: "button", class: unread ? "entry unread" : "entry", "aria-current": here ? "page" : null, title: channel.topic, onclick: () => deeds.go(channel.id) },
      sign,
      el("span", { class: "entry-name" }, name),
      unread ? el("span", { class: "count" }, String(unread), el("span", { class: "unseen" }, " new")) : null,
      note,
    ),
  );
}

function presence(bot) {
  const words = bot.connected ? "connected" : "not connected";
  return el("span", { class: `presence ${bot.connected ? "on" : "off"}`, role: "img", "aria-label": words, title: words });
}

function people({ state, directory, me }, deeds) {
  const row = (one) =>
    el(
      "label",
      { key: one.id, class: "entry person" },
      el("input", { type: "radio", name: "you", value: one.id, checked: one.id === me, onchange: () => deeds.be(one.id) }),
      avatar(directory.user(one.id)),
      el("span", { class: "entry-name" }, one.real_name || one.name),
      one.id === me ? el("span", { class: "you" }, "you") : null,
    );
  return el("section", { role: "radiogroup", "aria-label": "You are" }, el("h2", {}, "You are"), state.people.map(row));
}

/** Up and down move between the entries of one list, as in a menu. */
function arrows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const entries = [...event.currentTarget.querySelectorAll("button")];
  const next = entries[entries.indexOf(document.activeElement) + step];
  if (next) next.focus();
  event.preventDefault();
}
