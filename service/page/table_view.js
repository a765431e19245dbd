// The figures as a table: a row each, in the order asked for, only those rows in the document that are in sight.  In: a
// `Report` and a `Store`.  Out: an element that follows what is chosen and tells what is chosen in it.

import { h, oncePerFrame, plain, put } from "./dom.js";
import { chosen, DOUBTFUL } from "./filters.js";
import { REST_MILLISECONDS } from "./text_view.js";
import { amount, BOUNDS, MEASURES, periodText, STATUSES } from "./words.js";

export const ROW_PIXELS = 30;
const SPARE_ROWS = 12;

const COLUMNS = [
  ["number", "序号", (figure) => String(figure.number)],
  ["indicator", "指标", (figure) => figure.observation.indicator.name || "（未明）"],
  ["text", "原文", (figure) => figure.observation.value.text],
  ["value", "数值", ({ observation: { value } }) => BOUNDS[value.bound] + amount(value.low, value.high, value.unit, value.masked)],
  ["period", "时期", ({ observation: { period } }) => (period ? periodText(period.edtf) : "—")],
  ["area", "地区", ({ observation: { area } }) => area?.name ?? "—"],
  ["measure", "类别", ({ observation: { measure } }) => MEASURES[measure]],
  ["status", "状态", ({ observation: { status } }) => STATUSES[status]],
];

/** The header of a row that is copied, and the row itself: what stands in a sheet, parted by tabs. */
export const COPIED_HEADER = [...COLUMNS.map(([, name]) => name), "依据"].join("\t");
export function copiedRow(report, figure) {
  const { before, value, after } = report.evidenceOf(figure, 400);
  return [...COLUMNS.map(([, , text]) => text(figure)), before + value + after].map((cell) => plain(cell).replace(/\s+/g, " ").trim()).join("\t");
}

