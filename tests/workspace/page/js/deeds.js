/* What a person does, told to the workspace; what the workspace refuses is said in a line on the page. */
import { confirmed } from "./confirm.js";
import { control, Refused } from "./control.js";

/** `view()` gives {state, directory, me, place}; `notice(sentence)` tells of a refusal. */
export function deedsFor(view, notice) {
  const chosen = new Map();
  let picks = 0;

  async function tell(deed) {
    try {
      return (await deed()) ?? {};
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      notice(error.message);
      return null;
    }
  }

  /** A message, or a command when it starts with one. Resolves to {ts} or {}, null when it was refused. */
  function say(text, thread, cluster) {
    const { state, me, place } = view();
    const where = { user: me, channel: place.channel };
    const words = withCluster(text, cluster, state);
    if (!text.startsWith("/")) return tell(() => control.say({ ...where, text: words, ...(thread ? { thread_ts: thread } : {}) }));
    const name = text.split(/\s/)[0];
    if (state.commands.some((one) => one.command === name)) return tell(() => control.command({ ...where, text: words }));
    notice(`${name} is no command here; there is ${state.commands.map((one) => one.command).join(", ") || "none"}.`);
    return Promise.resolve(null);
  }

  /** A context for drawing blocks of a message ({ts}) or a view ({view}); its elements act there. */
  function ctx({ ts = null, view: viewId = null }) {
    const { directory, me, place } = view();
    const slot = (block, one) => `${ts ?? viewId}/${block.block_id}/${one.action_id}`;
    const act = async (block, one, value, node) => {
      if (one.confirm && !(await confirmed(one.confirm, { directory, me }))) return;
      node?.setAttribute("aria-busy", "true");
      const where = { user: me, channel: viewId ? null : place.channel, ts, view: viewId };
      await tell(() => control.press({ ...where, block_id: block.block_id, action_id: one.action_id, value }));
      node?.removeAttribute("aria-busy");
    };
    const choose = (block, one, options) => {
      chosen.set(slot(block, one), options);
      picks += 1;
    };
    return { me, directory, channel: place.channel, name: ts ?? viewId, act, choose, chosen: (block, one) => chosen.get(slot(block, one)) };
  }

  return {
    say,
    ctx,
    picks: () => picks,
    home: () => tell(() => control.home({ user: view().me })),
    shortcut: (type, callback_id, ts) => tell(() => control.shortcut({ user: view().me, callback_id, type, ...(ts ? { ts } : {}), channel: view().place.channel })),
    submit: (modal, values) => tell(() => control.submit({ user: view().me, view: modal.id, values })),
    close: (modal) => tell(() => control.close({ user: view().me, view: modal.id })),
  };
}

const READS_A_CLUSTER = /^\/\S+\s+(ask|check|facts)\b/;

/** The picked cluster is named in what is said, unless the words name one already. */
function withCluster(text, cluster, state) {
  const fits = cluster && state.clusters.includes(cluster) && !/(^|\s)cluster=/.test(text);
  return fits && (!text.startsWith("/") || READS_A_CLUSTER.test(text)) ? `${text} cluster=${cluster}` : text;
}
