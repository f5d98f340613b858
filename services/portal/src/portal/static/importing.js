// The list of room mailboxes: search as one types, choose all that are shown, keep the focus where the work goes on.
// And “Room missing?”: counts down to the next look, then asks for its part again.
const list = () => document.getElementById("listing");
let rows = [];
let pressed = null;

function told(row) {
  return [...row.querySelectorAll("b, i, :scope > span")].map((each) => each.textContent.toLowerCase()).join(" ");
}

function learn() {
  rows = [...document.querySelectorAll(".picks > li")].map((row) => ({ row, text: told(row) }));
  for (const each of list()?.querySelectorAll("[data-scripted]") ?? []) each.hidden = false;
  find();
}

const box = (row) => row.querySelector("input[type=checkbox]");

function find() {
  const search = document.getElementById("find");
  if (!search) return;
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { row, text } of rows) {
    const fits = words.every((word) => text.includes(word));
    if (row.hidden === fits) row.hidden = !fits;
    if (fits) shown += 1;
  }
  document.getElementById("none-found").hidden = shown > 0;
  count(words.length ? `${shown.toLocaleString("en")} found` : "");
}

function count(found = document.getElementById("found").textContent) {
  const boxes = rows.map(({ row }) => box(row)).filter(Boolean);
  const chosen = boxes.filter((each) => each.checked).length;
  const most = Number(list().dataset.most);
  const button = document.getElementById("import-chosen");
  button.textContent = chosen ? `Import ${chosen} chosen` : "Import chosen";
  button.disabled = chosen === 0 || chosen > most;
  const all = document.getElementById("choose-all");
  const able = rows.filter(({ row }) => !row.hidden && box(row));
  const every = able.length > 0 && able.every(({ row }) => box(row).checked);
  all.textContent = every || chosen >= most ? "Choose none" : `Choose all ${Math.min(able.length, most).toLocaleString("en")}`;
  all.disabled = able.length === 0 && chosen === 0;
  const note = chosen > most ? `At most ${most} at once: ${chosen} are chosen.` : found;
  document.getElementById("found").textContent = note;
}

function chooseAll() {
  const most = Number(list().dataset.most);
  const none = document.getElementById("choose-all").textContent === "Choose none";
  let left = none ? 0 : most;
  for (const { row } of rows) {
    const each = box(row);
    if (!each) continue;
    each.checked = !row.hidden && left > 0;
    if (each.checked) left -= 1;
  }
  count();
}

document.addEventListener("input", (event) => {
  if (event.target.id === "find") find();
  else if (event.target.closest(".picks")) count();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("#choose-all")) chooseAll();
});
document.addEventListener("submit", (event) => {
  if (event.target.id === "finding") event.preventDefault();
  if (event.target.id === "importing") pressed = event.submitter;
}, true);

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id !== "importing") return;
  const all = pressed?.id === "import-chosen";
  pressed?.setAttribute("aria-disabled", "true");
  document.getElementById("found").textContent = all ? "Importing, one after the other…" : "Importing…";
});
document.addEventListener("htmx:afterRequest", (event) => {
  // By then the part that asked may be gone, and an ancestor of it is told: this form.
  if (event.detail.requestConfig.elt.id !== "importing") return;
  const before = pressed;
  pressed = null;
  before?.removeAttribute("aria-disabled");
  const place = rows.findIndex(({ row }) => row.contains(before));
  document.getElementById("found").textContent = "";
  learn();
  if (place < 0) return;
  const next = rows.slice(place).find(({ row }) => !row.hidden && row.querySelector("button"));
  (next?.row.querySelector("button") ?? document.getElementById("find")).focus();
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.elt?.id === "listing" || event.target.id === "listing") learn();
});

function countDown() {
  for (const time of document.querySelectorAll("time[data-until]")) {
    const seconds = Math.max(0, Math.round((new Date(time.dateTime) - Date.now()) / 1000));
    time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds > 0) continue;
    delete time.dataset.until;
    time.closest("[data-again]").dispatchEvent(new CustomEvent("look-again"));
  }
}

setInterval(countDown, 1000);
document.addEventListener("htmx:afterSwap", countDown);
learn();
countDown();
