// <time data-ago datetime="…"> is told in words and kept up to date.
const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const steps = [
  [60, "second", 1],
  [3600, "minute", 60],
  [86400, "hour", 3600],
  [Infinity, "day", 86400],
];

function inWords(at) {
  const seconds = (at - Date.now()) / 1000;
  const [, unit, size] = steps.find(([below]) => Math.abs(seconds) < below);
  return words.format(Math.round(seconds / size), unit);
}

export function tellTimes(root = document) {
  for (const each of root.querySelectorAll("time[data-ago]")) {
    const text = inWords(new Date(each.dateTime));
    if (each.textContent !== text) each.textContent = text;
  }
}

setInterval(tellTimes, 10_000);
document.addEventListener("htmx:afterSwap", () => tellTimes());
