// What became of the last thing done: one line above the day, read out, with alternatives where there are some.

import { clock, dayOf, spoken } from "./times.js";
import { $, element, view } from "./view.js";

// state: done, waiting or refused
export function tell(state, text, extra = []) {
  const line = $("outcome");
  line.dataset.state = state;
  $("outcome-text").textContent = text;
  $("outcome-offers").replaceChildren(...extra);
  line.hidden = false;
}

export function hush() {
  $("outcome").hidden = true;
  $("outcome-text").textContent = "";
  $("outcome-offers").replaceChildren();
}

// Why not, then either what is free instead, one button each that takes it at once, or what else to do.
export function refusalLine(refusal, alternatives, take) {
  const text = [refusal.detail, alternatives.length ? "These are free:" : refusal.advice].filter(Boolean).join(" ");
  return [text, alternatives.map((offer) => offerButton(offer, take))];
}

function offerButton(offer, take) {
  const day = dayOf(offer.start) === view.day ? "" : `${spoken(dayOf(offer.start))}, `;
  const button = element("button", "offer", "");
  button.type = "button";
  button.append(element("strong", "", offer.room_name), ` ${day}${clock(offer.start)}–${clock(offer.end)}`);
  button.addEventListener("click", () => take(offer));
  return button;
}
