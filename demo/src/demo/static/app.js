// One page, two views of the same rooms: the simulated Outlook and the platform. No framework, no outside host.

const $ = (id) => document.getElementById(id);
const FIRST_HOUR = 7;
const LAST_HOUR = 20;
const CHANGES_SHOWN = 30;

const view = {
  offices: [],
  rooms: new Map(), // room id → {room, office}
  room: null,
  day: null, // YYYY-MM-DD in the office's zone
  outlook: [],
  platform: new Map(), // booking id → entry
  fetches: 0,
  events: 0,
  lags: [],
  live: false,
};

// ---- talking to the demo's server ----

async function ask(path, method = "GET", body = undefined) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options);
  const data = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(data?.detail ?? `The server answered ${answer.status}.`);
  return data;
}

// ---- times: the server sends wall times of the office as YYYY-MM-DDTHH:MM, so nothing here knows zones ----

const minutesOf = (local) => Number(local.slice(11, 13)) * 60 + Number(local.slice(14, 16));
const clock = (local) => local.slice(11, 16);
const dayOf = (local) => local.slice(0, 10);

function shifted(day, days) {
  const moment = new Date(`${day}T12:00:00Z`);
  moment.setUTCDate(moment.getUTCDate() + days);
  return moment.toISOString().slice(0, 10);
}

function spoken(day, style = { weekday: "short", day: "numeric", month: "short" }) {
  return new Intl.DateTimeFormat("en-GB", { ...style, timeZone: "UTC" }).format(new Date(`${day}T12:00:00Z`));
}

function wallNow(zone) {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(new Date());
  return parts.replace(" ", "T");
}

const today = () => dayOf(wallNow(view.rooms.get(view.room).office.time_zone));

// ---- rooms ----

function drawRooms() {
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
      button.addEventListener("click", () => show(room.id, view.day));
      group.append(button);
    }
    nav.append(group);
  }
  markRoom();
}

function markRoom() {
  for (const button of $("rooms").querySelectorAll("button")) {
    button.setAttribute("aria-current", String(button.dataset.room === view.room));
  }
}

async function refreshAvailability() {
  try {
    const { rooms } = await ask("/api/now");
    for (const button of $("rooms").querySelectorAll("button")) {
      const state = rooms[button.dataset.room];
      if (!state) continue;
      button.querySelector(".dot").dataset.busy = String(state.busy);
      button.querySelector(".until").textContent = state.text;
    }
  } catch {
    // The badge already says that the connection is lost; the dots keep their last state.
  }
}

// ---- the day ----

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function drawHours() {
  const hours = $("hours");
  for (let hour = FIRST_HOUR; hour < LAST_HOUR; hour += 1) {
    hours.append(element("span", "", `${String(hour).padStart(2, "0")}:00`));
  }
}

function place(node, entry, column, columns) {
  const top = FIRST_HOUR * 60;
  const end = LAST_HOUR * 60;
  const from = dayOf(entry.start) < view.day ? 0 : minutesOf(entry.start);
  const to = dayOf(entry.end) > view.day ? 24 * 60 : minutesOf(entry.end);
  const start = Math.min(Math.max(from, top), end - 15);
  const stop = Math.max(Math.min(to, end), start + 15);
  node.style.top = `calc(var(--hour) * ${(start - top) / 60} + 1px)`;
  node.style.height = `calc(var(--hour) * ${(stop - start) / 60} - 2px)`;
  node.style.left = `calc(${(column / columns) * 100}% + .3rem)`;
  node.style.width = `calc(${100 / columns}% - .6rem)`;
  node.style.right = "auto";
  node.classList.toggle("short", stop - start <= 30);
}

// Entries that overlap share the width.
function columnsOf(entries) {
  const sorted = [...entries].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : a.end < b.end ? 1 : -1));
  const placed = new Map();
  let cluster = [];
  let until = "";
  const settle = () => {
    const width = Math.max(1, ...cluster.map((entry) => placed.get(entry).column + 1));
    for (const entry of cluster) placed.get(entry).columns = width;
    cluster = [];
  };
  for (const entry of sorted) {
    if (cluster.length && entry.start >= until) settle();
    if (!cluster.length) until = "";
    const taken = new Set(cluster.filter((other) => other.end > entry.start).map((other) => placed.get(other).column));
    let column = 0;
    while (taken.has(column)) column += 1;
    placed.set(entry, { column, columns: 1 });
    cluster.push(entry);
    if (entry.end > until) until = entry.end;
  }
  settle();
  return placed;
}

