/* Which messages one person sees where: ephemeral ones are theirs alone, replies stand in threads. */

const seen = (message, me) => !message.ephemeral_to || message.ephemeral_to === me;
const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

/** What the channel shows, oldest first, each with how many replies it has and when the latest came. */
export function inChannel(state, channel, me) {
  const visible = (state.messages[channel] ?? []).filter((one) => seen(one, me));
  const replies = new Map();
  for (const one of visible) if (isReply(one) && !one.ephemeral_to) replies.set(one.thread_ts, [...(replies.get(one.thread_ts) ?? []), one.ts]);
  return visible
    .filter((one) => !isReply(one) || one.subtype === "thread_broadcast")
    .map((one) => ({ ...shown(one), replies: replies.get(one.ts)?.length ?? 0, latest: replies.get(one.ts)?.at(-1) ?? null }));
}

/** A thread: the message that opened it, then its replies. */
export function inThread(state, channel, ts, me) {
  return (state.messages[channel] ?? []).filter((one) => seen(one, me) && (one.ts === ts || one.thread_ts === ts)).map(shown);
}

/** What the app is doing in a thread, if it says so. */
export function statusOf(state, channel, ts) {
  return state.statuses.find((one) => one.channel === channel && one.thread_ts === ts);
}

/** Without what readers never see. */
function shown({ metadata, ...message }) {
  return message;
}

/** How many messages of others came to a channel since this person last looked at it. */
export class Unread {
  #looked = new Map();

  look(channel, state, me) {
    this.#looked.set(`${me}/${channel}`, state.messages[channel]?.at(-1)?.ts ?? "0");
  }

  /** Everything that is there when the page opens counts as read. */
  lookAtAll(state, me) {
    for (const { id } of state.channels) if (!this.#looked.has(`${me}/${id}`)) this.look(id, state, me);
  }

  count(channel, state, me) {
    const since = this.#looked.get(`${me}/${channel}`) ?? "0";
    return (state.messages[channel] ?? []).filter((one) => one.ts > since && one.user !== me && seen(one, me)).length;
  }
}
