/* Who and what an id stands for. The workspace itself turns typed @names and #channels into ids, as Slack does. */

const SLACKBOT = "USLACKBOT";

export class Directory {
  constructor(state) {
    this.bot = state.bot;
    this.people = state.people;
    this.bots = state.bots ?? [];
    this.channels = state.channels;
    this.groups = state.groups ?? [];
  }

  /** {name, label, kind, order}, where kind is "us" (the app that is tried out), "app" or "person"; an unknown id is shown as it is. */
  user(id) {
    if (id === this.bot.user_id || id === this.bot.id) return { name: this.bot.name, label: this.bot.name, kind: "us" };
    if (id === SLACKBOT) return { name: "slackbot", label: "Slackbot", kind: "app" };
    if (!id) return { name: "webhook", label: "Incoming webhook", kind: "app" };
    const kind = this.bots.some((one) => one.id === id) ? "app" : "person";
    const order = this.people.findIndex((one) => one.id === id);
    const found = this.people[order] ?? this.bots.find((one) => one.id === id);
    return { name: found?.name ?? id, label: found?.real_name || found?.name || id, kind, order };
  }

  group(id) {
    return this.groups.find((one) => one.id === id)?.handle ?? id;
  }

  channel(id) {
    return this.channels.find((one) => one.id === id) ?? (id === this.bot.user_id ? this.notYet() : undefined);
  }

  channelName(id) {
    return this.channel(id)?.name ?? id;
  }

  /** The direct conversation of a person with the bot; before anything was said in it, the bot's id stands for it. */
  direct(me) {
    return this.channels.find((one) => one.is_im && one.user === me) ?? this.notYet();
  }

  notYet() {
    return { id: this.bot.user_id, name: this.bot.name, is_im: true, topic: "" };
  }

  /** What can be mentioned, the bot first: [{name, label}]. */
  mentionable() {
    return [
      { name: this.bot.name, label: "the bot" },
      ...this.people.map((one) => ({ name: one.name, label: one.real_name })),
      ...this.groups.map((one) => ({ name: one.handle, label: "user group" })),
    ];
  }
}
