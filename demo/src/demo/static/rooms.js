// The list of rooms with their red and green dots.

import { ask } from "./server.js";
import { $, element, flash, view } from "./view.js";

const buttons = () => [...$("rooms").querySelectorAll("button")];

export function drawRooms(onChosen) {
  const nav = $("rooms");
  nav.replaceChildren();
  for (const office of view.offices) {
    const group = document.createElement("div");
    const title = document.createElement("h2");
    title.textContent = office.name;
    nav.append(title);
    for (const room of office.rooms) {
      const button = element("button", "", "");
      button.type = "button";
      button.dataset.room = room.id;
      button.append(element("span", "dot", ""), element("span", "name", room.name), element("span", "seats", `${room.capacity} seats`), element("span", "until", ""));
      button.addEventListener("click", () => onChosen(room.id));
      group.append(button);
    }
    nav.append(group);
  }
  markRoom();
}

export function markRoom() {
  for (const button of buttons()) button.setAttribute("aria-current", String(button.dataset.room === view.room));
}

export function flashRoom(id) {
  flash(buttons().find((button) => button.dataset.room === id), "changed");
}

export async function refreshAvailability() {
  try {
    const { rooms } = await ask("/api/now");
    for (const button of buttons()) {
      const state = rooms[button.dataset.room];
      if (!state) continue;
      button.querySelector(".dot").dataset.busy = String(state.busy);
      button.querySelector(".until").textContent = state.text;
    }
  } catch {
    // The badge already says that the connection is lost; the dots keep their last state.
  }
}
