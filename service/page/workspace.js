// A report that has been read: its text on the left; its figures, charts, findings and ledger on the right.  In: a
// `Report`.  Out: an element, and what can be done with the whole report.

import { keep } from "./api.js";
import { ChartsView } from "./charts_view.js";
import { h, nextId, plain, put, say } from "./dom.js";
import { download, menu } from "./download.js";
import { FigureView } from "./figure_view.js";
import { FilterView } from "./filter_view.js";
import { FindingsView } from "./findings_view.js";
import { LedgerView } from "./ledger_view.js";
import { underway } from "./notice.js";
import { Store } from "./store.js";
import { COPIED_HEADER, copiedRow, TableView } from "./table_view.js";
import { TextView } from "./text_view.js";
import { MEASURES, periodText, SEVERITIES, STATUSES } from "./words.js";

export class Workspace {
  constructor(report) {
    this.report = report;
    this.store = new Store();
    this.text = new TextView(report, this.store);
    const open = (figure) => this.text.focus(figure);
    const copy = (figure) => this.#copy(figure);
    const show = (at) => this.text.show(at);
    this.table = new TableView(report, this.store, { open, copy });
    this.charts = new ChartsView(report, this.store);
    this.filters = new FilterView(report, this.store);
    this.status = h("div", { class: "under-way" });
    this.figures = h("div", { class: "panel tabled" }, this.filters.element, this.table.element);
    this.tabs = this.#tabs([
      ["figures", `数字 ${report.figures.length}`, this.figures],
      ["charts", `图表 ${this.charts.count}`, this.charts.element],
      ["findings", `核对 ${report.findings.length}`, new FindingsView(report, this.store).element],
      ["ledger", `不计 ${report.aside.length}${report.unexplained.length > 0 ? ` · 未说明 ${report.unexplained.length}` : ""}`, new LedgerView(report, this.store).element],
    ]);
    this.outline = this.#outline();
    this.element = h("div", { class: "workspace" },
      this.#head(),
      this.status,
      h("div", { class: "panes" },
        h("section", { class: "pane reading", "aria-label": "原文" }, this.#tools(), this.outline, this.text.element),
        h("section", { class: "pane reckoning", "aria-label": "读出的数字" }, this.tabs, new FigureView(report, this.store, { show, open, copy }).element)));
    this.store.listen((state, before) => {
      if (state.selected !== before.selected && state.selected) this.#tell(state.selected);
      if (state.tab !== before.tab) this.#open(state.tab);
    });
    this.#open("figures");
  }

  /** What the header of the page offers for this report. */
  actions() {
    return [
      menu((format, name) => this.#download(format, name)),
      h("button", { type: "button", on: { click: () => this.#keep() } }, "存入档案"),
      h("button", { type: "button", on: { click: () => print() } }, "打印"),
    ];
  }

  #head() {
    const { report } = this.report.answer;
    const facts = [
      report.issuer?.text,
      report.area?.name,
      report.period ? periodText(report.period) : null,
      report.published ? `${periodText(report.published)}发布` : null,
    ].filter(Boolean);
    const severities = ["error", "warning"].map((severity) => [severity, this.report.findings.filter((finding) => finding.severity === severity).length]);
    return h("header", { class: "head" },
      h("h2", {}, this.report.title),
      h("p", { class: "facts" }, facts.join(" · ")),
      h("p", { class: "facts counts" },
        `${this.report.figures.length} 个数`,
        severities.map(([severity, count]) => (count > 0 ? h("span", { class: `severity ${severity}` }, `${SEVERITIES[severity]} ${count}`) : null))));
  }

  #tools() {
    const legend = h("p", { class: "legend", "aria-label": "图例" },
      Object.entries(MEASURES).map(([measure, name]) => h("span", { class: `chip ${measure}` }, name)),
      Object.entries(STATUSES).map(([status, name]) => h("span", { class: `line-of ${status}` }, name)));
    const show = (shown) => {
      this.outline.hidden = !shown;
      button.setAttribute("aria-expanded", String(shown));
    };
    const button = h("button", { type: "button", "aria-expanded": "false", on: { click: () => show(this.outline.hidden) } }, "目录");
    this.outline.addEventListener("click", (event) => event.target.closest("button") && show(false));
    this.outline.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      show(false);
      button.focus();
    });
    button.disabled = this.report.sections.length === 0;
    return h("div", { class: "tools" }, button, legend);
  }

  #outline() {
    const least = Math.min(...this.report.sections.map((section) => section.level));
    return h("nav", { class: "outline", "aria-label": "目录", hidden: true }, h("ol", {}, this.report.sections.map((section) => h("li", { class: `level-${Math.min(4, section.level - least)}` },
      h("button", { type: "button", class: "link", on: { click: () => this.store.change({ place: { at: section.start } }) } }, section.heading)))));
  }

  #tabs(list) {
    this.panels = new Map();
    const buttons = list.map(([name, text, panel]) => {
      const [tab, id] = [nextId("tab"), nextId("panel")];
      Object.assign(panel, { id });
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab);
      const button = h("button", {
        type: "button", role: "tab", id: tab, "aria-controls": id, data: { tab: name },
        on: { click: () => this.store.change({ tab: name }), keydown: (event) => this.#turn(event) },
      }, text);
      this.panels.set(name, { button, panel });
      return button;
    });
    return h("div", { class: "tabs" }, h("div", { role: "tablist", "aria-label": "读出的内容" }, buttons), list.map(([, , panel]) => panel));
  }

  #turn(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = [...this.panels.keys()];
    const next = names[(names.indexOf(this.store.state.tab) + step + names.length) % names.length];
    this.store.change({ tab: next });
    this.panels.get(next).button.focus();
    event.preventDefault();
  }

  #open(name) {
    for (const [each, { button, panel }] of this.panels) {
      panel.hidden = each !== name;
      button.setAttribute("aria-selected", String(each === name));
      button.tabIndex = each === name ? 0 : -1;
    }
  }

  #tell(figure) {
    const o = figure.observation;
    const fields = [o.indicator.name || "指标未明", o.area?.name, o.period ? periodText(o.period.edtf) : null, MEASURES[o.measure], STATUSES[o.status]];
    say(`第 ${figure.number} 数，${o.value.text}，${fields.filter(Boolean).join("，")}`);
  }

  async #copy(figure) {
    const text = `${COPIED_HEADER}\n${copiedRow(this.report, figure)}`;
    try {
      await navigator.clipboard.writeText(text);
      say(`已复制第 ${figure.number} 数`);
      put(this.status, h("p", { class: "done" }, `已复制第 ${figure.number} 数，可粘贴到表格中。`));
    } catch {
      put(this.status, h("p", { class: "done" }, "浏览器不允许写剪贴板，请手工复制："), h("textarea", { class: "by-hand", readonly: true, rows: "2" }, text));
    }
  }

  async #download(format, name) {
    const done = await underway(this.status, `正在生成 ${name}`, async (signal) => {
      await download(this.report, format, { signal });
      return true;
    }, () => this.#download(format, name));
    if (done) put(this.status, h("p", { class: "done" }, `已下载 ${name}。`));
  }

  async #keep() {
    const done = await underway(this.status, "正在存入档案", (signal) => keep(this.report.origin, { signal }), () => this.#keep());
    if (done) put(this.status, h("p", { class: "done" }, done.added ? `已存入档案：${plain(done.title ?? this.report.title)}。` : "档案中已有这份报告。"));
  }
}
