// <time data-ago datetime="…"> is told in words and kept up to date. Not by Intl: its first use takes 30 ms, before which no form works.
const STEPS = [
  [60, "second", 1],
  [3600, "minute", 60],
  [86400, "hour", 3600],
  [Infinity, "day", 86400],
];

function inWords(at) {
  const seconds = (at - Date.now()) / 1000;
  const [, unit, size] = STEPS.find(([below]) => Math.abs(seconds) < below);
  const count = Math.round(Math.abs(seconds) / size);
  if (count === 0) return "now";
  if (unit === "day" && count === 1) return seconds < 0 ? "yesterday" : "tomorrow";
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds < 0 ? `${words} ago` : `in ${words}`;
}

export function tellTimes(root = document) {
  for (const each of root.querySelectorAll("time[data-ago]")) {
    const text = inWords(new Date(each.dateTime));
    if (each.textContent !== text) each.textContent = text;
  }
}

setInterval(tellTimes, 10_000);
document.addEventListener("htmx:afterSwap", () => tellTimes());
