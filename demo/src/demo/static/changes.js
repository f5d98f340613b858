// The list of changes as they arrive, the newest first.

import { milliseconds } from "./lags.js";
import { when } from "./times.js";
import { $, element } from "./view.js";

const SHOWN = 30;

export function addChange(change, lag) {
  $("changes-empty").hidden = true;
  const { entry } = change;
  const item = element("li", "fresh", "");
  item.dataset.id = entry.id;
  item.append(
    element("b", "", entry.subject),
    element("span", "ms", lag === null ? "" : milliseconds(lag)),
    element("small", "", `${change.what} · ${change.room_name} · ${when(entry)}`),
  );
  const list = $("changes");
  list.prepend(item);
  while (list.children.length > SHOWN) list.lastChild.remove();
}

// The room's answer brings the true title: a meeting is shown under its organiser's name until then.
export function renameChanges(entry) {
  for (const item of $("changes").querySelectorAll(`[data-id="${CSS.escape(entry.id)}"] b`)) item.textContent = entry.subject;
}
