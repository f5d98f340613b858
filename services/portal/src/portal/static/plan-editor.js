// Edit Office Plan: icons by click, drag, buttons and keys; saved by itself (plan-saving.js), drawn by plan-board.js.
import { Board } from "./plan-board.js";
import { Saving, headers, keyOf } from "./plan-saving.js";
import { zoomable } from "./plan-zoom.js";

const page = document.getElementById("plan-editor");
const one = (name) => page.querySelector(`[data-${name}]`);
const plan = JSON.parse(page.dataset.plan);
const rooms = JSON.parse(page.dataset.rooms);
const FARTHEST = Number(page.dataset.farthest);
const MOST_BYTES = 10 * 1024 * 1024;
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const form = page.querySelector("form[data-panel]");
const roomField = document.getElementById("f-room");
const deskField = document.getElementById("f-desk");

let icons = new Map(plan.icons.map((each) => [keyOf(each), each]));
let chosen = null; // the key of an icon
let spot = null; // {kind, x, y}: where the next icon goes
let kind = "room";
const history = [];
let lastMove = { key: null, at: 0 };

const board = new Board(page.querySelector(".plan-svg"), plan.picture);
const saving = new Saving(page.dataset.path, plan, tellState, replaced);

function say(text) {
  one("said").textContent = text;
}

function problem(text) {
  one("problem").hidden = !text;
  one("problem").querySelector("p").textContent = text;
  if (text) one("problem").scrollIntoView({ block: "nearest" });
}

function tellState(state, text) {
  one("state").textContent = state === "failed" ? "Not saved" : text;
  one("state").className = `plan-state ${{ waiting: "wait", failed: "wrong" }[state] ?? ""}`;
  one("save").disabled = state === "saved" || state === "saving";
  if (state === "failed") problem(text);
  if (state === "saved" && one("problem").textContent.includes("Not saved")) problem("");
}

function replaced(newIcons, why) {
  icons = new Map(newIcons.map((each) => [keyOf(each), each]));
  history.length = 0;
  if (!icons.has(chosen)) chosen = null;
  problem(why);
  show();
}

// Every change goes through here; `move` names the icon whose moves in a row are undone as one.
function change(edit, move = null) {
  const now = performance.now();
  if (move === null || move !== lastMove.key || now - lastMove.at > 1500) history.push(new Map(icons));
  lastMove = { key: move, at: now };
  edit();
  saving.change([...icons.values()]);
  show();
}

function undo() {
  const before = history.pop();
  if (!before) return;
  icons = before;
  lastMove.key = null;
  if (!icons.has(chosen)) chosen = null;
  saving.change([...icons.values()]);
  show();
  say("Undone");
}

function show() {
  board.draw(icons, spot, chosen);
  const panel = spot ? "new" : chosen ? "icon" : "none";
  for (const each of page.querySelectorAll("[data-panel]")) each.hidden = each.dataset.panel !== panel;
  for (const each of page.querySelectorAll("[data-move]")) each.disabled = panel === "none";
  one("undo").disabled = history.length === 0;
  one("empty").hidden = Boolean(board.picture) || icons.size > 0 || Boolean(spot);
  const placed = [...icons.values()].filter((each) => each.kind === "room").length;
  const desks = icons.size - placed;
  const placedRooms = rooms.length ? `${placed} of ${rooms.length} rooms placed` : "No room in this office yet";
  one("count").textContent = `${placedRooms}, ${desks} ${desks === 1 ? "desk" : "desks"}.`;
  const at = spot ?? icons.get(chosen);
  if (at) for (const each of page.querySelectorAll("[data-place]")) each.textContent = `${at.x} from the left, ${at.y} from the top`;
  if (panel === "icon") one("icon-name").textContent = at.name;
  if (panel === "new") showForm();
}

function showForm() {
  one("new-title").textContent = kind === "room" ? "New room" : "New desk";
  const free = rooms.filter(([id]) => !icons.has(id));
  const wanted = kind === "desk" ? "desk" : free.length ? "room" : "none";
  for (const each of form.querySelectorAll("[data-for]")) each.hidden = each.dataset.for !== wanted;
  form.querySelector("[type=submit]").disabled = wanted === "none";
  if ([...roomField.options].map((each) => each.value).join() !== free.map(([id]) => id).join())
    roomField.replaceChildren(...free.map(([id, name]) => new Option(name, id)));
}

