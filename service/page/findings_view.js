// The panel of findings: what does not agree in the report, with its arithmetic, and what follows from its figures.  In:
// a `Report` and a `Store`.  Out: a list whose entries lead to the text.

import { h, put } from "./dom.js";
import { MEASURES, periodText, reckoned, SEVERITIES } from "./words.js";

const ORDER = ["error", "warning", "note"];
const SHOWN = 6;

export class FindingsView {
  constructor(report, store) {
    this.report = report;
    this.store = store;
    this.entries = new Map();
    const ordered = [...report.findings].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || a.index - b.index);
    const list = ordered.length > 0
      ? h("ol", { class: "findings" }, ordered.map((finding) => this.#entry(finding)))
      : h("p", { class: "empty" }, "核对没有发现问题。");
    this.element = h("div", { class: "panel" }, list, this.#derived());
    store.listen((state, before) => {
      if (state.finding === before.finding) return;
      this.entries.get(before.finding)?.removeAttribute("aria-current");
      const entry = this.entries.get(state.finding);
      entry?.setAttribute("aria-current", "true");
      entry?.scrollIntoView({ block: "nearest" });
    });
  }

  #entry(finding) {
    const places = finding.figures.length > 0 ? finding.figures : finding.spans;
    const links = h("div", { class: "places" });
    this.#links(links, finding, places, SHOWN);
    const entry = h("li", { class: `finding-entry ${finding.severity}` },
      h("p", {}, h("span", { class: `severity ${finding.severity}` }, SEVERITIES[finding.severity]), finding.message),
      finding.rule ? h("p", { class: "rule" }, finding.rule) : null,
      links);
    this.entries.set(finding, entry);
    return entry;
  }

  #links(element, finding, places, most) {
    const go = (place) => {
      this.store.change({ finding, from: "findings" });
      if (place.observation) this.store.select(place, "findings");
      else this.store.change({ place: { at: place.start } });
    };
    put(element,
      places.slice(0, most).map((place) => {
        const text = place.observation ? `${place.observation.value.text}` : place.text;
        const name = place.observation ? `${place.number}. ${text}` : text;
        return h("button", { type: "button", class: "link", title: "到原文", on: { click: () => go(place) } }, name.length > 28 ? `${name.slice(0, 27)}…` : name);
      }),
      places.length > most
        ? h("button", { type: "button", class: "link more", on: { click: () => this.#links(element, finding, places, Infinity) } }, `全部 ${places.length} 处`)
        : null);
  }

  #derived() {
    const { derived } = this.report;
    if (derived.length === 0) return null;
    return h("section", { class: "derived" },
      h("h3", {}, "推算值", h("span", { class: "quiet" }, "原文没有写出，由文中数字推得；区间来自四舍五入")),
      h("ol", {}, derived.map((item) => h("li", {},
        h("p", {}, h("strong", {}, `${item.indicator.name} `), `${item.area?.name ?? ""} ${periodText(item.period)} ${MEASURES[item.measure]} `,
          h("span", { class: "amount" }, reckoned(item.low, item.high, item.unit))),
        h("p", { class: "rule" }, item.rule),
        h("div", { class: "places" }, item.figures.map((figure) => h("button", {
          type: "button", class: "link", on: { click: () => this.store.select(figure, "findings") },
        }, `${figure.number}. ${figure.observation.value.text}`)))))));
  }
}
