/* Text objects of Block Kit: which of them are markup and which are shown as they are. */
import { withEmoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";

/** `{type: "mrkdwn" | "plain_text", text}` as nodes; plain text is literal, save that `emoji: true` allows :names:. */
export function composed(object, ctx) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text, ctx);
  return [plain(object)];
}

/** A plain_text object as a string. */
export function plain(object) {
  if (!object) return "";
  return object.emoji ? withEmoji(object.text ?? "") : object.text ?? "";
}
