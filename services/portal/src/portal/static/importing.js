// The list of room mailboxes: search as one types, choose all that fit, also those not drawn; keep the focus where the work goes on.
// And “Room missing?”: counts down to the next look, then asks for its part again.
const TURN = 25;
const PAUSE = 150; // after the last key
const list = () => document.getElementById("listing");
const picks = () => document.getElementById("picks");
const rows = () => [...(picks()?.querySelectorAll(".picks > li") ?? [])];
const idOf = (row) => row.id.slice("m-".length);
const chosen = new Set(); // mailbox ids, whether drawn or not
let choosable = []; // those that fit the search and are not imported, at most as many as may be imported at once
let pressed = null;
let soon = 0;
let drawn = 0; // rows before “Show more”
let none = false; // whether the button that chooses all would now choose none

function learn() {
  if (!picks()) return;
  choosable = picks().dataset.choosable.split(" ").filter((id) => id && !document.querySelector(`#m-${id}.in`));
  for (const row of rows()) {
    const box = row.querySelector("input");
    if (box) box.checked = chosen.has(idOf(row));
    else chosen.delete(idOf(row));
  }
  for (const each of list().querySelectorAll("[data-scripted]")) each.hidden = false;
  const search = document.getElementById("find").value.trim();
  count(search ? `${Number(picks().dataset.found).toLocaleString("en")} found` : "");
  if (drawn) rows()[drawn]?.querySelector("input, button")?.focus();
  drawn = 0;
}

function findSoon() {
  clearTimeout(soon);
  soon = setTimeout(find, PAUSE);
}

function find() {
  const search = document.getElementById("find").value;
  return htmx.ajax("GET", location.pathname, { source: "#find", target: "#picks", swap: "outerHTML", values: { search } });
}

function count(found = document.getElementById("found").textContent) {
  const most = Number(list().dataset.most);
  const gone = picks().dataset.choosable.split(" ").filter(Boolean).length - choosable.length;
  const able = Number(picks().dataset.able) - gone; // imported since
  const button = document.getElementById("import-chosen");
  button.textContent = chosen.size ? `Import ${chosen.size} chosen` : "Import chosen";
  button.disabled = chosen.size === 0 || chosen.size > most;
  const all = document.getElementById("choose-all");
  none = chosen.size >= most || (able > 0 && choosable.every((id) => chosen.has(id)));
  all.textContent = none ? "Choose none" : `Choose all ${Math.min(able, most).toLocaleString("en")}`;
  all.disabled = able === 0 && chosen.size === 0;
  document.getElementById("found").textContent =
    chosen.size > most ? `At most ${most} at once: ${chosen.size} are chosen.` : found;
}

function chooseAll() {
  chosen.clear();
  if (!none) for (const id of choosable) chosen.add(id);
  learn();
}

document.addEventListener("input", (event) => {
  if (event.target.id === "find") findSoon();
  const row = event.target.closest(".picks > li");
  if (!row) return;
  if (event.target.checked) chosen.add(idOf(row));
  else chosen.delete(idOf(row));
  count();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("#choose-all")) chooseAll();
  if (event.target.closest(".more a")) drawn = rows().length;
});
document.addEventListener("submit", (event) => {
  if (event.target.id === "finding") {
    event.preventDefault();
    find();
  }
  if (event.target.id !== "importing") return;
  pressed = event.submitter;
  if (pressed?.id !== "import-chosen") return;
  event.preventDefault();
  event.stopPropagation();
  importChosen(event.target);
}, true);

// In small turns, so that it shows how far it is, and what is done is done whatever happens to the rest.
async function importChosen(form) {
  const ids = [...chosen];
  const results = document.getElementById("results");
  const bar = document.getElementById("import-progress");
  const button = document.getElementById("import-chosen");
  results.replaceChildren();
  button.disabled = true;
  bar.max = ids.length;
  for (let done = 0; done < ids.length && !results.querySelector("[data-trouble]"); done += TURN) {
    bar.value = done;
    bar.hidden = false;
    document.getElementById("found").textContent = `Importing: ${done} of ${ids.length}`;
    const values = { office_id: form.elements.office_id.value };
    const turn = ids.slice(done, done + TURN);
    for (const id of turn) values[`m.${id}`] = "on";
    await htmx.ajax("POST", form.action, { source: document.body, target: "#results", swap: "beforeend", values });
    sumUp(results);
    if (!results.querySelector("[data-trouble]")) for (const id of turn) chosen.delete(id);
  }
  bar.hidden = true;
  await find();
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
  document.getElementById("found").textContent = "";
  learn();
  const place = rows().findIndex((row) => idOf(row) === before?.value);
  const next = rows().slice(Math.max(place, 0)).find((row) => row.querySelector("input"));
  (next?.querySelector("button") ?? document.getElementById("find")).focus();
});
document.addEventListener("htmx:afterSwap", (event) => {
  const id = event.detail.elt?.id ?? event.target.id;
  if (id === "listing" || id === "picks") learn();
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