const STATUS_WORDS = {
  pending: "waiting for the room's answer",
  tentative: "tentative",
  conflicted: "double booked",
  confirmed: "confirmed",
};

function entryNode(entry, side) {
  const node = element(side === "outlook" ? "button" : "div", `entry ${side}`, "");
  node.dataset.id = entry.id;
  node.dataset.status = entry.status;
  node.dataset.free = String(Boolean(entry.free));
  const time = entry.all_day ? "" : `${clock(entry.start)}–${clock(entry.end)}`;
  const status = STATUS_WORDS[entry.status] ?? entry.status;
  const detail = [time, entry.organizer, side === "platform" && entry.status !== "confirmed" ? status : ""].filter(Boolean).join(" · ");
  node.append(element("strong", "", `${entry.series ? "↻ " : ""}${entry.subject}`), element("span", "", detail));
  node.title = `${entry.subject}\n${time}\n${entry.organizer}\n${status}`;
  if (side === "outlook") {
    node.type = "button";
    node.addEventListener("click", (event) => {
      event.stopPropagation();
      openEditor(entry);
    });
  }
  return node;
}

function drawLane(side, entries, freshId = null) {
  const timed = entries.filter((entry) => !entry.all_day);
  const allDay = entries.filter((entry) => entry.all_day);
  const columns = columnsOf(timed);
  const lane = $(side);
  const focused = document.activeElement?.dataset?.id;
  lane.replaceChildren(
    ...timed.map((entry) => {
      const item = document.createElement("li");
      const node = entryNode(entry, side);
      place(node, entry, columns.get(entry).column, columns.get(entry).columns);
      if (entry.id === freshId) node.classList.add("fresh");
      item.append(node);
      return item;
    }),
  );
  $(`${side}-all-day`).replaceChildren(
    ...allDay.map((entry) => {
      const item = document.createElement("li");
      const node = entryNode(entry, side);
      if (entry.id === freshId) node.classList.add("fresh");
      item.append(node);
      return item;
    }),
  );
  if (focused && side === "outlook") lane.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function shownOnDay(entry) {
  const lastMoment = entry.end > entry.start ? entry.end : `${entry.end}~`;
  return entry.start < `${shifted(view.day, 1)}T00:00` && lastMoment > `${view.day}T00:00`;
}

function draw(freshId = null) {
  const platform = [...view.platform.values()].filter((entry) => entry.status !== "cancelled" && shownOnDay(entry));
  drawLane("outlook", view.outlook);
  drawLane("platform", platform, freshId);
  $("all-day").hidden = !(view.outlook.some((e) => e.all_day) || platform.some((e) => e.all_day));
  const empty = view.outlook.length === 0 && platform.length === 0;
  say(empty ? "No meetings on this day. Click into the Outlook column to book one." : "");
  drawNow();
}

function say(text, bad = false) {
  $("state").textContent = text;
  $("state").classList.toggle("bad", bad);
}

function drawNow() {
  const line = $("now");
  const { office } = view.rooms.get(view.room);
  const now = wallNow(office.time_zone);
  const minutes = minutesOf(now) - FIRST_HOUR * 60;
  line.hidden = dayOf(now) !== view.day || minutes < 0 || minutes > (LAST_HOUR - FIRST_HOUR) * 60;
  line.style.top = `calc(var(--hour) * ${minutes / 60})`;
}

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
  view.outlook = [];
  view.platform = new Map();
  drawLane("outlook", []);
  drawLane("platform", []);
  drawNow();
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
  const received = performance.now();
  view.events += 1;
  const { entry, room_id: roomId } = change;
  if (roomId === view.room) {
    view.platform.set(entry.id, entry);
    draw(entry.id);
    soon("outlook", reloadOutlook, 60); // the room's answer changes its own copy as well
  } else {
    flash([...$("rooms").querySelectorAll("button")].find((button) => button.dataset.room === roomId), "changed");
  }
  // The room's answer brings the true title: a meeting is shown under its organiser's name until then.
  for (const item of $("changes").querySelectorAll(`[data-id="${CSS.escape(entry.id)}"] b`)) item.textContent = entry.subject;
  soon("now", refreshAvailability, 400);
  // Painted means painted: the second frame begins after the first one is on the screen.
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const lag = change.lag_ms === null ? null : change.lag_ms + (performance.now() - received);
      if (lag !== null) addLag(lag);
      if (change.lag_ms !== null || entry.status !== "confirmed") addChange(change, lag);
    }),
  );
}

