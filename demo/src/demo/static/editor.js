// The dialog: what people type into Outlook or into the platform.

import { FIRST_HOUR, focusEntry, LAST_HOUR } from "./lanes.js";
import { refusalLine, tell } from "./outcome.js";
import { alternativesOf, book, cancel, change, refuse } from "./requests.js";
import { ask, Refused } from "./server.js";
import { clock, clockOf, dayOf, lengthOf, minutesOf, when } from "./times.js";
import { $, nowHere, roomName, view } from "./view.js";

const GUEST = "guest";
const SIDES = {
  outlook: { fresh: "New meeting in Outlook", cancel: "Cancel meeting" },
  platform: { fresh: "Book on the platform", cancel: "Cancel booking" },
};

let edited = null; // {side, entry: null for a new one, room, opener, isStale}

export function openEditor(side, entry, start = null) {
  edited = { side, entry, room: view.room, opener: document.activeElement, isStale: false };
  $("organizer").value = view.people[0].address;
  for (const id of ["guest-name", "guest-email"]) $(id).value = "";
  for (const id of ["direct-flag", "all-day-flag", "private-flag"]) $(id).checked = false;
  $("repeat").value = "";
  $("editor").dataset.side = side;
  $("cancel-entry").textContent = SIDES[side].cancel;
  if (entry === null) fillNew(start ?? nextHalfHour());
  else fill(entry);
  complain("");
  sync();
  $("editor").showModal();
  (entry === null || side === "platform" ? $("subject") : $("from")).focus();
}

function fillNew(from) {
  $("editor-title").textContent = `${SIDES[edited.side].fresh}: ${roomName()}`;
  $("editor-hint").textContent = "";
  $("subject").value = "";
  $("on").value = dayOf(from);
  $("from").value = clock(from);
  chooseLength(30);
}

function fill(entry) {
  edited.entry = entry;
  const where = edited.side === "outlook" ? "in Outlook" : "on the platform";
  $("editor-title").textContent = `${entry.subject}`;
  $("editor-hint").textContent = [entry.organizer, where, entry.series && "only this occurrence"].filter(Boolean).join(" · ");
  $("subject").value = entry.title ?? entry.subject;
  $("on").value = dayOf(entry.start);
  $("from").value = clock(entry.start);
  chooseLength(lengthOf(entry));
}

// What is shown depends on the side, on whether it is new, and on what is chosen.
function sync() {
  const isNew = edited.entry === null;
  const isOutlook = edited.side === "outlook";
  const isDirect = isOutlook && $("direct-flag").checked;
  const isGuest = isNew && !isOutlook && $("organizer").value === GUEST;
  const isAllDay = isNew ? isOutlook && $("all-day-flag").checked : edited.entry.all_day;
  const isOver = edited.entry?.status === "cancelled";
  const show = (id, shown) => {
    $(id).hidden = !shown;
  };
  show("editor-hint", !isNew);
  show("organizer-label", isNew && !isDirect);
  for (const option of $("organizer").options) if (option.value === GUEST) option.hidden = option.disabled = isOutlook;
  for (const id of ["guest-name", "guest-email"]) {
    show(`${id}-label`, isGuest);
    $(id).required = isGuest;
  }
  show("repeat-label", isNew && isOutlook);
  show("flags", isNew && isOutlook);
  for (const id of ["from", "minutes"]) show(`${id}-label`, !isAllDay);
  $("from").required = !isAllDay;
  $("on").disabled = isAllDay && !isNew;
  $("subject").disabled = !isNew && isOutlook;
  show("cancel-entry", !isNew && !isOver);
  show("save", !isOver && !(isOutlook && isAllDay && !isNew));
  $("save").textContent = isNew ? "Book" : "Save";
}

function chooseLength(minutes) {
  const select = $("minutes");
  if (![...select.options].some((option) => Number(option.value) === minutes)) {
    select.append(new Option(`${minutes} min`, String(minutes)));
  }
  select.value = String(minutes);
}

function nextHalfHour() {
  const now = nowHere();
  if (dayOf(now) !== view.day) return `${view.day}T10:00`;
  const minutes = Math.min(Math.max(Math.ceil((minutesOf(now) + 1) / 30) * 30, FIRST_HOUR * 60), (LAST_HOUR - 1) * 60);
  return `${view.day}T${clockOf(minutes)}`;
}

function complain(text, offers = []) {
  $("problem-text").textContent = text;
  $("offers").replaceChildren(...offers);
  $("problem").hidden = !text;
  if (text) $("problem").focus();
}

// ---- what the buttons do ----

function slot() {
  return { day: $("on").value, start: $("from").value, minutes: Number($("minutes").value) };
}

function organizer() {
  const person = view.people.find((each) => each.address === $("organizer").value);
  return person ? { name: person.name, email: person.address } : { name: $("guest-name").value.trim(), email: $("guest-email").value.trim() };
}

