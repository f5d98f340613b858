// The form of a booking: a meeting keeps its length when its start changes, and what repeats is told of its day.
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const ORDINALS = ["first", "second", "third", "fourth", "fifth"];

const minutes = (text) => (/^\d\d:\d\d$/.test(text) ? Number(text.slice(0, 2)) * 60 + Number(text.slice(3)) : null);
const clock = (at) => `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;

export function tendForm(form) {
  const { day, start, end, end_day: endDay, start_again: startAgain, end_again: endAgain, repeat } = form.elements;
  let before = minutes(start?.value ?? "");
  for (const input of [day, start, end]) input?.addEventListener("input", () => {
    startAgain.value = "";
    endAgain.value = "";
  });
  start?.addEventListener("change", () => {
    const now = minutes(start.value);
    const until = minutes(end.value);
    if (before !== null && now !== null && until !== null && !endDay.value) {
      const moved = until + now - before;
      if (moved < 1440) end.value = clock(Math.max(moved, 0));
    }
    before = now;
  });
  let previous = day?.value;
  day?.addEventListener("change", () => {
    if (endDay.value && previous && day.value) {
      const shift = new Date(day.value) - new Date(previous);
      endDay.value = new Date(new Date(endDay.value).getTime() + shift).toISOString().slice(0, 10);
    }
    previous = day.value;
    tellRepeats();
  });
  repeat?.addEventListener("change", tellRepeats);

  function tellRepeats() {
    if (!repeat || !day.value) return;
    const at = new Date(`${day.value}T00:00:00Z`);
    const number = at.getUTCDate();
    const name = DAYS[at.getUTCDay()];
    const text = {
      weekly: "Weekly",
      "monthly-day": `Monthly on day ${number}`,
      "monthly-nth": `Monthly on the ${ORDINALS[Math.floor((number - 1) / 7)]} ${name}`,
      "monthly-last": `Monthly on the last ${name}`,
    };
    const next = new Date(at.getTime() + 7 * 86_400_000);
    for (const option of repeat.options) {
      if (option.value in text) option.textContent = text[option.value];
      if (option.value === "monthly-last") option.hidden = next.getUTCMonth() === at.getUTCMonth();
      if (option.value === "monthly-nth") option.hidden = number > 28;
      if (option.value === "monthly-day") option.hidden = number > 28;
    }
    if (repeat.selectedOptions[0]?.hidden) repeat.value = "no";
    const every = form.querySelector("label[for=f-every]");
    const unit = { daily: "days", weekly: "weeks" }[repeat.value] ?? "months";
    if (every) every.textContent = `Every (${unit})`;
    const boxes = [...form.querySelectorAll("[data-weekly] input")];
    if (repeat.value === "weekly" && !boxes.some((box) => box.checked)) boxes[(at.getUTCDay() + 6) % 7].checked = true;
  }
  tellRepeats();
}
