// Two reports side by side in figures.  In: a report on each side, read here or handed over.  Out: a table of what both
// say, what differs, and what only one has; a row shows both quotations.

import { extract } from "./api.js";
import { choose } from "./bundle_view.js";
import { compared, KINDS, yearsBetween } from "./compare.js";
import { h, nextId, plain, put, say } from "./dom.js";
import { Intake } from "./intake.js";
import { underway } from "./notice.js";
import { amount, BOUNDS, grouped, MEASURES, periodText, scaleOf, STATUSES } from "./words.js";

const SIDES = { left: "左边的报告", right: "右边的报告" };
// Rows are all in the document, so that they can be searched and copied; beyond this only on demand.
const SHOWN = 500;

export class CompareView {
  constructor(place) {
    this.reports = { left: null, right: null };
    this.sides = Object.fromEntries(Object.keys(SIDES).map((side) => [side, h("div", { class: "side" })]));
    this.result = h("div", { class: "compared" });
    put(place, h("div", { class: "wide" }, h("div", { class: "sides" }, Object.values(this.sides)), this.result));
    for (const side of Object.keys(SIDES)) this.#ask(side);
  }

  /** Put a report where there is room: on the left, else on the right. */
  take(report) {
    this.put(this.reports.left === null ? "left" : "right", report);
  }

  put(side, report) {
    this.reports[side] = report;
    const { report: about } = report.answer;
    put(this.sides[side], h("div", { class: "taken" },
      h("h2", {}, report.title),
      h("p", { class: "quiet" }, [about.area?.name, about.period ? periodText(about.period) : null, `${report.figures.length} 个数`].filter(Boolean).join(" · ")),
      h("button", { type: "button", on: { click: () => this.#ask(side) } }, "换一份")));
    this.years = yearsBetween(this.reports.left?.answer.report.period, this.reports.right?.answer.report.period);
    this.aligned = this.years !== 0;
    this.only = "";
    this.#draw();
  }

  #ask(side) {
    this.reports[side] = null;
    put(this.result);
    const read = async (origin, place, again) => {
      const found = await underway(place, "正在读取", (signal) => extract(origin, { signal }), again);
      if (found) choose(place, found, (report) => this.put(side, report));
    };
    put(this.sides[side], new Intake(read, { name: SIDES[side] }).element);
  }

  #draw() {
    const { left, right } = this.reports;
    if (!left || !right) return put(this.result);
    this.pairs = compared(left.figures, right.figures, { shift: this.aligned ? this.years : 0 });
    const counts = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, this.pairs.filter((pair) => pair.kind === kind).length]));
    const [only, shift] = [nextId("only"), nextId("shift")];
    const choice = h("select", { id: only, on: { change: (event) => { this.only = event.target.value; this.#rows(); } } },
      h("option", { value: "" }, `全部（${this.pairs.length}）`),
      Object.entries(KINDS).map(([kind, name]) => h("option", { value: kind }, `${name}（${counts[kind]}）`)));
    const told = `相同 ${counts.same}，不同 ${counts.differs}，仅左 ${counts.left}，仅右 ${counts.right}`;
    say(told);
    this.rows = h("tbody", {});
    this.more = h("p", {});
    this.quotes = h("div", { class: "quotes", "aria-live": "polite" });
    return put(this.result,
      h("p", { class: "choose" },
        h("strong", {}, told),
        h("label", { for: only }, "只看"), choice,
        this.years === 0 ? null : [
          h("input", { type: "checkbox", id: shift, checked: this.aligned, on: { change: (event) => { this.aligned = event.target.checked; this.#draw(); } } }),
          h("label", { for: shift }, `按报告年度对齐（右边晚 ${this.years} 年）`),
        ]),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "对照表" }, h("table", { class: "pairs" },
        h("thead", {}, h("tr", {}, ["结果", "指标", "地区", "时期", "类别", "左", "右", "右比左"].map((name) => h("th", { scope: "col" }, name)))),
        this.rows), this.more),
      this.quotes,
      this.#rows());
  }

  #rows(most = SHOWN) {
    const shown = this.pairs.filter((pair) => this.only === "" || pair.kind === this.only);
    put(this.rows, shown.slice(0, most).map((pair) => this.#row(pair)));
    put(this.more,
      shown.length === 0 ? h("span", { class: "empty" }, "没有这样的数字。") : null,
      shown.length > most ? h("button", { type: "button", on: { click: () => this.#rows(Infinity) } }, `再列出 ${shown.length - most} 行`) : null);
  }

  #row(pair) {
    const { left, right, kind } = pair;
    const o = (left ?? right).observation;
    const show = () => this.#quote(pair, row);
    const periods = [...new Set([left, right].filter(Boolean).map((figure) => (figure.observation.period ? periodText(figure.observation.period.edtf) : "—")))];
    const row = h("tr", { class: kind, on: { click: show } },
      h("td", {}, h("span", { class: `kind ${kind}` }, KINDS[kind])),
      h("th", { scope: "row" }, h("button", { type: "button", class: "link" }, o.indicator.name || "（未明）")),
      h("td", {}, o.area?.name ?? "—"),
      h("td", {}, periods.join(" / ")),
      h("td", {}, MEASURES[o.measure]),
      h("td", { class: "number" }, left ? valueText(left) : ""),
      h("td", { class: "number" }, right ? valueText(right) : ""),
      h("td", { class: "number" }, kind === "differs" ? changeText(pair) : ""));
    return row;
  }

  #quote({ left, right }, row) {
    for (const each of this.rows.querySelectorAll(".selected")) each.classList.remove("selected");
    row.classList.add("selected");
    put(this.quotes, Object.entries({ left, right }).map(([side, figure]) => {
      if (!figure) return h("blockquote", { class: "quiet" }, `${SIDES[side]}没有这个数。`);
      const { before, value, after } = this.reports[side].evidenceOf(figure, 220);
      return h("blockquote", {}, before, h("b", {}, value), after, h("footer", { class: "quiet" }, plain(figure.observation.evidence.section)));
    }));
  }
}

function valueText({ observation: { value, status } }) {
  const text = BOUNDS[value.bound] + amount(value.low, value.high, value.unit, value.masked);
  return status === "actual" ? text : `${text}（${STATUSES[status]}）`;
}

/** `+2.30 亿元（+12%）`; for percentages in points. */
function changeText({ left, change }) {
  if (change === null || change === 0) return "";
  const { unit, low } = left.observation.value;
  const { factor, unit: name } = scaleOf(change, unit);
  const sign = change > 0 ? "+" : "−";
  const by = `${sign}${grouped(Math.abs(change) / factor)} ${unit === "%" ? "个百分点" : name}`.trim();
  const share = low ? Math.round((change / Math.abs(low)) * 1000) / 10 : 0;
  return unit === "%" || unit === "个百分点" || unit === "名次" || !share ? by : `${by}（${share > 0 ? "+" : "−"}${Math.abs(share)}%）`;
}
