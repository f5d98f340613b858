// The day of one room: Outlook's lane and the platform's beside it.

import { clock, dayOf, minutesOf, shifted } from "./times.js";
import { $, element, nowHere, say, view } from "./view.js";

export const FIRST_HOUR = 7;
export const LAST_HOUR = 20;
export const SIDES = ["outlook", "platform"];

const STATUS_WORDS = {
  pending: "waiting for the room",
  tentative: "tentative",
  conflicted: "double booked",
};

export function drawHours() {
  const hours = $("hours");
  for (let hour = FIRST_HOUR; hour < LAST_HOUR; hour += 1) {
    hours.append(element("span", "", `${String(hour).padStart(2, "0")}:00`));
  }
}

function place(node, entry, column, columns) {
  const top = FIRST_HOUR * 60;
  const end = LAST_HOUR * 60;
  const from = dayOf(entry.start) < view.day ? 0 : minutesOf(entry.start);
  const to = dayOf(entry.end) > view.day ? 24 * 60 : minutesOf(entry.end);
  const start = Math.min(Math.max(from, top), end - 15);
  const stop = Math.max(Math.min(to, end), start + 15);
  node.style.top = `calc(var(--hour) * ${(start - top) / 60} + 1px)`;
  node.style.height = `calc(var(--hour) * ${(stop - start) / 60} - 2px)`;
  node.style.left = `calc(${(column / columns) * 100}% + .3rem)`;
  node.style.width = `calc(${100 / columns}% - .6rem)`;
  node.style.right = "auto";
  node.classList.toggle("short", stop - start <= 30);
}

// Entries that overlap share the width.
function columnsOf(entries) {
  const sorted = [...entries].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : a.end < b.end ? 1 : -1));
  const placed = new Map();
  let cluster = [];
  let until = "";
  const settle = () => {
    const width = Math.max(1, ...cluster.map((entry) => placed.get(entry).column + 1));
    for (const entry of cluster) placed.get(entry).columns = width;
    cluster = [];
  };
  for (const entry of sorted) {
    if (cluster.length && entry.start >= until) settle();
    if (!cluster.length) until = "";
    const taken = new Set(cluster.filter((other) => other.end > entry.start).map((other) => placed.get(other).column));
    let column = 0;
    while (taken.has(column)) column += 1;
    placed.set(entry, { column, columns: 1 });
    cluster.push(entry);
    if (entry.end > until) until = entry.end;
  }
  settle();
  return placed;
}

// Rooms may show the organiser instead of the title, and organise by themselves what is booked directly in their calendar.
function people(entry) {
  if (entry.title && entry.title !== entry.subject) return [`“${entry.title}” in ${entry.organizer}’s calendar`];
  if (entry.guests?.length && entry.organizer === view.rooms.get(view.room).room.name) return [`guest ${entry.guests.join(", ")}`];
  return [entry.organizer];
}

function entryNode(entry, side, freshId) {
  const node = element("button", `entry ${side}`, "");
  node.type = "button";
  node.dataset.id = entry.id;
  node.dataset.status = entry.status;
  node.dataset.free = String(Boolean(entry.free));
  node.classList.toggle("fresh", entry.id === freshId);
  const time = entry.all_day ? "" : `${clock(entry.start)}–${clock(entry.end)}`;
  const words = STATUS_WORDS[entry.status];
  const detail = [time, ...people(entry)].filter(Boolean);
  node.append(element("strong", "", `${entry.series ? "↻ " : ""}${entry.subject}`));
  if (words) node.append(element("em", "", words));
  node.append(element("span", "", detail.join(" · ")));
  node.title = [entry.subject, ...detail, words ?? entry.status].join("\n");
  return node;
}

function drawLane(side, entries, freshId) {
  const timed = entries.filter((entry) => !entry.all_day);
  const columns = columnsOf(timed);
  const focused = document.activeElement?.closest?.(`#${side}, #${side}-all-day`) ? document.activeElement.dataset.id : null;
  const item = (entry) => {
    const made = document.createElement("li");
    made.append(entryNode(entry, side, freshId));
    return made;
  };
  $(side).replaceChildren(
    ...timed.map((entry) => {
      const made = item(entry);
      place(made.firstChild, entry, columns.get(entry).column, columns.get(entry).columns);
      return made;
    }),
  );
  $(`${side}-all-day`).replaceChildren(...entries.filter((entry) => entry.all_day).map(item));
  if (focused) focusEntry(side, focused);
}

export function focusEntry(side, id) {
  const node = document.querySelector(`#${side} [data-id="${CSS.escape(id)}"], #${side}-all-day [data-id="${CSS.escape(id)}"]`);
  node?.focus({ preventScroll: true });
  return Boolean(node);
}

export function entryOf(side, id) {
  return side === "outlook" ? view.outlook.find((entry) => entry.id === id) : view.platform.get(id);
}

function shownOnDay(entry) {
  const lastMoment = entry.end > entry.start ? entry.end : `${entry.end}~`;
  return entry.start < `${shifted(view.day, 1)}T00:00` && lastMoment > `${view.day}T00:00`;
}

export function draw(freshId = null) {
  const platform = [...view.platform.values()].filter((entry) => entry.status !== "cancelled" && shownOnDay(entry));
  drawLane("outlook", view.outlook, freshId);
  drawLane("platform", platform, freshId);
  $("all-day").hidden = !(view.outlook.some((e) => e.all_day) || platform.some((e) => e.all_day));
  const empty = view.outlook.length === 0 && platform.length === 0;
  say(empty ? "Nobody has booked this day. Click into either column, or use the buttons above." : "");
  drawNow();
}

export function clear() {
  view.outlook = [];
  view.platform = new Map();
  for (const side of SIDES) drawLane(side, [], null);
  drawNow();
}

export function drawNow() {
  const line = $("now");
  const now = nowHere();
  const minutes = minutesOf(now) - FIRST_HOUR * 60;
  line.hidden = dayOf(now) !== view.day || minutes < 0 || minutes > (LAST_HOUR - FIRST_HOUR) * 60;
  line.style.top = `calc(var(--hour) * ${minutes / 60})`;
}

// The half hour at this height of a lane, in minutes of the day.
export function halfHourAt(side, clientY) {
  const lane = $(side).getBoundingClientRect();
  const hours = ((clientY - lane.top) / lane.height) * (LAST_HOUR - FIRST_HOUR) + FIRST_HOUR;
  return Math.floor(hours * 2) * 30;
}
