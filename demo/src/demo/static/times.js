// Times: the server sends wall times of the office as YYYY-MM-DDTHH:MM, so nothing here knows zones.

export const minutesOf = (local) => Number(local.slice(11, 13)) * 60 + Number(local.slice(14, 16));
export const clock = (local) => local.slice(11, 16);
export const dayOf = (local) => local.slice(0, 10);

export const clockOf = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

export function shifted(day, days) {
  const moment = new Date(`${day}T12:00:00Z`);
  moment.setUTCDate(moment.getUTCDate() + days);
  return moment.toISOString().slice(0, 10);
}

export function spoken(day, style = { weekday: "short", day: "numeric", month: "short" }) {
  return new Intl.DateTimeFormat("en-GB", { ...style, timeZone: "UTC" }).format(new Date(`${day}T12:00:00Z`));
}

export function wallNow(zone) {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(new Date());
  return parts.replace(" ", "T");
}

export function lengthOf(entry) {
  return minutesOf(entry.end) - minutesOf(entry.start) + (dayOf(entry.end) > dayOf(entry.start) ? 1440 : 0);
}

export function when(entry) {
  return entry.all_day ? spoken(dayOf(entry.start)) : `${spoken(dayOf(entry.start))}, ${clock(entry.start)}–${clock(entry.end)}`;
}
