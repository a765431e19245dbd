// The report as it is read: its lines with every figure marked, its tables as tables, its headings as headings.  In: a
// `Report` and a `Store`.  Out: an element that follows what is chosen and tells what is chosen in it.
//
// Long reports are filled in while the browser has time, the part that is looked at first; what is out of sight is not
// laid out (`content-visibility`).

import { codeOf, h, plain, unseen } from "./dom.js";
import { fitting } from "./filters.js";
import { gridOf } from "./grid.js";
import { Joins } from "./joins.js";
import { byLine, piecesOf } from "./pieces.js";
import { MEASURES, SEVERITIES, STATUSES } from "./words.js";

const CHUNK_LINES = 40;
const CHUNK_UNITS = 4000;
const LINE_PIXELS = 31;
const LINE_UNITS = 34;
const LONGEST_HEADING = 200;
// How long the pointer rests on a figure before the other pane follows.
export const REST_MILLISECONDS = 180;

export class TextView {
  constructor(report, store) {
    this.report = report;
    this.store = store;
    this.marks = new Map(); // figure -> its elements
    this.pieces = new Map(); // line -> [{start, end, element}]
    this.headings = new Map(report.sections.map((section) => [report.lineAt(section.start), section]));
    this.spans = byLine(report.lines, (at) => report.lineAt(at), [...spansOf(report), ...this.#headingWords()]);
    this.flags = this.#flags();
    this.chunks = this.#cut();
    this.page = h("div", { class: "page" }, this.chunks.map((chunk) => chunk.element));
    this.element = h("div", { class: "report-text", role: "region", "aria-label": "报告原文", tabindex: "0" }, this.page);
    this.joins = new Joins(this.page, this.element);
    this.#follow();
    this.#hear();
    this.#fillInTime();
  }

  /** Fill in everything at once, for printing. */
  fillAll() {
    for (const chunk of this.chunks) this.#fill(chunk);
  }

  /** Bring the unit `at` into view; gives the piece it lies in. */
  show(at) {
    const line = this.report.lineAt(at);
    const chunk = this.chunks[this.chunkOf[line]];
    this.#fill(chunk);
    const found = (this.pieces.get(line) ?? []).find((piece) => piece.start <= at && at < piece.end);
    const element = found?.element ?? chunk.lines.get(line) ?? chunk.element;
    this.#bring(element);
    return element;
  }

  /** Put the focus on a figure. */
  focus(figure) {
    this.show(figure.start);
    this.#rove(figure);
    this.marks.get(figure)?.[0].focus({ preventScroll: true });
  }

  #bring(element) {
    const [box, around] = [element.getBoundingClientRect(), this.element.getBoundingClientRect()];
    if (box.top >= around.top + 24 && box.bottom <= around.bottom - 24) return;
    element.scrollIntoView({ block: "center", inline: "nearest" });
    // What came into view has been laid out only now, and may have moved.
    const again = element.getBoundingClientRect();
    if (again.top < around.top || again.bottom > around.bottom) element.scrollIntoView({ block: "center", inline: "nearest" });
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

  #cut() {
    const { lines, tables } = this.report;
    const chunks = [];
    this.chunkOf = new Int32Array(lines.length);
    const starts = new Map(tables.map((table) => [this.report.lineAt(table.start), table]));
    let chunk = null;
    for (let line = 0; line < lines.length; line += 1) {
      if (chunk === null || chunk.count >= CHUNK_LINES || chunk.units >= CHUNK_UNITS) {
        chunk = { from: line, count: 0, units: 0, pixels: 0, lines: new Map(), filled: false };
        chunks.push(chunk);
      }
      const table = starts.get(line);
      const last = table ? this.report.lineAt(Math.max(table.start, table.end - 1)) : line;
      for (let each = line; each <= last; each += 1) {
        this.chunkOf[each] = chunks.length - 1;
        chunk.count += 1;
        const units = lines[each].end - lines[each].start;
        chunk.units += units;
        chunk.pixels += table ? LINE_PIXELS : LINE_PIXELS * Math.max(1, Math.ceil(units / LINE_UNITS));
      }
      chunk.to = last;
      line = last;
    }
    this.tables = starts;
    for (const each of chunks) {
      each.element = h("div", { class: "chunk" });
      each.element.style.containIntrinsicSize = `auto ${each.pixels}px`;
      each.element.style.minHeight = `${each.pixels}px`;
    }
    return chunks;
  }

  #fill(chunk) {
    if (chunk.filled) return;
    chunk.filled = true;
    const parts = [];
    for (let line = chunk.from; line <= chunk.to; line += 1) {
      const table = this.tables.get(line);
      if (table) {
        const last = this.report.lineAt(Math.max(table.start, table.end - 1));
        parts.push(this.#table(table, line, last, chunk));
        line = last;
      } else {
        parts.push(this.#line(line, chunk));
      }
    }
    chunk.element.replaceChildren(...parts);
    chunk.element.style.minHeight = "";
  }

  #fillInTime() {
    const watch = new IntersectionObserver((seen) => {
      for (const entry of seen) if (entry.isIntersecting) this.#fill(this.chunks.find((chunk) => chunk.element === entry.target));
    }, { root: this.element, rootMargin: "1500px" });
    this.chunks.forEach((chunk) => watch.observe(chunk.element));
    this.#fill(this.chunks[0]);
    const later = globalThis.requestIdleCallback ?? ((work) => setTimeout(() => work({ timeRemaining: () => 8 }), 16));
    let next = 0;
    const go = (time) => {
      do this.#fill(this.chunks[next++]);
      while (next < this.chunks.length && time.timeRemaining() > 4);
      if (next < this.chunks.length && this.element.isConnected !== false) later(go);
      else watch.disconnect();
    };
    later(go);
  }

  #line(number, chunk) {
    const line = this.report.lines[number];
    const section = this.headings.get(number);
    const whole = section && this.#isWhole(section, line);
    const name = whole ? `h${Math.min(6, Math.max(1, section.level) + 2)}` : "p";
    const classes = ["line", whole ? "headed" : "", line.first ? "" : "continued"].filter(Boolean).join(" ");
    const element = h(name, { class: classes, id: section ? `line-${number}` : null });
    this.#flag(element, number);
    if (line.start === line.end) element.append(document.createElement("br"));
    this.#content(element, line, number);
    chunk.lines.set(number, element);
    return element;
  }

