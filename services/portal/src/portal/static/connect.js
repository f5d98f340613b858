// The integration's form says that it works; the setup guide remembers what is ticked, in this browser alone.
document.addEventListener("submit", (event) => {
  const busy = event.target.dataset.busy;
  if (!busy || event.defaultPrevented) return;
  const button = event.target.querySelector("button[type=submit]");
  button.setAttribute("aria-disabled", "true");
  button.textContent = busy;
});

const guide = document.querySelector("[data-guide]");
if (guide) {
  const kept = `guide/${guide.dataset.guide}`;
  const ticks = [...guide.querySelectorAll("input[type=checkbox]")];
  const bar = guide.querySelector("progress");
  const words = guide.querySelector("[data-done]");

  const count = () => {
    const done = Number(bar.dataset.derived) + ticks.filter((each) => each.checked).length;
    bar.value = done;
    words.textContent = `${done} of ${bar.max} steps done`;
    for (const each of ticks) each.closest("li").classList.toggle("done", each.checked);
  };
  const known = () => {
    try {
      return JSON.parse(localStorage.getItem(kept)) ?? [];
    } catch {
      return []; // storage is switched off: ticks last as long as the page
    }
  };
  const ticked = known();
  for (const each of ticks) each.checked ||= ticked.includes(each.name);
  guide.addEventListener("change", () => {
    const names = ticks.filter((each) => each.checked).map((each) => each.name);
    try {
      localStorage.setItem(kept, JSON.stringify(names));
    } catch {
      // as above
    }
    count();
  });
  count();
}