function save() {
  const { side, entry, room } = edited;
  if (side === "outlook") return entry === null ? meet(room) : moveMeeting(room, entry);
  if (entry === null) return book(room, { ...slot(), subject: $("subject").value.trim(), organizer: organizer() });
  return change(room, entry, changed(entry));
}

// Only what was changed here, so that what Outlook changed meanwhile is not undone.
function changed(entry) {
  const content = {};
  const moved = $("on").value !== dayOf(entry.start) || $("from").value !== clock(entry.start) || Number($("minutes").value) !== lengthOf(entry);
  if (!entry.all_day && moved) Object.assign(content, slot());
  if ($("subject").value.trim() !== entry.subject) content.subject = $("subject").value.trim();
  if (!Object.keys(content).length) throw new Refused({ detail: "Nothing is changed yet." });
  return content;
}

async function meet(room) {
  const direct = $("direct-flag").checked;
  await ask(`/api/outlook/${room}/meetings`, "POST", {
    ...slot(),
    subject: $("subject").value,
    organizer: $("organizer").value,
    direct,
    all_day: $("all-day-flag").checked,
    private: $("private-flag").checked,
    repeat: $("repeat").value || null,
  });
  tell("done", direct ? `Saved in the calendar of ${roomName(room)}; nobody has looked for conflicts.` : `Saved in Outlook; ${roomName(room)} answers in a moment.`);
}

async function moveMeeting(room, entry) {
  await ask(meetingPath(room, entry), "PATCH", slot());
  tell("done", `Moved in Outlook: “${entry.subject}”.`);
}

async function remove() {
  const { side, entry, room } = edited;
  if (side === "platform") return cancel(room, entry);
  await ask(meetingPath(room, entry), "DELETE");
  tell("done", `Cancelled in Outlook: “${entry.subject}”.`);
}

function meetingPath(room, entry) {
  const query = new URLSearchParams({ start: entry.start });
  return `/api/outlook/${room}/meetings/${encodeURIComponent(entry.id)}?${query}`;
}

async function act(run) {
  const mine = edited;
  const buttons = [...$("meeting").querySelectorAll("button:not(#close)")];
  for (const button of buttons) button.disabled = true;
  complain("");
  $("progress").textContent = mine.side === "platform" ? "Waiting for the room’s answer…" : "Saving…";
  try {
    await run();
    if (edited === mine) $("editor").close();
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    if (edited === mine && $("editor").open) showRefusal(problem);
    else if (problem.request) refuse(problem.request, problem.answer);
    else tell("refused", problem.message);
  } finally {
    $("progress").textContent = "";
    for (const button of buttons) button.disabled = false;
  }
}

function showRefusal({ answer, request }) {
  const alternatives = request ? alternativesOf(request, answer) : [];
  complain(...refusalLine(answer, alternatives, (offer) => void act(() => request.retry(offer))));
  edited.isStale = answer.reason === "stale";
  if (answer.now) adopt(answer.now);
}

// The booking as it is now, where Outlook was faster than the reader.
function adopt(entry) {
  if (edited.isStale && entry.status !== "cancelled") {
    complain(`Outlook changed it meanwhile: it is now “${entry.subject}”, ${when(entry)}. Save again if you still want your change.`);
  } else if (entry.status === "cancelled") {
    complain("It was cancelled meanwhile.");
  }
  if (entry.version > edited.entry.version) fill(entry);
  sync();
}

// The stream's word on the booking in the dialog: the refusal may have come before the new state.
export function editorHeard(entry) {
  if (!edited || !$("editor").open || edited.entry?.id !== entry.id) return;
  if (edited.isStale && entry.version > edited.entry.version) adopt(entry);
}

export function wireEditor() {
  $("organizer").replaceChildren(
    ...view.people.map((person) => new Option(person.name, person.address)),
    new Option("A guest, by name and address…", GUEST),
  );
  $("organizer").addEventListener("change", () => {
    sync();
    if ($("organizer").value === GUEST) $("guest-name").focus();
  });
  for (const id of ["all-day-flag", "direct-flag"]) $(id).addEventListener("change", sync);
  $("close").addEventListener("click", () => $("editor").close());
  $("editor").addEventListener("close", () => {
    // The lanes were drawn anew meanwhile: what had the focus may be another node now, or gone.
    const { side, entry, opener } = edited;
    if (entry && focusEntry(side, entry.id)) return;
    if (opener?.isConnected) opener.focus({ preventScroll: true });
    else $(`new-${side}`).focus({ preventScroll: true });
  });
  $("meeting").addEventListener("submit", (event) => {
    event.preventDefault();
    void act(async () => save());
  });
  $("cancel-entry").addEventListener("click", () => void act(remove));
}