export class TableView {
  /** `open(figure)`: go to it in the text; `copy(figure)`: put its row on the clipboard. */
  constructor(report, store, { open, copy }) {
    this.report = report;
    this.store = store;
    this.open = open;
    this.copy = copy;
    this.rows = report.figures;
    this.head = h("tr", { "aria-rowindex": "1" }, COLUMNS.map((column) => this.#header(column)));
    this.body = h("tbody", {});
    this.table = h("table", {
      role: "grid",
      class: "figures",
      tabindex: "0",
      "aria-label": "数字表：上下键选择，回车回到原文，C 键复制",
      "aria-colcount": String(COLUMNS.length),
    }, h("thead", {}, this.head), this.body);
    this.element = h("div", { class: "rows" }, this.table);
    this.empty = h("p", { class: "empty", hidden: true }, "没有符合筛选条件的数字。");
    this.element.append(this.empty);
    this.element.addEventListener("scroll", oncePerFrame(() => this.#draw()), { passive: true });
    new ResizeObserver(oncePerFrame(() => this.#draw())).observe(this.element);
    this.#hear();
    this.#choose();
    store.listen((state, before) => {
      if (state.asked !== before.asked || state.order !== before.order) this.#choose();
      const at = state.peeked ?? state.selected;
      if (at !== (before.peeked ?? before.selected)) {
        if (at && state.from !== "table") this.#bring(at);
        this.#draw();
      }
    });
  }

  #header([by, name]) {
    const button = h("button", {
      type: "button",
      tabindex: "-1",
      title: `按${name}排序`,
      on: { click: () => this.#sort(by) },
    }, name);
    return h("th", { scope: "col", role: "columnheader", class: by, data: { by } }, button);
  }

  #sort(by) {
    const { order } = this.store.state;
    this.store.change({ order: { by, down: order.by === by && !order.down } });
  }

  #choose() {
    const { asked, order, selected } = this.store.state;
    this.rows = chosen(this.report.figures, asked, order);
    this.places = new Map(this.rows.map((figure, place) => [figure, place]));
    for (const cell of this.head.children) {
      const sorted = cell.dataset.by === order.by;
      if (sorted) cell.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
    this.table.setAttribute("aria-rowcount", String(this.rows.length + 1));
    this.empty.hidden = this.rows.length > 0;
    if (selected && this.places.has(selected)) this.#bring(selected);
    else this.element.scrollTop = 0;
    this.#draw(true);
  }

  #bring(figure) {
    const place = this.places.get(figure);
    if (place === undefined) return;
    const head = this.head.offsetHeight;
    const [top, seen] = [place * ROW_PIXELS, this.element.clientHeight - head];
    if (top < this.element.scrollTop || top + ROW_PIXELS > this.element.scrollTop + seen) {
      this.#reserve();
      this.element.scrollTop = top - seen / 2 + ROW_PIXELS;
    }
  }

  /** Make the body as high as all rows are, before anything scrolls to one of them. */
  #reserve() {
    if (this.body.children.length === 0) put(this.body, spacer(this.rows.length));
  }

  #draw() {
    const { selected, peeked } = this.store.state;
    const from = Math.max(0, Math.floor(this.element.scrollTop / ROW_PIXELS) - SPARE_ROWS);
    const count = Math.ceil((this.element.clientHeight || 600) / ROW_PIXELS) + 2 * SPARE_ROWS;
    const shown = this.rows.slice(from, from + count);
    put(
      this.body,
      spacer(from),
      shown.map((figure, offset) => this.#row(figure, from + offset, figure === selected, figure === peeked)),
      spacer(this.rows.length - from - shown.length),
    );
    if (selected && this.places.has(selected)) this.table.setAttribute("aria-activedescendant", rowId(selected));
    else this.table.removeAttribute("aria-activedescendant");
  }

  #row(figure, place, selected, peeked) {
    const o = figure.observation;
    const cells = COLUMNS.map(([name, , text], column) => {
      const said = text(figure);
      const cell = h("td", { class: name, role: "gridcell", "aria-colindex": String(column + 1), title: said.length > 8 ? plain(said) : null });
      if (name === "measure") cell.append(h("span", { class: `chip ${o.measure}` }, said));
      else if (name === "status") cell.append(h("span", { class: `state ${o.status}` }, said));
      else cell.append(plain(said));
      if (name === "number" && figure.findings.length > 0) cell.append(h("span", { class: "dot", title: "有核对结果" }, "!"));
      else if (name === "number" && o.score < DOUBTFUL) cell.append(h("span", { class: "dot doubt", title: "把握不大" }, "?"));
      return cell;
    });
    return h("tr", {
      id: rowId(figure),
      role: "row",
      class: [selected ? "selected" : "", peeked ? "peeked" : ""].filter(Boolean).join(" ") || null,
      "aria-rowindex": String(place + 2),
      "aria-selected": String(selected),
      data: { figure: String(figure.index) },
    }, cells);
  }

  #figureAt(target) {
    const row = target.closest?.("tr[data-figure]");
    return row ? this.report.figures[Number(row.dataset.figure)] : null;
  }

  #hear() {
    this.table.addEventListener("click", (event) => {
      const figure = this.#figureAt(event.target);
      if (figure) this.store.select(figure, "table");
    });
    let resting = 0;
    this.table.addEventListener("pointerover", (event) => {
      clearTimeout(resting);
      const figure = this.#figureAt(event.target);
      if (figure === this.store.state.peeked) return;
      resting = setTimeout(() => this.store.change({ peeked: figure, from: "table" }), REST_MILLISECONDS);
    });
    this.table.addEventListener("pointerleave", () => {
      clearTimeout(resting);
      this.store.change({ peeked: null });
    });
    this.table.addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.rows.length === 0) return;
    const { selected } = this.store.state;
    const at = this.places.get(selected) ?? -1;
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW_PIXELS) - 2);
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: Infinity };
    if (event.key in steps) {
      const next = this.rows[Math.min(this.rows.length - 1, Math.max(0, steps[event.key]))];
      this.store.select(next, "table");
      this.#bring(next);
      this.#draw();
    } else if (event.key === "Enter" && selected) {
      this.open(selected);
    } else if (event.key.toLowerCase() === "c" && selected) {
      this.copy(selected);
    } else {
      return;
    }
    event.preventDefault();
  }
}

const rowId = (figure) => `row-${figure.index}`;

/** What stands for `rows` that are out of sight. */
function spacer(rows) {
  const cell = h("td", { colspan: String(COLUMNS.length) });
  const row = h("tr", { class: "spacer", "aria-hidden": "true" }, cell);
  row.style.height = `${Math.max(0, rows) * ROW_PIXELS}px`;
  return row;
}
