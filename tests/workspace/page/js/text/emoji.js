/* The few emoji that a bot about clusters is likely to use; a name that is not here shows as :name:. */
const TABLE = {
  "+1": "👍", "-1": "👎", thumbsup: "👍", thumbsdown: "👎", white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️",
  x: "❌", negative_squared_cross_mark: "❎", heavy_multiplication_x: "✖️", warning: "⚠️", no_entry: "⛔", no_entry_sign: "🚫",
  rotating_light: "🚨", red_circle: "🔴", large_orange_circle: "🟠", orange_circle: "🟠", large_yellow_circle: "🟡", yellow_circle: "🟡",
  large_green_circle: "🟢", green_circle: "🟢", large_blue_circle: "🔵", white_circle: "⚪", black_circle: "⚫", large_purple_circle: "🟣",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", stopwatch: "⏱️", clock1: "🕐", timer_clock: "⏲️", alarm_clock: "⏰", mag: "🔍", mag_right: "🔎",
  eyes: "👀", arrows_counterclockwise: "🔄", repeat: "🔁", arrow_right: "➡️", arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️",
  bell: "🔔", no_bell: "🔕", bulb: "💡", wrench: "🔧", hammer_and_wrench: "🛠️", gear: "⚙️", link: "🔗", lock: "🔒", unlock: "🔓", key: "🔑",
  page_facing_up: "📄", clipboard: "📋", memo: "📝", pencil: "✏️", pencil2: "✏️", books: "📚", bookmark: "🔖", bar_chart: "📊",
  chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", globe_with_meridians: "🌐", satellite: "📡", cloud: "☁️", zap: "⚡",
  fire: "🔥", tada: "🎉", wave: "👋", raised_hands: "🙌", pray: "🙏", handshake: "🤝", point_right: "👉", speech_balloon: "💬",
  question: "❓", grey_question: "❔", exclamation: "❗", information_source: "ℹ️", heart: "❤️", stethoscope: "🩺", hospital: "🏥", pill: "💊",
  robot_face: "🤖", smile: "😄", slightly_smiling_face: "🙂", thinking_face: "🤔", bust_in_silhouette: "👤", busts_in_silhouette: "👥",
  house: "🏠", inbox_tray: "📥", outbox_tray: "📤", package: "📦", calendar: "📅", new: "🆕", ok: "🆗", sos: "🆘", recycle: "♻️",
  heavy_minus_sign: "➖", heavy_plus_sign: "➕", small_blue_diamond: "🔹", black_small_square: "▪️", wastebasket: "🗑️", broom: "🧹",
};

export function emoji(name) {
  return Object.hasOwn(TABLE, name) ? TABLE[name] : `:${name}:`;
}

/** Text with its :names: shown as emoji. */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (_, name) => emoji(name));
}
