/* A list of messages: a channel's, or a thread's. Only what changed is drawn again, and the reader's place is kept. */
import { el, list } from "../dom.js";
import { drawBlocks } from "../blocks/blocks.js";
import { emoji } from "../text/emoji.js";
import { composed } from "../text/composition.js";
import { avatar } from "./avatars.js";
import { drawFile } from "./files.js";
import { clock, dayName, dayOf } from "./times.js";

/** `deeds`: {openThread?(ts), openTools?(trigger, message), ctx(message)}. Returns {node, update(messages, where), toEnd()}. */
export function messageList(label, deeds) {
  const rows = el("ol", { class: "messages", "aria-label": label });
  const pill = el("button", { type: "button", class: "pill", hidden: true, onclick: () => toEnd() }, "New messages ↓");
  const scroller = el("div", { class: "scroller", tabindex: "-1", onscroll: () => following() && (pill.hidden = true) }, rows);
  const node = el("div", { class: "message-pane", own: true }, scroller, pill);
  let place = null;
  let last = null;

  /** Where a reader at the end wants to be: the last message's top when it is longer than the pane. */
  function end() {
    const lowest = scroller.scrollHeight - scroller.clientHeight;
    const message = rows.lastElementChild;
    return message ? Math.min(lowest, message.offsetTop - 12) : lowest;
  }

  const following = () => scroller.scrollTop >= end() - 48;

  function toEnd() {
    scroller.scrollTop = end();
    pill.hidden = true;
  }

  function update(messages, where) {
    const another = where !== place;
    const follows = another || following();
    const spot = spotOfFocus(rows);
    if (another) rows.replaceChildren();
    list(rows, items(messages, deeds));
    refocus(rows, spot);
    const newest = messages.at(-1)?.ts;
    if (follows) toEnd();
    else if (newest !== last) pill.hidden = false;
    place = where;
    last = newest;
  }

  return { node, update, toEnd };
}

function items(messages, deeds) {
  const rows = [];
  let day = null;
  for (const message of messages) {
    if (dayOf(message.ts) !== day) rows.push(divider(message.ts));
    day = dayOf(message.ts);
    rows.push({ key: message.ts, signature: JSON.stringify([message, deeds.version?.()]), draw: () => draw(message, deeds) });
  }
  return rows;
}

function divider(ts) {
  const name = dayName(ts);
  return { key: `day ${dayOf(ts)}`, signature: name, draw: () => el("li", { class: "day" }, el("span", {}, name)) };
}

function draw(message, deeds) {
  const ctx = deeds.ctx(message);
  const user = ctx.directory.user(message.user);
  const classes = ["message", message.ephemeral_to ? "ephemeral" : "", message.user === ctx.me ? "mine" : ""].filter(Boolean).join(" ");
  return el(
    "li",
    { class: classes, "data-ts": message.ts, tabindex: "-1" },
    avatar(user),
    el(
      "div",
      { class: "message-body" },
      el(
        "p",
        { class: "byline" },
        el("strong", {}, user.label),
        user.kind !== "person" ? el("span", { class: "badge" }, "App") : null,
        clock(message.ts),
        message.edited ? el("span", { class: "edited" }, "(edited)") : null,
      ),
      message.ephemeral_to ? el("p", { class: "whisper" }, "Only visible to you") : null,
      content(message, ctx),
      (message.files ?? []).map(drawFile),
      reactions(message, ctx),
      replies(message, deeds),
    ),
    tools(message, deeds),
  );
}

function content(message, ctx) {
  if (message.blocks?.length) return el("div", { class: "blocks" }, drawBlocks(message.blocks, ctx));
  if (message.attachments?.length) return el("div", { class: "blocks" }, message.attachments.map((one) => attachment(one, ctx)));
  if (!message.text) return null;
  return el("div", { class: "text" }, composed({ type: "mrkdwn", text: message.text }, ctx));
}

function attachment(one, ctx) {
  const node = el("div", { class: "attachment" }, one.blocks?.length ? drawBlocks(one.blocks, ctx) : composed({ type: "mrkdwn", text: one.text ?? one.fallback }, ctx));
  if (/^#?[0-9a-f]{6}$/i.test(one.color ?? "")) node.style.borderInlineStartColor = `#${one.color.replace("#", "")}`;
  return node;
}

function reactions(message, ctx) {
  const given = Object.entries(message.reactions ?? {});
  if (!given.length) return null;
  const names = (users) => users.map((one) => ctx.directory.user(one).label).join(", ");
  return el("p", { class: "reactions" }, given.map(([name, users]) => el("span", { title: `:${name}: by ${names(users)}` }, emoji(name), ` ${users.length}`)));
}

function replies(message, deeds) {
  if (!message.replies || !deeds.openThread) return null;
  const words = message.replies === 1 ? "1 reply" : `${message.replies} replies`;
  return el(
    "button",
    { type: "button", class: "replies", onclick: () => deeds.openThread(message.ts) },
    el("b", {}, words),
    el("span", {}, "last ", clock(message.latest)),
  );
}

function tools(message, deeds) {
  if (message.ephemeral_to) return null;
  return el(
    "div",
    { class: "tools" },
    deeds.openThread
      ? el("button", { type: "button", class: "icon-button", title: "Reply in thread", "aria-label": "Reply in thread", onclick: () => deeds.openThread(message.ts) }, "💬")
      : null,
    el(
      "button",
      {
        type: "button",
        class: "icon-button",
        title: "More actions",
        "aria-label": "More actions for this message",
        "aria-haspopup": "menu",
        onclick: ({ currentTarget }) => deeds.openTools(currentTarget, message),
      },
      "⋮",
    ),
  );
}

/** Which control of which message has the focus, so that a redrawn one can have it again. */
function spotOfFocus(rows) {
  const focused = rows.contains(document.activeElement) ? document.activeElement : null;
  return focused && { focused, ts: focused.closest("[data-ts]")?.dataset.ts, action: focused.dataset.action };
}

function refocus(rows, spot) {
  if (!spot || spot.focused.isConnected) return;
  const message = [...rows.children].find((one) => one.dataset.ts === spot.ts);
  const control = spot.action && [...(message?.querySelectorAll("[data-action]") ?? [])].find((one) => one.dataset.action === spot.action);
  (control ?? message)?.focus({ preventScroll: true });
}