  #isWhole(section, line) {
    return line.end - line.start < LONGEST_HEADING && bare(this.report.text.slice(line.start, line.end)) === bare(section.heading);
  }

  /** The words of headings that text follows in their line. */
  #headingWords() {
    const found = [];
    for (const [number, section] of this.headings) {
      const line = this.report.lines[number];
      if (this.#isWhole(section, line)) continue;
      const end = prefixEnd(this.report.text, section.start, Math.min(line.end, section.start + LONGEST_HEADING), bare(section.heading));
      if (end > section.start) found.push({ start: section.start, end, name: "heading-words" });
    }
    return found;
  }

  #table(table, from, to, chunk) {
    const { text, lines } = this.report;
    const figures = this.report.figures;
    const isFigure = (start, end) => {
      let [low, high] = [0, figures.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (figures[middle].start < start) low = middle + 1;
        else high = middle;
      }
      return low < figures.length && figures[low].start < end;
    };
    const rows = [];
    const numbers = new Map();
    for (let number = from; number <= to; number += 1) {
      const line = lines[number];
      rows.push(line);
      numbers.set(line.start, number);
    }
    const body = gridOf(text, rows, table.columns, isFigure).map((row) => {
      const number = row.cells.length > 0 ? this.report.lineAt(row.cells[0].start) : from;
      const line = h("tr", {});
      row.cells.forEach((cell, column) => {
        const name = row.header || column === 0 ? "th" : "td";
        const element = h(name, {
          colspan: cell.across > 1 ? cell.across : null,
          rowspan: cell.down > 1 ? cell.down : null,
          scope: row.header ? (cell.across > 1 ? "colgroup" : "col") : column === 0 ? "row" : null,
        });
        if (column === 0) this.#flag(element, number);
        this.#content(element, cell, number);
        line.append(element);
      });
      chunk.lines.set(number, line);
      return [row.header, line];
    });
    const caption = table.caption ? h("caption", { class: "unseen" }, table.caption) : null;
    const head = body.filter(([header]) => header).map(([, row]) => row);
    const rest = body.filter(([header]) => !header).map(([, row]) => row);
    return h("div", { class: "grid" }, h("table", {}, caption, head.length > 0 ? h("thead", {}, head) : null, h("tbody", {}, rest)));
  }

  /** The characters of `range`, which lies in the line `number`, with what is known of them. */
  #content(element, range, number) {
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

  #flag(element, number) {
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
      if (state.place && state.place !== before.place) this.#flash(this.show(state.place.at));
      this.element.classList.toggle("with-ledger", state.tab === "ledger");
    });
  }

  /** Say for a moment where it is. */
  #flash(element) {
    element.classList.remove("flash");
    requestAnimationFrame(() => element.classList.add("flash"));
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
      const line = this.report.lineAt(start);
      this.#fill(this.chunks[this.chunkOf[line]]);
      const elements = (this.pieces.get(line) ?? [])
        .filter((piece) => piece.start < end && start < piece.end)
        .map((piece) => piece.element);
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

/** `text` as nodes: controls that are not to be seen, or that turn the direction around, stand in boxes of their own. */
function characters(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(unseen())) {
    if (found.index > from) nodes.push(document.createTextNode(text.slice(from, found.index)));
    const box = h("span", { class: "control", title: `控制字符 ${codeOf(found[0])}`, data: { code: codeOf(found[0]) } });
    box.append(document.createTextNode(found[0]));
    nodes.push(box);
    from = found.index + 1;
  }
  if (from < text.length) nodes.push(document.createTextNode(text.slice(from)));
  return nodes;
}

const bare = (text) => text.normalize("NFKC").replace(/[\s。：:]/g, "");

/** Where what reads `wanted`, but for blanks and colons, ends in `text` from `start` on; `start` where it does not. */
function prefixEnd(text, start, limit, wanted) {
  let read = "";
  for (let at = start; at < limit; at += 1) {
    read += bare(text[at]);
    if (!wanted.startsWith(read)) return start;
    if (read === wanted) return at + 1;
  }
  return start;
}
