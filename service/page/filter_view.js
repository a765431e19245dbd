// What is asked of the table: words, choices with their counts, and how many figures are left.  In: a `Report` and a
// `Store`.  Out: a row of fields.

import { h, nextId, put, say } from "./dom.js";
import { CHOICES, chosen, counted, NONE, NOTHING } from "./filters.js";
import { MEASURES, periodText, STATUSES } from "./words.js";

const NAMES = { indicator: "指标", area: "地区", period: "时期", status: "状态", measure: "类别" };
const TEXTS = {
  period: periodText,
  status: (value) => STATUSES[value],
  measure: (value) => MEASURES[value],
};
// More choices than this are not looked through one by one: words find them sooner.
const MOST_CHOICES = 400;
const TYPING_MILLISECONDS = 150;

export class FilterView {
  constructor(report, store) {
    this.report = report;
    this.store = store;
    this.words = h("input", { type: "search", placeholder: "筛选：指标、地区、原文…", "aria-label": "按文字筛选", on: { input: () => this.#typed() } });
    this.choices = Object.fromEntries(CHOICES.map((field) => [field, h("select", {
      id: nextId(field),
      class: field,
      "aria-label": `按${NAMES[field]}筛选`,
      on: { change: (event) => store.ask({ [field]: event.target.value }) },
    })]));
    this.only = h("select", { "aria-label": "只看", on: { change: (event) => store.ask({ only: event.target.value }) } },
      h("option", { value: "" }, "全部"), h("option", { value: "found" }, "有核对结果"), h("option", { value: "doubtful" }, "把握不大"));
    this.left = h("output", { class: "remaining" });
    this.clear = h("button", { type: "button", on: { click: () => this.#reset() } }, "清除");
    this.element = h("form", { class: "filters", role: "search", "aria-label": "筛选数字", on: { submit: (event) => event.preventDefault() } },
      this.words, CHOICES.map((field) => this.choices[field]), this.only, h("span", { class: "state-of-filter" }, this.left, this.clear));
    this.#draw();
    store.listen((state, before) => {
      if (state.asked !== before.asked) this.#draw();
    });
  }

  #typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.store.ask({ text: this.words.value }), TYPING_MILLISECONDS);
  }

  #reset() {
    clearTimeout(this.typing);
    this.words.value = "";
    this.store.change({ asked: NOTHING });
  }

  #draw() {
    const { asked } = this.store.state;
    const { figures } = this.report;
    for (const field of CHOICES) this.#options(field, counted(figures, asked, field), asked[field]);
    if (this.only.value !== asked.only) this.only.value = asked.only;
    const count = chosen(figures, asked).length;
    put(this.left, count === figures.length ? `${count} 个数` : `${count} / ${figures.length}`);
    this.clear.hidden = asked === NOTHING || Object.values(asked).every((value) => value === "");
    if (!this.clear.hidden) say(`筛选后 ${count} 个数`);
  }

  #options(field, counts, value) {
    const name = (choice) => (choice === NONE ? "（无）" : (TEXTS[field]?.(choice) ?? choice));
    const shown = counts.slice(0, MOST_CHOICES);
    if (value !== "" && !shown.some(([choice]) => choice === value)) shown.push([value, 0]);
    put(this.choices[field],
      h("option", { value: "" }, NAMES[field]),
      shown.map(([choice, count]) => h("option", { value: choice }, `${name(choice)}（${count}）`)));
    this.choices[field].value = value;
    this.choices[field].classList.toggle("set", value !== "");
  }
}
