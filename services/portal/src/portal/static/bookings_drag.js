// Booking by click or drag over a free slot; moving a booking, or its end, by drag. A finger scrolls: it picks up the booking on
// which it rests. Everything has its form as well.
const STEP = 3; // quarters of an hour, in rows of five minutes
const DEFAULT = 6;
const FAR = 5; // pixels that make a press a drag
const RESTS = 400; // ms after which a finger has picked up what is under it
const WOBBLE = 10; // pixels that a resting finger may move
const wide = matchMedia("(min-width: 60rem)");

let drag = null;
let settled = 0;

// A click follows the release of a drag: it is no click on what lies there.
export const isDragging = () => drag?.moved === true || performance.now() - settled < 50;

const board = () => document.querySelector("#calendar .board");
const rowHeight = () => document.querySelector("#calendar .time").clientHeight / Number(board().dataset.rows);

function reading(row) {
  const jumps = board().dataset.clock.trim().split(" ").map((each) => each.split(":").map(Number));
  const [from, minute, again] = jumps.filter(([at]) => at <= row).at(-1);
  const at = minute + (row - from) * 5;
  return { minute: at, again };
}

const text = (minute) => `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

// The end of row n - 1 is the beginning of row n, but 24:00 belongs to the next day.
function times(day, from, to) {
  const start = reading(from);
  const last = reading(to - 1);
  const end = { minute: last.minute + 5, again: last.again };
  const found = { day, start: text(start.minute), end: text(end.minute) };
  if (start.again) found.start_again = "1";
  if (end.again) found.end_again = "1";
  if (end.minute >= 1440) found.end_day = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  return found;
}

function slotAt(x, y) {
  for (const slot of document.querySelectorAll("#calendar .slot")) {
    const box = slot.getBoundingClientRect();
    if (x >= box.left && x < box.right) return { slot, row: Math.floor((y - box.top) / rowHeight()) };
  }
  return null;
}

const snap = (row) => Math.floor(row / STEP) * STEP;
const within = (row) => Math.min(Math.max(row, 0), Number(board().dataset.rows));

function draw() {
  const { slot, from, to } = drag;
  drag.ghost ??= Object.assign(document.createElement("div"), { className: "ghost" });
  if (drag.ghost.parentElement !== slot) slot.append(drag.ghost);
  const height = rowHeight();
  drag.ghost.style.setProperty("inset", `${from * height}px 2px auto 2px`);
  drag.ghost.style.setProperty("height", `${(to - from) * height}px`);
  const shown = times(slot.dataset.day, from, to);
  drag.ghost.textContent = `${shown.start}\u2013${shown.end}`;
}

function begin(event) {
  if (!event.isPrimary) return stop(); // a second finger
  if (event.button !== 0 || !wide.matches || event.ctrlKey || event.metaKey) return;
  const finger = event.pointerType === "touch";
  const card = event.target.closest("li.booking[data-from]");
  const at = slotAt(event.clientX, event.clientY);
  if (!at || !event.target.closest(".time")) return;
  if (card) {
    const from = Number(card.dataset.from);
    const to = Number(card.dataset.to);
    const bottom = card.getBoundingClientRect().bottom;
    const resize = !finger && bottom - event.clientY < 7 && (to - from) * rowHeight() > 14;
    drag = { card, from, to, grabbed: at.row - from, resize, slot: at.slot, x: event.clientX, y: event.clientY };
    if (finger) drag.resting = setTimeout(pickUp, RESTS);
  } else if (event.target.closest(".slot") && !finger) {
    const from = within(snap(at.row));
    drag = { anchor: from, from, to: within(from + DEFAULT), slot: at.slot, x: event.clientX, y: event.clientY };
  }
}

function pickUp() {
  drag.resting = 0;
  drag.moved = true;
  document.body.classList.add("dragging");
  draw();
}

function move(event) {
  if (!drag) return;
  const way = Math.hypot(event.clientX - drag.x, event.clientY - drag.y);
  if (drag.resting && way > WOBBLE) return stop(); // a finger that scrolls
  if (drag.resting || (!drag.moved && way < FAR)) return;
  drag.moved = true;
  document.body.classList.add("dragging");
  const at = slotAt(event.clientX, event.clientY);
  if (!at) return;
  if (!drag.card) {
    const row = within(snap(at.row));
    drag.from = Math.min(drag.anchor, row);
    drag.to = within(Math.max(drag.anchor, row) + STEP);
  } else if (drag.resize) {
    drag.to = within(Math.max(Number(drag.card.dataset.from) + STEP, snap(at.row) + STEP));
  } else {
    const length = Number(drag.card.dataset.to) - Number(drag.card.dataset.from);
    const rest = Number(drag.card.dataset.from) % STEP;
    const wanted = snap(at.row - drag.grabbed - rest + 1) + rest;
    drag.from = Math.min(Math.max(wanted, 0), Number(board().dataset.rows) - length);
    drag.to = drag.from + length;
    drag.slot = at.slot;
  }
  draw();
}

function stop() {
  clearTimeout(drag?.resting);
  if (drag?.moved) settled = performance.now();
  drag?.ghost?.remove();
  drag = null;
  document.body.classList.remove("dragging");
}

// What is picked up follows the finger, so the page must not: a browser asks this of listeners that are there before the touch.
const hold = (event) => drag?.moved && event.cancelable && event.preventDefault();

function mindFingers() {
  const calendar = document.getElementById("calendar");
  if (wide.matches) calendar?.addEventListener("touchmove", hold, { passive: false });
  else calendar?.removeEventListener("touchmove", hold); // a list scrolls without asking
}

export function startDragging(open) {
  mindFingers();
  wide.addEventListener("change", mindFingers);
  document.addEventListener("contextmenu", hold);
  document.addEventListener("pointerdown", begin);
  document.addEventListener("pointermove", move);
  document.addEventListener("pointercancel", stop);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) stop();
  });
  document.addEventListener("pointerup", () => {
    if (!drag) return;
    const { card, moved, slot, from, to } = drag;
    const room = slot.dataset.room;
    const asked = new URLSearchParams({ room, ...times(slot.dataset.day, from, to) });
    stop();
    if (!card) return open(`/bookings/new?${asked}`);
    if (!moved) return; // a click: the link opens it
    const same = Number(card.dataset.from) === from && Number(card.dataset.to) === to;
    if (same && card.dataset.room === room && card.dataset.day === slot.dataset.day) return;
    asked.set("version", card.dataset.version);
    card.classList.add("saving");
    open(`/bookings/${card.dataset.booking}?${asked}`, false);
  });
}
