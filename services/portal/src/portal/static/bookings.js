// The calendar's page: forms open in a panel, what changes is asked for as the stream tells it, what was sent is followed.
import { say } from "./app.js";
import { startDragging, isDragging } from "./bookings_drag.js";
import { tendForm } from "./bookings_form.js";

const LEAST_PAUSE = 120; // between two questions for the board, in ms
const SHOWN_FOR = 12_000; // what was said, as it lies over the board
const panel = document.getElementById("panel");
const body = document.getElementById("panel-body");
const asked = new Set(); // bookings that were sent and whose answer is still to come
let cameFrom = null;

// the panel

export async function open(path, shown = true) {
  cameFrom = document.activeElement?.closest("li.booking")?.id ?? document.activeElement?.id ?? null;
  body.replaceChildren();
  await htmx.ajax("GET", path, { target: body, swap: "innerHTML" });
  if (shown && !panel.open && body.childElementCount) panel.showModal();
  focusIn(body);
}

function focusIn(part) {
  const first = part.querySelector("[data-focus], [data-first]") ?? part.querySelector("h2");
  if (panel.open) first?.focus();
}

function close() {
  if (panel.open) panel.close();
  body.replaceChildren();
}

panel?.addEventListener("close", () => {
  body.replaceChildren();
  if (document.activeElement !== document.body) return; // back where it was, or somebody has gone on already
  const before = cameFrom && document.getElementById(cameFrom);
  (before?.querySelector("a") ?? before ?? document.getElementById("book"))?.focus();
});
panel?.addEventListener("click", (event) => {
  if (event.target === panel || event.target.closest("[data-close]")) close();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-panel]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  if (!isDragging()) open(link.getAttribute("href"));
});

function settle() {
  for (const card of document.querySelectorAll("li.saving")) card.classList.remove("saving");
}

body?.addEventListener("htmx:sendError", settle);
body?.addEventListener("htmx:afterSwap", () => {
  const done = body.querySelector("[data-done]");
  if (done) {
    say(done.dataset.done);
    asked.delete(done.dataset.doneBooking);
    close();
    refresh();
    return;
  }
  const moved = body.querySelector("[data-moved]");
  if (moved && moved.dataset.moved !== "asks" && !body.querySelector("[role=alert]") && !body.querySelector("[data-waiting]")) {
    moved.querySelector("[data-change]").requestSubmit(); // dragged: nothing to ask, so nothing to show
    return;
  }
  settle();
  const waiting = body.querySelector("[data-waiting]");
  if (waiting) asked.add(waiting.dataset.waiting);
  if (!panel.open) panel.showModal();
  const form = body.querySelector(".booking-form");
  if (form && !waiting) tendForm(form);
  focusIn(body);
});

// the stream

const calendar = () => document.getElementById("calendar");
let last = 0;
let timer = 0;

function refresh() {
  if (timer) return;
  const pause = Math.max(0, last + LEAST_PAUSE - performance.now());
  timer = setTimeout(() => {
    timer = 0;
    if (isDragging()) return refresh();
    last = performance.now();
    htmx.trigger(calendar(), "refresh");
  }, pause);
}

function follow(booking) {
  const waiting = body?.querySelector("[data-waiting]");
  if (waiting && (!booking || waiting.dataset.waiting === booking)) waiting.closest("form").requestSubmit();
}

document.body.addEventListener("live:booking", (event) => {
  const booking = event.detail.data;
  if (calendar()?.dataset.shown.includes(booking.room_id)) refresh();
  if (asked.has(booking.id) && booking.status !== "pending") follow(booking.id);
});
document.body.addEventListener("live:command", (event) => {
  const { booking_id: booking, outcome, text } = event.detail.data;
  if (!asked.has(booking)) return;
  if (body.querySelector("[data-waiting]")) return follow(booking);
  asked.delete(booking);
  if (outcome === "rejected") say(`What you asked for was refused. ${text}`, true);
});
document.body.addEventListener("live:open", () => follow());

// A board that does not come is asked for again; the old one stays, and the bar says that it may be old.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target?.id !== "calendar") return;
  if (isDragging() || event.detail.xhr.status >= 400) event.detail.shouldSwap = false;
  if (event.detail.xhr.status >= 400) setTimeout(refresh, 2000);
  if (isDragging()) refresh();
});
document.addEventListener("htmx:sendError", (event) => {
  if (event.target.id === "calendar") setTimeout(refresh, 2000);
});

// what is said

const words = document.getElementById("said");
let fading = 0;
new MutationObserver(() => {
  clearTimeout(fading);
  fading = setTimeout(() => words.querySelector(".wrong") ?? words.replaceChildren(), SHOWN_FOR);
}).observe(words, { childList: true });

// the chooser

function choose(event) {
  const { form, name } = event.target;
  if (name === "office") form.elements.room?.remove();
  form.requestSubmit();
}
for (const select of document.querySelectorAll("[data-chooser] select")) select.addEventListener("change", choose);
// A finger picks a whole day; a keyboard types it piece by piece and then presses Enter or Show.
if (matchMedia("(pointer: coarse)").matches) document.getElementById("day")?.addEventListener("change", choose);

startDragging(open);
