/* Where the reader is (person, channel, tab, thread): in the address, so that a reload comes back to it. */

const ME = "workspace-person";

/** {channel, tab, thread} from the address; parts that are not there are null. */
export function fromAddress() {
  const [channel, tab, thread] = location.hash.slice(1).split("/").map(decodeURIComponent);
  return { channel: channel || null, tab: tab || null, thread: thread || null };
}

export function toAddress({ channel, tab, thread }) {
  const hash = `#${[channel ?? "", tab ?? "", thread ?? ""].map(encodeURIComponent).join("/")}`.replace(/\/+$/, "");
  if (hash !== location.hash) history.replaceState(null, "", hash);
}

export const rememberedPerson = () => localStorage.getItem(ME);
export const rememberPerson = (id) => localStorage.setItem(ME, id);
