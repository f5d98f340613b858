// How long changes take: from the click until they are painted, each way for itself.

import { $ } from "./view.js";

const KEPT = 500;
const ways = { arrived: [], written: [], answered: [] };

export const milliseconds = (value) => (value >= 10000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`);

export function startLags(known) {
  if (Object.values(ways).some((lags) => lags.length)) return;
  for (const way of Object.keys(ways)) {
    ways[way] = known[way] ?? [];
    drawLags(way);
  }
}

export function addLag(way, lag) {
  ways[way].push(lag);
  if (ways[way].length > KEPT) ways[way].shift();
  drawLags(way);
}

// Painted means painted: the second frame begins after the first one is on the screen.
export function afterPaint(run) {
  const received = performance.now();
  requestAnimationFrame(() => requestAnimationFrame(() => run(performance.now() - received)));
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function drawLags(way) {
  const lags = ways[way];
  if (!lags.length) return;
  const sorted = [...lags].sort((a, b) => a - b);
  const [last, median, most, count] = $("lags").querySelectorAll(`[data-way="${way}"] td`);
  last.textContent = milliseconds(lags.at(-1));
  median.textContent = milliseconds(quantile(sorted, 0.5));
  most.textContent = milliseconds(quantile(sorted, 0.95));
  count.textContent = String(lags.length);
}
