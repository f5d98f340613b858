// Saves a plan's icons by itself. When somebody else was faster, our changes are put on top of theirs: nothing is lost.
const PAUSE = 700;

export const keyOf = (icon) => (icon.kind === "room" ? icon.room_id : `desk ${icon.name.toLowerCase()}`);
const byKey = (icons) => new Map(icons.map((each) => [keyOf(each), each]));
const same = (one, other) => one && other && one.x === other.x && one.y === other.y && one.name === other.name;

export function merged(base, mine, theirs) {
  const before = byKey(base);
  const ours = byKey(mine);
  const result = byKey(theirs);
  for (const [key, icon] of ours) if (!same(icon, before.get(key))) result.set(key, icon);
  for (const key of before.keys()) if (!ours.has(key)) result.delete(key);
  return [...result.values()];
}

export function headers() {
  return { "Content-Type": "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf]").content };
}

// A session opened in another tab has another token: take it from a fresh copy of this page.
async function renewed() {
  const answer = await fetch(location.href);
  const copy = new DOMParser().parseFromString(await answer.text(), "text/html");
  const token = answer.ok && !answer.redirected && copy.querySelector("meta[name=csrf]")?.content;
  if (token) document.querySelector("meta[name=csrf]").content = token;
  return Boolean(token);
}

export class Saving {
  // `tell(state, text)`: state is saved, waiting, saving or failed. `replaced(icons, why)`: the plan is another one now.
  constructor(path, plan, tell, replaced) {
    Object.assign(this, { path, tell, replaced, version: plan.version, base: plan.icons, wanted: plan.icons });
    this.state = "saved";
    this.timer = 0;
  }

  change(icons) {
    this.wanted = icons;
    if (this.state !== "saving") this.#show("waiting", "Changes not saved yet");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE);
  }

  async save() {
    clearTimeout(this.timer);
    if (this.state === "saving" || this.state === "saved") return;
    this.#show("saving", "Saving…");
    try {
      await this.#send();
    } catch {
      this.#show("failed", "Not saved: the server cannot be reached. It is tried again by itself.");
      this.timer = setTimeout(() => this.save(), 5000);
    }
  }

  async #send() {
    for (let fresh = false; ; ) {
      const sent = this.wanted;
      const icons = sent.map(({ kind, room_id, name, x, y }) => (kind === "room" ? { kind, room_id, x, y } : { kind, name, x, y }));
      const body = JSON.stringify({ version: this.version, icons });
      const answer = await fetch(this.path, { method: "PUT", headers: headers(), body });
      if (answer.ok) {
        this.version = (await answer.json()).version;
        this.base = sent;
        if (this.wanted === sent) return this.#show("saved", "All changes saved");
      } else if (answer.status === 409) await this.#meet();
      else if ((answer.status === 401 || answer.status === 403) && !fresh) {
        fresh = await renewed();
        if (!fresh) return this.#show("failed", "Not saved: you are signed out. Sign in in another tab, then press Save here.");
      } else if (!(await this.#drop(answer, sent))) return;
    }
  }

  async #meet() {
    const answer = await fetch(this.path);
    if (!answer.ok) throw new Error(answer.status);
    const theirs = await answer.json();
    this.wanted = merged(this.base, this.wanted, theirs.icons);
    this.version = theirs.version;
    this.base = theirs.icons;
    this.replaced(this.wanted, "Somebody else changed this plan at the same time: their changes and yours are both kept.");
  }

  // Rooms that have left the office meanwhile; false where that is not what is wrong.
  async #drop(answer, sent) {
    const problem = await answer.json().catch(() => ({}));
    const gone = (problem.errors ?? []).map((each) => /^icons\.(\d+)\.room_id$/.exec(each.field)?.[1]).filter(Boolean);
    if (!gone.length) {
      const why = (problem.errors ?? []).map((each) => each.message).join("; ") || problem.detail || `error ${answer.status}`;
      this.#show("failed", `Not saved: ${why}`);
      return false;
    }
    const left = new Set(gone.map((nth) => keyOf(sent[nth])));
    const names = gone.map((nth) => sent[nth].name).join(", ");
    this.wanted = this.wanted.filter((each) => !left.has(keyOf(each)));
    this.replaced(this.wanted, `${names}: no room of this office any more. Its icon is gone.`);
    return true;
  }

  #show(state, text) {
    this.state = state;
    this.tell(state, text);
  }
}
