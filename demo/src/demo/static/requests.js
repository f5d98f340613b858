// What is asked of the platform, from the click to the room's answer, however late that comes.

import { hush, refusalLine, tell } from "./outcome.js";
import { ask, newId, Refused } from "./server.js";
import { clock, dayOf, when } from "./times.js";
import { roomName } from "./view.js";

const open = new Map(); // booking id → request that is not final yet
let attempt = { content: null, id: null };

// A repeat of what got no clear answer keeps its id, so that it makes no second booking.
function idFor(room, content) {
  const text = JSON.stringify([room, content]);
  if (attempt.content !== text) attempt = { content: text, id: newId() };
  return attempt.id;
}

export function book(room, content) {
  const id = idFor(room, content);
  return send({
    id,
    doing: `“${content.subject}” in ${roomName(room)}`,
    done: "Booked",
    run: () => ask(`/api/platform/${room}/bookings`, "POST", { ...content, booking_id: id }),
    retry: (offer) => book(offer.room_id, { ...content, ...slot(offer) }),
  });
}

export function change(room, entry, content) {
  return send({
    id: entry.id,
    room,
    stays: true,
    doing: `“${content.subject ?? entry.subject}” in ${roomName(room)}`,
    done: "Changed",
    run: () => ask(path(room, entry), "PATCH", { ...content, version: entry.version }),
    retry: (offer) => change(room, entry, { ...content, ...slot(offer) }),
  });
}

export function cancel(room, entry) {
  return send({
    id: entry.id,
    doing: `“${entry.subject}” in ${roomName(room)}`,
    done: "Cancelled",
    run: () => ask(path(room, entry), "DELETE"),
  });
}

// The stream's word on a booking: pending is worth showing at once, anything later may be the answer that is waited for.
export function heard(entry) {
  const request = open.get(entry.id);
  if (!request) return;
  if (entry.status === "pending") wait(request);
  else if ((entry.status === "cancelled") === (request.done === "Cancelled")) {
    request.heard = entry;
    if (request.waiting) finish(request, entry);
  }
}

export function heardRefusal(bookingId, refusal) {
  const request = open.get(bookingId);
  if (!request) return;
  request.refusal = refusal;
  if (request.waiting) refuse(request, refusal);
}

// What can be taken instead. A booking cannot move to another room yet: that would only be refused again.
export function alternativesOf(request, refusal) {
  const offers = refusal.alternatives ?? [];
  return request.stays ? offers.filter((offer) => offer.room_id === request.room) : offers;
}

// Show a refusal above the day: the form it came from is closed, or was never open.
export function refuse(request, refusal) {
  open.delete(request.id);
  const [text, buttons] = refusalLine(refusal, alternativesOf(request, refusal), (offer) => void takeHere(request, offer));
  tell("refused", `Not done: ${request.doing}. ${text}`, buttons);
}

async function takeHere(request, offer) {
  try {
    await request.retry(offer);
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    refuse(problem.request, problem.answer);
  }
}

// Returns once the answer is there or the room is seen to be asked; raises Refused with the request in it.
async function send(request) {
  open.set(request.id, request);
  hush();
  const asked = new Promise((resolve) => {
    request.roomIsAsked = resolve;
  });
  const answered = answerOf(request);
  await Promise.race([asked, answered]);
  answered.catch((problem) => {
    if (request.waiting && isOpen(request)) refuse(request, problem.answer);
  });
}

async function answerOf(request) {
  try {
    const { outcome, booking } = await request.run();
    attempt = { content: null, id: null };
    if (outcome === "done") finish(request, booking);
    else wait(request);
  } catch (problem) {
    if (!request.waiting) open.delete(request.id);
    if (problem.answer?.reason) attempt = { content: null, id: null };
    problem.request = request;
    throw problem;
  }
}

const isOpen = (request) => open.get(request.id) === request;

function wait(request) {
  if (request.waiting || !isOpen(request)) return;
  request.waiting = true;
  request.roomIsAsked();
  if (request.refusal) refuse(request, request.refusal);
  else if (request.heard) finish(request, request.heard);
  else tell("waiting", `Waiting for the room: ${request.doing}. It is confirmed here as soon as the room has answered.`);
}

function finish(request, booking) {
  if (!isOpen(request)) return;
  open.delete(request.id);
  const time = booking && request.done !== "Cancelled" ? `, ${when(booking)}` : "";
  tell("done", `${request.done}: ${request.doing}${time}.`);
}

const path = (room, entry) => `/api/platform/${room}/bookings/${entry.id}?${new URLSearchParams({ start: entry.start })}`;
const slot = (offer) => ({ day: dayOf(offer.start), start: clock(offer.start), minutes: offer.minutes });
