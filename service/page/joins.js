// Lines from a figure to the words that say what it is, drawn over the text.  In: the figure's element and those of
// its indicator, period and area.  Out: curves and small names.  What is too far away is left out: its words are
// coloured all the same, and stand in the panel beside the text.

import { oncePerFrame, s } from "./dom.js";
import { ROLES } from "./words.js";

const FAR_PIXELS = 900;

export class Joins {
  constructor(page, pane) {
    this.page = page;
    this.layer = s("svg", { class: "joins", "aria-hidden": "true" });
    page.append(this.layer);
    this.drawn = null;
    const again = oncePerFrame(() => this.drawn && this.#place(this.drawn[0]) !== this.at && this.#draw(...this.drawn));
    new ResizeObserver(again).observe(page);
    pane.addEventListener("scroll", again, { passive: true });
  }

  /** `others`: figures beside it, `{mark, roles}` each, whose lines are drawn thin and without names. */
  draw(mark, roles, others = []) {
    this.drawn = mark ? [mark, roles, others] : null;
    this.layer.replaceChildren();
    if (mark) this.#draw(mark, roles, others);
  }

  #draw(mark, roles, others) {
    this.at = this.#place(mark);
    const page = this.page.getBoundingClientRect();
    const thin = others.flatMap((other) => this.#lines(page, other.mark, other.roles, true));
    this.layer.replaceChildren(...thin, ...this.#lines(page, mark, roles, false));
  }

  /** Where a figure stands on the page: while it stays there, so do its lines. */
  #place(mark) {
    const [page, box] = [this.page.getBoundingClientRect(), mark.getBoundingClientRect()];
    return `${box.left - page.left} ${box.top - page.top} ${page.width}`;
  }

  #lines(page, mark, roles, thin) {
    const [to] = mark.getClientRects();
    if (!to) return [];
    const parts = [];
    const named = new Set();
    for (const { role, elements } of roles) {
      for (const element of elements.slice(0, 1)) {
        const [from] = element.getClientRects();
        if (!from || mark.contains(element) || Math.abs(from.top - to.top) > FAR_PIXELS) continue;
        const [x, y] = [from.left + from.width / 2 - page.left, from.top - page.top];
        const [a, b] = [to.left + to.width / 2 - page.left, to.top - page.top];
        const rise = Math.min(y, b) - 12 - Math.min(10, Math.abs(a - x) / 60);
        parts.push(s("path", { class: `join ${role}${thin ? " thin" : ""}`, d: `M${x} ${y}C${x} ${rise} ${a} ${rise} ${a} ${b}` }));
        if (thin || named.has(role)) continue;
        named.add(role);
        parts.push(
          s("rect", { class: `name ${role}`, x: x - 13, y: y - 11, width: 26, height: 13, rx: 2 }),
          s("text", { class: "name", x, y: y - 1.5, "text-anchor": "middle" }, ROLES[role]),
        );
      }
    }
    return parts;
  }
}