function choose(key) {
  spot = null;
  chosen = key;
  show();
}

function begin(at) {
  chosen = null;
  spot = { kind, ...at };
  deskProblem("");
  show();
  const field = kind === "desk" ? deskField : roomField;
  (field.closest("[data-for]").hidden ? form.querySelector("[data-cancel]") : field).focus();
}

function stop() {
  spot = null;
  choose(null);
}

function deskProblem(text) {
  const hint = document.getElementById("h-desk");
  hint.textContent = text;
  hint.className = text ? "hint error" : "hint";
  deskField.setAttribute("aria-invalid", String(Boolean(text)));
}

function moveBy(key, [x, y], far) {
  const step = far ? 10 : 1;
  const limit = (value) => Math.min(Math.max(value, 0), FARTHEST);
  const from = spot ?? icons.get(key);
  if (!from) return;
  const to = { ...from, x: limit(from.x + x * step), y: limit(from.y + y * step) };
  if (spot) {
    spot = to;
    show();
  } else change(() => icons.set(key, to), key);
  say(`${to.x}, ${to.y}`);
}

function remove(key) {
  const { name } = icons.get(key);
  chosen = null;
  change(() => icons.delete(key));
  say(`${name} removed. Undo brings it back.`);
  one("centre").focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { x, y } = spot;
  const id = roomField.value;
  const name = kind === "desk" ? deskField.value.trim() : rooms.find(([each]) => each === id)[1];
  const icon = { kind, room_id: kind === "room" ? id : null, name, x, y };
  if (!name) return deskProblem("Type the desk's name, such as “Window 3”."), deskField.focus();
  if (icons.has(keyOf(icon))) return deskProblem("There is a desk of this name already: type another one."), deskField.focus();
  if (icons.size >= Number(page.dataset.most)) return problem(`A plan holds ${page.dataset.most} icons: remove one first.`);
  change(() => icons.set(keyOf(icon), icon));
  deskField.value = "";
  choose(keyOf(icon));
  say(`${name} added at ${x}, ${y}`);
  board.drawn.get(chosen).focus({ preventScroll: true });
});

// Pointing: a click on the sheet is a spot, a press on an icon chooses and drags it.
let drag = null;
board.svg.addEventListener("click", (event) => {
  if (!event.target.closest("[data-key]")) begin(board.at(event));
});
board.svg.addEventListener("pointerdown", (event) => {
  const drawn = event.target.closest("[data-key]");
  if (!drawn || event.button !== 0) return;
  const { key } = drawn.dataset;
  const icon = icons.get(key);
  const at = board.at(event);
  drag = { key, drawn, icon, dx: icon.x - at.x, dy: icon.y - at.y, from: [event.clientX, event.clientY], to: null };
  drawn.setPointerCapture(event.pointerId);
  choose(key);
});
board.svg.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const far = Math.hypot(event.clientX - drag.from[0], event.clientY - drag.from[1]) > 3;
  if (!far && !drag.to) return;
  const at = board.at(event);
  drag.to = { ...drag.icon, ...board.within({ x: at.x + drag.dx, y: at.y + drag.dy }) };
  drag.drawn.classList.add("dragging");
  board.place(drag.drawn, drag.to);
});
const drop = (event) => {
  if (!drag) return;
  const { key, drawn, to } = drag;
  drag = null;
  drawn.classList.remove("dragging");
  if (to && event.type === "pointerup") change(() => icons.set(key, to));
  else show();
};
board.svg.addEventListener("pointerup", drop);
board.svg.addEventListener("pointercancel", drop);

// A finger on an icon drags it and does not scroll; `touch-action` is not heeded inside an SVG everywhere.
board.svg.addEventListener("touchstart", (event) => event.target.closest("[data-key]") && event.preventDefault(), { passive: false });

