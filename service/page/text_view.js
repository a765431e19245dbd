// The report as it is read: its lines with every figure marked, its tables as tables, its headings as headings.  In: a
// `Report` and a `Store`.  Out: an element that follows what is chosen and tells what is chosen in it.

import { h, plain } from "./dom.js";
import { fitting } from "./filters.js";
import { Joins } from "./joins.js";
import { byLine, piecesOf } from "./pieces.js";
import { characters, Sheet } from "./sheet.js";
import { MEASURES, SEVERITIES, STATUSES } from "./words.js";

// How long the pointer rests on a figure before the other pane follows.
export const REST_MILLISECONDS = 180;

export class TextView extends Sheet {
  constructor(report, store) {
    super(report);
    this.report = report;
    this.store = store;
    this.marks = new Map(); // figure -> its elements
    this.spans = byLine(report.lines, (at) => report.lineAt(at), [...spansOf(report), ...this.headingWords()]);
    this.flags = this.#flags();
    this.joins = new Joins(this.page, this.element);
    this.#follow();
    this.#hear();
    this.begin();
  }

  /** Put the focus on a figure. */
  focus(figure) {
    this.show(figure.start);
    this.#rove(figure);
    this.marks.get(figure)?.[0].focus({ preventScroll: true });
  }

  #flags() {
    const flags = new Map();
    for (const finding of this.report.findings) {
      const spans = finding.spans.length > 0 ? finding.spans : finding.figures;
      if (finding.severity === "note" && spans.length > 3) continue;
      for (const line of new Set(spans.map((span) => this.report.lineAt(span.start)))) {
        if (!flags.has(line)) flags.set(line, []);
        flags.get(line).push(finding);
      }
    }
    return flags;
  }

  isFigure(start, end) {
    const figures = this.report.figures;
    let [low, high] = [0, figures.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (figures[middle].start < start) low = middle + 1;
      else high = middle;
    }
    return low < figures.length && figures[low].start < end;
  }

  content(element, range, number) {
    const text = this.report.text;
    const kept = this.pieces.get(number) ?? [];
    let mark = null;
    for (const { start, end, under } of piecesOf(range, this.spans[number] ?? [])) {
      const figure = under.find((span) => span.figure)?.figure ?? null;
      if (figure !== (mark?.figure ?? null)) {
        mark = figure ? { figure, element: this.#mark(figure) } : null;
        if (mark) element.append(mark.element);
      }
      const parent = mark?.element ?? element;
      const found = characters(text.slice(start, end));
      if (under.length === 0) {
        parent.append(...found);
        continue;
      }
      const classes = new Set(under.map((span) => span.name).filter(Boolean));
      const piece = h("span", { class: [...classes].join(" ") || null }, found);
      for (const span of under) if (span.reason) piece.title = span.reason;
      parent.append(piece);
      kept.push({ start, end, element: piece });
    }
    this.pieces.set(number, kept);
  }

  #mark(figure) {
    const o = figure.observation;
    const element = h("mark", {
      class: `figure ${o.measure} ${o.status}${figure.findings.length > 0 ? " found" : ""}`,
      role: "button",
      tabindex: this.roving === undefined && figure.index === 0 ? "0" : "-1",
      "aria-pressed": String(this.store.state.selected === figure),
      title: `${figure.number}. ${plain(o.indicator.name || "指标未明")} · ${MEASURES[o.measure]} · ${STATUSES[o.status]}`,
      data: { figure: String(figure.index), number: String(figure.number) },
    });
    element.classList.toggle("off", this.fits !== undefined && !this.fits(figure));
    this.marks.set(figure, [...(this.marks.get(figure) ?? []), element]);
    return element;
  }

  adorn(element, number) {
    const findings = this.flags.get(number);
    if (!findings) return;
    const worst = ["error", "warning", "note"].find((severity) => findings.some((finding) => finding.severity === severity));
    const button = h("button", {
      type: "button",
      class: `flag ${worst}`,
      "aria-label": `${SEVERITIES[worst]}：${plain(findings[0].message)}`,
      title: findings.map((finding) => plain(finding.message)).join("\n"),
      on: { click: () => this.store.change({ tab: "findings", finding: findings[0] }) },
    }, findings.length > 1 ? String(findings.length) : "!");
    element.append(button);
    element.classList.add("flagged");
  }

  #figureAt(target) {
    const mark = target.closest?.("mark.figure");
    return mark ? this.report.figures[Number(mark.dataset.figure)] : null;
  }

  #hear() {
    const { figures } = this.report;
    this.element.addEventListener("click", (event) => {
      const figure = this.#figureAt(event.target);
      if (figure && getSelection().isCollapsed) this.#choose(figure);
    });
    let resting = 0;
    this.element.addEventListener("pointerover", (event) => {
      clearTimeout(resting);
      const figure = this.#figureAt(event.target);
      if (figure === this.store.state.peeked || event.buttons !== 0) return;
      resting = setTimeout(() => this.store.change({ peeked: figure, from: "text" }), REST_MILLISECONDS);
    });
    this.element.addEventListener("pointerleave", () => {
      clearTimeout(resting);
      this.store.change({ peeked: null });
    });
    this.element.addEventListener("keydown", (event) => {
      const at = this.#figureAt(event.target);
      if (!at || event.ctrlKey || event.metaKey || event.altKey) return;
      const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
      if (event.key in steps) {
        const next = Math.min(figures.length - 1, Math.max(0, at.index + steps[event.key]));
        this.#choose(figures[next]);
        this.focus(figures[next]);
      } else if (event.key === "Enter" || event.key === " ") {
        this.#choose(at);
      } else {
        return;
      }
      event.preventDefault();
    });
  }

  #choose(figure) {
    this.#rove(figure);
    this.store.select(figure, "text");
  }

  /** The one figure that the tab key stops at. */
  #rove(figure) {
    for (const mark of this.marks.get(this.roving ?? this.report.figures[0]) ?? []) mark.tabIndex = -1;
    this.roving = figure;
    const [first] = this.marks.get(figure) ?? [];
    if (first) first.tabIndex = 0;
  }

  #follow() {
    this.store.listen((state, before) => {
      if (state.selected !== before.selected || state.peeked !== before.peeked) this.#light(state, before);
      if (state.asked !== before.asked) {
        this.fits = fitting(state.asked);
        for (const [figure, marks] of this.marks) for (const mark of marks) mark.classList.toggle("off", !this.fits(figure));
      }
      if (state.finding && state.finding !== before.finding && state.from !== "text") {
        const [first] = [...state.finding.spans, ...state.finding.figures];
        if (first) this.show(first.start);
      }
      if (state.place && state.place !== before.place) this.flash(this.show(state.place.at));
      this.element.classList.toggle("with-ledger", state.tab === "ledger");
    });
  }

  #light(state, before) {
    for (const figure of [before.selected, before.peeked]) {
      for (const mark of this.marks.get(figure) ?? []) {
        mark.classList.remove("selected", "peeked");
        mark.setAttribute("aria-pressed", "false");
      }
    }
    for (const piece of this.lit ?? []) piece.classList.remove("role", "role-indicator", "role-period", "role-area");
    this.lit = [];
    const shown = state.peeked ?? state.selected;
    if (shown && state.from !== "text") this.show(shown.start);
    if (state.selected) this.#rove(state.selected);
    for (const mark of this.marks.get(state.selected) ?? []) {
      mark.classList.add("selected");
      mark.setAttribute("aria-pressed", "true");
    }
    if (state.peeked) for (const mark of this.marks.get(state.peeked) ?? []) mark.classList.add("peeked");
    this.joins.draw(shown ? this.marks.get(shown)?.[0] : null, shown ? this.#roles(shown) : []);
  }

  #roles(figure) {
    return figure.roles.map(({ role, start, end }) => {
      const elements = this.elementsOf(start, end);
      for (const element of elements) element.classList.add("role", `role-${role}`);
      this.lit.push(...elements);
      return { role, elements };
    });
  }
}

/** Everything that may be shown on the text. */
function spansOf(report) {
  const spans = report.figures.map((figure) => ({ start: figure.start, end: figure.end, figure }));
  const roles = new Map();
  for (const figure of report.figures) for (const role of figure.roles) roles.set(`${role.start} ${role.end}`, role);
  for (const { start, end } of roles.values()) spans.push({ start, end, name: "" });
  for (const finding of report.findings) {
    if (finding.severity === "note") continue;
    for (const { start, end } of finding.spans) spans.push({ start, end, name: `finding ${finding.severity}` });
  }
  for (const { start, end } of report.aside) spans.push({ start, end, name: "aside" });
  for (const { start, end } of report.unexplained) spans.push({ start, end, name: "unexplained", reason: "未说明的数字" });
  return spans;
}
