// One page, two views of the same rooms: the simulated Outlook and the platform. No framework, no outside host.

import { addChange, renameChanges } from "./changes.js";
import { editorHeard, openEditor, wireEditor } from "./editor.js";
import { addLag, afterPaint, startLags } from "./lags.js";
import { clear, draw, drawHours, drawNow, entryOf, halfHourAt, SIDES } from "./lanes.js";
import { hush } from "./outcome.js";
import { heard, heardRefusal } from "./requests.js";
import { drawRooms, flashRoom, markRoom, refreshAvailability } from "./rooms.js";
import { ask } from "./server.js";
import { clockOf, shifted, spoken } from "./times.js";
import { $, nowHere, say, today, view } from "./view.js";

// ---- the day that is shown ----

async function show(room, day) {
  view.room = room;
  const { room: about, office } = view.rooms.get(room);
  view.day = day ?? today();
  $("room-name").textContent = about.name;
  $("room-about").textContent = [office.name, about.building, about.floor && `floor ${about.floor}`, `${about.capacity} seats`, office.time_zone]
    .filter(Boolean)
    .join(" · ");
  $("date").textContent = spoken(view.day) + (view.day === today() ? ", today" : "");
  markRoom();
  history.replaceState(null, "", `#${room}/${view.day}`);
  clear();
  say("Loading…");
  await reload();
}

async function reload() {
  const mine = (view.fetches += 1);
  const events = view.events;
  try {
    const day = await ask(`/api/day?room=${view.room}&day=${view.day}`);
    if (mine !== view.fetches) return;
    if (events !== view.events) return void reload(); // something arrived meanwhile: this answer may be older
    view.outlook = day.outlook;
    view.platform = new Map(day.platform.map((entry) => [entry.id, entry]));
    draw();
  } catch (problem) {
    if (mine === view.fetches) say(`This day cannot be loaded: ${problem.message}`, true);
  }
}

async function reloadOutlook() {
  const mine = (view.fetches += 1);
  try {
    const day = await ask(`/api/day?room=${view.room}&day=${view.day}&side=outlook`);
    if (mine !== view.fetches) return;
    view.outlook = day.outlook;
    draw();
  } catch (problem) {
    if (mine === view.fetches) say(`Outlook cannot be loaded: ${problem.message}`, true);
  }
}

// ---- live ----

function onBooking(change) {
  view.events += 1;
  const { entry, room_id: roomId } = change;
  if (roomId === view.room) {
    view.platform.set(entry.id, entry);
    draw(entry.id);
  } else {
    flashRoom(roomId);
  }
  heard(entry);
  editorHeard(entry);
  renameChanges(entry);
  soon("now", refreshAvailability, 400);
  afterPaint((painting) => {
    const lag = change.lag_ms === null ? null : change.lag_ms + painting;
    if (lag !== null) addLag(change.way, lag);
    if (lag !== null || entry.status !== "confirmed") addChange(change, lag);
  });
}

async function onOutlook({ room_id: roomId, lags_ms: lags }) {
  const received = performance.now();
  if (roomId === view.room) {
    if (lags.length) await reloadOutlook();
    else soon("outlook", reloadOutlook, 60);
  }
  const reading = performance.now() - received;
  afterPaint((painting) => lags.forEach((lag) => addLag("written", lag + reading + painting)));
}

const timers = new Map();
function soon(name, run, delay) {
  clearTimeout(timers.get(name));
  timers.set(name, setTimeout(run, delay));
}

let lostAt = null;
function setLive(state, text) {
  lostAt = state === "live" ? null : (lostAt ?? nowHere().slice(11));
  $("live").dataset.state = state;
  $("live").textContent = lostAt ? `${text}, shown as of ${lostAt}` : text;
}

function follow() {
  const stream = new EventSource("/api/stream");
  const on = (name, run) => stream.addEventListener(name, (message) => run(JSON.parse(message.data)));
  on("hello", ({ lags }) => startLags(lags));
  on("upstream", ({ live }) => {
    if (!live) {
      setLive("lost", "Platform away, reconnecting");
      return;
    }
    setLive("live", "Live");
    void reload(); // whatever changed while nobody listened
    void refreshAvailability();
  });
  on("booking", onBooking);
  on("refused", ({ booking_id: id, refusal }) => heardRefusal(id, refusal));
  on("outlook", (change) => void onOutlook(change));
  stream.onerror = () => {
    setLive("lost", "Reconnecting");
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, 2000); // the browser tries by itself otherwise
  };
}

// ---- what the page's controls do ----

function wireLane(side) {
  for (const id of [side, `${side}-all-day`]) {
    $(id).addEventListener("click", (event) => {
      const node = event.target.closest(".entry");
      const entry = node && entryOf(side, node.dataset.id);
      if (entry) openEditor(side, entry);
      else if (id === side) openEditor(side, null, `${view.day}T${clockOf(halfHourAt(side, event.clientY))}`);
    });
  }
  $(`new-${side}`).addEventListener("click", () => openEditor(side, null));
}

function wire() {
  $("previous").addEventListener("click", () => show(view.room, shifted(view.day, -1)));
  $("next").addEventListener("click", () => show(view.room, shifted(view.day, 1)));
  $("today").addEventListener("click", () => show(view.room, today()));
  $("hush").addEventListener("click", () => {
    hush();
    $("day").focus({ preventScroll: true });
  });
  SIDES.forEach(wireLane);
  wireEditor();
  setInterval(drawNow, 20000);
  setInterval(refreshAvailability, 60000);
}

async function begin() {
  try {
    const setup = await ask("/api/setup");
    view.offices = setup.offices;
    view.people = setup.people;
    for (const office of setup.offices) for (const room of office.rooms) view.rooms.set(room.id, { room, office });
    drawRooms((room) => void show(room, view.day));
    const [room, day] = location.hash.slice(1).split("/");
    const first = setup.offices[0].rooms[0].id;
    await show(view.rooms.has(room) ? room : first, /^\d{4}-\d\d-\d\d$/.test(day ?? "") ? day : undefined);
    wire();
    follow();
    await refreshAvailability();
  } catch (problem) {
    $("live").dataset.state = "lost";
    $("live").textContent = "Not connected";
    say(`The demo does not answer: ${problem.message}. Trying again…`, true);
    setTimeout(() => location.reload(), 3000);
  }
}

drawHours();
void begin();