// Keys.
board.svg.addEventListener("focusin", (event) => {
  const drawn = event.target.closest("[data-key]");
  if (drawn && drawn.dataset.key !== chosen) choose(drawn.dataset.key);
});
board.svg.addEventListener("keydown", (event) => {
  const key = event.target.closest("[data-key]")?.dataset.key;
  if (!key || event.ctrlKey || event.metaKey || event.altKey) return;
  if (ARROWS[event.key]) moveBy(key, ARROWS[event.key], event.shiftKey);
  else if (event.key === "Delete" || event.key === "Backspace") remove(key);
  else if (event.key === "Enter" || event.key === " ") choose(key);
  else return;
  event.preventDefault();
});
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=radio]), select");
  if (event.key === "Escape" && (spot || chosen)) stop();
  else if ((event.ctrlKey || event.metaKey) && event.key === "z" && !typing) undo();
  else if ((event.ctrlKey || event.metaKey) && event.key === "s") saving.save();
  else return;
  event.preventDefault();
});

// The four buttons; held down they go on.
for (const button of page.querySelectorAll("[data-move]")) {
  const by = button.dataset.move.split(",").map(Number);
  let timer = 0;
  const release = () => clearTimeout(timer);
  const repeat = () => {
    moveBy(chosen, by, false);
    timer = setTimeout(repeat, 40);
  };
  button.addEventListener("click", (event) => moveBy(chosen, by, event.shiftKey));
  button.addEventListener("pointerdown", () => (timer = setTimeout(repeat, 400)));
  for (const end of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(end, release);
}

for (const radio of page.parentElement.querySelectorAll("[name=kind]")) {
  if (radio.checked) kind = radio.value;
  radio.addEventListener("change", () => {
    kind = radio.value;
    if (spot) spot.kind = kind;
    show();
  });
}
one("centre").addEventListener("click", () => begin(board.centre()));
one("cancel").addEventListener("click", () => (stop(), one("centre").focus()));
one("done").addEventListener("click", () => (stop(), one("centre").focus()));
one("remove").addEventListener("click", () => remove(chosen));
one("undo").addEventListener("click", undo);
one("save").addEventListener("click", () => saving.save());
document.body.addEventListener("live:open", () => saving.state === "failed" && saving.save());
addEventListener("beforeunload", (event) => saving.state !== "saved" && event.preventDefault());

// Pictures.
function showPicture(picture) {
  board.show(picture);
  one("upload-label").textContent = "Change picture";
  show();
}

async function showTheirs() {
  const answer = await fetch(page.dataset.path).catch(() => null);
  const theirs = answer?.ok ? await answer.json() : null;
  if (theirs?.picture) showPicture(theirs.picture);
}

function upload(file) {
  problem("");
  if (file.size > MOST_BYTES) return problem("The file has more than 10 MiB: save the picture smaller, 4096 pixels a side are enough.");
  const [bar, text] = [one("upload").querySelector("progress"), one("upload-text")];
  one("upload").hidden = false;
  text.textContent = "Uploading…";
  bar.value = 0;
  const request = new XMLHttpRequest(); // fetch does not tell how far an upload is
  request.upload.onprogress = (event) => (bar.value = event.loaded / event.total);
  request.upload.onload = () => {
    bar.removeAttribute("value");
    text.textContent = "Drawing the picture…";
  };
  request.onloadend = async () => {
    one("upload").hidden = true;
    page.querySelector("#f-picture").value = "";
    const answer = JSON.parse(request.responseText || "{}");
    if (request.status === 409) await showTheirs();
    if (request.status !== 200) return problem(answer.detail ?? "The server cannot be reached: try the upload again.");
    showPicture(answer.picture);
    say("The picture is on the plan.");
  };
  const replaces = new URL(board.picture?.path ?? "", location.href).searchParams.get("mark") ?? "";
  request.open("PUT", `${page.dataset.path}/image?replaces=${replaces}`);
  request.setRequestHeader("X-CSRF-Token", headers()["X-CSRF-Token"]);
  request.send(file);
}
page.querySelector("#f-picture").addEventListener("change", (event) => event.target.files[0] && upload(event.target.files[0]));
const sheet = page.querySelector(".plan-board");
sheet.addEventListener("dragover", (event) => {
  event.preventDefault();
  sheet.classList.add("over");
});
sheet.addEventListener("dragleave", () => sheet.classList.remove("over"));
sheet.addEventListener("drop", (event) => {
  event.preventDefault();
  sheet.classList.remove("over");
  if (event.dataTransfer.files[0]) upload(event.dataTransfer.files[0]);
});

zoomable(page);
show();
