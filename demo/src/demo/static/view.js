// What the page shows, and the few ways to put it there.

import { dayOf, wallNow } from "./times.js";

export const view = {
  offices: [],
  rooms: new Map(), // room id → {room, office}
  people: [],
  room: null,
  day: null, // YYYY-MM-DD in the office's zone
  outlook: [],
  platform: new Map(), // booking id → entry
  fetches: 0,
  events: 0,
};

export const $ = (id) => document.getElementById(id);

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

export function flash(node, className) {
  if (!node) return;
  node.classList.remove(className);
  requestAnimationFrame(() => node.classList.add(className));
}

export const roomName = (id = view.room) => view.rooms.get(id).room.name;
export const nowHere = () => wallNow(view.rooms.get(view.room).office.time_zone);
export const today = () => dayOf(nowHere());

export function say(text, bad = false) {
  $("state").textContent = text;
  $("state").classList.toggle("bad", bad);
}
