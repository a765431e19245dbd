// What the gate says of a refinement: what refused the new model, and both models side by side, figure by figure.  In: a
// refinement that is over.  Out: elements.

import { h, put, s } from "../dom.js";
import { CHIEF, figureName, SETS, VERDICTS } from "./refine_words.js";

const [WIDE, HIGH] = [120, 14];
// An interval is drawn within so many points either way at least, so that noise does not fill the picture.
const LEAST_REACH = 0.02;

export class GateView {
  constructor(run) {
    this.run = run;
    this.all = false;
    this.places = run.measured.map((set) => ({ set, rows: h("tbody", {}), more: h("button", { type: "button", class: "link", on: { click: () => this.toggle() } }) }));
    this.element = h("section", { class: `gate ${run.state}`, "aria-label": "门禁" },
      h("h3", {}, "门禁", h("span", { class: `verdict v-${run.state}` }, run.state === "candidate" ? "通过" : "未通过")),
      run.state === "refused" ? refusal(run.reasons) : h("p", {}, "没有一项指标的下降超出误差，也没有跌破底线。"),
      this.places.map(({ set, rows, more }) => h("div", { class: "measured" },
        h("h4", {}, `${SETS[set.set] ?? set.set}（${set.documents} 份）`, h("span", { class: "quiet" }, summary(set.figures))),
        h("table", { class: "figures-changed" },
          h("thead", {}, h("tr", {}, ["指标", "处数", "原模型", "新模型", "变化", "95% 区间", "判定"].map((name) => h("th", { scope: "col" }, name)))),
          rows),
        set.figures.some((figure) => !chief(figure)) ? h("p", {}, more) : null)));
    this.#show();
  }

  /** All figures, or those that matter and those that moved. */
  toggle() {
    this.all = !this.all;
    this.#show();
  }

  #show() {
    for (const { set, rows, more } of this.places) {
      const reach = Math.max(LEAST_REACH, ...set.figures.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]));
      put(rows, set.figures.filter((figure) => this.all || chief(figure)).map((figure) => row(figure, reach)));
      put(more, this.all ? "只看主要的和有变化的" : `全部 ${set.figures.length} 项`, " ", h("kbd", {}, "A"));
    }
  }
}

const chief = (figure) => CHIEF.includes(figure.figure) || figure.verdict !== "same";

function refusal(reasons) {
  return h("div", { class: "alert refusal" },
    h("p", {}, h("strong", {}, "新模型有所变差，不予采用；当前模型不受影响。")),
    h("ul", {}, reasons.map((reason) => h("li", {}, reason))));
}

function summary(figures) {
  const many = (verdict) => figures.filter((figure) => figure.verdict === verdict).length;
  return `提高 ${many("better")} 项，降低 ${many("worse")} 项，其余 ${many("same")} 项在误差之内`;
}

function row({ figure, asked, before, after, low, high, verdict }, reach) {
  const by = after - before;
  return h("tr", { class: verdict },
    h("th", { scope: "row" }, figureName(figure)),
    h("td", {}, asked.toLocaleString("zh-CN")),
    h("td", {}, before.toFixed(3)),
    h("td", {}, after.toFixed(3)),
    h("td", { class: "by" }, signed(by)),
    h("td", {}, interval(low, by, high, reach)),
    h("td", { class: "verdict-cell" }, VERDICTS[verdict]));
}

const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;

/** Where the difference may lie, around nothing in the middle. */
function interval(low, by, high, reach) {
  const at = (value) => (WIDE / 2) * (1 + value / reach);
  return s("svg", { class: "interval", width: WIDE, height: HIGH, role: "img", "aria-label": `${signed(low)} 至 ${signed(high)}` },
    s("line", { class: "zero", x1: WIDE / 2, x2: WIDE / 2, y1: 0, y2: HIGH }),
    s("line", { class: "reach", x1: at(low), x2: at(high), y1: HIGH / 2, y2: HIGH / 2 }),
    s("circle", { cx: at(by), cy: HIGH / 2, r: 3 }));
}
