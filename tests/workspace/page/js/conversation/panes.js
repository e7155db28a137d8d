/* The two places where people read and write: a channel, and a thread beside it. */
import { el, show } from "../dom.js";
import { drawHome, drawTabs } from "../home.js";
import { composer } from "./composer.js";
import { messageList } from "./messages.js";
import { inChannel, inThread, statusOf } from "./reading.js";

/** The channel in the middle. `app`: see main.js. Returns {update(), focus()}. */
export function channelPane(node, app) {
  const header = el("header", { class: "pane-header" });
  const body = el("div", { id: "channel-body" });
  const messages = messageList("Messages", { ...app.messageDeeds, openThread: app.openThread });
  const write = composer("Message", { ...app.composerDeeds, send: (text) => app.say(text, null), cluster: app.cluster, shortcut: app.globalShortcut });
  const home = el("div", { class: "home-pane", own: true });
  body.append(messages.node, home);
  node.append(header, body, write.node);

  function update() {
    const { state, directory, me, place } = app.view();
    const channel = directory.channel(place.channel);
    const direct = channel?.is_im;
    const atHome = direct && place.tab === "home";
    const name = direct ? state.bot.name : channel?.name ?? "";
    show(header, app.drawerButton(), el("div", { class: "pane-title" }, el("h2", {}, direct ? name : `# ${name}`), el("p", {}, direct ? "App" : channel?.topic ?? "")), direct ? drawTabs(atHome ? "home" : "messages", app.openTab) : null);
    home.hidden = !atHome;
    messages.node.hidden = atHome;
    write.node.hidden = atHome;
    if (atHome) {
      const view = state.views.find((one) => one.type === "home" && one.user === me);
      show(home, drawHome(view, app.ctx({ view: view?.id }), state.bot));
    } else {
      messages.update(inChannel(state, place.channel, me), `${me}/${place.channel}`);
      write.update(direct ? `Message ${name}` : `Message #${name}; @${state.bot.name} asks the bot`);
    }
  }

  return { update, focus: write.focus };
}

/** The open thread at the side. */
export function threadPane(node, app) {
  const back = (event) => event.key === "Escape" && app.closeThread();
  const title = el("p", {});
  const header = el(
    "header",
    { class: "pane-header" },
    el("div", { class: "pane-title" }, el("h2", { tabindex: "-1" }, "Thread"), title),
    el("button", { type: "button", class: "icon-button", "aria-label": "Close thread", title: "Close (Esc)", onclick: () => app.closeThread() }, "✕"),
  );
  const messages = messageList("Messages of the thread", app.messageDeeds);
  const write = composer("Reply", { ...app.composerDeeds, send: (text) => app.say(text, app.view().place.thread) });
  const status = el("p", { class: "thread-status", role: "status" });
  node.append(header, messages.node, status, write.node);
  node.addEventListener("keydown", back);

  function update() {
    const { state, directory, me, place } = app.view();
    const open = Boolean(place.thread);
    node.hidden = !open;
    document.body.toggleAttribute("data-thread", open);
    if (!open) return;
    title.textContent = directory.channel(place.channel)?.is_im ? state.bot.name : `# ${directory.channelName(place.channel)}`;
    messages.update(inThread(state, place.channel, place.thread, me), `${me}/${place.channel}/${place.thread}`);
    const doing = statusOf(state, place.channel, place.thread);
    status.textContent = doing ? `${state.bot.name} ${doing.text}` : "";
    status.title = doing?.loading.join("\n") ?? "";
    write.update("Reply in thread");
  }

  return { update, focus: write.focus };
}
