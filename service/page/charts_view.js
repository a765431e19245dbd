// The panel of charts: a list of what can be drawn, one drawing, and the table behind it.  In: a `Report` and a `Store`.

import { viewsOf } from "./chart_data.js";
import { drawing, summary, tableOf } from "./charts.js";
import { h, nextId, put } from "./dom.js";

const KINDS = { targets: "目标与实绩", series: "历年变化", areas: "地区比较" };

export class ChartsView {
  constructor(report, store) {
    this.store = store;
    this.views = viewsOf(report.figures);
    this.element = h("div", { class: "charts panel" });
    if (this.views.length === 0) {
      put(this.element, h("p", { class: "empty" }, "这份报告中没有可以成图的数字：同一指标须有两个以上的地区、时期，或同时有目标与实绩。"));
      return;
    }
    const id = nextId("views");
    this.choice = h("select", { id, on: { change: () => this.#draw() } }, this.#groups());
    this.place = h("figure", {});
    put(this.element, h("p", { class: "choose" }, h("label", { for: id }, "图表"), this.choice, h("span", { class: "quiet" }, `共 ${this.views.length} 幅`)), this.place);
    this.#draw();
  }

  get count() {
    return this.views.length;
  }

  #groups() {
    return Object.entries(KINDS).map(([kind, name]) => {
      const found = this.views.map((view, number) => [view, number]).filter(([view]) => view.kind === kind);
      return found.length === 0 ? null : h("optgroup", { label: `${name}（${found.length}）` },
        found.map(([view, number]) => h("option", { value: String(number) }, view.note ? `${view.title}（${view.note}）` : view.title)));
    });
  }

  #draw() {
    const view = this.views[Number(this.choice.value)];
    const pick = (figure) => this.store.select(figure, "chart");
    put(this.place,
      h("figcaption", {}, h("strong", {}, view.title), view.note ? h("span", { class: "quiet" }, view.note) : null),
      drawing(view, pick),
      h("p", { class: "told" }, summary(view), view.kind === "series" ? h("span", { class: "quiet" }, "纵轴不从零起。") : null),
      h("details", {}, h("summary", {}, "图中数据"), tableOf(view, pick)));
  }
}
