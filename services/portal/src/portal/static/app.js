// What every page has: menu, copy buttons, times in words, focus on what went wrong, and the live stream.
import "./live.js";
import { tellTimes } from "./times.js";

const menuButton = document.querySelector("[data-menu]");
menuButton?.addEventListener("click", () => {
  const open = document.body.classList.toggle("menu-open");
  menuButton.setAttribute("aria-expanded", String(open));
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.classList.contains("menu-open")) {
    menuButton.click();
    menuButton.focus();
  }
});

export function say(text, wrong = false) {
  const line = document.createElement("p");
  line.className = wrong ? "said wrong" : "said";
  line.textContent = text;
  document.getElementById("said").replaceChildren(line);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.querySelector("span");
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    label.textContent = "Copied";
  } catch {
    say("The browser does not allow copying: select the text and copy it yourself.", true);
    return;
  }
  setTimeout(() => (label.textContent = before), 2000);
});

// A form that undoes something asks first: <form data-confirm="Remove the room?">.
document.addEventListener("submit", (event) => {
  const asked = event.target.dataset.confirm;
  if (asked && !confirm(asked)) event.preventDefault();
});

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) location.reload();
});
document.addEventListener("htmx:sendError", () =>
  say("The server cannot be reached: what you see may be old. It is tried again by itself.", true),
);

document.querySelector("[data-focus]")?.focus();
setTimeout(tellTimes); // a task of its own, as the stream is: htmx still has the page to go through in this one

// A part that is asked for again has mostly nothing new in it: what is as it was is not gone through.
Idiomorph.defaults.callbacks.beforeNodeMorphed = (shown, fresh) => {
  if (shown.id) tellTimes(fresh);
  return !shown.isEqualNode(fresh);
};
