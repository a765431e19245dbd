// The report as it is annotated: its lines and tables with every span marked, a caret between its characters, and lines
// from the chosen number to its words.  In: a `Work` and what is chosen.  Out: an element, and calls for what is chosen
// in it with the pointer.  A change draws only the lines again that it touches.

import { h, oncePerFrame } from "../dom.js";
import { Joins } from "../joins.js";
import { byLine, piecesOf } from "../pieces.js";
import { characters, Sheet } from "../sheet.js";
import { isValue, LABEL, UNSURE } from "./labels.js";

// Of a long sentence or a table's row: so many figures beside the chosen one have their lines drawn.
const MOST_BESIDE = 12;

export class TextPane extends Sheet {
  /** `on`: `choose(id)`, `link(id)`, `range({start, end})`, `fault(fault)`. */
  constructor(work, on) {
    super(work.source);
    this.work = work;
    this.on = on;
    this.chosen = null;
    this.faults = new Map(); // line -> faults
    this.words = byLine(this.source.lines, (at) => this.source.lineAt(at), this.headingWords());
    this.marks = new Map(); // id -> its elements
    this.caret = h("span", { class: "caret", hidden: true });
    this.badges = h("div", { class: "badges" });
    this.page.append(this.caret, this.badges);
    this.joins = new Joins(this.page, this.element);
    this.element.setAttribute("role", "application");
    this.element.setAttribute("aria-roledescription", "标注正文");
    this.join = oncePerFrame(() => this.#join());
    this.#hear();
    work.listen((edits) => this.#changed(edits));
    this.begin();
  }

  isFigure(start, end) {
    return this.work.within(start, end).some((entity) => isValue(entity.label));
  }

  content(element, range, number) {
    const { text } = this.source;
    const kept = this.pieces.get(number) ?? [];
    const spans = this.work.within(range.start, range.end).map((entity) => ({ start: entity.start, end: entity.end, entity }));
    for (const { start, end, under } of piecesOf(range, [...spans, ...(this.words[number] ?? [])])) {
      const entity = under.find((span) => span.entity)?.entity;
      const found = characters(text.slice(start, end));
      if (entity) {
        const mark = this.#mark(entity, start, end, found);
        element.append(mark);
        kept.push({ start, end, element: mark });
      } else if (under.length > 0) {
        element.append(h("span", { class: "heading-words" }, found));
      } else {
        element.append(...found);
      }
    }
    this.pieces.set(number, kept);
  }

  adorn(element, number) {
    const found = this.faults.get(number);
    if (!found) return;
    const worst = found.some((fault) => fault.severity === "error") ? "error" : "warning";
    element.classList.add("flagged");
    element.append(h("button", {
      type: "button", class: `flag ${worst}`, tabindex: "-1", title: found.map((fault) => fault.message).join("\n"),
      "aria-label": found[0].message, on: { click: () => this.on.fault(found[0]) },
    }, found.length > 1 ? String(found.length) : "!"));
  }

  /** What is wrong, with offsets in units. */
  setFaults(faults) {
    const before = this.faults;
    this.faults = new Map();
    for (const fault of faults) {
      const line = this.source.lineAt(fault.start);
      this.faults.set(line, [...(this.faults.get(line) ?? []), fault]);
    }
    const said = (found) => (found ?? []).map((fault) => fault.severity + fault.message).join("\n");
    for (const line of new Set([...before.keys(), ...this.faults.keys()])) {
      if (said(before.get(line)) !== said(this.faults.get(line))) this.redraw(line);
    }
    this.#light();
  }

  /** Make a span the chosen one and bring it into view. */
  choose(id) {
    this.chosen = id;
    const entity = this.work.entities.get(id);
    if (entity) {
      this.show(entity.start);
      this.element.setAttribute("aria-activedescendant", `span-${id}`);
    } else {
      this.element.removeAttribute("aria-activedescendant");
    }
    this.#light();
  }

  /** Show a range between characters, its `head` where it is moved; null for none. */
  setRange(range) {
    const selection = getSelection();
    this.caret.hidden = range === null;
    if (range === null) {
      if (this.element.contains(selection.anchorNode)) selection.removeAllRanges();
      return;
    }
    const [from, to] = [this.#place(range.anchor), this.#place(range.head)];
    if (!from || !to) return;
    selection.setBaseAndExtent(from.node, from.offset, to.node, to.offset);
    const here = document.createRange();
    here.setStart(to.node, to.offset);
    const [box] = here.getClientRects().length > 0 ? here.getClientRects() : [to.node.parentElement.getBoundingClientRect()];
    const page = this.page.getBoundingClientRect();
    this.caret.style.transform = `translate(${box.left - page.left}px, ${box.top - page.top}px)`;
    this.caret.style.height = `${box.height}px`;
    this.caret.scrollIntoView({ block: "nearest" });
  }

  /** Put names on spans: `[{id, key}]`. */
  setBadges(named) {
    const page = this.page.getBoundingClientRect();
    this.badges.replaceChildren(...named.flatMap(({ id, key, now }) => {
      const element = this.marks.get(id)?.[0];
      if (!element) return [];
      const [box] = element.getClientRects();
      const badge = h("span", { class: `badge${now ? " now" : ""}` }, key);
      badge.style.transform = `translate(${box.left - page.left - 6}px, ${box.top - page.top - 9}px)`;
      return [badge];
    }));
  }

  /** The spans one line above (-1) or below (1), nearest to where the chosen one stands on the screen. */
  beside(id, by) {
    const [box] = this.marks.get(id)?.[0]?.getClientRects() ?? [];
    if (!box) return null;
    let best = null;
    const place = this.work.place(this.work.entities.get(id));
    for (let n = place + by; n >= 0 && n < this.work.ordered.length; n += by) {
      const other = this.work.ordered[n];
      this.fillAt(this.source.lineAt(other.start));
      const [there] = this.marks.get(other.id)?.[0]?.getClientRects() ?? [];
      if (!there || (there.top - box.top) * by <= 4) continue;
      if (best && Math.abs(there.top - best.top) > 4) break;
      const far = Math.abs(there.left - box.left);
      if (!best || far < best.far) best = { id: other.id, top: there.top, far };
    }
    return best?.id ?? null;
  }

  #mark(entity, start, end, found) {
    const { id, label } = entity;
    const said = this.work.figures.get(id);
    const doubt = Math.min(entity.score, said?.score ?? 1);
    const classes = ["span", `l-${label.toLowerCase()}`, isValue(label) ? "value" : "", said?.status ?? ""];
    if (doubt < UNSURE) classes.push("unsure");
    else if (doubt < 1) classes.push("proposed");
    if (isValue(label) && !said) classes.push("bare");
    const first = start === entity.start;
    const mark = h("mark", {
      class: classes.filter(Boolean).join(" "),
      id: first ? `span-${id}` : null,
      data: { id, sign: end === entity.end ? LABEL[label].sign : "" },
      title: `${LABEL[label].text}${doubt < 1 ? `，模型把握 ${Math.round(doubt * 100)}%` : ""}`,
    }, found);
    // Of a span over two lines the other's mark stays; one that was drawn anew has no parent any more.
    const others = (this.marks.get(id) ?? []).filter((other) => other.parentNode);
    this.marks.set(id, first ? [mark, ...others] : [...others, mark]);
    return mark;
  }

  #changed(edits) {
    const lines = new Set();
    for (const { of, id, before, after } of edits) {
      for (const entity of of === "entities" ? [before, after] : [this.work.entities.get(id)]) {
        if (!entity) continue;
        const last = this.source.lineAt(Math.max(entity.start, entity.end - 1));
        for (let line = this.source.lineAt(entity.start); line <= last; line += 1) lines.add(line);
      }
      if (of === "entities" && !after) this.marks.delete(id);
    }
    for (const line of lines) this.redraw(line);
    this.#light();
  }

  #light() {
    for (const mark of this.lit ?? []) mark.classList.remove("chosen", "role", "role-indicator", "role-period", "role-area", "role-base");
    this.lit = [];
    const light = (id, ...classes) => {
      for (const mark of this.marks.get(id) ?? []) {
        mark.classList.add(...classes);
        this.lit.push(mark);
      }
    };
    if (this.chosen !== null) light(this.chosen, "chosen");
    const said = this.work.figures.get(this.chosen);
    if (said) for (const { role, entity } of this.work.links(said)) light(entity.id, "role", `role-${role}`);
    for (const mark of this.marks.get(this.chosen) ?? []) mark.draggable = Boolean(said);
    this.join();
  }

