// The list of room mailboxes: search as one types, choose all that are shown, keep the focus where the work goes on.
// And “Room missing?”: counts down to the next look, then asks for its part again.
const TURN = 25;
const list = () => document.getElementById("listing");
let rows = [];
let pressed = null;
let soon = 0;
let none = false; // whether the button that chooses all would now choose none

function told(row) {
  return [...row.querySelectorAll("b, i, :scope > span")].map((each) => each.textContent.toLowerCase()).join(" ");
}

function learn() {
  rows = [...document.querySelectorAll(".picks > li")].map((row) => ({ row, text: told(row), box: row.querySelector("input") }));
  for (const each of list()?.querySelectorAll("[data-scripted]") ?? []) each.hidden = false;
  find();
}

// Once for all keys pressed since the last picture: thousands of rows may come and go.
function findSoon() {
  soon ||= requestAnimationFrame(find);
}

function find() {
  soon = 0;
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
  const most = Number(list().dataset.most);
  let [chosen, able, ticked] = [0, 0, 0];
  for (const { row, box } of rows) {
    if (!box) continue;
    if (box.checked) chosen += 1;
    if (row.hidden) continue;
    able += 1;
    if (box.checked) ticked += 1;
  }
  const button = document.getElementById("import-chosen");
  button.textContent = chosen ? `Import ${chosen} chosen` : "Import chosen";
  button.disabled = chosen === 0 || chosen > most;
  const all = document.getElementById("choose-all");
  none = chosen >= most || (able > 0 && ticked === able);
  all.textContent = none ? "Choose none" : `Choose all ${Math.min(able, most).toLocaleString("en")}`;
  all.disabled = able === 0 && chosen === 0;
  document.getElementById("found").textContent =
    chosen > most ? `At most ${most} at once: ${chosen} are chosen.` : found;
}

function chooseAll() {
  let left = none ? 0 : Number(list().dataset.most);
  for (const { row, box } of rows) {
    if (!box) continue;
    box.checked = !row.hidden && left > 0;
    if (box.checked) left -= 1;
  }
  count();
}

document.addEventListener("input", (event) => {
  if (event.target.id === "find") findSoon();
  else if (event.target.closest(".picks")) count();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("#choose-all")) chooseAll();
});
document.addEventListener("submit", (event) => {
  if (event.target.id === "finding") event.preventDefault();
  if (event.target.id !== "importing") return;
  pressed = event.submitter;
  if (pressed?.id !== "import-chosen") return;
  event.preventDefault();
  event.stopPropagation();
  importChosen(event.target);
}, true);

// In small turns, so that it shows how far it is, and what is done is done whatever happens to the rest.
async function importChosen(form) {
  const names = rows.filter(({ box }) => box?.checked).map(({ box }) => box.name);
  const results = document.getElementById("results");
  const bar = document.getElementById("import-progress");
  const button = document.getElementById("import-chosen");
  results.replaceChildren();
  button.disabled = true;
  bar.max = names.length;
  for (let done = 0; done < names.length && !results.querySelector("[data-trouble]"); done += TURN) {
    bar.value = done;
    bar.hidden = false;
    document.getElementById("found").textContent = `Importing: ${done} of ${names.length}`;
    const values = { office_id: form.elements.office_id.value };
    for (const name of names.slice(done, done + TURN)) values[name] = "on";
    await htmx.ajax("POST", form.action, { source: document.body, target: "#results", swap: "beforeend", values });
    sumUp(results);
  }
  bar.hidden = true;
  document.getElementById("found").textContent = "";
  learn();
  document.getElementById("find").focus();
}

function sumUp(results) {
  const [first, ...others] = results.querySelectorAll("[data-imported]");
  for (const each of others) {
    first.dataset.imported = Number(first.dataset.imported) + Number(each.dataset.imported);
    first.querySelector("ul").append(...each.querySelectorAll("li"));
    each.remove();
  }
  if (others.length) first.querySelector("[data-told]").textContent = `${first.dataset.imported} rooms are imported.`;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id !== "importing") return;
  pressed?.setAttribute("aria-disabled", "true");
  document.getElementById("found").textContent = "Importing…";
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
  const next = rows.slice(place).find(({ row, box }) => !row.hidden && box?.isConnected);
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
