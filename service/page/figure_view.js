// One figure in full: what it was read as, where each field came from, and the characters that prove it.  In: the figure
// that is selected.  Out: a panel under the table.

import { h, isTricky, put } from "./dom.js";
import { DOUBTFUL } from "./filters.js";
import { amount, baseText, BOUNDS, MEASURES, periodText, SOURCES, STATUSES } from "./words.js";

export class FigureView {
  /** `show(unit)`: bring a place of the text into view. */
  constructor(report, store, { show, open, copy }) {
    this.report = report;
    this.does = { show, open, copy };
    this.element = h("section", { class: "in-full", "aria-label": "选中的数字" });
    this.#draw(null);
    store.listen((state, before) => {
      const shown = state.peeked ?? state.selected;
      if (shown !== (before.peeked ?? before.selected)) this.#draw(shown);
    });
  }

  #draw(figure) {
    if (!figure) {
      put(this.element, h("p", { class: "hint" }, "选中原文或表中的一个数字，这里给出它的指标、时期、地区与依据。"));
      return;
    }
    const o = figure.observation;
    const { before, value, after } = this.report.evidenceOf(figure);
    const fields = [
      ["数值", BOUNDS[o.value.bound] + amount(o.value.low, o.value.high, o.value.unit, o.value.masked), null, ""],
      ["指标", o.indicator.name || "未明", o.indicator.spans.length > 0 ? figure.roles[0] : null, ""],
      ["时期", o.period ? periodText(o.period.edtf) : "未明", figure.roles.find(({ role }) => role === "period"), SOURCES[o.period?.source] ?? ""],
      ["地区", o.area ? o.area.name + (o.area.code ? ` ${o.area.code}` : "") : "未明", figure.roles.find(({ role }) => role === "area"), SOURCES[o.area?.source] ?? ""],
      ["类别", MEASURES[o.measure] + (o.base ? `，比${baseText(o.base)}` : "") + (o.scope ? `，在${o.scope}` : ""), null, ""],
      ["状态", STATUSES[o.status], null, ""],
      ["把握", `${Math.round(o.score * 100)}%${o.score < DOUBTFUL ? "，请核对" : ""}`, null, ""],
    ];
    put(this.element,
      h("header", {},
        h("h3", {}, `第 ${figure.number} 数 `, h("b", {}, o.value.text)),
        h("button", { type: "button", on: { click: () => this.does.open(figure) } }, "到原文"),
        h("button", { type: "button", on: { click: () => this.does.copy(figure) } }, "复制此行")),
      h("dl", {}, fields.map(([name, text, role, source]) => h("div", { class: `field ${role?.role ?? ""}` },
        h("dt", {}, name),
        h("dd", {},
          role ? h("button", { type: "button", class: "link", title: "看原文", on: { click: () => this.does.show(role.start) } }, text) : text,
          source ? h("span", { class: "source", title: "这一项从何处得知" }, source) : null)))),
      h("blockquote", {}, before, h("b", {}, value), after),
      h("p", { class: "where" }, [o.evidence.section.split("/").filter(Boolean).join(" › "), placeText(o.evidence.place)].filter(Boolean).join(" · ")),
      isTricky(before + value + after) ? h("p", { class: "hint" }, "原文含控制字符，以编号显示。") : null);
  }
}

/** Where a figure stands in its file. */
export function placeText(place) {
  if (!place) return "";
  if (place.page) return `第 ${place.page} 页`;
  return place.paragraph ? `第 ${place.paragraph} 段` : "";
}

