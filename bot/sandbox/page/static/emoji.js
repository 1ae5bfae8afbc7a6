// Slack's names of emoji that apps use in their messages. Any other name is shown as :name:.

/** @type {Readonly<Record<string, string>>} */
export const EMOJI = {
  alarm_clock: "⏰",
  arrow_forward: "▶️",
  arrow_right: "➡️",
  ballot_box_with_check: "☑️",
  bell: "🔔",
  black_square_for_stop: "⏹️",
  bulb: "💡",
  checkered_flag: "🏁",
  clipboard: "📋",
  clock3: "🕒",
  cloud: "☁️",
  double_vertical_bar: "⏸️",
  eyes: "👀",
  fire: "🔥",
  grey_question: "❔",
  heavy_check_mark: "✔️",
  heavy_minus_sign: "➖",
  heavy_multiplication_x: "✖️",
  hourglass: "⌛",
  hourglass_flowing_sand: "⏳",
  inbox_tray: "📥",
  information_source: "ℹ️",
  key: "🔑",
  large_blue_circle: "🔵",
  large_green_circle: "🟢",
  large_yellow_circle: "🟡",
  link: "🔗",
  lock: "🔒",
  mag: "🔍",
  memo: "📝",
  no_entry: "⛔",
  no_entry_sign: "🚫",
  pause_button: "⏸️",
  raised_hand: "✋",
  red_circle: "🔴",
  repeat: "🔁",
  rotating_light: "🚨",
  satellite: "📡",
  scroll: "📜",
  snowflake: "❄️",
  speech_balloon: "💬",
  stopwatch: "⏱️",
  sunny: "☀️",
  tada: "🎉",
  thumbsup: "👍",
  unlock: "🔓",
  warning: "⚠️",
  wave: "👋",
  white_check_mark: "✅",
  white_circle: "⚪",
  wrench: "🔧",
  x: "❌",
  zap: "⚡",
};

/**
 * @param {string} name without colons
 * @returns {Node}
 */
export function emoji(name) {
  const found = Object.hasOwn(EMOJI, name) ? EMOJI[name] : undefined;
  if (!found) return document.createTextNode(`:${name}:`);
  const sign = document.createElement("span");
  sign.className = "emoji";
  sign.setAttribute("role", "img");
  sign.setAttribute("aria-label", name.replaceAll("_", " "));
  sign.textContent = found;
  return sign;
}
