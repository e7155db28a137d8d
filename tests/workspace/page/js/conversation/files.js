/* Files of a message: pictures are shown with their words, text is folded, anything else can be fetched. */
import { el } from "../dom.js";

const TEXT = /^text\/|json|yaml|xml|csv|markdown/;
const SHOWN = 60000; // characters of a text file that are put on the page

export function drawFile(file) {
  if (file.mimetype.startsWith("image/")) return picture(file);
  if (TEXT.test(file.mimetype)) return folded(file);
  return el("p", { class: "file" }, el("a", { href: file.url, download: file.name }, file.title || file.name));
}

function picture(file) {
  return el(
    "figure",
    { key: file.id, class: "file" },
    el("figcaption", {}, file.title || file.name),
    el("a", { href: file.url, target: "_blank", rel: "noopener" }, el("img", { class: "wide", src: file.url, alt: file.alt || file.title || file.name })),
  );
}

function folded(file) {
  const content = el("pre", { own: true, tabindex: "0", "aria-label": file.title || file.name });
  const read = async ({ currentTarget }) => {
    const shown = currentTarget.querySelector("pre");
    if (!currentTarget.open || shown.textContent) return;
    shown.textContent = "…";
    shown.textContent = await words(file);
  };
  return el(
    "details",
    { key: file.id, class: "file", ontoggle: read },
    el("summary", {}, el("span", { class: "file-name" }, file.title || file.name), el("small", {}, file.name)),
    content,
    el("a", { href: file.url, download: file.name }, "Download"),
  );
}

async function words(file) {
  try {
    const reply = await fetch(file.url);
    if (!reply.ok) return `The file could not be read (${reply.status}).`;
    const text = await reply.text();
    return text.length > SHOWN ? `${text.slice(0, SHOWN)}\n… and ${text.length - SHOWN} more characters; download it to read them.` : text;
  } catch {
    return "The file could not be read: the workspace's server does not answer.";
  }
}
