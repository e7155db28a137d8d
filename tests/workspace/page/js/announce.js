/* What a screen reader says: new messages of others in the open conversation, and edited ones once they have come to rest. */

const REST = 1500; // milliseconds without a further change, so that progress is not read out step by step
const LONGEST = 220;

/** Returns `announce(messages, where, directory, me)`, called with all visible messages after each change. */
export function announcer(node) {
  const heard = new Map();
  const waiting = new Map();
  let place = null;

  function say(words) {
    const line = document.createElement("p");
    line.textContent = words.length > LONGEST ? `${words.slice(0, LONGEST)} …` : words;
    node.append(line);
    while (node.children.length > 4) node.firstElementChild.remove();
  }

  function notice(message, directory) {
    const words = `${directory.user(message.user).label}: ${message.text || "a message"}`;
    clearTimeout(waiting.get(message.ts));
    waiting.set(message.ts, setTimeout(() => say(words), heard.has(message.ts) ? REST : 0));
    heard.set(message.ts, message.text);
  }

  return (messages, where, directory, me) => {
    const another = where !== place;
    place = where;
    for (const message of messages) {
      if (heard.get(message.ts) === message.text) continue;
      if (another || message.user === me) heard.set(message.ts, message.text);
      else notice(message, directory);
    }
  };
}
