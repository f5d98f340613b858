// The live plan asks for itself when something happens (hx-trigger) and at the next moment when its words change by themselves.
import { zoomable } from "./plan-zoom.js";

const page = document.querySelector(".plan-page");
let timer;

function arm() {
  clearTimeout(timer);
  const seconds = Number(document.getElementById("plan-live").dataset.due);
  timer = setTimeout(() => document.body.dispatchEvent(new CustomEvent("plan:due")), seconds * 1000 + 20);
}

document.addEventListener("htmx:afterSettle", arm);
arm();
zoomable(page);

const chooser = document.querySelector("[data-chooser]");
if (chooser) {
  chooser.querySelector("button").hidden = true;
  chooser.addEventListener("change", () => chooser.requestSubmit());
}
