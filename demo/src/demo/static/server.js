// Talking to the demo's server.

export class Refused extends Error {
  constructor(answer) {
    super([answer.detail, answer.advice].filter(Boolean).join(" "));
    this.answer = answer; // detail, and from the platform: reason, advice, alternatives, now
  }
}

export async function ask(path, method = "GET", body = undefined) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refused({ detail: "The demo does not answer.", advice: "Is it still running? Try again in a moment." });
  }
  const data = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(data ?? { detail: `The server answered ${answer.status}.` });
  return data;
}

// Chosen here, so that a repeat of the same booking makes no second one.
// Not crypto.randomUUID: that exists only on https and on this machine.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
