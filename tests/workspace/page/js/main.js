/* Where the page is joined: state comes in, parts are drawn, and what people do goes out. */
import { announcer } from "./announce.js";
import { channelPane, threadPane } from "./conversation/panes.js";
import { inChannel, inThread, statusOf, Unread } from "./conversation/reading.js";
import { follow } from "./control.js";
import { deedsFor } from "./deeds.js";
import { Directory } from "./directory.js";
import { el, show } from "./dom.js";
import { openMenu } from "./menu.js";
import { modalHost } from "./modal.js";
import { fromAddress, rememberedPerson, rememberPerson, toAddress } from "./place.js";
import { drawSidebar } from "./sidebar.js";

const at = (id) => document.getElementById(id);
const narrow = window.matchMedia("(max-width: 760px)");
const unread = new Unread();
const announce = announcer(at("announcements"));
let state = null;
let directory = null;
let me = null;
let place = fromAddress();
let reached = true;
let asked = null; // the message that was said last in a channel: its thread opens when the bot is busy or answers in it
let cluster = "";
let noticed = null;
let untouched = place.channel === null; // nobody came to a place of their own or went to one: the workspace may say what is shown first

const view = () => ({ state, directory, me, place });
const deeds = deedsFor(view, notice);

const app = {
  view,
  say,
  openThread,
  closeThread,
  openTab: (tab) => goTo({ ...place, tab, thread: null }),
  cluster: { get: () => cluster, set: (name) => (cluster = name) },
  ctx: deeds.ctx,
  globalShortcut: (id) => deeds.shortcut("global", id),
  composerDeeds: { state: () => state, directory: () => directory },
  messageDeeds: { ctx: (message) => deeds.ctx({ ts: message.ts }), version: () => [deeds.picks(), me, directory.channels.length], openTools: messageMenu },
  drawerButton,
};
const middle = channelPane(at("conversation"), app);
const side = threadPane(at("thread"), app);
const modal = modalHost({ submit: deeds.submit, close: deeds.close, ctx: (one) => deeds.ctx({ view: one.id }) });
const readSoon = follow(arrived, (yes) => {
  reached = yes;
  drawBanner();
});

function arrived(fresh) {
  const first = state === null;
  state = fresh;
  directory = new Directory(state);
  if (first) enter();
  openFirst();
  openAnswered();
  draw();
}

/** The first sight of the workspace: who you were, and where. */
function enter() {
  me = (state.people.find((one) => one.id === rememberedPerson()) ?? state.people[0])?.id ?? null;
  if (!directory.channel(place.channel)) place = { channel: state.channels.find((one) => !one.is_im)?.id ?? null, tab: null, thread: null };
  unread.lookAtAll(state, me);
  if (place.tab === "home") deeds.home();
}

/** The thread with which the workspace wants to be seen first. */
function openFirst() {
  if (!untouched || !state.opening) return;
  untouched = false;
  place = { channel: state.opening.channel, tab: null, thread: state.opening.ts };
}

/** A direct conversation is one person's: being there means being in one's own. */
function atOwnDirect() {
  if (directory.channel(place.channel)?.is_im) place = { ...place, channel: directory.direct(me).id };
}

function draw() {
  if (!state) return;
  atOwnDirect();
  unread.look(place.channel, state, me);
  drawBanner();
  drawSidebar(at("sidebar"), { state, directory, me, place, unread: (id) => unread.count(id, state, me) }, { go, be });
  middle.update();
  side.update();
  modal(state.views.filter((one) => one.type === "modal" && one.user === me).at(-1) ?? null);
  const visible = [...inChannel(state, place.channel, me), ...(place.thread ? inThread(state, place.channel, place.thread, me) : [])];
  announce(visible, `${me}/${place.channel}/${place.thread}`, directory, me);
  document.title = `${directory.channel(place.channel)?.is_im ? state.bot.name : `#${directory.channelName(place.channel)}`} · Local workspace`;
  toAddress(place);
}

function drawBanner() {
  const words = !reached
    ? "The workspace's server does not answer. This page tries again by itself."
    : state && !state.bot.connected
      ? `${state.bot.name} is not connected: what you say stays here, but nobody answers yet.`
      : "";
  show(at("banner"), words ? el("p", { class: reached ? "" : "gone" }, words) : null);
}

function goTo(next) {
  untouched = false;
  const enters = next.tab === "home" && (place.tab !== "home" || place.channel !== next.channel);
  place = next;
  document.body.removeAttribute("data-drawer");
  draw();
  if (enters) deeds.home();
}

function go(channel) {
  const direct = directory.channel(channel).is_im;
  goTo({ channel, tab: direct ? "home" : null, thread: null });
  if (!direct && !narrow.matches) middle.focus();
}

/** Becomes another person; who was in a direct conversation is then in that person's own. */
function be(person) {
  me = person;
  rememberPerson(person);
  unread.lookAtAll(state, me);
  goTo({ ...place, thread: null });
  if (place.tab === "home") deeds.home();
}

function openThread(ts) {
  goTo({ ...place, thread: ts });
  side.focus();
}

function closeThread() {
  const ts = place.thread;
  goTo({ ...place, thread: null });
  at("conversation").querySelector(`[data-ts="${ts}"]`)?.focus();
}

function openAnswered() {
  if (!asked || narrow.matches || place.thread || place.channel !== asked.channel) return;
  const answered = statusOf(state, asked.channel, asked.ts) || inThread(state, asked.channel, asked.ts, me).some((one) => one.user === state.bot.user_id && one.ts !== asked.ts);
  if (answered) place = { ...place, thread: asked.ts };
  if (answered) asked = null;
}

async function say(text, thread) {
  const sent = await deeds.say(text, thread, thread ? "" : cluster);
  untouched = false;
  if (sent?.ts && !thread) asked = { ts: sent.ts, channel: place.channel };
  readSoon();
  return sent !== null;
}

function messageMenu(trigger, message) {
  const shortcuts = (state.shortcuts?.message ?? []).map((one) => ({ label: one.name, description: state.bot.name, pick: () => deeds.shortcut("message", one.callback_id, message.ts) }));
  const copy = { label: "Copy text", pick: () => navigator.clipboard?.writeText(message.text) };
  openMenu(trigger, [...shortcuts, copy], { label: "Actions for this message" });
}

function drawerButton() {
  const toggle = () => {
    document.body.toggleAttribute("data-drawer");
    if (document.body.hasAttribute("data-drawer")) at("sidebar").querySelector("[aria-current], button")?.focus();
    draw();
  };
  const open = document.body.hasAttribute("data-drawer");
  return el("button", { key: "drawer", type: "button", class: "icon-button drawer-button", "aria-label": "Channels and people", "aria-expanded": String(open), "aria-controls": "sidebar", onclick: toggle }, "☰");
}

/** A line at the bottom, above any dialog. */
function notice(sentence) {
  clearTimeout(noticed);
  const clear = () => at("notice").hidePopover();
  clear();
  show(at("notice"), el("p", {}, sentence), el("button", { type: "button", class: "icon-button", "aria-label": "Dismiss", onclick: clear }, "✕"));
  at("notice").showPopover();
  noticed = setTimeout(clear, 12000);
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !document.body.hasAttribute("data-drawer")) return;
  document.body.removeAttribute("data-drawer");
  draw();
  at("conversation").querySelector(".drawer-button")?.focus();
});
at("conversation").addEventListener("pointerdown", (event) => {
  if (event.target.closest(".drawer-button") || !document.body.hasAttribute("data-drawer")) return;
  document.body.removeAttribute("data-drawer");
  draw();
});
