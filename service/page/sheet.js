// A report's text on the screen: its lines and tables, filled in while the browser has time, the part that is looked at
// first; what is out of sight is not laid out (`content-visibility`).  In: a `Source` and, from the class that builds on
// this, what stands on each stretch of it.  Out: an element in which a place can be shown and a line drawn again.

import { codeOf, h, unseen } from "./dom.js";
import { gridOf } from "./grid.js";

const CHUNK_LINES = 40;
const CHUNK_UNITS = 4000;
const LINE_PIXELS = 31;
const LINE_UNITS = 34;
const LONGEST_HEADING = 200;

/** A class that builds on it gives `content`, `isFigure` and `adorn`, and calls `begin` when it is ready for them. */
export class Sheet {
  constructor(source) {
    this.source = source;
    this.pieces = new Map(); // line -> [{start, end, element}]
    this.holders = new Map(); // line -> [{element, range}], a paragraph or the cells of a row
    this.ranges = new WeakMap(); // the same by element
    this.headings = new Map(source.sections.map((section) => [source.lineAt(section.start), section]));
    this.chunks = this.#cut();
    this.page = h("div", { class: "page" }, this.chunks.map((chunk) => chunk.element));
    this.element = h("div", { class: "report-text", role: "region", "aria-label": "报告原文", tabindex: "0" }, this.page);
  }

  /** Put the characters of `range`, which lies in the line `number`, into `element`, and note them in `pieces`. */
  content(_element, _range, _number) {
    throw new Error("not given");
  }

  /** Whether a figure stands between two units. */
  isFigure(_start, _end) {
    return false;
  }

  /** What else stands at a line: `element` is its paragraph or the first cell of its row. */
  adorn(_element, _number) {}

  /** Begin to fill in. */
  begin() {
    this.#fillInTime();
  }

  /** Fill in everything at once, for printing. */
  fillAll() {
    for (const chunk of this.chunks) this.#fill(chunk);
  }

  /** Fill in the part that holds the line `number`. */
  fillAt(number) {
    this.#fill(this.chunks[this.chunkOf[number]]);
  }

  /** Draw a line again, if it has been drawn. */
  redraw(number) {
    const holders = this.holders.get(number);
    if (!holders) return;
    this.pieces.delete(number);
    for (const { element, range } of holders) {
      element.replaceChildren();
      this.#write(element, range, number, element === holders[0].element);
    }
  }

  /** Bring the unit `at` into view; gives the piece it lies in. */
  show(at) {
    const line = this.source.lineAt(at);
    const chunk = this.chunks[this.chunkOf[line]];
    this.#fill(chunk);
    const found = (this.pieces.get(line) ?? []).find((piece) => piece.start <= at && at < piece.end);
    const element = found?.element ?? chunk.lines.get(line) ?? chunk.element;
    this.#bring(element);
    return element;
  }

  /** The elements of the pieces between two units of one line. */
  elementsOf(start, end) {
    const line = this.source.lineAt(start);
    this.fillAt(line);
    return (this.pieces.get(line) ?? []).filter((piece) => piece.start < end && start < piece.end).map((piece) => piece.element);
  }

  /** Say for a moment where it is. */
  flash(element) {
    element.classList.remove("flash");
    requestAnimationFrame(() => element.classList.add("flash"));
  }

  /** Whether a heading is all that its line holds. */
  isWhole(section, line) {
    return line.end - line.start < LONGEST_HEADING && bare(this.source.text.slice(line.start, line.end)) === bare(section.heading);
  }

  /** The words of headings that text follows in their line. */
  headingWords() {
    const { text, lines } = this.source;
    const found = [];
    for (const [number, section] of this.headings) {
      const line = lines[number];
      if (this.isWhole(section, line)) continue;
      const end = prefixEnd(text, section.start, Math.min(line.end, section.start + LONGEST_HEADING), bare(section.heading));
      if (end > section.start) found.push({ start: section.start, end, name: "heading-words" });
    }
    return found;
  }

  #bring(element) {
    const [box, around] = [element.getBoundingClientRect(), this.element.getBoundingClientRect()];
    if (box.top >= around.top + 24 && box.bottom <= around.bottom - 24) return;
    element.scrollIntoView({ block: "center", inline: "nearest" });
    // What came into view has been laid out only now, and may have moved.
    const again = element.getBoundingClientRect();
    if (again.top < around.top || again.bottom > around.bottom) element.scrollIntoView({ block: "center", inline: "nearest" });
  }

  #cut() {
    const { lines, tables } = this.source;
    const chunks = [];
    this.chunkOf = new Int32Array(lines.length);
    const starts = new Map(tables.map((table) => [this.source.lineAt(table.start), table]));
    let chunk = null;
    for (let line = 0; line < lines.length; line += 1) {
      if (chunk === null || chunk.count >= CHUNK_LINES || chunk.units >= CHUNK_UNITS) {
        chunk = { from: line, count: 0, units: 0, pixels: 0, lines: new Map(), filled: false };
        chunks.push(chunk);
      }
      const table = starts.get(line);
      const last = table ? this.source.lineAt(Math.max(table.start, table.end - 1)) : line;
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
        const last = this.source.lineAt(Math.max(table.start, table.end - 1));
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
    const line = this.source.lines[number];
    const section = this.headings.get(number);
    const whole = section && this.isWhole(section, line);
    const name = whole ? `h${Math.min(6, Math.max(1, section.level) + 2)}` : "p";
    const classes = ["line", whole ? "headed" : "", line.first ? "" : "continued"].filter(Boolean).join(" ");
    const element = h(name, { class: classes, id: section ? `line-${number}` : null });
    this.#hold(element, line, number, true);
    chunk.lines.set(number, element);
    return element;
  }

  #table(table, from, to, chunk) {
    const { text, lines } = this.source;
    const rows = lines.slice(from, to + 1);
    const body = gridOf(text, rows, table.columns, (start, end) => this.isFigure(start, end)).map((row) => {
      const number = row.cells.length > 0 ? this.source.lineAt(row.cells[0].start) : from;
      const line = h("tr", {});
      row.cells.forEach((cell, column) => {
        const name = row.header || column === 0 ? "th" : "td";
        const element = h(name, {
          colspan: cell.across > 1 ? cell.across : null,
          rowspan: cell.down > 1 ? cell.down : null,
          scope: row.header ? (cell.across > 1 ? "colgroup" : "col") : column === 0 ? "row" : null,
        });
        this.#hold(element, cell, number, column === 0);
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

  #hold(element, range, number, first) {
    this.holders.set(number, [...(this.holders.get(number) ?? []), { element, range }]);
    this.ranges.set(element, range);
    this.#write(element, range, number, first);
  }

  #write(element, range, number, first) {
    if (first) this.adorn(element, number);
    if (range.start === range.end && element.localName !== "td" && element.localName !== "th") element.append(document.createElement("br"));
    this.content(element, range, number);
  }
}

/** `text` as nodes: controls that are not to be seen, or that turn the direction around, stand in boxes of their own. */
export function characters(text) {
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
