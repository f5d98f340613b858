// The sheet of the editor: draws icons, tells where somebody pointed, in units of the plan.
const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 100;
const SHAPES = {
  room: [["circle", { class: "hit", r: 27 }], ["rect", { class: "mark", x: -18, y: -18, width: 36, height: 36, rx: 8 }], ["path", { class: "glyph", d: "M-6 10V-9H6V10M-10 10H10M2 1h.01" }]],
  desk: [["circle", { class: "hit", r: 24 }], ["rect", { class: "mark", x: -14, y: -10, width: 28, height: 20, rx: 4 }], ["path", { class: "glyph", d: "M-7 -1H7" }]],
};

function element(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [each, value] of Object.entries(attributes)) made.setAttribute(each, value);
  return made;
}

const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

export class Board {
  constructor(svg, picture) {
    Object.assign(this, { svg, picture });
    this.drawn = new Map();
    this.image = svg.querySelector("image");
    this.paper = svg.querySelector("rect");
  }

  show(picture) {
    this.picture = picture;
    for (const [name, value] of [["href", picture.path], ["width", picture.width], ["height", picture.height]])
      this.image.setAttribute(name, value);
  }

  // `icons` by key; what stays keeps its element, and so the focus.
  draw(icons, spot, chosen) {
    const all = [...icons.values()];
    const width = Math.max(this.picture?.width ?? 1200, ...all.map((each) => each.x + MARGIN));
    const height = Math.max(this.picture?.height ?? 800, ...all.map((each) => each.y + MARGIN));
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.paper.setAttribute("width", width);
    this.paper.setAttribute("height", height);
    this.size = { width, height };
    this.scale = Math.min(Math.max(width / 800, 0.8), 4);
    for (const [key, drawn] of this.drawn)
      if (!icons.has(key)) {
        drawn.remove();
        this.drawn.delete(key);
      }
    for (const [key, icon] of icons) {
      if (!this.drawn.has(key)) this.drawn.set(key, this.#made(key, icon));
      const drawn = this.drawn.get(key);
      this.place(drawn, icon);
      drawn.setAttribute("aria-pressed", String(key === chosen));
    }
    this.spot?.remove();
    this.spot = spot && this.#spot(spot);
  }

  place(drawn, icon) {
    drawn.setAttribute("transform", `translate(${icon.x} ${icon.y}) scale(${this.scale})`);
    if (icon.name) {
      const kind = icon.kind === "room" ? "Room" : "Desk";
      drawn.setAttribute("aria-label", `${kind} ${icon.name}, ${icon.x} from the left, ${icon.y} from the top`);
    }
  }

  // Where the event points, inside the sheet.
  at(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return this.within(point);
  }

  within({ x, y }) {
    const { width, height } = this.size;
    return { x: Math.round(Math.min(Math.max(x, 0), width)), y: Math.round(Math.min(Math.max(y, 0), height)) };
  }

  // The middle of what is seen of the sheet.
  centre() {
    const view = this.svg.parentElement.getBoundingClientRect();
    const sheet = this.svg.getBoundingClientRect();
    const middle = (from, length, low, size) => (Math.max(from, low) + Math.min(from + length, low + size)) / 2;
    return this.at({
      clientX: middle(view.left, view.width, sheet.left, sheet.width),
      clientY: middle(view.top, view.height, sheet.top, sheet.height),
    });
  }

  #made(key, icon) {
    const made = element("g", { class: `plan-icon ${icon.kind}`, tabindex: 0, role: "button", "data-key": key });
    made.append(...SHAPES[icon.kind].map(([name, attributes]) => element(name, attributes)));
    const text = element("text", { class: "name", y: icon.kind === "room" ? 36 : 26, "aria-hidden": "true" });
    text.textContent = short(icon.name, icon.kind === "room" ? 24 : 16);
    made.append(text);
    this.svg.append(made);
    return made;
  }

  #spot(spot) {
    const made = element("g", { class: `plan-icon spot ${spot.kind}`, "aria-hidden": "true" });
    made.append(...SHAPES[spot.kind].map(([name, attributes]) => element(name, attributes)));
    this.svg.append(made);
    this.place(made, spot);
    return made;
  }
}
