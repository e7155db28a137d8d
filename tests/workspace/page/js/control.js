/* The workspace's control API: what people do goes in, the state comes back, and a stream of changes says when to look again. */

export class Refused extends Error {}

/** Sends one thing that a person did. Throws `Refused` with a sentence when the workspace does not take it. */
async function post(what, body) {
  const reply = await answered(`/control/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return reply.json().catch(() => ({}));
}

async function answered(path, request) {
  let reply;
  try {
    reply = await fetch(path, request);
  } catch {
    throw new Refused("The workspace's server does not answer; is it still running?");
  }
  if (!reply.ok) throw new Refused(await reason(reply));
  return reply;
}

async function reason(reply) {
  const text = await reply.text();
  try {
    return JSON.parse(text).error ?? text;
  } catch {
    return text.slice(0, 300) || `The workspace answered ${reply.status}.`;
  }
}

export const control = {
  state: async () => (await answered("/control/state", { cache: "no-store" })).json(),
  say: (body) => post("say", body),
  press: (body) => post("press", body),
  command: (body) => post("command", body),
  shortcut: (body) => post("shortcut", body),
  submit: (body) => post("submit", body),
  close: (body) => post("close", body),
  home: (body) => post("home", body),
};

const PAUSE = 60; // milliseconds: a burst of changes is read once

/** Calls `onState` with each new state, and `onReach(boolean)` when the server goes or comes back. */
export function follow(onState, onReach) {
  let reading = false;
  let again = false;
  let timer = null;

  const read = async () => {
    timer = null;
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    try {
      const state = await control.state();
      onReach(true);
      onState(state);
    } catch {
      onReach(false);
    } finally {
      reading = false;
      if (again) soon();
      again = false;
    }
  };
  const soon = () => (timer ??= setTimeout(read, PAUSE));

  const changes = new EventSource("/control/changes");
  changes.onopen = soon;
  changes.onmessage = soon;
  changes.onerror = () => onReach(false); // the browser connects again by itself
  soon();
  return soon;
}