function flash(node, className) {
  if (!node) return;
  node.classList.remove(className);
  requestAnimationFrame(() => node.classList.add(className));
}

const timers = new Map();
function soon(name, run, delay) {
  clearTimeout(timers.get(name));
  timers.set(name, setTimeout(run, delay));
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

const milliseconds = (value) => (value >= 10000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`);

function addLag(lag) {
  view.lags.push(lag);
  if (view.lags.length > 500) view.lags.shift();
  drawLags();
}

function drawLags() {
  const sorted = [...view.lags].sort((a, b) => a - b);
  $("lag-count").textContent = String(sorted.length);
  if (!sorted.length) return;
  $("lag-latest").textContent = milliseconds(view.lags.at(-1));
  $("lag-p50").textContent = milliseconds(quantile(sorted, 0.5));
  $("lag-p95").textContent = milliseconds(quantile(sorted, 0.95));
}

function addChange(change, lag) {
  $("changes-empty").hidden = true;
  const { entry } = change;
  const item = element("li", "fresh", "");
  item.dataset.id = entry.id;
  const when = entry.all_day ? spoken(dayOf(entry.start)) : `${spoken(dayOf(entry.start))}, ${clock(entry.start)}–${clock(entry.end)}`;
  item.append(
    element("b", "", entry.subject),
    element("span", "ms", lag === null ? "" : milliseconds(lag)),
    element("small", "", `${change.what} · ${change.room_name} · ${when}`),
  );
  const list = $("changes");
  list.prepend(item);
  while (list.children.length > CHANGES_SHOWN) list.lastChild.remove();
}

function setLive(state, text) {
  $("live").dataset.state = state;
  $("live").textContent = text;
  view.live = state === "live";
}

function follow() {
  const stream = new EventSource("/api/stream");
  let connected = false;
  stream.addEventListener("hello", (message) => {
    const hello = JSON.parse(message.data);
    if (!connected && !view.lags.length) {
      view.lags = hello.lags;
      drawLags();
    }
    connected = true;
  });
  stream.addEventListener("upstream", (message) => {
    const { live } = JSON.parse(message.data);
    if (live) {
      setLive("live", "Live");
      void reload(); // whatever changed while nobody listened
      void refreshAvailability();
    } else {
      setLive("lost", "Platform away, reconnecting…");
    }
  });
  stream.addEventListener("booking", (message) => onBooking(JSON.parse(message.data)));
  stream.addEventListener("outlook", (message) => {
    if (JSON.parse(message.data).room_id === view.room) soon("outlook", reloadOutlook, 60);
  });
  stream.onerror = () => setLive("lost", "Reconnecting…");
}

// ---- the editor: what people do in Outlook ----

let edited = null;

function openEditor(entry, start = null) {
  edited = entry;
  const isNew = entry === null;
  const from = start ?? (isNew ? nextHalfHour() : entry.start);
  $("editor-title").textContent = isNew ? `New meeting in ${view.rooms.get(view.room).room.name}` : entry.subject;
  $("editor-hint").hidden = isNew;
  $("editor-hint").textContent = isNew ? "" : `${entry.organizer}${entry.series ? " · only this occurrence is changed" : ""}`;
  $("subject").value = isNew ? "" : (entry.title ?? entry.subject);
  $("on").value = dayOf(from);
  $("from").value = clock(from);
  const length = isNew ? 30 : minutesOf(entry.end) - minutesOf(entry.start) + (dayOf(entry.end) > dayOf(entry.start) ? 1440 : 0);
  chooseLength(length);
  $("all-day-flag").checked = Boolean(entry?.all_day);
  $("private-flag").checked = false;
  $("repeat").value = "";
  for (const id of ["organizer-label", "repeat-label", "flags"]) $(id).hidden = !isNew;
  const fixed = Boolean(entry?.all_day);
  for (const id of ["from", "minutes", "on"]) $(id).disabled = fixed;
  $("cancel-meeting").hidden = isNew;
  $("save").textContent = isNew ? "Book" : "Save";
  $("save").hidden = fixed;
  $("subject").disabled = !isNew;
  complain("");
  syncAllDay();
  $("editor").showModal();
  (isNew ? $("subject") : $("from")).focus();
}

function chooseLength(minutes) {
  const select = $("minutes");
  if (![...select.options].some((option) => Number(option.value) === minutes)) {
    select.append(new Option(`${minutes} min`, String(minutes)));
  }
  select.value = String(minutes);
}

function nextHalfHour() {
  const now = wallNow(view.rooms.get(view.room).office.time_zone);
  if (dayOf(now) !== view.day) return `${view.day}T10:00`;
  const minutes = Math.min(Math.max(Math.ceil((minutesOf(now) + 1) / 30) * 30, FIRST_HOUR * 60), (LAST_HOUR - 1) * 60);
  return `${view.day}T${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

function syncAllDay() {
  const allDay = $("all-day-flag").checked && edited === null;
  for (const id of ["from-label", "minutes-label"]) $(id).hidden = allDay;
  $("from").required = !allDay;
}

function complain(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

async function act(run) {
  for (const button of $("meeting").querySelectorAll("button")) button.disabled = true;
  try {
    await run();
    $("editor").close();
    await reloadOutlook();
  } catch (problem) {
    complain(problem.message);
  } finally {
    for (const button of $("meeting").querySelectorAll("button")) button.disabled = false;
  }
}

function meetingPath(entry) {
  const query = new URLSearchParams({ start: entry.start });
  return `/api/outlook/${view.room}/meetings/${encodeURIComponent(entry.id)}?${query}`;
}

function wire() {
  $("previous").addEventListener("click", () => show(view.room, shifted(view.day, -1)));
  $("next").addEventListener("click", () => show(view.room, shifted(view.day, 1)));
  $("today").addEventListener("click", () => show(view.room, today()));
  $("new-meeting").addEventListener("click", () => openEditor(null));
  $("close").addEventListener("click", () => $("editor").close());
  $("all-day-flag").addEventListener("change", syncAllDay);
  $("outlook").addEventListener("click", (event) => {
    const lane = $("outlook").getBoundingClientRect();
    const hours = ((event.clientY - lane.top) / lane.height) * (LAST_HOUR - FIRST_HOUR) + FIRST_HOUR;
    const minutes = Math.floor(hours * 2) * 30;
    openEditor(null, `${view.day}T${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`);
  });
  $("meeting").addEventListener("submit", (event) => {
    event.preventDefault();
    void act(async () => {
      const when = { day: $("on").value, start: $("from").value, minutes: Number($("minutes").value) };
      if (edited === null) {
        await ask(`/api/outlook/${view.room}/meetings`, "POST", {
          ...when,
          subject: $("subject").value,
          organizer: $("organizer").value,
          all_day: $("all-day-flag").checked,
          private: $("private-flag").checked,
          repeat: $("repeat").value || null,
        });
      } else {
        await ask(meetingPath(edited), "PATCH", when);
      }
    });
  });
  $("cancel-meeting").addEventListener("click", () => void act(() => ask(meetingPath(edited), "DELETE")));
  setInterval(() => view.room && drawNow(), 20000);
  setInterval(refreshAvailability, 60000);
}

async function begin() {
  drawHours();
  wire();
  try {
    const setup = await ask("/api/setup");
    view.offices = setup.offices;
    for (const office of setup.offices) for (const room of office.rooms) view.rooms.set(room.id, { room, office });
    $("organizer").replaceChildren(...setup.people.map((person) => new Option(person.name, person.address)));
    drawRooms();
    const [room, day] = location.hash.slice(1).split("/");
    const first = setup.offices[0].rooms[0].id;
    await show(view.rooms.has(room) ? room : first, /^\d{4}-\d\d-\d\d$/.test(day ?? "") ? day : undefined);
    follow();
    await refreshAvailability();
  } catch (problem) {
    setLive("lost", "Not connected");
    say(`The demo does not answer: ${problem.message}. Trying again…`, true);
    setTimeout(() => location.reload(), 3000);
  }
}

void begin();
