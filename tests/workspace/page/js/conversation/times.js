/* Times as people read them in a chat. A message's `ts` is its time in seconds since 1970, and its id. */
import { el } from "../dom.js";

const when = (ts) => new Date(Number(ts) * 1000);

export function clock(ts) {
  const date = when(ts);
  return el("time", { datetime: date.toISOString(), title: date.toLocaleString() }, date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" }));
}

export const dayOf = (ts) => when(ts).toDateString();

export function dayName(ts) {
  const day = dayOf(ts);
  if (day === new Date().toDateString()) return "Today";
  if (day === new Date(Date.now() - 86400000).toDateString()) return "Yesterday";
  return when(ts).toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long" });
}
