/* What a select menu offers: its own options, or the workspace's people or channels. One shape for every kind of menu. */

/** `{groups: [{label, options}], chosen}`: what can be chosen and what is, as options of Block Kit. */
export function choice(one, ctx) {
  const kind = one.type.replace("multi_", "");
  if (kind === "users_select") return named(one, "user", ctx.directory.people.map((each) => option(each.real_name || each.name, each.id)));
  if (kind === "channels_select") return named(one, "channel", channels(ctx));
  if (kind === "conversations_select") return named(one, "conversation", channels(ctx), ctx.channel);
  return own(one);
}

const option = (words, value) => ({ text: { type: "plain_text", text: words }, value });

function channels(ctx) {
  return ctx.directory.channels.filter((each) => !each.is_im).map((each) => option(`#${each.name}`, each.id));
}

function own(one) {
  const groups = one.option_groups?.map((group) => ({ label: group.label?.text, options: group.options })) ?? [{ options: one.options ?? [] }];
  return { groups, chosen: one.initial_options ?? [one.initial_option].filter(Boolean) };
}

/** Menus of people and places carry ids; only their names are ours to look up. */
function named(one, noun, options, here) {
  const current = one.default_to_current_conversation ? here : undefined;
  const initial = one[`initial_${noun}s`] ?? [one[`initial_${noun}`] ?? current];
  return { groups: [{ options }], chosen: options.filter((each) => initial.includes(each.value)) };
}
