// The live stream as events of <body>: live:booking, live:command, live:room, live:integration with the CloudEvent as
// detail, and live:open after every (re)connect, when whatever is shown must be fetched again (docs/rest.md, The stream).
const NAMES = {
  booking: ["pending", "confirmed", "tentative", "conflicted", "cancelled"],
  command: ["accepted", "rejected"],
  room: ["synced", "unreachable"],
  integration: ["ok", "failing", "secret_expiring"],
};
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;

const state = document.querySelector("[data-live-state]");
let pause = FIRST_PAUSE;

function tell(name, detail) {
  document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
}

function show(text) {
  if (!state) return;
  state.hidden = !text;
  state.textContent = text;
}

function follow() {
  const source = new EventSource("/api/stream");
  source.onopen = () => {
    pause = FIRST_PAUSE;
    show("");
    document.body.dataset.live = "open";
    tell("live:open");
  };
  // By ourselves: EventSource gives up for good after an answer other than 200, such as 503 in a restart.
  source.onerror = () => {
    source.close();
    document.body.dataset.live = "lost";
    show("Reconnecting: what you see may be old.");
    setTimeout(follow, pause * (0.5 + Math.random() / 2));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  };
  for (const [kind, endings] of Object.entries(NAMES))
    for (const ending of endings)
      source.addEventListener(`${kind}.${ending}`, (event) => tell(`live:${kind}`, JSON.parse(event.data)));
}

if ("live" in document.body.dataset) setTimeout(follow);
