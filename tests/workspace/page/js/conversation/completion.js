/* What can be completed where the caret stands: a command, its words, @somebody, #channel, cluster=name. */

/** `{from, options: [{label, description, insert}]}` for the text before the caret, or null. `from`: where the insertion starts. */
export function completions(before, state, directory) {
  return command(before, state) ?? commandWord(before, state) ?? marked(before, state, directory);
}

function command(before, state) {
  if (!/^\/\S*$/.test(before)) return null;
  const found = state.commands.filter((one) => one.command.startsWith(before));
  return offered(0, found.map((one) => ({ label: `${one.command} ${one.usage_hint ?? ""}`.trim(), description: one.description, insert: `${one.command} ` })));
}

/** The words that a usage hint such as `ask <symptom> | check [entry]` names. */
function commandWord(before, state) {
  const match = /^(\/\S+) (\S*)$/.exec(before);
  const known = match && state.commands.find((one) => one.command === match[1]);
  if (!known) return null;
  const hints = (known.usage_hint ?? "").split("|").map((hint) => hint.trim());
  const found = hints.filter((hint) => /^\w/.test(hint) && hint.startsWith(match[2]));
  const more = (hint) => (hint.includes(" ") ? " " : "");
  return offered(match[1].length + 1, found.map((hint) => ({ label: hint, description: "", insert: hint.split(" ")[0] + more(hint) })));
}

function marked(before, state, directory) {
  const match = /(?:^|\s)(@|#|cluster=)([\p{L}\p{N}._-]*)$/u.exec(before);
  if (!match) return null;
  const [, mark, start] = match;
  const fits = (name) => name.toLowerCase().startsWith(start.toLowerCase());
  const found = sources[mark](state, directory).filter((one) => fits(one.name));
  return offered(before.length - start.length - mark.length, found.map((one) => ({ label: `${mark}${one.name}`, description: one.label, insert: `${mark}${one.name} ` })));
}

const sources = {
  "@": (_, directory) => directory.mentionable(),
  "#": (_, directory) => directory.channels.filter((one) => !one.is_im).map((one) => ({ name: one.name, label: one.topic ?? "" })),
  "cluster=": (state) => state.clusters.map((name) => ({ name, label: "cluster" })),
};

function offered(from, options) {
  return options.length ? { from, options: options.slice(0, 8) } : null;
}
