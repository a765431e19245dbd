// The panel of numbers that are no figures: set aside, by reason, and unexplained.  In: a `Report` and a `Store`.  Out: a
// list whose entries lead to the text, where all of them are marked as long as the panel is open.

import { h, put } from "./dom.js";
import { REASONS } from "./words.js";

const SHOWN = 60;
const AROUND = 14;

export class LedgerView {
  constructor(report, store) {
    this.report = report;
    this.store = store;
    const { numbers, observed } = report.answer.ledger;
    const byReason = Map.groupBy ? Map.groupBy(report.aside, (item) => item.reason) : grouped(report.aside);
    this.element = h("div", { class: "panel ledger" },
      h("p", { class: "sum" }, `全文数字 ${numbers} = 成为观测 ${observed} + 不计 ${report.aside.length} + 未说明 ${report.unexplained.length}`),
      this.#group("未说明", report.unexplained, true),
      [...byReason].sort(([, a], [, b]) => b.length - a.length).map(([reason, items]) => this.#group(`不计：${REASONS[reason] ?? reason}`, items, items.length <= 12)));
  }

  #group(name, items, open) {
    if (items.length === 0) return null;
    const list = h("ul", {});
    this.#list(list, items, SHOWN);
    return h("details", { open }, h("summary", {}, `${name}（${items.length}）`), list);
  }

  #list(list, items, most) {
    const { text } = this.report;
    put(list,
      items.slice(0, most).map((item) => h("li", {}, h("button", {
        type: "button", class: "quote", on: { click: () => this.store.change({ place: { at: item.start } }) },
      }, text.slice(Math.max(0, item.start - AROUND), item.start).replace(/^.*\n/s, ""), h("b", {}, item.text), text.slice(item.end, item.end + AROUND).replace(/\n.*$/s, "")))),
      items.length > most ? h("li", {}, h("button", { type: "button", class: "link", on: { click: () => this.#list(list, items, Infinity) } }, `再列出 ${items.length - most} 个`)) : null);
  }
}

function grouped(items) {
  const found = new Map();
  for (const item of items) found.set(item.reason, [...(found.get(item.reason) ?? []), item]);
  return found;
}
