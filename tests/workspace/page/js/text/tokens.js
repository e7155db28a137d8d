/* The pieces that every kind of Slack text shares: mentions, links and times. */
import { el } from "../dom.js";

const SAFE = /^(https?:|mailto:)/i;

/** A link, or its plain text where the address is not one that should be followed. */
export function link(url, label) {
  if (!SAFE.test(url)) return label && label !== url ? `${label} (${url})` : url;
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label || url);
}

export function userMention(id, ctx) {
  const mine = id === ctx.me ? " me" : "";
  return el("span", { class: `mention${mine}` }, `@${ctx.directory.user(id).name}`);
}

export function groupMention(id, ctx) {
  return el("span", { class: "mention" }, `@${ctx.directory.group(id)}`);
}

export function channelMention(id, ctx, name) {
  return el("span", { class: "mention" }, `#${name || ctx.directory.channelName(id)}`);
}

export function broadcast(range) {
  return el("span", { class: "mention loud" }, `@${range}`);
}

/** Slack's date tokens, `{date_short} at {time}`, in the reader's own time zone. */
export function date(epoch, format, fallback) {
  const when = new Date(Number(epoch) * 1000);
  if (Number.isNaN(when.getTime())) return fallback ?? "";
  const part = (options) => when.toLocaleString(undefined, options);
  const parts = {
    date_num: () => part({ dateStyle: "short" }),
    date: () => part({ dateStyle: "long" }),
    date_short: () => part({ dateStyle: "medium" }),
    date_long: () => part({ dateStyle: "full" }),
    date_pretty: () => part({ dateStyle: "long" }),
    date_short_pretty: () => part({ dateStyle: "medium" }),
    date_long_pretty: () => part({ dateStyle: "full" }),
    time: () => part({ timeStyle: "short" }),
    time_secs: () => part({ timeStyle: "medium" }),
  };
  const text = (format || "{date_short} {time}").replace(/\{(\w+)\}/g, (all, name) => parts[name]?.() ?? all);
  return el("time", { datetime: when.toISOString(), title: when.toLocaleString() }, text);
}
