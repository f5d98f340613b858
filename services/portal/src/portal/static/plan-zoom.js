// The buttons that make a plan larger or smaller; what is in the middle stays there.
const STEPS = ["0.5", "1", "1.5", "2", "3"];

export function zoomable(page) {
  const buttons = [...page.querySelectorAll("[data-zoom-by]")];
  const step = () => STEPS.indexOf(page.dataset.zoom);
  const show = () => {
    for (const each of buttons) each.disabled = STEPS[step() + Number(each.dataset.zoomBy)] === undefined;
  };
  for (const each of buttons)
    each.addEventListener("click", () => {
      const view = page.querySelector(".plan-view");
      const x = (view.scrollLeft + view.clientWidth / 2) / view.scrollWidth;
      const y = (view.scrollTop + view.clientHeight / 2) / view.scrollHeight;
      page.dataset.zoom = STEPS[step() + Number(each.dataset.zoomBy)];
      view.scrollTo(x * view.scrollWidth - view.clientWidth / 2, y * view.scrollHeight - view.clientHeight / 2);
      show();
    });
  show();
}