  /** Lines from the chosen number, or from all numbers of the chosen words, and thin ones for those beside it. */
  #join() {
    const { work } = this;
    const chosen = work.entities.get(this.chosen);
    if (!chosen) {
      this.joins.draw(null, []);
      return;
    }
    const said = work.figures.get(chosen.id);
    const { start, end } = this.reach(chosen);
    const others = (said ? work.within(start, end).map((entity) => work.figures.get(entity.id)) : work.figuresOf(chosen.id))
      .filter((figure) => figure && figure.id !== chosen.id).slice(0, MOST_BESIDE)
      .map((figure) => ({ mark: this.marks.get(figure.id)?.[0], roles: this.#roles(figure) })).filter(({ mark }) => mark);
    const mark = this.marks.get(chosen.id)?.[0];
    this.joins.draw(mark ?? null, said ? this.#roles(said) : [], others);
  }

  /** The sentence or the row that holds an entity. */
  reach(entity) {
    return this.sentences?.find((span) => span.start <= entity.start && entity.start < span.end)
      ?? this.source.lines[this.source.lineAt(entity.start)];
  }

  #roles(figure) {
    return this.work.links(figure).map(({ role, entity }) => ({ role, elements: this.marks.get(entity.id) ?? [] }));
  }

  #hear() {
    const idAt = (target) => target.closest?.("mark.span")?.dataset.id ?? null;
    this.element.addEventListener("click", (event) => {
      const id = idAt(event.target);
      if (id === null || !getSelection().isCollapsed) return;
      if (event.ctrlKey || event.metaKey) this.on.link(id);
      else this.on.choose(id);
    });
    this.element.addEventListener("pointerup", () => setTimeout(() => {
      const range = this.#selected();
      if (range) this.on.range(range);
    }));
    this.element.addEventListener("dragstart", (event) => {
      event.dataTransfer.setData("text/plain", idAt(event.target) ?? "");
      event.dataTransfer.effectAllowed = "link";
    });
    this.element.addEventListener("dragover", (event) => {
      if (idAt(event.target) !== null) event.preventDefault();
    });
    this.element.addEventListener("drop", (event) => {
      const id = idAt(event.target);
      event.preventDefault();
      if (id !== null && id !== this.chosen) this.on.link(id);
    });
  }

  /** What is selected with the pointer, as units; null for nothing. */
  #selected() {
    const selection = getSelection();
    if (selection.isCollapsed || !this.element.contains(selection.anchorNode)) return null;
    const [anchor, head] = [this.#unit(selection.anchorNode, selection.anchorOffset), this.#unit(selection.focusNode, selection.focusOffset)];
    return anchor === null || head === null || anchor === head ? null : { anchor, head };
  }

  #unit(node, offset) {
    let holder = node;
    while (holder && !this.ranges.has(holder)) holder = holder.parentNode;
    if (!holder) return null;
    const measure = document.createRange();
    measure.setStart(holder, 0);
    measure.setEnd(node, offset);
    const flag = holder.querySelector(":scope > .flag")?.textContent.length ?? 0;
    return this.ranges.get(holder).start + Math.max(0, measure.toString().length - flag);
  }

  #place(unit) {
    const line = this.source.lineAt(unit);
    this.fillAt(line);
    const holder = (this.holders.get(line) ?? []).find(({ range }) => range.start <= unit && unit <= range.end);
    if (!holder) return null;
    const walk = document.createTreeWalker(holder.element, NodeFilter.SHOW_TEXT, (node) => (
      node.parentElement.classList.contains("flag") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
    let left = unit - holder.range.start;
    let last = null;
    while (walk.nextNode()) {
      last = walk.currentNode;
      if (left <= last.length) return { node: last, offset: left };
      left -= last.length;
    }
    return last ? { node: last, offset: last.length } : { node: holder.element, offset: 0 };
  }
}
